// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/certtest"
)

// commandsOf returns the commands of a page by the name of their block. A name that is not in the
// list, or missing from the page, is an error.
func commandsOf(t *testing.T, page string, names ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, b := range fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", page)))(t))) {
		language, name, _ := strings.Cut(b.kind, " ")
		if language != "sh" {
			continue
		}
		if !slices.Contains(names, name) || out[name] != "" {
			t.Errorf("%s: no test runs the block %q", page, b.kind)
		}
		out[name] = b.text
	}
	for _, name := range names {
		if out[name] == "" {
			t.Fatalf("%s has no block %q", page, name)
		}
	}
	return out
}

// followInstallPage runs the commands of docs/install.md in a folder with a release.
func followInstallPage(t *testing.T, r release) {
	lookFor(t, "apt-get")
	lookFor(t, "rpm")
	lookFor(t, "skopeo")
	blocks := commandsOf(t, "install.md", "checksums", "deb", "rpm", "start", "commands", "postgres",
		"deb-remove", "rpm-remove", "image")
	m := newMachine(t)
	in := "cd " + r.dir + "\n"
	if out := m.run(in + blocks["checksums"]); out != "" {
		t.Errorf("checksums: %s", out)
	}
	if out := m.run(in + blocks["deb"]); !strings.Contains(out, "Setting up gatehouse") {
		t.Errorf("apt-get: %s", out)
	}
	m.calls()
	out := m.run(blocks["start"])
	if got := m.calls(); got != "systemctl enable --now gatehouse" {
		t.Errorf("the start says %s, and calls %s", out, got)
	}
	m.stop(m.serve())
	if out := m.run(blocks["commands"] + "stat -c %U /var/lib/gatehouse/* | sort -u"); !strings.Contains(out, "admin") ||
		!strings.HasSuffix(out, "\ngatehouse\n") {
		t.Errorf("commands on the database: %s", out)
	}
	out = m.run(blocks["postgres"] + "stat -c %a /etc/gatehouse/gatehouse.env; cat /etc/gatehouse/gatehouse.env")
	if !regexp.MustCompile(`^600\nGATEHOUSE_DATABASE=postgres://\S+\n$`).MatchString(out) {
		t.Errorf("the file of secrets: %s", out)
	}
	unit := string(must(os.ReadFile(filepath.Join(moduleRoot(t), "packaging/systemd/gatehouse.service")))(t))
	if !strings.Contains(unit, "\nEnvironmentFile=-/etc/gatehouse/gatehouse.env\n") {
		t.Error("the unit does not read the file of secrets")
	}
	const remains = "ls /etc/gatehouse/gatehouse.toml /etc/gatehouse/master.key /var/lib/gatehouse/gatehouse.db\n"
	m.run("apt-get() { command apt-get -y \"$@\"; }\n" + blocks["deb-remove"] + remains)

	m.run("dpkg --no-triggers --purge gatehouse; rm -f /etc/gatehouse/*")
	// Debian's rpm is not for packages of the machine itself, and knows none of Debian's.
	const debians = "rpm() { command rpm --force-debian --nodeps --noplugins \"$@\"; }\n"
	m.run(debians + in + blocks["rpm"])
	m.stop(m.serve())
	m.run(debians + blocks["rpm-remove"] + strings.ReplaceAll(remains, "/etc/gatehouse/gatehouse.toml", ""))

	registry := t.TempDir()
	m.run(in + strings.ReplaceAll(blocks["image"], "docker://registry.example.test/gatehouse", "oci:"+registry+"/image") +
		"skopeo inspect --raw oci:" + registry + "/image:1.0.0 | grep -q arm64")
}

// Every setting of the server that a file may hold is in the example, as a comment. Without the
// comments, the server takes the file.
func TestExampleSettings(t *testing.T) {
	t.Parallel()
	text := string(must(os.ReadFile(filepath.Join(moduleRoot(t), "packaging/gatehouse.toml")))(t))
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf("the example sets something: %s", line)
		}
	}
	settable := regexp.MustCompile(`(?m)^#([a-z-]+ = )`)
	var names []string
	for _, found := range settable.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.TrimSuffix(found[1], " = "))
	}
	_, help, _ := runCommand(t, nil, "serve", "--help")
	// The unit sets the folder; the others are for the command line, once, or for tests.
	without := []string{"config", "data", "help", "new-database", "profile-listen", "rate-limits"}
	for _, flag := range regexp.MustCompile(`(?m)^ +(?:-h, )?--([a-z-]+)`).FindAllStringSubmatch(help, -1) {
		if slices.Contains(names, flag[1]) == slices.Contains(without, flag[1]) {
			t.Errorf("--%s: packaging/gatehouse.toml has it: %v", flag[1], slices.Contains(names, flag[1]))
		}
	}
	cert, key := certtest.New(t).Issue().Write(t, t.TempDir())
	files := strings.NewReplacer("/etc/gatehouse/tls.key", key, "/etc/gatehouse/tls.crt", cert,
		"/etc/gatehouse/acme-ca.pem", cert, "/etc/gatehouse/collector-ca.pem", cert)
	// A certificate is in files or ordered, so no server takes both.
	for _, other := range []string{"tls-", "acme-"} {
		lines := regexp.MustCompile("(?m)^#"+other+".*\n").ReplaceAllString(text, "")
		lines = files.Replace(settable.ReplaceAllString(lines, "$1"))
		lines = strings.Replace(lines, `acme-accept-terms = "off"`, `acme-accept-terms = "on"`, 1)
		file := filepath.Join(t.TempDir(), "gatehouse.toml")
		if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		master := settings{"GATEHOUSE_MASTER_KEY": strings.Repeat("ab", 32)}
		if code, out, stderr := runCommand(t, master, "config", "check", "--config", file); code != 0 {
			t.Errorf("the server refuses the example without %s: %s%s", other, out, stderr)
		}
		_, shown, _ := runCommand(t, nil, "config", "show", "--config", file)
		for _, want := range []string{"10.0.7.0/24", "https://gatehouse.example.test", "127.0.0.1:9080"} {
			if !strings.Contains(shown, want) {
				t.Errorf("the settings lack %s: %s", want, shown)
			}
		}
	}
}
