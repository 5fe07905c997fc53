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

// awkwardName has what shells, YAML, Jinja and HCL give a meaning to.
const awkwardName = `O'Brien's "till" $HOME ${HOME} $(id) ` + "`id`" + ` %PATH% %{if true} {{ 7 * 7 }} {% x %} \n # é`

// fleet is a person at a terminal who has a code, and the machines that are to enrol with it.
type fleet struct {
	*terminalUser
	code string // its text
	file string // that has it
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	u := atTerminal(t)
	u.login()
	u.ok("org", "create", "Rowan")
	f := &fleet{terminalUser: u, file: filepath.Join(t.TempDir(), "secret")}
	u.ok("code", "create", "Rowan", "--name", "tills", "--expires", "1h", "--max-uses", "unlimited",
		"--tag", "shop", "--secret-file", f.file)
	f.code = u.secret(f.file)
	u.watchProcesses()
	return f
}

// machine is a folder in place of a machine.
type machine struct{ dir, codeFile, state string }

// machine brings the file of the code to a machine.
func (f *fleet) machine() machine {
	f.Helper()
	dir := f.TempDir()
	m := machine{dir, filepath.Join(dir, "the code"), filepath.Join(dir, "state")}
	f.bring(m)
	return m
}

func (f *fleet) bring(m machine) {
	f.Helper()
	if err := os.WriteFile(m.codeFile, []byte(f.code+"\n"), 0o600); err != nil {
		f.Fatal(err)
	}
}

// text gets the text for a machine, and writes it into a file there.
func (f *fleet) text(m machine, target string, more ...string) string {
	f.Helper()
	text := f.ok(append([]string{"code", "installer", "Rowan", "tills", "--for", target, "--code-file",
		m.codeFile, "--client-state", m.state, "--client-name", awkwardName}, more...)...)
	path := filepath.Join(m.dir, target)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.Fatal(err)
	}
	return path
}

// start prepares a command as it runs on a machine, where the program is installed.
func (m machine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = m.dir
	cmd.Env = cleanEnv(settings{"HOME": m.dir, "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
		"ANSIBLE_NOCOWS": "1", "PATH": filepath.Dir(binary) + string(filepath.ListSeparator) + os.Getenv("PATH")})
	return cmd
}

// ends runs a command on a machine. Its output never has the code.
func (f *fleet) ends(want int, cmd *exec.Cmd) string {
	f.Helper()
	p := launch(f, cmd)
	code := p.wait(f, clientLimit)
	out := p.stdout.String() + p.stderr.String()
	if code != want {
		f.Errorf("%q ends with %d, not %d: %s", cmd.Args, code, want, out)
	}
	if strings.Contains(out, f.code) {
		f.Errorf("%q prints the code", cmd.Args)
	}
	return out
}

// enrolled reports an error unless so many clients with the awkward name are enrolled.
func (f *fleet) enrolled(want int) {
	f.Helper()
	names := f.ok("client", "list", "--organization", "Rowan", "-o", "jsonpath=$.name")
	if names != strings.Repeat(awkwardName+"\n", want) {
		f.Errorf("there are not %d clients of the name but: %s", want, names)
	}
}

func gone(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", path, err)
	}
}

