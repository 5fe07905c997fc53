// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"gatehouse/apitype"
	"gatehouse/internal/certtest"
)

// New events of the audit are shown over a server, each once, until the command is interrupted.
func TestAuditIsFollowedOverAServer(t *testing.T) {
	t.Parallel()
	u := atTerminal(t)
	u.login()
	u.ok("org", "create", "Before")
	var followers []*process
	for _, args := range [][]string{{"audit", "list", "--count", "1", "--json"}, {"audit", "export"}} {
		followers = append(followers, launch(t, command(u.env, append(args, "--follow", "--profile", "here",
			"--filter", `action eq "organization.create"`)...)))
	}
	for i, p := range followers {
		within(t, startLimit, "the event of before", func() bool {
			return strings.Contains(p.stdout.String(),
				"Before")
		})
		u.ok("org", "create", []string{"First", "Second"}[i])
	}
	for _, p := range followers {
		within(t, startLimit, "the new events", func() bool {
			return strings.Contains(p.stdout.String(), "First") && strings.Contains(p.stdout.String(), "Second")
		})
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if code := p.wait(t, startLimit); code != 0 {
			t.Errorf("it ends with %d", code)
		}
		seen := map[string]int{}
		for _, line := range strings.Split(strings.TrimSpace(p.stdout.String()), "\n") {
			var e apitype.AuditEvent
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			seen[e.Target]++
		}
		if len(seen) != 3 || seen["or-100001"] != 1 || seen["or-100002"] != 1 || seen["or-100003"] != 1 {
			t.Errorf("the events are of %v", seen)
		}
	}
}

// The authority of a certificate is named once, at the log-in.
func TestCommandLineOverTLS(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	s, dir := tlsSite(t, ca, ca.Issue())
	p := start(t, s)
	u := &terminalUser{T: t, site: s, url: p.url, typed: map[string]bool{},
		env: settings{"XDG_CONFIG_HOME": t.TempDir()}}
	password := u.keep("password", s.password)
	login := []string{"login", "--server", u.url, "--username", "admin", "--password-file", password}
	u.fails(1, "certificate", login...)
	authority := u.keep("ca.pem", string(ca.PEM()))
	cmd := command(u.env, append(login, "--ca-file", "ca.pem")...)
	cmd.Dir = strings.TrimSuffix(authority, "/ca.pem")
	in := launch(t, cmd)
	if code := in.wait(t, startLimit); code != 0 {
		t.Fatalf("log in: %d %s", code, in.stderr.String())
	}
	u.says([]string{"administrator"}, "whoami")
	u.fails(2, "no certificate", "whoami", "--ca-file", password)
	u.fails(2, "certificate", "whoami", "--ca-file", dir+"/other")
}
