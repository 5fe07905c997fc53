// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/secret"
)

// update writes the golden files of this package.
var update = flag.Bool("update", false, "write the golden files")

// terminalUser is a person at the command line: commands with their environment, and what they printed.
type terminalUser struct {
	*testing.T
	env  settings
	url  string
	site site

	mu      sync.Mutex
	secrets []string        // which no command may print by itself
	typed   map[string]bool // command lines, without flags
}

// atTerminal starts a server and returns a person who has not logged in to it.
func atTerminal(t *testing.T, args ...string) *terminalUser {
	t.Helper()
	s := usedSite(t, onSQLite)
	u := &terminalUser{T: t, site: s, url: start(t, s, args...).url, typed: map[string]bool{}}
	u.env = settings{"XDG_CONFIG_HOME": t.TempDir(), "HOME": t.TempDir(), "GATEHOUSE_DATA": s.data}
	u.secrets = []string{s.password}
	return u
}

// keep writes a text into a file and returns its path.
func (u *terminalUser) keep(name, text string) string {
	u.Helper()
	path := filepath.Join(u.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		u.Fatal(err)
	}
	return path
}

// secret reads the file of a secret, and looks for it in what is printed from then on.
func (u *terminalUser) secret(path string) string {
	u.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		u.Fatalf("the file of a secret: %v %v", info, err)
	}
	text := strings.TrimSpace(string(must(os.ReadFile(path))(u)))
	if text == "" {
		u.Fatal("the file of a secret is empty")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.secrets = append(u.secrets, text)
	return text
}

// login logs the person in as the first operator.
func (u *terminalUser) login() {
	u.Helper()
	u.ok("login", "--server", u.url, "--username", "admin", "--password-file",
		u.keep("password", u.site.password+"\n"), "--profile", "here")
}

// run runs a command with an input.
func (u *terminalUser) run(input string, args ...string) (code int, stdout, stderr string) {
	u.Helper()
	u.typed[strings.Join(args, " ")] = true
	cmd := command(u.env, args...)
	cmd.Stdin = strings.NewReader(input)
	p := launch(u, cmd)
	code = p.wait(u, startLimit)
	stdout, stderr = p.stdout.String(), p.stderr.String()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.secrets {
		if !slices.Contains(args, "--show-secrets") && strings.Contains(stdout+stderr, s) {
			u.Errorf("%q prints a secret", args)
		}
	}
	if strings.Contains(stderr, "goroutine") {
		u.Errorf("%q: %s", args, stderr)
	}
	return code, stdout, stderr
}

// ok runs a command that must succeed and say nothing on the error output.
func (u *terminalUser) ok(args ...string) string {
	u.Helper()
	code, stdout, stderr := u.run("", args...)
	if code != 0 || stderr != "" {
		u.Fatalf("%q: %d %s%s", args, code, stdout, stderr)
	}
	return stdout
}

// says runs a command that must succeed, and print all of the texts.
func (u *terminalUser) says(texts []string, args ...string) string {
	u.Helper()
	stdout := u.ok(args...)
	for _, text := range texts {
		if !strings.Contains(stdout, text) {
			u.Errorf("%q does not print %q but: %s", args, text, stdout)
		}
	}
	return stdout
}

// fails runs a command that must end with a code, print nothing and say a text on the error output.
func (u *terminalUser) fails(want int, text string, args ...string) {
	u.Helper()
	code, stdout, stderr := u.run("", args...)
	if code != want || stdout != "" || !strings.Contains(stderr, text) {
		u.Errorf("%q: %d %s%s, want %d and %q", args, code, stdout, stderr, want, text)
	}
}

// id runs a command that prints one id.
func (u *terminalUser) id(args ...string) string {
	u.Helper()
	return strings.TrimSpace(u.ok(append(args, "--quiet")...))
}

