// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// logins are what an operator can be logged in with.
type logins struct {
	oracle, refreshed, native, session string
	access, refresh                    string // an access token of the Commvault wire, which renews itself
}

// everywhere logs an operator without a second factor in on every wire.
func (c *client) everywhere(username, password string) logins {
	c.t.Helper()
	l := logins{oracle: c.token(ccadmin, username, password), session: c.session(username, password)}
	l.refreshed = c.want(c.post(ccadmin+"/refresh", "", bearer(l.oracle)), 200, "refresh").member("access_token")
	l.native = c.want(c.post("/v1/login", marshal(map[string]string{"username": username, "password": password}),
		jsonType), 200, "log in natively").member("accessToken")
	a := c.want(c.post(cvRoot+"/V4/AccessToken", marshal(map[string]string{"tokenName": c.base}), jsonType,
		authtoken(l.session)), 200, "a token")
	l.access, l.refresh = a.member("tokenInfo", "accessToken"), a.member("tokenInfo", "refreshToken")
	return l
}

// uses returns the status of each use of the log-ins. Renewals come last, because they change something.
func (l logins) uses(c *client) map[string]int {
	c.t.Helper()
	return map[string]int{
		"oracle":    c.get(ccadmin+"/organizations", bearer(l.oracle)).status,
		"refreshed": c.get(ccadmin+"/organizations", bearer(l.refreshed)).status,
		"native":    c.get("/v1/operators/me", bearer(l.native)).status,
		"session":   c.get(cvRoot+"/V4/AccessToken", authtoken(l.session)).status,
		"access":    c.get(cvRoot+"/Organization", authtoken(l.access)).status,
	}
}

// renewals returns what each attempt to go on without a password got; "" is nothing.
func (l logins) renewals(c *client) map[string]string {
	c.t.Helper()
	return map[string]string{
		"refresh":             c.post(ccadmin+"/refresh", "", bearer(l.oracle)).member("access_token"),
		"refresh of a former": c.post(ccadmin+"/refresh", "", bearer(l.refreshed)).member("access_token"),
		"RenewLoginToken": c.post(cvRoot+"/RenewLoginToken", marshal(map[string]string{"sessionId": l.session,
			"deviceId": "e2e"}), jsonType).member("token"),
		"Renew": c.post(cvRoot+"/V4/AccessToken/Renew", marshal(map[string]string{"accessToken": l.access,
			"refreshToken": l.refresh}), jsonType).member("accessToken"),
	}
}

// operatorCommand runs a command, which must succeed, with lines of input.
func operatorCommand(t testing.TB, s site, input string, args ...string) string {
	t.Helper()
	code, stdout, stderr := runWith(t, s, input, args...)
	if code != 0 {
		t.Fatalf("operator %q: %d %s", args, code, stderr)
	}
	return stdout
}

