// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEnrollKilledAtEveryStep kills enroll before each of its steps, and runs it again: the code, which
// may be used once, let in one client, and the key in the folder is that client's. So it is if
// the answer was lost, too. A kill of token is made good by the next one.
func TestEnrollKilledAtEveryStep(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newEnrolSite(t, e)
		enroll := func(t *testing.T, killBefore int) (code string, args []string, r *traced) {
			code, file := s.code(t, 1)
			args = s.enroll(filepath.Join(t.TempDir(), "a", "state"), file)
			return code, args, runSteps(t, command(s.env(), args...), killBefore)
		}
		_, args, whole := enroll(t, 0)
		if whole.code != 0 || whole.killed || len(whole.steps) < 20 {
			t.Fatalf("%d steps, ended with %d: %s%s", len(whole.steps), whole.code, &whole.stdout, &whole.stderr)
		}
		checkOrder(t, whole.steps)
		for _, n := range aroundSending(whole.steps) {
			t.Run(fmt.Sprint(n, " ", whole.steps[n-1]), func(t *testing.T) {
				code, args, r := enroll(t, n)
				if !r.killed && r.code != 0 {
					t.Fatalf("it ended with %d: %s%s", r.code, &r.stdout, &r.stderr)
				}
				s.wantExit(t, 0, args)
				s.wantOneClient(t, code)
				s.wantToken(t, args[4], code)
				onlyNames(t, args[4], "gatehouse.lock", "installation.json", "key.pem", "token.json")
			})
		}
		state := args[4]
		token := filepath.Join(state, "token.json")
		whole = runSteps(t, command(s.env(), "token", "--state", state), 0)
		mustNot(t, os.Remove(token))
		checkOrder(t, append([]string{"sync x.part", "rename", "sync x.part", "rename", "sync state"},
			whole.steps...))
		for _, n := range aroundSending(whole.steps) {
			runSteps(t, command(s.env(), "token", "--state", state), n)
			s.wantExit(t, 0, []string{"token", "--state", state})
			mustNot(t, os.Remove(token))
		}
	})
}

// checkOrder fails the test unless each file is durable before the command goes on: the next request, or
// its end.
func checkOrder(t *testing.T, steps []string) {
	t.Helper()
	durable, files := true, 0
	for i, step := range steps {
		switch {
		case step == "rename":
			files++
			if durable = false; !strings.HasSuffix(steps[i-1], ".part") || !strings.HasPrefix(steps[i-1], "sync ") {
				t.Errorf("step %d gives a file its name that was not synced: %q", i+1, steps)
			}
		case step == "sync state":
			durable = true
		case step == "send" && (!durable || files < 2):
			t.Errorf("step %d sends, and %d files are durable: %q", i+1, files, steps)
		}
	}
	if !durable || files < 3 {
		t.Errorf("at the end, %d files are durable: %q", files, steps)
	}
}

// aroundSending returns the steps to kill before: all of them, or the first and those around the
// request and the last file.
func aroundSending(steps []string) []int {
	if os.Getenv("GATEHOUSE_EVERY_STEP") != "" {
		return chosen(steps)
	}
	sending := slices.Index(steps, "send") + 1
	return []int{1, sending - 1, sending, sending + 1, len(steps) - 1}
}

// onlyNames fails the test unless a folder has these files and no others.
func onlyNames(t *testing.T, dir string, names ...string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	mustNot(t, err)
	if len(found) != len(names) {
		t.Errorf("%s has %q", dir, found)
	}
}
