// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"sync"
	"time"
)

// longestLead bounds how far a steadyClock may be ahead of the machine's clock. If it would be
// further, the machine's clock was wrong before and was corrected, and the steadyClock follows.
const longestLead = 24 * time.Hour

// steadyClock is the machine's clock without its jumps back: what has ended stays ended when the
// machine's clock is set back. It goes on from where it was, a twentieth slower, until the
// machine's clock has caught up.
type steadyClock struct {
	machine func() time.Time
	mu      sync.Mutex
	read    time.Time // what the machine's clock said at last
	last    time.Time // what now has returned at last
}

// now returns the time. The duration between two of its times is by the monotonic clock, which
// nobody sets.
func (c *steadyClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.machine()
	read := t
	if !c.last.IsZero() {
		passed := max(0, t.Sub(c.read))
		// Round(0) drops the monotonic reading, so that the times of day are compared.
		lead := c.last.Add(passed - passed/20).Round(0).Sub(t.Round(0))
		if lead > 0 && lead <= longestLead {
			t = t.Add(lead)
		}
	}
	c.read, c.last = read, t
	return t
}