// watchProcesses looks for the person's secrets in the command lines of all processes, until the
// test ends.
func (u *terminalUser) watchProcesses() {
	done, ended := make(chan struct{}), make(chan struct{})
	u.Cleanup(func() { close(done); <-ended })
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
			u.mu.Lock()
			secrets := slices.Clone(u.secrets)
			u.mu.Unlock()
			lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, path := range lines {
				line, _ := os.ReadFile(path) // the process may be gone
				for _, s := range secrets {
					if bytes.Contains(line, []byte(s)) {
						u.Errorf("a process has a secret in its command line: %.20q", line)
						return
					}
				}
			}
		}
	}()
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	u := atTerminal(t, "--public-requests", "on")
	u.watchProcesses()
	for _, part := range []func(*terminalUser){walkLogin, walkOrganizations, walkRequests, walkCodes,
		walkClients,
		walkApplications, walkOperators, walkAudit, walkEnd} {
		part(u)
	}
	u.checkAllTyped()
}

func walkLogin(u *terminalUser) {
	u.fails(2, "gatehouse login --server", "org", "list")
	mistyped := settings{"XDG_CONFIG_HOME": u.TempDir(), "GATEHOUSE_SERVR": u.url}
	if code, _, stderr := runCommand(u, mistyped, "org", "list"); code != 2 ||
		!strings.Contains(stderr, "did you mean GATEHOUSE_SERVER?") {
		u.Errorf("a mistyped variable: %d %s", code, stderr)
	}
	u.fails(3, "gatehouse login --server "+u.url, "org", "list", "--server", u.url)
	u.fails(2, "https://", "login", "--server", "http://gatehouse.example.test")
	u.fails(2, "fill it", "login", "--server", "")
	wrong := u.keep("wrong", "not the password")
	u.fails(3, "credentials", "login", "--server", u.url, "--username", "admin", "--password-file", wrong)
	u.fails(4, "no such profile", "whoami", "--profile", "other")
	u.fails(2, "--username", "login", "--server", u.url, "--password-file", "-")
	code, stdout, stderr := u.run(u.site.password+"\r\n", "login", "--server", u.url+"/", "--username", "admin",
		"--password-file", "-", "--profile", "here", "--lifetime", "5m", "-o", "json")
	var answer struct{ Profile, Username, ExpiresAt string }
	if err := json.Unmarshal([]byte(stdout), &answer); code != 0 || err != nil || answer.Profile != "here" {
		u.Fatalf("log in: %d %v %s%s", code, err, stdout, stderr)
	}
	if at, err := time.Parse(time.RFC3339, answer.ExpiresAt); err != nil || time.Until(at) > 5*time.Minute {
		u.Errorf("the log-in lasts until %s: %v", answer.ExpiresAt, err)
	}
	u.says([]string{"admin", "administrator", "or-0", u.url, "here"}, "whoami")
	// The same server: the same profile, for as long as the server allows.
	u.ok("login", "--server", u.url, "--username", "admin", "--password-file", u.keep("password",
		u.site.password))
	until := strings.TrimSpace(u.ok("whoami", "-o", "jsonpath=$.expiresAt"))
	if at, err := time.Parse(time.RFC3339, until); err != nil || time.Until(at) < 11*time.Hour {
		u.Errorf("the longest log-in lasts until %s: %v", until, err)
	}
	u.ok("login", "--server", u.url, "--username", "admin", "--password-file", u.keep("password",
		u.site.password),
		"--profile", "second")
	u.fails(2, "https://", "login", "--server", "http://gatehouse.example.test", "--profile", "second")
	u.says([]string{"here", "second"}, "profile", "list")
	u.says([]string{"here"}, "profile", "use", "here")
	u.fails(4, "profile list", "profile", "use", "nothing")
	u.says([]string{"second"}, "whoami", "--profile", "second", "-o", "jsonpath=$.profile")
	u.says([]string{"Logged out"}, "logout", "--profile", "second")
	u.fails(3, "gatehouse login --profile second", "whoami", "--profile", "second")
	u.says([]string{"Removed"}, "profile", "remove", "second")
	u.fails(2, "leave one out", "whoami", "--profile", "here", "--server", u.url)
	u.fails(7, "cannot reach", "org", "list", "--server", "http://127.0.0.1:1", "--token-file",
		u.keep("token", "x"))
	u.fails(3, "gatehouse login", "org", "list", "--server", u.url, "--token-file", u.keep("token", "x"))
}

