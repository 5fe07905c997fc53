// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestProfiles: they are on their own listener when asked for, and nowhere else.
func TestProfiles(t *testing.T) {
	t.Parallel()
	unserved := func(p *process) {
		t.Helper()
		c := newClient(t, p.url)
		for _, path := range []string{"", "profile?seconds=1", "heap", "cmdline"} {
			c.want(c.get("/debug/pprof/"+path), http.StatusNotFound, path+" on the public listener")
		}
	}
	s := usedSite(t, onSQLite).watched()
	off := start(t, s)
	unserved(off)
	off.stop(t)
	if strings.Contains(off.stderr.String(), "profiles at") {
		t.Error("profiles are served without being asked for")
	}

	on := start(t, s, "--profile-listen", "127.0.0.1:0")
	unserved(on)
	said := regexp.MustCompile(`"msg":"profiles at","url":"(http://127\.0\.0\.1:\d+)/debug/pprof/"`)
	var found []string
	within(t, startLimit, "the log tells where profiles are", func() bool {
		found = said.FindStringSubmatch(on.stderr.String())
		return found != nil
	})
	c := newClient(t, found[1])
	if a := c.want(c.get("/debug/pprof/profile?seconds=1"), http.StatusOK,
		"a profile"); !strings.HasPrefix(a.body, "\x1f\x8b") {
		t.Errorf("a profile begins with %.10q", a.body)
	}
	public := newClient(t, on.url)
	public.token(ccadmin, "admin", off.firstPassword()) // takes so much memory that it is sampled
	if a := c.want(c.get("/debug/pprof/allocs?debug=1"), http.StatusOK, "allocations"); !strings.Contains(a.body,
		"argon2") {
		t.Errorf("the allocations lack those of a log-in: %.300s", a.body)
	}
	for _, path := range []string{"/debug/pprof/cmdline", "/", "/livez", "/metrics",
		ccadmin + "/organizations"} {
		c.want(c.get(path), http.StatusNotFound, path+" beside profiles")
	}
	on.stop(t)
	if _, err := c.try("GET", "/debug/pprof/", nil); err == nil {
		t.Error("profiles are served after the stop")
	}
}

// A first start whose address for profiles is taken makes no operator either.
func TestProfilePortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closing(t, taken)
	s := newSite(t, onSQLite)
	refused(t, s.env, []string{"--listen", "127.0.0.1:0", "--profile-listen", taken.Addr().String()},
		taken.Addr().String(), "profiles", "in use")
	p := start(t, s)
	newClient(t, p.url).token(ccadmin, "admin", p.firstPassword())
	p.stop(t)
}
