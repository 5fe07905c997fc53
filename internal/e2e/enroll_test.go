// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/certtest"
)

// enrolSite is a running server with an organization, and an administrator who looks at it.
type enrolSite struct {
	*client
	p           *process
	admin, path string // the log-in, and the path of the organization
	home        string // of the installers
}

func newEnrolSite(t *testing.T, e engine, more ...string) *enrolSite {
	t.Helper()
	return enrolSiteOn(t, usedSite(t, e), more...)
}

// enrolSiteOn starts a server on a site.
func enrolSiteOn(t *testing.T, s site, more ...string) *enrolSite {
	t.Helper()
	p := start(t, s, more...)
	es := &enrolSite{client: newClient(t, p.url).trusting(s.trust), p: p, home: t.TempDir()}
	es.admin = bearer(es.nativeLogin(p.firstPassword()))
	made := es.want(es.post("/v1/organizations", `{"name":"Rowan"}`, jsonType, es.admin), 201, "create")
	es.path = "/v1/organizations/" + made.member("id")
	return es
}

// code makes a code that lets so many clients in, and returns its id and a file that has it.
func (s *enrolSite) code(t *testing.T, uses int) (id, file string) {
	t.Helper()
	a := s.want(s.post(s.path+"/auth-codes",
		`{"name":"spring","expiresAt":"never","maxUses":`+strconv.Itoa(uses)+`}`,
		jsonType, s.admin), http.StatusCreated, "make a code")
	file = filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(file, []byte(a.member("authorizationCode")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return a.member("id"), file
}

// env is the environment of an installer: it knows nothing of the server's folders.
func (s *enrolSite) env() settings { return settings{"HOME": s.home, "XDG_STATE_HOME": ""} }

// wantExit runs the program as an installer does, and returns what it writes.
func (s *enrolSite) wantExit(t *testing.T, want int, args []string, texts ...string) (stdout string) {
	t.Helper()
	stdout, _ = wantRun(t, site{env: s.env()}, want, args, texts...)
	return stdout
}

// wantOneClient fails the test unless a code let in one client, and was used once.
func (s *enrolSite) wantOneClient(t *testing.T, code string) {
	t.Helper()
	clients := s.get("/v1/clients?authCode="+code, s.admin)
	uses := s.get(s.path+"/auth-codes/"+code, s.admin).member("uses")
	if n := len(clients.list("id")); n != 1 || uses != "1" {
		t.Errorf("the code let in %d clients and has %s uses", n, uses)
	}
}

// wantToken fails the test unless the token of a state folder is one of a client of the code.
func (s *enrolSite) wantToken(t *testing.T, state, code string) {
	t.Helper()
	token := strings.TrimSpace(s.wantExit(t, 0, []string{"token", "--state", state}))
	a := s.post("/oauth2/introspect", "token="+token, formType, s.admin)
	if a.member("active") != "true" ||
		a.member("client_id") != s.get("/v1/clients?authCode="+code, s.admin).member("items", "0", "id") {
		t.Errorf("the token is worth %s", a.body)
	}
}

func (s *enrolSite) enroll(state, file string, more ...string) []string {
	return append([]string{"enroll", "--server", s.p.url, "--state", state, "--code-file", file}, more...)
}

// TestEnroll walks the way of an installer, with every exit code.
func TestEnroll(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newEnrolSite(t, e)
		folder := func(name string) string { return filepath.Join(t.TempDir(), name, "state") }
		t.Run("once", func(t *testing.T) { enrolOnce(t, s, folder("once")) })
		t.Run("with P-256", func(t *testing.T) {
			id, file := s.code(t, 1)
			state := folder("p256")
			s.wantExit(t, 0, s.enroll(state, file, "--key-type", "p256", "--name", "till 7", "--instance-id", "7"))
			s.wantToken(t, state, id)
			c := s.get("/v1/clients?authCode="+id, s.admin)
			if c.member("items", "0", "name") != "till 7" || c.member("items", "0", "instanceId") != "7" ||
				!strings.Contains(c.body, "P-256") {
				t.Errorf("the client: %s", c.body)
			}
		})
		t.Run("refused", func(t *testing.T) {
			id, file := s.code(t, 1)
			_, other := s.code(t, 1)
			s.want(s.post(s.path+"/auth-codes/"+id+"/disable", "", s.admin), 200, "disable")
			state := folder("refused")
			s.wantExit(t, 3, s.enroll(state, file, "--name", "a"), "Ask for a new code")
			s.wantExit(t, 0, s.enroll(state, other, "--name", "b")) // nothing of the first attempt is in the way
			bad := filepath.Join(t.TempDir(), "bad")
			mustNot(t, os.WriteFile(bad, []byte("GHC-mistyped"), 0o600))
			s.wantExit(t, 3, s.enroll(folder("mistyped"), bad), "Ask for a new code")
			s.wantExit(t, 6, s.enroll(folder("long"), other, "--name", strings.Repeat("x", 300)), "name")
		})
		t.Run("wrong usage", func(t *testing.T) { enrolWrong(t, s, folder) })
		t.Run("approval", func(t *testing.T) { enrolApproved(t, s, folder) }) // the last: it changes the policy
	})
}

