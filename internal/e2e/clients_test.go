// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clientLimit is for one whole run of a client on a loaded machine.
const clientLimit = 5 * time.Minute

// clientPassword is one as people choose them: most of its characters have a meaning in a form.
const clientPassword = "pear;plum&fig+50%=a lot"

// debian prepares a program of Debian's that drives the server with a file of
// the folder clients. Without the program the test is skipped; in CI it fails.
func debian(t *testing.T, env settings, probe []string, args ...string) *exec.Cmd {
	t.Helper()
	if out, err := exec.Command(probe[0], probe[1:]...).CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s: %v: %s", strings.Join(probe, " "), err, out)
		}
		t.Skipf("%s: %v", strings.Join(probe, " "), err)
	}
	home := t.TempDir()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = home, append(cleanEnv(env), "HOME="+home, "LC_ALL=C.UTF-8")
	return cmd
}

// finish runs a client to its end, which must be a good one.
func finish(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if code := launch(t, cmd).wait(t, clientLimit); code != 0 {
		t.Errorf("%s ends with %d", filepath.Base(cmd.Path), code)
	}
}

// TestAnsible runs a playbook of ansible.builtin.uri against both wires.
func TestAnsible(t *testing.T) {
	t.Parallel()
	playbook := must(filepath.Abs("clients/playbook.yml"))(t)
	p := start(t, usedSiteWith(t, onSQLite, clientPassword))
	vars := marshal(map[string]string{"url": p.url, "password": clientPassword,
		"ansible_python_interpreter": "/usr/bin/python3"})
	finish(t, debian(t, settings{"ANSIBLE_NOCOLOR": "1", "ANSIBLE_NOCOWS": "1"},
		[]string{"ansible-playbook", "--version"},
		"ansible-playbook", "--inventory", "localhost,", "--extra-vars", vars, playbook))
	p.stop(t)
}

// TestPythonRequests runs a program with requests, ElementTree and xmltodict against both wires.
func TestPythonRequests(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // Debian's, which has Debian's modules
	script := must(filepath.Abs("clients/requests_client.py"))(t)
	p := start(t, usedSiteWith(t, onSQLite, clientPassword))
	finish(t, debian(t, settings{"URL": p.url, "PASSWORD": clientPassword},
		[]string{python, "-c", "import requests, xmltodict"}, python, script))
	p.stop(t)
}