func walkOrganizations(u *terminalUser) {
	u.says([]string{"or-100001 (Acme Ltd)"}, "org", "create", "Acme Ltd", "--email-domain", "acme.example.test",
		"--contact", "Ann Lee <ann@example.test>", "--property", "size=3", "--property", "note=a text",
		"--description", "first", "--external-id", "x-1", "--alias", "acme")
	if id := u.id("org", "create", "Birch & Söhne"); id != "or-100002" {
		u.Errorf("created %q", id)
	}
	u.fails(5, "name", "org", "create", "Acme Ltd")
	u.fails(6, "name", "org", "create", "")
	u.fails(2, "Ann Lee", "org", "create", "x", "--contact", "nobody")
	u.fails(2, "accepts 1 arg", "org", "create")
	u.says([]string{"Ann Lee", "ann@example.test", "properties.size", "a text", "acme.example.test"}, "org",
		"show",
		"acme ltd")
	u.says([]string{"or-100001\nor-100002\n"}, "org", "list", "--sort", "name:asc", "-q")
	u.says([]string{"or-100002\n"}, "org", "list", "--limit", "1", "-o", "jsonpath=$.id")
	u.says([]string{"id,name,state,alias,createdAt", "or-100002,Birch & Söhne,active"}, "org", "list", "-o",
		"csv")
	u.says([]string{"- id: or-100002"}, "org", "list", "-o", "yaml", "--filter", `name sw "birch"`)
	u.fails(6, "colour", "org", "list", "--filter", `colour eq "red"`)
	u.fails(2, "fill it", "org", "list", "--filter", "")
	u.fails(2, "at least 1", "org", "list", "--limit", "0")
	u.fails(2, "no format", "org", "list", "-o", "xml")
	u.fails(4, "nobody", "org", "show", "nobody")
	u.fails(4, "", "org", "show", "or-999999")
	u.says([]string{"Changed"}, "org", "update", "100002", "--name", "Birch Ltd", "--description", "second")
	u.says([]string{"Birch Ltd\n"}, "org", "show", "or-100002", "-o", "jsonpath={.name}")
	u.fails(2, "--help", "org", "update", "or-100002")
	u.says([]string{"unlimited"}, "org", "policy", "show", "Acme Ltd")
	u.says([]string{"Changed"}, "org", "policy", "set", "Acme Ltd", "--approve-enrolments")
	u.says([]string{"approveEnrolments  yes", "showCodesOnce      no"}, "org", "policy", "show", "Acme Ltd")
	u.fails(2, "nothing to change", "org", "policy", "set", "Acme Ltd")
	u.fails(2, "--yes", "org", "deactivate", "Birch Ltd")
	u.says([]string{"Deactivated"}, "org", "deactivate", "Birch Ltd", "--yes")
	u.says([]string{"Activated"}, "org", "activate", "Birch Ltd", "--keep-secrets")
	u.fails(2, "for good? Add --yes", "org", "delete", "Birch Ltd")
	u.fails(2, "Did you mean deactivate", "org", "deactivat")
}

