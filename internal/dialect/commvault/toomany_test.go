// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strings"
	"testing"

	"gatehouse/internal/problem"
)

// A list of companies that would look at too many rows is refused, and the message says what
// to do.
func TestTooMany(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	s.Store.Fail("Organizations", problem.TooMany())
	w := s.call(t, "GET", base+"/Organization", "", "Authtoken", token, "Accept", mediaJSON)
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"errorCode":400`) ||
		!strings.Contains(w.Body.String(),
			"such as eq or sw") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