func runWith(t testing.TB, s site, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := command(s.env, append([]string{"operator"}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	p := launch(t, cmd)
	code = p.wait(t, startLimit)
	return code, p.stdout.String(), p.stderr.String()
}

// servers are one on SQLite and two replicas on PostgreSQL.
func servers(t *testing.T, s site) (clients []*client, stop func()) {
	t.Helper()
	all := []*process{start(t, s)}
	if s.engine == onPostgres {
		all = append(all, start(t, s))
	}
	for _, p := range all {
		clients = append(clients, newClient(t, p.url))
	}
	return clients, func() {
		for _, p := range all {
			p.stop(t)
		}
	}
}

// Whatever a command does to an operator ends what it is logged in with, on every wire and every
// server that is running, within a second.
func TestOperatorsAreStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		clients, stop := servers(t, s)
		const next = "another correct horse"
		for _, test := range []struct {
			name, input string
			args        []string
			audit       string
			password    bool // the former password is still good
		}{
			{name: "disable", args: []string{"disable", "OP"}, audit: "operator.disable"},
			{name: "remove", args: []string{"remove", "OP"}, audit: "operator.delete"},
			{name: "role", args: []string{"role", "OP", "auditor"}, audit: "operator.update", password: true},
			{name: "sessions", args: []string{"sessions", "end", "OP"}, audit: "operator.end_sessions",
				password: true},
			{name: "reset", args: []string{"password", "OP"}, audit: "operator.reset_password"},
			{name: "given", args: []string{"password", "OP", "--stdin"}, input: next + "\n",
				audit: "operator.reset_password"},
			{name: "own", args: []string{"password", "OP", "--own"}, input: "PASSWORD\n" + next + "\n",
				audit: "operator.change_password"},
		} {
			username := "op-" + test.name
			password := addOperator(t, s, username, "--role", "administrator")
			var before []logins
			for _, c := range clients {
				l := c.everywhere(username, password)
				for what, status := range l.uses(c) {
					if status != 200 {
						t.Fatalf("%s, before: %s: %d", test.name, what, status)
					}
				}
				before = append(before, l)
			}
			args := strings.Split(strings.ReplaceAll(strings.Join(test.args, "\n"), "OP", username), "\n")
			stdout := operatorCommand(t, s, strings.ReplaceAll(test.input, "PASSWORD", password), args...)
			time.Sleep(time.Second)
			by := "system"
			if test.name == "own" {
				by = username
			}
			if action, actor := s.lastEvent(t); action != test.audit || actor != by {
				t.Errorf("%s: the last event is %s by %s", test.name, action, actor)
			}
			for i, c := range clients {
				for _, l := range before {
					for what, status := range l.uses(c) {
						if status != 401 {
							t.Errorf("%s, server %d: %s: %d", test.name, i, what, status)
						}
					}
				}
				for what, got := range before[i].renewals(c) {
					if got != "" {
						t.Errorf("%s, server %d: %s works", test.name, i, what)
					}
				}
				if status := c.login(ccadmin, username, password).status; (status == 200) != test.password {
					t.Errorf("%s: log in with the former password: %d", test.name, status)
				}
			}
			switch test.name {
			case "disable":
				operatorCommand(t, s, "", "enable", username)
				clients[0].token(ccadmin, username, password)
				for what, status := range before[0].uses(clients[0]) {
					if status != 401 {
						t.Errorf("enabled: %s of before: %d", what, status)
					}
				}
			case "reset":
				clients[0].token(ccadmin, username, shown(t, stdout)[0])
			case "given", "own":
				if strings.Contains(stdout, next) {
					t.Error("the given password is printed")
				}
				clients[0].token(ccadmin, username, next)
			case "role":
				token := clients[0].token(ccadmin, username, password)
				if a := clients[0].get(ccadmin+"/applicationIds", bearer(token)); a.status != 200 {
					t.Errorf("an auditor reads: %d", a.status)
				}
				a := clients[0].post(ccadmin+"/organizations", `{"name":"x"}`, jsonType, bearer(token))
				clients[0].want(a, 403, "an auditor writes")
			}
		}
		stop()
		if code, stdout, stderr := runCommand(t, s.env, "audit", "verify"); code != 0 {
			t.Errorf("audit verify: %d %s%s", code, stdout, stderr)
		}
	})
}

// lastEvent returns the newest event of the server's own chain, and how its actor is called.
func (s site) lastEvent(t *testing.T) (action, actor string) {
	t.Helper()
	_, store := s.open(t)
	defer store.Close()
	err := store.View(t.Context(), func(tx tenancy.Reader) error {
		events, err := tx.AuditEvents(t.Context(), tenancy.RootID, 0, 1000)
		if len(events) > 0 {
			last := events[len(events)-1]
			action, actor = last.Action, last.ActorName
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return action, actor
}

func TestOperatorList(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		c := newClient(t, p.url)
		own := c.organization(ccadmin, c.token(ccadmin, "admin", p.firstPassword()), "Own Ltd")
		addOperator(t, s, "Ann Lee", "--organization", own)
		addOperator(t, s, "bo", "--role", "account-manager")
		operatorCommand(t, s, "", "disable", "BO")
		enrol(t, s, "ann lee")
		addOperator(t, s, "gone")
		operatorCommand(t, s, "", "remove", "gone")
		var rows [][]string
		for _, line := range strings.Split(strings.TrimSpace(operatorCommand(t, s, "", "list")), "\n") {
			var row []string
			for _, cell := range strings.Split(line, "  ") {
				if cell = strings.TrimSpace(cell); cell != "" {
					row = append(row, cell)
				}
			}
			rows = append(rows, row[:5])
		}
		want := [][]string{{"USERNAME", "ROLE", "ORGANIZATION", "STATE", "SECOND FACTOR"},
			{"bo", "account-manager", "or-0", "disabled", "no"}, {"Ann Lee", "auditor", own, "active", "yes"},
			{"admin", "administrator", "or-0", "active", "no"}}
		if fmt.Sprint(rows) != fmt.Sprint(want) {
			t.Errorf("list: %q, want %q", rows, want)
		}
		p.stop(t)
	})
}

// What a command refuses changes nothing and says what to do.
func TestOperatorCommandsRefuse(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		password := addOperator(t, s, "ann", "--role", "account-manager")
		before := s.rows(t)
		for _, test := range []struct {
			input, says string
			args        []string
			code        int
		}{
			{"", `no operator "eve"`, []string{"disable", "eve"}, 4},
			{"", `no operator ""`, []string{"remove", ""}, 4},
			{"", "operator list", []string{"sessions", "end", "100001"}, 4},
			{"", "administer operators", []string{"disable", "admin"}, 5},
			{"", "administer operators", []string{"remove", "admin"}, 5},
			{"", "administer operators", []string{"role", "admin", "auditor"}, 5},
			{"", "administrator, account-manager or auditor", []string{"role", "ann", "root"}, 2},
			{"", "accepts 2 arg", []string{"role", "ann"}, 2},
			{"", "accepts 1 arg", []string{"disable"}, 2},
			{"", "second factor", []string{"totp", "ann", "--remove"}, 5},
			{"", "one line is wanted", []string{"password", "ann", "--stdin"}, 1},
			{"short\n", "12", []string{"password", "ann", "--stdin"}, 6},
			{password + "\n", "one line is wanted", []string{"password", "ann", "--own"}, 1},
			{"a\nb\n", "none of the others", []string{"password", "ann", "--own", "--stdin"}, 2},
		} {
			code, stdout, stderr := runWith(t, s, test.input, test.args...)
			if code != test.code || stdout != "" || !strings.Contains(stderr, test.says) ||
				strings.Contains(stderr, "goroutine") {
				t.Errorf("operator %q: %d %s%s", test.args, code, stdout, stderr)
			}
		}
		if string(s.rows(t)) != string(before) {
			t.Error("a refused command changes the data")
		}
		code, _, stderr := runWith(t, s, "not the password\nanother correct horse\n", "password", "ann", "--own")
		if code != 3 || !strings.Contains(stderr, "credentials") {
			t.Errorf("a wrong old password: %d %s", code, stderr)
		}
		for range 5 {
			code, _, stderr = runWith(t, s, "not the password\nanother correct horse\n", "password", "ann", "--own")
		}
		if code != 7 || !strings.Contains(stderr, "Too many") {
			t.Errorf("guesses at the command line are not counted: %d %s", code, stderr)
		}
	})
}

