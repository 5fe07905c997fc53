// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// Limits on guessing are in memory, so a second server on the same files would count apart.
func TestSecondServerOnOneDataFolder(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	first := start(t, s)
	for _, command := range []string{"serve", "migrate"} {
		args := []string{command}
		if command == "serve" {
			args = append(args, "--listen", "127.0.0.1:0")
		}
		code, stdout, stderr := runCommand(t, s.env, args...)
		if code != 1 || stdout != "" || !strings.Contains(stderr,
			"another process uses this data folder (process ") || !strings.Contains(stderr, s.data) {
			t.Errorf("%s beside a server: %d %s%s", command, code, stdout, stderr)
		}
	}
	addOperator(t, s, "olga")
	if code, _, stderr := runCommand(t, s.env, "audit", "verify"); code != 0 {
		t.Errorf("audit verify beside a server: %d %s", code, stderr)
	}
	newClient(t, first.url).want(newClient(t, first.url).get("/readyz"), http.StatusOK, "the first server")
	first.kill() // the lock dies with it
	start(t, s).stop(t)
}
