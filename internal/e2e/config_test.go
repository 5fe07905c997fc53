// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// reload has a server read its settings again.
func (p *process) reload(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// A server takes over what can change, says what cannot, and keeps what it has if the file
// has an error.
func TestReload(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite)
	file := filepath.Join(t.TempDir(), "gatehouse.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("log-level = \"warn\"\n")
	p := start(t, s, "--config", file)
	c := newClient(t, p.url)
	said := func(text string) func() bool {
		return func() bool { return strings.Contains(p.stderr.String(), text) }
	}
	submitted := 0
	submit := func() int {
		submitted++
		body := fmt.Sprintf(`{"name":"Reload %d","profile":{"firstName":"A","lastName":"B","email":"a%[1]d@example.test"}}`, submitted)
		return c.post(ccstore+"/organizationRequests", body, jsonType).status
	}
	if got := submit(); got != http.StatusForbidden {
		t.Fatalf("a request from the public: %d", got)
	}

	write("public-requests = true\nlog-level = \"info\"\ntrusted-proxies = \"127.0.0.1\"\ninternal-listen = \"127.0.0.1:1\"\n")
	p.reload(t)
	within(t, startLimit, "the settings are reloaded", said("the settings were reloaded"))
	if got := submit(); got != http.StatusOK {
		t.Errorf("a request from the public, after they were allowed: %d", got)
	}
	c.get("/livez", "X-Forwarded-For: 192.0.2.77")
	within(t, startLimit, "the log has the client that a proxy names", said(`"address":"192.0.2.77"`))
	if !said(`"changed":["trusted-proxies","log-level","public-requests"]`)() {
		t.Errorf("what changed is not said: %s", p.stderr.String())
	}
	within(t, startLimit, "what does not change is said", said(`"changed":["internal-listen"]`))

	write("public-requests = \"perhaps\"\n")
	p.reload(t)
	within(t, startLimit, "the error is said", said("the settings were not reloaded"))
	if got := submit(); got != http.StatusOK {
		t.Errorf("a request from the public, after an error: %d", got)
	}

	write("")
	p.reload(t)
	within(t, startLimit, "requests from the public are refused again",
		func() bool { return submit() == http.StatusForbidden })
	p.stop(t)
}

// Without a file there is nothing to reload: the signal is that of a terminal that was closed.
func TestHangUpWithoutFile(t *testing.T) {
	t.Parallel()
	// The signal may be ignored here, as under nohup, and a child inherits that; what is caught
	// here has its default there.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	p := start(t, usedSite(t, onSQLite))
	p.reload(t)
	p.wait(t, stopLimit)
}

func TestConfigCommands(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gatehouse.toml")
	if err := os.WriteFile(file, []byte("public-requests = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := settings{"GATEHOUSE_CONFIG": file, "GATEHOUSE_LISTEN": ":8443"}
	code, out, stderr := runCommand(t, env, "config", "show", "--login-life", "1h")
	rows := regexp.MustCompile(" +").ReplaceAllString(out, " ")
	for _, want := range []string{"public-requests on the configuration file\n",
		"listen :8443 GATEHOUSE_LISTEN\n",
		"login-life 1h --login-life\n"} {
		if !strings.Contains(rows, want) {
			t.Errorf("config show lacks %q: %s%s", want, out, stderr)
		}
	}
	if code != 0 {
		t.Errorf("config show ends with %d", code)
	}
	if code, out, _ = runCommand(t, env, "config", "check"); code != 0 ||
		out != "The settings have no error.\n" {
		t.Errorf("config check: %d %s", code, out)
	}
	env["GATEHOUSE_LISTEN"] = "nowhere"
	if code, _, stderr = runCommand(t, env, "config", "check"); code != 2 ||
		!strings.Contains(stderr, "is not host:port") {
		t.Errorf("config check of an error: %d %s", code, stderr)
	}
	if code, out, stderr = runCommand(t, env, "config", "show"); code != 2 ||
		!strings.Contains(out, "nowhere") || !strings.Contains(stderr, "is not host:port") {
		t.Errorf("config show of an error: %d %s%s", code, out, stderr)
	}
}