func walkRequests(u *terminalUser) {
	first := u.id("request", "submit", "Cedar", "--first-name", "Cy", "--last-name", "Dee", "--email",
		"cy@example.test", "--comments", "please", "--email-domain", "cedar.example.test")
	second, third := u.id("request", "submit", "Dogwood", "--email", "d@example.test"), ""
	// Asking needs no log-in.
	stranger := settings{"XDG_CONFIG_HOME": u.TempDir()}
	code, stdout, stderr := runCommand(u, stranger, "request", "submit", "Elm", "--email", "e@example.test",
		"--server", u.url, "-o", "jsonpath=$.id")
	if third = strings.TrimSpace(stdout); code != 0 || third == "" {
		u.Fatalf("a stranger submits: %d %s", code, stderr)
	}
	u.says([]string{"Cedar", "new", "cy@example.test"}, "request", "list")
	u.says([]string{"please", "contact.firstName", "Cy"}, "request", "show", "Cedar")
	u.says([]string{"moreInfoNeeded"}, "request", "update", first, "--status", "moreInfoNeeded")
	u.fails(6, "status", "request", "update", first, "--status", "approved")
	u.says([]string{"Approved", "or-10"}, "request", "approve", first, "--comments", "welcome")
	u.fails(5, "", "request", "approve", first)
	u.fails(2, "--yes", "request", "reject", second)
	u.says([]string{"Rejected"}, "request", "reject", "Dogwood", "--yes")
	fourth := u.id("request", "submit", "Fir", "--email", "f@example.test")
	code, stdout, stderr = u.run("", "request", "decide", "--approve", third+","+first, "--reject", fourth,
		"--yes")
	if code != 8 || !strings.Contains(stdout, "approved") || !strings.Contains(stderr, "1 of 3") {
		u.Errorf("decide in part: %d %s%s", code, stdout, stderr)
	}
	u.fails(2, "1 to 100", "request", "decide")
	u.says([]string{"Deleted"}, "request", "delete", second, "--yes")
	u.fails(4, "", "request", "show", second)
}

func walkCodes(u *terminalUser) {
	file := filepath.Join(u.TempDir(), "code")
	limits := []string{"--name", "tills", "--expires", "30d", "--max-uses", "5"}
	create := append([]string{"code", "create", "Birch Ltd"}, limits...)
	u.fails(2, "Nothing was done", create...)
	u.fails(2, "required flag", "code", "create", "Birch Ltd")
	if out := u.ok("code", "list", "Birch Ltd", "-q"); out != "" {
		u.Errorf("a refused command makes a code: %s", out)
	}
	id := u.id(append(create, "--secret-file", file, "--tag", "shop", "--cidr", "127.0.0.0/8", "--note", "n")...)
	text := u.secret(file)
	u.fails(2, "not overwritten", append(create, "--secret-file", file)...)
	u.fails(6, "cidrs", append(create, "--cidr", "x", "--secret-file", file+"2")...)
	if _, err := os.Stat(file + "2"); err == nil {
		u.Error("a refused command leaves the file of a secret")
	}
	u.fails(2, "30d", "code", "create", "Birch Ltd", "--name", "x", "--expires", "soon", "--max-uses", "1")
	u.fails(2, "unlimited", "code", "create", "Birch Ltd", "--name", "x", "--expires", "1h", "--max-uses", "0")
	expires := strings.TrimSpace(u.ok("code", "list", "Birch Ltd", "--output", "jsonpath={.expiresAt}"))
	left := time.Until(must(time.Parse(time.RFC3339, expires))(u))
	if left < 29*24*time.Hour || left > 30*24*time.Hour {
		u.Errorf("a code of 30 days has %s", left)
	}
	u.says([]string{id, "tills", "active", expires}, "code", "list", "Birch Ltd")
	u.says([]string{"shop", "127.0.0.0/8"}, "code", "show", "Birch Ltd", "tills")
	u.says([]string{"Changed"}, "code", "update", "Birch Ltd", "tills", "--max-uses", "unlimited",
		"--expires", "never")
	u.fails(2, "nothing to change", "code", "update", "Birch Ltd", id)
	u.fails(2, "--show-secrets", "code", "reveal", "Birch Ltd", id)
	u.says([]string{text + "\n"}, "code", "reveal", "Birch Ltd", id, "--show-secrets")
	u.says([]string{`"authorizationCode": "***"`}, "code", "reveal", "Birch Ltd", id, "--secret-file",
		file+"3", "-o",
		"json")
	if u.secret(file+"3") != text {
		u.Error("another text is revealed")
	}
	u.says([]string{"valid  yes"}, "code", "verify", "--code-file", file)
	u.says([]string{"Disabled"}, "code", "disable", "Birch Ltd", id)
	if code, stdout, stderr := u.run(text, "code", "verify", "--code-file", "-", "--explain"); code != 1 ||
		!strings.Contains(stdout, "disabled") || !strings.Contains(stderr, "refused") {
		u.Errorf("a disabled code: %d %s%s", code, stdout, stderr)
	}
	u.says([]string{"Enabled"}, "code", "enable", "Birch Ltd", id)
	newClient(u, u.url).want(newClient(u, u.url).post("/v1/enrollments", `{"authorizationCode":"`+text+
		`","client":{"name":"till 1","instanceId":"till-1"}}`, jsonType), 201, "enrol")
	u.says([]string{"accepted", "127.0.0.1", "till-1"}, "code", "uses", "Birch Ltd", id)
	u.says([]string{"1 uses by 1 installations", "till-1"}, "code", "rotate", "Birch Ltd", id, "--overlap", "0s",
		"--dry-run")
	u.fails(2, "--yes", "code", "rotate", "Birch Ltd", id, "--overlap", "0s", "--secret-file", file+"4")
	next := u.id("code", "rotate", "Birch Ltd", id, "--overlap", "72h", "--secret-file", file+"5")
	u.secret(file + "5")
	u.says([]string{"superseded"}, "code", "show", "Birch Ltd", id)
	u.fails(2, "several codes", "code", "show", "Birch Ltd", "tills")
	u.says([]string{"Ended"}, "code", "end-overlap", "Birch Ltd", id, "--yes")
	u.says([]string{"active"}, "code", "show", "Birch Ltd", next)
	u.fails(2, "--show-secrets", "code", "show", "Birch Ltd", next, "--qr")
	own := secret.NewPassword().Reveal()
	foreign := u.keep("foreign", own+"\n")
	if u.secret(foreign) != own {
		u.Error("the file has another text")
	}
	keep := []string{"code", "create", "Birch Ltd", "--name", "old", "--expires", "30d", "--max-uses",
		"unlimited"}
	u.fails(2, "--code-file", append(keep, "--primary", "--show-secrets")...)
	u.fails(2, "none of the others", append(keep, "--code-file", foreign, "--secret-file", "x")...)
	u.says([]string{"Kept the code as", "(old)"}, append(keep, "--code-file", foreign, "--primary")...)
	u.says([]string{"imported        yes", "primary         yes"}, "code", "show", "Birch Ltd", "old")
	u.says([]string{"valid  yes"}, "code", "verify", "--code-file", foreign)
}

