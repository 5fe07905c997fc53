// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
)

// TestCommandLinePage runs the commands of docs/cli.md.
func TestCommandLinePage(t *testing.T) {
	runPage(t, "cli.md", func(t *testing.T, stdout, stderr string) {
		if stderr != "" {
			t.Errorf("the commands complain: %s", stderr)
		}
		for _, want := range []string{"Logged in to", "administrator", "Created the organization or-100001 (Acme " +
			"Ltd).",
			"Changed the rules", "bo@birch.example.test", "Approved the request", "valid  yes", "tills  active  0",
			"Nothing was changed. 0 uses", "which stays good for 72h0m0s", "Registered the application",
			"id,name,state,alias", "ann@acme.example.test\n", "\n0\n", "Birch Ltd\n",
			"Deleted the organization or-100001 (Acme Ltd)."} {
			if !strings.Contains(stdout, want) {
				t.Errorf("the commands do not print %q but:\n%s", want, stdout)
			}
		}
	})
}