// mustNot fails the test if there is an error.
func mustNot(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func enrolOnce(t *testing.T, s *enrolSite, state string) {
	id, file := s.code(t, 1)
	s.wantExit(t, 4, []string{"token", "--state", state}, "run gatehouse enroll")
	if _, err := os.Stat(state); err == nil {
		t.Error("token has made the folder")
	}
	out := s.wantExit(t, 0, s.enroll(state, file, "-o", "json"))
	if strings.Contains(out, "egistration") || !strings.Contains(out, `"already": false`) {
		t.Errorf("enrolled: %s", out)
	}
	mustNot(t, os.Remove(file)) // an installer does
	s.wantExit(t, 0, s.enroll(state, file), "was enrolled before")
	s.wantExit(t, 0, []string{"enroll", "--state", state}, "was enrolled before")
	client := s.get("/v1/clients?authCode="+id, s.admin).member("items", "0", "id")
	if q := s.wantExit(t, 0, []string{"enroll", "--state", state, "-q"}); q != client+"\n" {
		t.Errorf("quiet: %q, want %s", q, client)
	}
	s.wantOneClient(t, id)
	s.wantToken(t, state, id)
	token := s.wantExit(t, 0, []string{"token", "--state", state})
	if again := s.wantExit(t, 0, []string{"token", "--state", state}); again != token {
		t.Error("a token that lives is not written again")
	}
	renewed := s.wantExit(t, 0, []string{"token", "--state", state, "--renew"})
	if last := s.wantExit(t, 0, []string{"token", "--state", state, "-o", "jsonpath=$.accessToken"}); renewed ==
		token || last != renewed {
		t.Error("--renew did not get a new token, or it is not kept")
	}
	mustNot(t, os.WriteFile(filepath.Join(state, "token.json"), []byte("{"), 0o600))
	s.wantToken(t, state, id) // a damaged file of the token is as none
	for _, name := range []string{"", "key.pem", "installation.json", "token.json", "gatehouse.lock"} {
		if mode := must(os.Stat(filepath.Join(state, name)))(t).Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%q has the mode %o", name, mode)
		}
	}
	s.wantExit(t, 5, []string{"enroll", "--server", "http://127.0.0.1:1", "--state", state},
		"another installation")
	s.wantExit(t, 5, []string{"enroll", "--instance-id", "other", "--state", state}, "another installation")
	s.want(s.post(s.path+"/deactivate", "", s.admin), 200, "deactivate")
	s.wantExit(t, 3, []string{"token", "--state", state, "--renew"}, "may not be active")
	s.want(s.post(s.path+"/activate", `{"keepSecrets":true}`, jsonType, s.admin), 200, "activate")
	s.wantExit(t, 0, []string{"token", "--state", state, "--renew"})
	s.want(s.post("/v1/clients/"+client+"/revoke", "", s.admin), 200, "revoke")
	s.wantExit(t, 3, []string{"token", "--state", state, "--renew"}, "refused or revoked", state)
}