// TestInstaller prints the texts for shells and runs them.
func TestInstaller(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.refusedInstallers()
	for i, target := range []string{"linux", "macos"} {
		m := f.machine()
		script := f.text(m, target)
		runTool(t, "/bin/bash", "-n", script)
		f.ends(0, m.command("sh", script))
		gone(t, m.codeFile)
		f.ends(0, m.command("sh", script)) // it may run again, without the file
		f.enrolled(i + 1)
	}
	m := f.machine()
	script := f.text(m, "linux")
	for mode, code := range map[os.FileMode]int{0o640: 2, 0o604: 2} {
		if err := os.Chmod(m.codeFile, mode); err != nil {
			t.Fatal(err)
		}
		f.ends(code, m.command("sh", script))
	}
	if err := os.WriteFile(m.codeFile, []byte("GHC123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(m.codeFile, 0o600); err != nil {
		t.Fatal(err)
	}
	f.ends(3, m.command("sh", script))
	f.ok("org", "policy", "set", "Rowan", "--approve-enrolments")
	f.bring(m)
	f.ends(9, m.command("sh", script))
	f.ok("client", "approve", f.id("client", "list", "--organization", "Rowan", "--state", "pending"))
	f.ends(0, m.command("sh", script))
	f.enrolled(3)
}

// refusedInstallers types what cannot be meant.
func (f *fleet) refusedInstallers() {
	base := []string{"code", "installer", "Rowan", "tills", "--for"}
	f.fails(2, "required flag", "code", "installer", "Rowan", "tills")
	for want, args := range map[string][]string{
		"no target": {"bsd"}, "fill it": {"linux", "--code-file", ""},
		"no absolute path":   {"linux", "--code-file", "x"},
		"never has the code": {"linux", "--show-secrets"}, "windows-msi only": {"linux", "--msi", "x.msi"},
		"https://": {"linux", "--client-server", "http://gatehouse.example.test"}, "give the package": {"windows-msi"},
		"--msi-set": {"windows-msi", "--client-name", "x"}, "no equals sign": {"windows-msi", "--msi-set", "X"},
		"no public property": {"windows-msi", "--msi", "x.msi", "--msi-property", "code"},
	} {
		f.fails(2, want, append(base, args...)...)
	}
	f.fails(4, "no code", "code", "installer", "Rowan", "others", "--for", "linux")
	f.says([]string{`$property = 'AUTHCODE'`, `$values += 'SERVER=' + '"' + 'https://a'`, "tags: shop"}, append(base,
		"windows-msi", "--msi", "agent.msi", "--msi-property", "AUTHCODE", "--msi-set", "SERVER=https://a")...)
	f.says([]string{`"text": "#!/bin/sh`}, append(base, "linux", "-o", "json")...)
	f.ok("code", "disable", "Rowan", "tills")
	if code, _, stderr := f.run("", append(base, "linux")...); code != 0 ||
		!strings.Contains(stderr, "disabled and lets nobody in") {
		f.Errorf("a disabled code: %d %s", code, stderr)
	}
	f.ok("code", "enable", "Rowan", "tills")
}

// cloudInit runs the two modules of cloud-init that the text is for, and reads the script that they make.
const cloudInit = `
import sys, logging, yaml
from cloudinit import util
from cloudinit.config import cc_write_files
config = yaml.safe_load(open(sys.argv[1]))
cc_write_files.write_files("write_files", config.get("write_files", []), "root")
open(sys.argv[2], "w").write(util.shellify(config["runcmd"]))
`

// TestInstallerCloudInit holds the text against cloud-init's schema, and has cloud-init make its script.
func TestInstallerCloudInit(t *testing.T) {
	t.Parallel()
	cloud := lookFor(t, "cloud-init")
	f := newFleet(t)
	m := f.machine()
	script := filepath.Join(m.dir, "runcmd")
	prepare := func(text string) {
		runTool(t, cloud, "schema", "--config-file", text)
		f.ends(0, m.command("/usr/bin/python3", "-c", cloudInit, text, script))
	}
	prepare(f.text(m, "cloud-init"))
	f.ends(0, m.command("sh", script))
	gone(t, m.codeFile)
	f.enrolled(1)
	if os.Geteuid() != 0 {
		t.Skip("cloud-init gives the file of the code to root")
	}
	m = f.machine()
	if err := os.Remove(m.codeFile); err != nil {
		t.Fatal(err)
	}
	script = filepath.Join(m.dir, "runcmd")
	code, text, stderr := f.run("", "code", "installer", "Rowan", "tills", "--for", "cloud-init", "--code-file",
		m.codeFile, "--client-state", m.state, "--client-name", awkwardName, "--show-secrets")
	if code != 0 || !strings.Contains(text, f.code) || !strings.Contains(stderr, "metadata service") {
		t.Fatalf("with the code: %d %s", code, stderr)
	}
	prepare(f.keep("user-data", text))
	if info, err := os.Stat(m.codeFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("cloud-init writes %v %v", info, err)
	}
	f.ends(0, m.command("sh", script))
	gone(t, m.codeFile)
	f.enrolled(2)
}

// TestInstallerAnsible runs the playbook as noisily as Ansible can.
func TestInstallerAnsible(t *testing.T) {
	t.Parallel()
	ansible := lookFor(t, "ansible-playbook")
	f := newFleet(t)
	m := f.machine()
	playbook := f.text(m, "ansible")
	play := func(want int, more ...string) string {
		return f.ends(want, m.command(ansible, append([]string{"-vvvv", "--diff", "--inventory", "localhost,",
			"--connection", "local", "--extra-vars", "ansible_python_interpreter=/usr/bin/python3 ansible_become=false",
			playbook}, more...)...))
	}
	play(0, "--check")
	f.enrolled(0)
	for _, changed := range []string{"changed=1", "changed=0"} {
		if out := play(0); !strings.Contains(out, changed) {
			t.Errorf("not %s: %.3000s", changed, out)
		}
		f.enrolled(1)
	}
	if err := os.WriteFile(m.codeFile, []byte("GHC123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(m.state); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if out := play(2); !strings.Contains(out, "gatehouse enroll ended with 3") {
		t.Errorf("a refused code after %s: %.3000s", time.Since(began), out)
	}
}