func walkClients(u *terminalUser) {
	u.says([]string{"till 1", "active", "shop"}, "client", "list", "--organization", "Birch Ltd", "--state",
		"active")
	u.fails(2, "fill it", "client", "list", "--state", "")
	u.says([]string{"till-1"}, "client", "show", "till 1")
	u.says([]string{"Changed"}, "client", "update", "till 1", "--name", "till one", "--tag", "a", "--tag", "b")
	u.says([]string{"a, b"}, "client", "show", "till one")
	u.fails(2, "--yes", "client", "revoke", "till one")
	u.says([]string{"Revoked"}, "client", "revoke", "till one", "--yes")
	file := filepath.Join(u.TempDir(), "code")
	u.ok("code", "create", "Acme Ltd", "--name", "c", "--expires", "1h", "--max-uses", "unlimited",
		"--secret-file", file)
	for _, name := range []string{"one", "two"} { // its policy has them wait
		c := newClient(u, u.url)
		c.want(c.post("/v1/enrollments", `{"authorizationCode":"`+u.secret(file)+`","client":{"name":"`+name+
			`","instanceId":"`+name+`"}}`, jsonType), 202, "enrol")
	}
	u.says([]string{"Approved"}, "client", "approve", "one")
	u.fails(2, "--yes", "client", "refuse", "two")
	u.says([]string{"Refused"}, "client", "refuse", "two", "--yes")
}