func enrolWrong(t *testing.T, s *enrolSite, folder func(string) string) {
	_, file := s.code(t, 1)
	state := folder("wrong")
	for text, args := range map[string][]string{
		"which server?":       {"enroll", "--code-file", file},
		"which code?":         {"enroll", "--server", s.p.url},
		"--key-type":          {"enroll", "--server", s.p.url, "--code-file", file, "--key-type", "rsa"},
		"--name is empty":     {"enroll", "--server", s.p.url, "--code-file", file, "--name", ""},
		"https://":            {"enroll", "--server", "http://gatehouse.example.test", "--code-file", file},
		"unknown command":     {"enroll", "GHC000"},
		"--code-file is empt": {"enroll", "--server", s.p.url, "--code-file="},
		"--output":            {"enroll", "--server", s.p.url, "--code-file", file, "-o", "xml"},
	} {
		s.wantExit(t, 2, append(args, "--state", state), text)
	}
	s.wantExit(t, 2, []string{"enroll", "--state="}, "--state is empty")
	s.wantExit(t, 2, []string{"token", "--state="}, "--state is empty")
	s.wantExit(t, 2, s.enroll(state, file+"-missing"), "no such file")
	s.wantExit(t, 7, []string{"enroll", "--server", "http://127.0.0.1:1", "--code-file", file, "--state", state},
		"cannot reach", "Nothing is lost")
	mustNot(t, os.Chmod(state, 0o777))
	s.wantExit(t, 1, s.enroll(state, file), "chmod 700")
	mustNot(t, os.Chmod(state, 0o700))
	s.wantExit(t, 0, s.enroll(state, file)) // the address that nobody answered at is not remembered
	mustNot(t, os.WriteFile(filepath.Join(state, "installation.json"), []byte("{}"), 0o600))
	s.wantExit(t, 1, s.enroll(state, file), "cannot be read")
	s.wantExit(t, 1, []string{"token", "--state", state}, "cannot be read")
}

func enrolApproved(t *testing.T, s *enrolSite, folder func(string) string) {
	s.want(s.do(http.MethodPut, s.path+"/policy", `{"showCodesOnce":false,"maxCodeLife":"unlimited",
		"approveEnrolments":true}`, jsonType, s.admin), 200, "policy")
	decided := map[string]string{}
	for _, decision := range []string{"approve", "refuse"} {
		id, file := s.code(t, 1)
		state := folder(decision)
		s.wantExit(t, 9, s.enroll(state, file, "-o", "json"), "approve the client", `"state": "pending"`)
		s.wantExit(t, 9, s.enroll(state, file), "waits for approval")
		s.wantExit(t, 9, []string{"token", "--state", state}, "waits for approval")
		s.wantOneClient(t, id)
		client := s.get("/v1/clients?authCode="+id, s.admin).member("items", "0", "id")
		s.want(s.post("/v1/clients/"+client+"/"+decision, "", s.admin), 200, decision)
		decided[decision] = state
	}
	s.wantExit(t, 0, []string{"token", "--state", decided["approve"]})
	s.wantExit(t, 0, []string{"enroll", "--state", decided["approve"]}, "was enrolled before")
	s.wantExit(t, 3, []string{"enroll", "--state", decided["refuse"]}, "refused or revoked")
	s.wantExit(t, 3, []string{"token", "--state", decided["refuse"]}, "refused or revoked")
}

// TestEnrollLostAnswers has a proxy that lets requests through and cuts the answers of some.
func TestEnrollLostAnswers(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newEnrolSite(t, e)
		var cuts atomic.Int64
		proxy := httptest.NewServer(cutting(t, s.p.url, &cuts))
		t.Cleanup(proxy.Close)
		s.p.url = proxy.URL
		id, file := s.code(t, 1)
		_, other := s.code(t, 1)
		state := filepath.Join(t.TempDir(), "some")
		cuts.Store(2) // fewer than one run sends
		s.wantExit(t, 0, s.enroll(state, file))
		s.wantOneClient(t, id)
		s.wantToken(t, state, id)

		id, file = s.code(t, 1)
		state = filepath.Join(t.TempDir(), "all")
		cuts.Store(1 << 30)
		s.wantExit(t, 7, s.enroll(state, file, "--name", "till"), "Nothing is lost")
		s.wantOneClient(t, id) // the server has it, and the installer does not know
		s.wantExit(t, 4, []string{"token", "--state", state})
		s.wantExit(t, 5, s.enroll(state, other), "with that code")
		s.wantExit(t, 5, s.enroll(state, file, "--name", "other"), "has the name till")
		cuts.Store(0)
		s.wantExit(t, 0, s.enroll(state, file))
		s.wantOneClient(t, id)
		s.wantToken(t, state, id)
	})
}

