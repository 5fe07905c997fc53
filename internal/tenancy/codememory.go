// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"net/netip"
	"sync"
	"time"
)

// Codes that let clients in are remembered for rememberCode, so that verifying the same
// ones again and again needs no look-up. A change by this process ends what it touches
// before its answer leaves (see Changes); one by another replica is seen when the code is
// read again, well within the second that a change may take to hold everywhere.
const (
	rememberCode       = 800 * time.Millisecond
	maxRememberedCodes = 4096
)

// codeMemory has codes by the digest of their text.
type codeMemory struct {
	changes *Changes
	mu      sync.RWMutex
	codes   map[string]rememberedCode
}

// rememberedCode is a code as the store had it. It is not changed.
type rememberedCode struct {
	code         AuthCode
	organization Organization
	readAt       time.Time // a time before the store was read
	changeCount  uint64    // of Changes, before the store was read
	shards       [3]uint16 // of Changes: of the code, of all codes of its organization, and of that itself
}

func newCodeMemory(c *Changes) *codeMemory {
	return &codeMemory{changes: c, codes: map[string]rememberedCode{}}
}

// lets reports whether a remembered code would let a client in that the caller may know of.
// False says nothing: every refusal is looked up, so that all of them cost the same.
func (m *codeMemory) lets(caller Caller, digest []byte, now time.Time, from netip.Addr) bool {
	m.mu.RLock()
	r, found := m.codes[string(digest)]
	m.mu.RUnlock()
	// By whichever clock says more: one ignores that the time was set, the other goes on
	// while the machine is suspended.
	age := max(now.Sub(r.readAt), now.Round(0).Sub(r.readAt.Round(0)))
	return found && age < rememberCode && !m.changes.Since(r.changeCount, r.shards[:]) &&
		caller.Reaches(r.code.OrganizationID) && r.organization.refusal(r.code, Stored(now), from) == ""
}

// begin begins to read a code. It is called before the store is read.
func (m *codeMemory) begin(now time.Time) rememberedCode {
	return rememberedCode{readAt: now, changeCount: m.changes.Count()}
}

// remember keeps a code. If there is no room, another one is forgotten.
func (m *codeMemory) remember(digest []byte, r rememberedCode) {
	r.shards = [3]uint16{m.changes.shard(authCodeSubject(r.code.ID)),
		m.changes.shard(codesSubject(r.code.OrganizationID)),
		m.changes.shard(organizationSubject(r.code.OrganizationID))}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, exists := m.codes[string(digest)]; !exists && len(m.codes) >= maxRememberedCodes {
		for other := range m.codes {
			delete(m.codes, other)
			break
		}
	}
	m.codes[string(digest)] = r
}