func walkApplications(u *terminalUser) {
	file := filepath.Join(u.TempDir(), "key")
	u.fails(2, "Nothing was done", "app", "create", "Shop", "--expires", "30d")
	id := u.id("app", "create", "Shop", "--expires", "30d", "--secret-file", file)
	u.secret(file)
	u.says([]string{"Registered"}, "app", "create", "Plugin", "--type", "extension")
	u.says([]string{"Shop", "application", "active"}, "app", "list", "--type", "application")
	u.says([]string{"key.state"}, "app", "show", "Shop")
	u.says([]string{"Changed"}, "app", "update", id, "--name", "Shop 2")
	u.fails(2, "required flag", "app", "rotate-key", id)
	u.says([]string{"new key"}, "app", "rotate-key", id, "--overlap", "1h", "--secret-file", file+"2")
	u.secret(file + "2")
	u.says([]string{"formerKey.validUntil"}, "app", "show", id)
	u.says([]string{"Ended"}, "app", "end-overlap", id, "--yes")
	u.fails(2, "--yes", "app", "delete", id)
	u.says([]string{"Deleted"}, "app", "delete", id, "-y")
}

func walkOperators(u *terminalUser) {
	remote := []string{"--profile", "here"}
	with := func(args ...string) []string { return append(args, remote...) }
	file := filepath.Join(u.TempDir(), "password")
	u.fails(2, "Nothing was done", with("operator", "add", "ann")...)
	u.says([]string{"Added ann as auditor"}, with("operator", "add", "ann", "--role", "auditor", "--secret-file",
		file)...)
	u.secret(file)
	u.says([]string{"ann", "auditor", "active"}, with("operator", "list")...)
	u.says([]string{"ann", "auditor", "active"}, "operator", "list") // on the database
	u.says([]string{"account-manager now"}, with("operator", "role", "ann", "account-manager")...)
	u.says([]string{"Disabled"}, with("operator", "disable", "ann")...)
	u.says([]string{"Enabled"}, with("operator", "enable", "ann")...)
	u.says([]string{"have ended"}, with("operator", "sessions", "end", "ann")...)
	u.says([]string{"is changed"}, with("operator", "password", "ann", "--secret-file", file+"2")...)
	password := u.secret(file + "2")
	u.ok("login", "--server", u.url, "--profile", "ann", "--username", "ann", "--password-file", file+"2")
	u.fails(2, "--show-secrets", "operator", "totp", "ann", "--profile", "ann")
	code, _, stderr := u.run(password+"\nanother correct horse\n", "operator", "password", "ann", "--own",
		"--profile",
		"ann")
	if code != 0 {
		u.Errorf("ann changes the password: %d %s", code, stderr)
	}
	u.fails(4, "operator list", with("operator", "disable", "eve")...)
	u.fails(2, "--data is for the database", with("operator", "list", "--data", "x")...)
	u.fails(2, "needs a server", "operator", "list", "--token-file", "x")
	u.fails(2, "--yes", with("operator", "remove", "ann")...)
	u.says([]string{"Removed"}, with("operator", "remove", "ann", "--yes")...)
	u.ok("profile", "use", "here")
}

func walkAudit(u *terminalUser) {
	u.says([]string{"operator.delete", "ann"}, "audit", "list", "--server", u.url, "--count", "3")
	u.says([]string{"operator.delete"}, "audit", "list") // on the database
	exported := u.ok("audit", "export", "--server", u.url)
	path := u.keep("export", exported)
	u.says([]string{"The export is unbroken"}, "audit", "verify", "--export", path)
	u.fails(2, "fill it", "audit", "list", "--filter", "")
	u.fails(2, "excludes", "audit", "list", "--json", "-o", "yaml")
	u.fails(6, "colour", "audit", "export", "--server", u.url, "--filter", `colour eq "x"`)
	if offline := u.ok("audit", "export"); strings.Count(offline, "\n") != strings.Count(exported, "\n") {
		u.Errorf("the exports have %d and %d lines", strings.Count(offline, "\n"), strings.Count(exported, "\n"))
	}
}