// cutting returns a proxy that drops the connection instead of an enrolment's answer, some times.
func cutting(t *testing.T, to string, cuts *atomic.Int64) http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(must(url.Parse(to))(t))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/enrollments" && cuts.Add(-1) >= 0 {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	})
}

// TestEnrollTwiceAtOnce runs several installers on one folder: there is one client, and each of them
// knows it. Several that get a token ask for one.
func TestEnrollTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := newEnrolSite(t, onSQLite)
	id, file := s.code(t, 1)
	state := filepath.Join(t.TempDir(), "state")
	atOnce := func(args []string) map[string]int {
		var mu sync.Mutex
		var all sync.WaitGroup
		said := map[string]int{}
		for range 5 {
			all.Go(func() {
				out, err := command(s.env(), args...).Output()
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				said[string(out)]++
			})
		}
		all.Wait()
		return said
	}
	if said := atOnce(s.enroll(state, file, "-q")); len(said) != 1 {
		t.Errorf("they say %v", said)
	}
	s.wantOneClient(t, id)
	if said := atOnce([]string{"token", "--state", state}); len(said) != 1 {
		t.Errorf("there are %d tokens", len(said))
	}
	s.wantToken(t, state, id)
}

// A machine gets tokens that knows the server by another address than the public one.
func TestTokenOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	s := newEnrolSite(t, onSQLite, "--public-url", "https://gatehouse.example.test")
	id, file := s.code(t, 1)
	state := filepath.Join(t.TempDir(), "state")
	s.wantExit(t, 0, s.enroll(state, file))
	for range 2 { // the second time it knows
		s.wantToken(t, state, id)
		mustNot(t, os.Remove(filepath.Join(state, "token.json")))
	}
	if text := string(must(os.ReadFile(filepath.Join(state, "installation.json")))(t)); !strings.Contains(text,
		`"issuer": "https://gatehouse.example.test"`) {
		t.Errorf("the state is %s", text)
	}
}

// The authority of a certificate is named once.
func TestEnrollOverTLS(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	on, _ := tlsSite(t, ca, ca.Issue())
	s := enrolSiteOn(t, on)
	id, file := s.code(t, 1)
	state, authority := filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "ca.pem")
	mustNot(t, os.WriteFile(authority, ca.PEM(), 0o600))
	s.wantExit(t, 1, s.enroll(state, file), "certificate")
	s.wantExit(t, 2, s.enroll(state, file, "--ca-file", file), "no certificate")
	s.wantExit(t, 2, s.enroll(state, file, "--ca-file", authority+"x"), "no such file")
	s.wantExit(t, 0, s.enroll(state, file, "--ca-file", authority))
	s.wantExit(t, 0, []string{"enroll", "--state", state})
	s.wantToken(t, state, id)
}

// An interrupt ends enroll at once, also while it waits for an answer, and the next run goes on.
func TestEnrollInterrupted(t *testing.T) {
	t.Parallel()
	s := newEnrolSite(t, onSQLite)
	holding, asked := atomic.Bool{}, make(chan bool, 1)
	holding.Store(true)
	to := httputil.NewSingleHostReverseProxy(must(url.Parse(s.p.url))(t))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if holding.Load() {
			to.ServeHTTP(httptest.NewRecorder(), r)
			asked <- true
			<-r.Context().Done()
			return
		}
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	s.p.url = proxy.URL
	id, file := s.code(t, 1)
	state := filepath.Join(t.TempDir(), "state")
	p := launch(t, command(s.env(), s.enroll(state, file)...))
	<-asked
	mustNot(t, p.cmd.Process.Signal(os.Interrupt))
	if code := p.wait(t, 5*time.Second); code != 130 || !strings.HasSuffix(p.stderr.String(), "interrupted\n") {
		t.Errorf("interrupted: %d %s", code, p.stderr.String())
	}
	holding.Store(false)
	s.wantExit(t, 0, s.enroll(state, file))
	s.wantOneClient(t, id)
	s.wantToken(t, state, id)
}
