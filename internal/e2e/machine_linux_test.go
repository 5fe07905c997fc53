// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// copiedMachine is a copy of this machine for one test, on which packages are installed. It has the files
// of this one, and what is written stays in a folder of the test, except in the folder of temporary
// files. It has a systemctl and a deb-systemd-invoke that write down how they were called.
type copiedMachine struct {
	t   *testing.T
	dir string
}

func newMachine(t *testing.T) copiedMachine {
	t.Helper()
	m := copiedMachine{t, smallDisk(t, "1g")} // an overlay on an overlay is refused, which a container's root is
	for _, dir := range []string{"written", "work", "root"} {
		if err := os.Mkdir(filepath.Join(m.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.run(`for tool in systemctl deb-systemd-invoke; do
		rm -f "$(command -v $tool)"
		printf '#!/bin/sh\necho %s "$@" >>/var/log/calls\n' $tool >/usr/bin/$tool
		chmod 755 /usr/bin/$tool
	done`)
	return m
}

// command returns a command that runs a script on the machine: in file systems and with processes of
// its own, as if systemd were running.
func (m copiedMachine) command(script string) *exec.Cmd {
	prepare := fmt.Sprintf(`set -eu
cd %s
mount -t overlay overlay -o lowerdir=/,upperdir=$PWD/written,workdir=$PWD/work root
mount -t proc proc root/proc
mount --bind /dev root/dev
mount -t tmpfs -o mode=755 tmpfs root/run
mount --bind %[2]s root%[2]s
mkdir -p root/run/systemd/system
exec chroot root /bin/bash -c "$1"`, m.dir, os.TempDir())
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
		"/bin/bash", "-c", prepare, "bash", "set -eu; cd /; "+script)
	cmd.Env = append(cleanEnv(nil), "DEBIAN_FRONTEND=noninteractive",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	return cmd
}

// run runs a script, which must succeed, and returns what it prints.
func (m copiedMachine) run(script string) string {
	m.t.Helper()
	out, err := m.command(script).CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

// calls returns how systemctl and deb-systemd-invoke were called since it was last asked.
func (m copiedMachine) calls() string {
	m.t.Helper()
	return strings.TrimSpace(m.run("touch /var/log/calls; cat /var/log/calls; : >/var/log/calls"))
}

// asServer is what systemd gives the server by the unit: its user, a folder, and a copy of the key,
// which is root's, with a right to read it.
const asServer = `install -d -m 750 -g gatehouse /run/credentials
install -m 440 -g gatehouse /etc/gatehouse/master.key /run/credentials/master-key
export GATEHOUSE_DATA=/var/lib/gatehouse GATEHOUSE_MASTER_KEY_FILE=/run/credentials/master-key
exec setpriv --reuid gatehouse --regid gatehouse --clear-groups --no-new-privs `

// stop stops a server, which is the first process of its machine.
func (m copiedMachine) stop(p *process) {
	m.t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
	if code := p.wait(m.t, startLimit); code != 0 {
		m.t.Fatalf("the server ends with %d: %s", code, p.stderr.String())
	}
}

// serve starts the server as the unit does, and waits until it is ready.
func (m copiedMachine) serve() *process {
	m.t.Helper()
	p := launch(m.t, m.command(asServer+
		`gatehouse serve --config /etc/gatehouse/gatehouse.toml --listen 127.0.0.1:0`))
	p.await(m.t, startLimit)
	if log := p.stderr.String(); strings.Contains(log, "MASTER KEY") {
		m.t.Errorf("the server is not content with the key: %s", log)
	}
	return p
}