func walkEnd(u *terminalUser) {
	u.says([]string{`"state": "inactive"`}, "org", "deactivate", "Acme Ltd", "--yes", "-o", "json")
	u.says([]string{"Deleted"}, "org", "delete", "Acme Ltd", "--yes")
	file := filepath.Join(u.env["XDG_CONFIG_HOME"], "gatehouse/profiles/here.json")
	kept := must(os.ReadFile(file))(u)
	past := regexp.MustCompile(`"expiresAt": "[^"]*"`).ReplaceAll(kept, []byte(`"expiresAt": "2020-01-01T00:00:00Z"`))
	for _, change := range []struct {
		content []byte
		mode    os.FileMode
		code    int
		says    string
	}{{past, 0o600, 3, "ended at 2020-01-01T00:00:00Z. Run: gatehouse login --profile here"},
		{kept, 0o644, 1, "chmod 600"}, {[]byte("{"), 0o600, 1, "log in again"}} {
		if err := os.WriteFile(file, change.content, 0o600); err != nil {
			u.Fatal(err)
		}
		if err := os.Chmod(file, change.mode); err != nil {
			u.Fatal(err)
		}
		u.fails(change.code, change.says, "org", "list")
	}
	if err := errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, kept, 0o600)); err != nil {
		u.Fatal(err)
	}
	u.says([]string{"Logged out"}, "logout")
	u.fails(3, "gatehouse login --profile here", "org", "list")
}

// testedElsewhere names the tests of commands that TestCommandLine does not type.
func testedElsewhere() map[string]string {
	return map[string]string{
		"serve": "TestFirstStart", "migrate": "TestMigrateTwice", "version": "TestVersion", "doctor": "TestDoctor",
		"config check": "TestConfigCommands", "config show": "TestConfigCommands", "backup": "TestBackupAndRestore",
		"restore": "TestBackupAndRestore", "key rotate": "TestKeyRotation", "key finish": "TestKeyRotation",
		"key list": "TestKeyRotation", "key drop": "TestKeyDrop", "operator totp": "TestSecondFactorOverAServer",
		"import organizations": "TestImport", "import codes": "TestImport", "import clients": "TestImport",
		"import requests": "TestImport", "export organizations": "TestImport", "export codes": "TestImport",
		"export clients": "TestImport", "export requests": "TestImport", "code issue": "TestImport",
		"completion bash": "TestCompletion", "completion zsh": "TestCompletion",
		"completion fish":       "TestCompletion",
		"completion powershell": "TestCompletion", "enroll": "TestEnroll", "token": "TestEnroll",
		"code installer": "TestInstaller",
	}
}

// checkAllTyped holds what was typed against the commands that there are, by their manual pages.
func (u *terminalUser) checkAllTyped() {
	dir := u.TempDir()
	u.ok("man", "--dir", dir)
	pages := must(filepath.Glob(filepath.Join(dir, "*.1")))(u)
	if len(pages) < 50 {
		u.Fatalf("there are %d pages", len(pages))
	}
	for _, page := range pages {
		content := string(must(os.ReadFile(page))(u))
		if strings.Contains(content, "\n.Sh COMMANDS\n") {
			continue
		}
		var words []string
		for _, m := range regexp.MustCompile(`(?m)^\.Cm (.+)$`).FindAllStringSubmatch(content, -1) {
			words = append(words, strings.NewReplacer(`\&`, "", `\-`, "-").Replace(m[1]))
		}
		name := strings.Join(words, " ")
		typed := false
		for line := range u.typed {
			typed = typed || strings.HasPrefix(line+" ", name+" ")
		}
		if elsewhere := testedElsewhere()[name]; elsewhere != "" {
			typed = typed || exec.Command("grep", "-q", "func "+elsewhere+"(", "-r", ".").Run() == nil
		}
		if !typed {
			u.Errorf("no test types gatehouse %s", name)
		}
	}
}

// golden holds a text against a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s(%v)", name, got, want, err)
	}
}

// steady replaces what is different in each run by texts of the same width.
func steady(text string) string {
	for pattern, constant := range map[string]string{
		`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`: "00000000-0000-0000-0000-000000000000",
		`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`:                             "2026-11-30T12:00:00Z",
		`http://127\.0\.0\.1:\d+`:                                      "http://127.0.0.1:PORT",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, constant)
	}
	return fmt.Sprint(text)
}