// An operator whose role nobody named may read and no more.
func TestOperatorAddGivesTheLeast(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		c := newClient(t, p.url)
		token := c.token(ccadmin, "olga", addOperator(t, s, "olga"))
		c.want(c.get(ccadmin+"/organizations", bearer(token)), http.StatusOK, "read")
		c.want(c.post(ccadmin+"/organizations", `{"name":"x"}`, jsonType, bearer(token)), http.StatusForbidden,
			"write")
		p.stop(t)
	})
}

// The password prompts of a terminal do not echo. script(1) gives the command one.
func TestPasswordOnATerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		missing(t, err)
	}
	s := usedSite(t, onSQLite)
	old, next := addOperator(t, s, "ann"), secret.NewPassword().Reveal()
	cmd := exec.Command(script, "-qec", binary+" operator password ann --own", "/dev/null")
	cmd.Env = cleanEnv(s.env)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, cmd)
	for _, line := range []struct{ prompt, text string }{{"Old password: ", old}, {"New password: ", next}} {
		within(t, startLimit, line.prompt, func() bool { return strings.Contains(p.stdout.String(), line.prompt) })
		time.Sleep(100 * time.Millisecond) // the echo is switched off after the prompt
		fmt.Fprintf(in, "%s\n", line.text)
	}
	if code := p.wait(t, startLimit); code != 0 {
		t.Fatalf("password on a terminal: %d %s", code, p.stdout.String())
	}
	if out := p.stdout.String(); strings.Contains(out, old) || strings.Contains(out, next) ||
		!strings.Contains(out, "is changed") {
		t.Errorf("the terminal shows %q", strings.ReplaceAll(strings.ReplaceAll(out, old, "OLD"), next, "NEW"))
	}
}

// A session ends when the life of its log-in is over, as --login-life says it.
func TestLoginLife(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s)
		session := newClient(t, p.url).session("admin", p.firstPassword())
		p.stop(t)
		earlier := map[engine]string{onSQLite: "logged_in_at - 360000",
			onPostgres: "logged_in_at - interval '6 minutes'"}[e]
		s.exec(t, "UPDATE sessions SET logged_in_at = "+earlier)
		renewal := marshal(map[string]string{"sessionId": session, "deviceId": "e2e"})
		for _, test := range []struct {
			life  string
			works bool
		}{{"5m", false}, {"7m", true}} {
			p := start(t, s, "--login-life", test.life)
			c := newClient(t, p.url)
			if status := c.get(cvRoot+"/V4/AccessToken", authtoken(session)).status; (status == 200) != test.works {
				t.Errorf("--login-life %s: %d", test.life, status)
			}
			if text := c.post(cvRoot+"/RenewLoginToken", renewal,
				jsonType).member("token"); (text != "") != test.works {
				t.Errorf("--login-life %s: renewed: %t", test.life, text != "")
			}
			p.stop(t)
		}
		misused(t, s.env, []string{"--login-life", "1s"}, "--login-life", "5m to 720h")
	})
}
