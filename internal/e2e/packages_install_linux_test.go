// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// older makes packages of an older version, whose files are few.
func older(t *testing.T) release {
	t.Helper()
	r, stage := release{t.TempDir()}, t.TempDir()
	for _, name := range []string{"amd64/gatehouse", "amd64/third-party.txt.gz", "man1/gatehouse.1.gz",
		"completion.bash", "completion.zsh", "completion.fish", "changelog.gz", "changelog.Debian.gz"} {
		path := filepath.Join(stage, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho an older version\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := command(settings{"STAGE": stage, "ARCH": "amd64", "VERSION": "0.0.0~a", "SOURCE_DATE_EPOCH": "1"})
	cmd.Dir, cmd.Path = moduleRoot(t), builtTool(t, "nfpm", "package-tools")
	for _, packager := range []string{"deb", "rpm"} {
		again := *cmd
		again.Args = []string{"nfpm", "package", "-f", "packaging/nfpm.yaml", "-p", packager, "-t", r.dir + "/"}
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("nfpm: %v %s", err, out)
		}
	}
	return r
}

const (
	facts = `stat -c '%n %U:%G %a' /etc/gatehouse/* /var/lib/gatehouse`
	fresh = `/etc/gatehouse/gatehouse.toml root:root 644
/etc/gatehouse/master.key root:root 600
/var/lib/gatehouse gatehouse:gatehouse 700
`
)

// lifecycle installs an older version and upgrades it, with a database that has an organization,
// a change of the configuration and a key that must stay.
func (m copiedMachine) lifecycle(install, upgrade string) {
	t := m.t
	t.Helper()
	out := m.run(install)
	if !strings.Contains(out, "installed and not started") {
		t.Errorf("the installation says: %s", out)
	}
	if got := m.run(facts); got != fresh {
		t.Errorf("the installation makes: %s", got)
	}
	key := m.run("cat /etc/gatehouse/master.key; echo '#mine' >>/etc/gatehouse/gatehouse.toml")
	m.calls()

	out = m.run(upgrade)
	if strings.Contains(out, "not started") {
		t.Errorf("the upgrade says: %s", out)
	}
	if got := m.calls(); !strings.Contains(got, "daemon-reload") ||
		!strings.Contains(got, "try-restart gatehouse.service") || strings.Contains(got, "stop ") ||
		strings.Contains(got, "preset") || strings.Contains(got, "disable") {
		t.Errorf("the upgrade calls: %s", got)
	}
	if got := m.run("tail -1 /etc/gatehouse/gatehouse.toml; cat /etc/gatehouse/master.key"); got != "#mine\n"+key {
		t.Errorf("after the upgrade, the settings and the key are %q", got)
	}

	p := m.serve()
	password := p.firstPassword()
	c := newClient(t, p.url)
	c.organization(ccadmin, c.token(ccadmin, "admin", password), "Orchard Ltd")
	m.stop(p)
	m.run(upgrade) // the same version again
	p = m.serve()
	c = newClient(t, p.url)
	if got := c.organization(ccadmin, c.token(ccadmin, "admin", password), "Rowan Ltd"); got != "or-100002" {
		t.Errorf("after the upgrade, the second organization is %s", got)
	}
	m.stop(p)
	if got := m.run(asServer + "gatehouse doctor"); !strings.Contains(got, "ok") {
		t.Errorf("doctor: %s", got)
	}
	m.calls()
}

func installDeb(t *testing.T, r release) {
	lookFor(t, "dpkg")
	m := newMachine(t)
	// Without triggers: the index of all manuals would be made again each time.
	const options = "dpkg --no-triggers --force-confold --install "
	m.lifecycle(options+older(t).file(t, "*.deb"), options+r.file(t, "*_amd64.deb"))

	out := m.run("dpkg --no-triggers --remove gatehouse; ls /var/lib/gatehouse/gatehouse.db")
	if !strings.Contains(out, "the database stays in /var/lib/gatehouse") {
		t.Errorf("the removal says: %s", out)
	}
	if got := m.calls(); !strings.Contains(got, "deb-systemd-invoke stop gatehouse.service") {
		t.Errorf("the removal calls: %s", got)
	}
	key := m.run("cat /etc/gatehouse/master.key")
	out = m.run("dpkg --no-triggers --purge gatehouse; ls /var/lib/gatehouse /etc/gatehouse /usr/bin/gatehouse 2>&1 || true")
	for _, want := range []string{"gatehouse: /var/lib/gatehouse is removed", "master.key stays",
		"cannot access '/var/lib/gatehouse'", "cannot access '/usr/bin/gatehouse'", "/etc/gatehouse:\nmaster.key\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the purge does not say %q: %s", want, out)
		}
	}
	// Again, on what the purge left: the key stays the same.
	m.run(options + r.file(t, "*_amd64.deb"))
	if got := m.run("cat /etc/gatehouse/master.key; " + facts); got != key+fresh {
		t.Errorf("installed again: %s", got)
	}
	// A database whose key is missing gets no other.
	out = m.run("rm /etc/gatehouse/master.key; touch /var/lib/gatehouse/gatehouse.db; /usr/lib/gatehouse/prepare; " +
		"ls /etc/gatehouse")
	if !strings.Contains(out, "put the key of that database there\n") || strings.Contains(out, "\nmaster.key") ||
		!strings.Contains(out, "gatehouse.toml\n") {
		t.Errorf("a database without its key: %s", out)
	}
}

func installRPM(t *testing.T, r release) {
	lookFor(t, "rpm")
	m := newMachine(t)
	// Debian's rpm knows none of Debian's packages.
	const options = "rpm --force-debian --nodeps --noplugins "
	m.lifecycle(options+"-i "+older(t).file(t, "*.rpm"), options+"-U --replacepkgs "+r.file(t, "*.x86_64.rpm"))

	before := m.run("sha256sum /var/lib/gatehouse/gatehouse.db /etc/gatehouse/master.key")
	out := m.run(options + "-e gatehouse")
	if !strings.Contains(out, "the data stay in /var/lib/gatehouse") {
		t.Errorf("the removal says: %s", out)
	}
	if got := m.calls(); !strings.Contains(got, "systemctl stop gatehouse.service") ||
		!strings.Contains(got, "disable gatehouse.service") {
		t.Errorf("the removal calls: %s", got)
	}
	out = m.run("sha256sum /var/lib/gatehouse/gatehouse.db /etc/gatehouse/master.key; ls /usr/bin/gatehouse 2>&1 || true")
	if !strings.HasPrefix(out, before) || !strings.Contains(out, "cannot access") {
		t.Errorf("after the removal: %s", out)
	}
}
