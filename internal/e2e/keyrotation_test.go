// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/secret"
)

// rotationLoad uses every kind of secret again and again on a server, until it is stopped. No
// request may fail.
type rotationLoad struct {
	stop chan struct{}
	wg   sync.WaitGroup
	done atomic.Int64
}

// heldSecrets are secrets that were made under the first master key.
type heldSecrets struct {
	admin, session, native, key, organization, code, client, clientKey, once, imported string
}

func holdSecrets(t *testing.T, c *client, password string) heldSecrets {
	t.Helper()
	h := heldSecrets{admin: c.token(ccadmin, "admin", password), session: c.session("admin", password),
		native: bearer(c.nativeLogin(password))}
	h.organization = c.organization(ccadmin, h.admin, "company001")
	_, h.key = c.application(h.admin, "shop")
	h.code = c.issue(ccadmin, h.admin, h.organization)
	enrolled := c.want(c.post("/v1/enrollments", h.enrolment("till"), jsonType), http.StatusCreated, "enrol")
	h.client, h.clientKey = enrolled.member("clientId"), enrolled.member("clientKey")
	h.once = c.want(c.post("/v1/organizations/"+h.organization+"/auth-codes",
		`{"name":"n","expiresAt":"never","maxUses":1}`,
		jsonType, h.native, "Idempotency-Key: once"), http.StatusCreated, "create a code").body
	h.imported = secret.NewPassword().Reveal()
	c.want(c.post("/v1/organizations/"+h.organization+"/auth-codes", marshal(map[string]any{"name": "old",
		"maxUses": "unlimited", "expiresAt": time.Now().Add(time.Hour), "authorizationCode": h.imported}),
		jsonType, h.native), http.StatusCreated, "import a code")
	return h
}

func (h heldSecrets) enrolment(instance string) string {
	return fmt.Sprintf(`{"authorizationCode":%q,"client":{"name":"till","instanceId":%q}}`, h.code, instance)
}

// use uses each of them once, and returns what failed.
func (h heldSecrets) use(c *client, instance string) error {
	for _, ask := range []struct {
		method, path, body, contains string
		headers                      []string
	}{
		{"GET", ccadmin + "/organizations", "", h.organization, []string{bearer(h.admin)}},
		{"GET", codePath(cvRoot, h.organization), "", h.code, []string{authtoken(h.session)}},
		{"GET", "/v1/organizations", "", h.organization, []string{h.native}},
		{"POST", ccapp + "/login", "grant_type=client_credentials", "access_token",
			[]string{formType, bearer(h.key)}},
		{"POST", "/v1/enrollments", h.enrolment(instance), "clientKey", []string{jsonType}},
		{"POST", "/v1/enrollments", strings.Replace(h.enrolment(instance), h.code, h.imported, 1), "clientKey",
			[]string{jsonType}},
		{"POST", "/oauth2/token", "grant_type=client_credentials&client_id=" + h.client + "&client_secret=" +
			h.clientKey, "access_token", []string{formType}},
		{"POST", "/v1/organizations/" + h.organization + "/auth-codes",
			`{"name":"n","expiresAt":"never","maxUses":1}`,
			h.once, []string{jsonType, h.native, "Idempotency-Key: once"}},
	} {
		a, err := c.try(ask.method, ask.path, strings.NewReader(ask.body), ask.headers...)
		if err != nil {
			return fmt.Errorf("%s %s: %w", ask.method, ask.path, err)
		}
		if a.status/100 != 2 || !strings.Contains(a.body, ask.contains) {
			return fmt.Errorf("%s %s: got %d %s", ask.method, ask.path, a.status, a.body)
		}
	}
	return nil
}

func startLoad(t *testing.T, c *client, h heldSecrets, name string) *rotationLoad {
	l := &rotationLoad{stop: make(chan struct{})}
	l.wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-l.stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			if err := h.use(c, fmt.Sprintf("%s %d", name, i)); err != nil {
				t.Errorf("on %s: %v", name, err)
				return
			}
			l.done.Add(1)
		}
	})
	return l
}

func (l *rotationLoad) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.wg.Wait()
	if l.done.Load() == 0 {
		t.Error("nothing was asked meanwhile")
	}
}

func wantCommand(t *testing.T, env settings, want string, args ...string) {
	t.Helper()
	if code, stdout, stderr := runCommand(t, env, args...); code != 0 || !strings.Contains(stdout, want) {
		t.Fatalf("%v: %d %s%s", args, code, stdout, stderr)
	}
}

// TestKeyRotation follows docs/key-rotation.md for a server with a data folder, with kill -9 at
// random instants of the rotation, under load.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	s := newSite(t, onSQLite).watched()
	p := start(t, s)
	c := newClient(t, p.url)
	h := holdSecrets(t, c, p.firstPassword())
	path := filepath.Join(s.data, "master.key")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		load := startLoad(t, c, h, fmt.Sprintf("a server, kill %d", i))
		rotation := launch(t, command(s.env, "key", "rotate"))
		time.Sleep(time.Duration(rand.Int64N(int64(11 * time.Second))))
		rotation.kill()
		load.end(t)
		wantCommand(t, s.env, "unbroken", "audit", "verify")
		if i == 2 { // the key in the folder opens the database whatever has happened
			p.stop(t)
			p = start(t, s)
			c = newClient(t, p.url)
		}
	}
	load := startLoad(t, c, h, "a server")
	wantCommand(t, s.env, "no other opens the database", "key", "rotate")
	load.end(t)
	after := newClient(t, p.url) // a server that was started with the old key, and whose file has the new one
	after.want(after.get("/readyz"), http.StatusOK, "readiness after the rotation")
	if now, err := os.ReadFile(path); err != nil || string(now) == string(old) {
		t.Fatalf("the key file has the old key: %v", err)
	}
	p.stop(t)
	code, _, stderr := runCommand(t, settings{"GATEHOUSE_DATA": s.data,
		"GATEHOUSE_MASTER_KEY": strings.TrimSpace(string(old))}, "serve")
	if code != 1 || !strings.Contains(stderr, "The master key was rotated, and this one is retired") {
		t.Errorf("a start with the old key: %d %s", code, stderr)
	}
	p = start(t, s)
	if err := h.use(newClient(t, p.url), "after the last start"); err != nil {
		t.Error(err)
	}
	wantCommand(t, s.env, "unbroken", "audit", "verify")
	p.stop(t)
}

// keepKeyFile tries to rotate the key of several servers that each have it in a data folder. The
// command could replace one of these files only.
func keepKeyFile(t *testing.T, s site, data string) {
	t.Helper()
	file := filepath.Join(data, "master.key")
	text := hex.EncodeToString(s.masterKey(t)) + "\n"
	if err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	env := s.env.with("GATEHOUSE_DATA", data)
	delete(env, "GATEHOUSE_MASTER_KEY")
	code, _, stderr := runCommand(t, env, "key", "rotate")
	if code != 1 || !strings.Contains(stderr, "other servers may use this database") {
		t.Errorf("the key file of one of several servers: %d %s", code, stderr)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != text {
		t.Errorf("the key file: %v", err)
	}
}

// TestKeyRotationOfReplicas follows docs/key-rotation.md for two servers on PostgreSQL, under load.
func TestKeyRotationOfReplicas(t *testing.T) {
	t.Parallel()
	s := newSite(t, onPostgres).watched()
	one := start(t, s)
	h := holdSecrets(t, newClient(t, one.url), one.firstPassword())
	two := start(t, s)
	loads := []*rotationLoad{startLoad(t, newClient(t, one.url), h, "one"),
		startLoad(t, newClient(t, two.url), h, "two")}
	if code, _, stderr := runCommand(t, s.env, "key", "rotate"); code != 1 ||
		!strings.Contains(stderr, "--new-key-file") {
		t.Errorf("without a place for the new key: %d %s", code, stderr)
	}
	dir := t.TempDir()
	keepKeyFile(t, s, filepath.Join(dir, "data"))
	refuseFormerKey(t, s, dir, s.masterKey(t))
	file := filepath.Join(dir, "new.key")
	made := secret.NewMasterKey() // by the operator, in Base64
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(made)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCommand(t, s.env, "Give the key in", "key", "rotate", "--new-key-file", file)
	if code, _, stderr := runCommand(t, s.env, "key", "finish"); code != 1 ||
		!strings.Contains(stderr, "this is the old master key") {
		t.Errorf("finish with the old key: %d %s", code, stderr)
	}
	next := s
	next.env = s.env.with("GATEHOUSE_MASTER_KEY", hex.EncodeToString(made))
	loads[0].end(t)
	one.stop(t)
	one = start(t, next)
	loads[0] = startLoad(t, newClient(t, one.url), h, "one, started again")
	loads[1].end(t)
	two.stop(t)
	two = start(t, next)
	loads[1] = startLoad(t, newClient(t, two.url), h, "two, started again")
	late := start(t, s)
	c := newClient(t, late.url)
	c.want(c.get("/readyz"), http.StatusOK, "readiness with the old key before the end")
	wantCommand(t, next.env, "no other opens the database", "key", "finish")
	c.want(c.get("/readyz"), http.StatusServiceUnavailable, "readiness with the old key after the end")
	if err := h.use(c, "late"); err != nil {
		t.Errorf("a server with the old key: %v", err)
	}
	late.stop(t)
	if !strings.Contains(late.stderr.String(), "The master key was rotated, and this one is retired") {
		t.Error("the log does not say why the server is not ready")
	}
	wantCommand(t, next.env, "unbroken", "audit", "verify")
	for i, p := range []*process{one, two} {
		loads[i].end(t)
		c := newClient(t, p.url)
		c.want(c.get("/readyz"), http.StatusOK, "readiness with the new key")
	}
	refuseFormerKey(t, next, dir, s.masterKey(t))
	if code, _, stderr := runCommand(t, s.env, "serve", "--listen", "127.0.0.1:0"); code != 1 ||
		!strings.Contains(stderr, "this one is retired") {
		t.Errorf("a start with the old key: %d %s", code, stderr)
	}
	one.stop(t)
	two.stop(t)
}

// refuseFormerKey rotates to a key that the database has or had, in vain.
func refuseFormerKey(t *testing.T, s site, dir string, former []byte) {
	t.Helper()
	file := filepath.Join(dir, "former.key")
	if err := os.WriteFile(file, []byte(hex.EncodeToString(former)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runCommand(t, s.env, "key", "rotate", "--new-key-file", file)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "a rotation needs a new one") {
		t.Errorf("a rotation to a former key: %d %s%s", code, stdout, stderr)
	}
	wantCommand(t, s.env, "active", "key", "list")
}

// TestKeyListAndFinish: the list says since when each key is there, the first one too, and finish says
// how many values no key opens.
func TestKeyListAndFinish(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		before := time.Now().Add(-time.Second)
		s := newSite(t, e)
		p := start(t, s)
		holdSecrets(t, newClient(t, p.url), p.firstPassword())
		p.stop(t)
		line := regexp.MustCompile(`(?m)^([0-9a-f]{16})  (\w+) +since (\S+)$`)
		list := func(s site) [][]string {
			code, stdout, stderr := runCommand(t, s.env, "key", "list")
			if code != 0 {
				t.Fatalf("key list: %d %s", code, stderr)
			}
			return line.FindAllStringSubmatch(stdout, -1)
		}
		first := list(s)
		if len(first) != 1 || first[0][2] != "active" {
			t.Fatalf("got %q", first)
		}
		if at, err := time.Parse(time.RFC3339, first[0][3]); err != nil || at.Before(before) ||
			at.After(time.Now()) {
			t.Errorf("the first key is there since %s, %v", first[0][3], err)
		}
		s.exec(t, "UPDATE auth_codes SET sealed = digest WHERE id = (SELECT min(id) FROM auth_codes)")
		time.Sleep(1100 * time.Millisecond) // the next key is there since another second
		file := filepath.Join(t.TempDir(), "new.key")
		wantCommand(t, s.env, "1 values cannot be opened", "key", "rotate", "--new-key-file", file)
		next := s.with("GATEHOUSE_MASTER_KEY", strings.TrimSpace(string(must(os.ReadFile(file))(t))))
		wantCommand(t, next.env, "1 values cannot be opened with any key", "key", "finish")
		after := list(next)
		if len(after) != 2 || after[0][1] != first[0][1] || after[0][2] != "retired" ||
			after[0][3] != first[0][3] ||
			after[1][2] != "active" || after[1][3] <= first[0][3] {
			t.Errorf("got %q after %q", after, first)
		}
	})
}

// TestKeyDrop: a retired key is dropped only with leave to end what was made under it, and then nothing
// of that is accepted, while the audit is still verified.
func TestKeyDrop(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := newSite(t, e)
		p := start(t, s)
		h := holdSecrets(t, newClient(t, p.url), p.firstPassword())
		p.stop(t)
		file := filepath.Join(t.TempDir(), "new.key")
		wantCommand(t, s.env, "key finish", "key", "rotate", "--new-key-file", file)
		next := s.with("GATEHOUSE_MASTER_KEY", strings.TrimSpace(string(must(os.ReadFile(file))(t))))
		wantCommand(t, next.env, "no other opens the database", "key", "finish")
		_, list, _ := runCommand(t, next.env, "key", "list")
		old, active, _ := strings.Cut(strings.ReplaceAll(list, "  ", " "), "\n")
		old, active = strings.Fields(old)[0], strings.Fields(active)[0]
		p = start(t, next)
		c := newClient(t, p.url)
		if err := h.use(c, "after the rotation"); err != nil {
			t.Fatal(err)
		}
		for id, text := range map[string]string{"nothing": "no master key \"nothing\"", active: "is in use",
			old: "give --end-them"} {
			if code, _, stderr := runCommand(t, next.env, "key", "drop", id); code == 0 ||
				!strings.Contains(stderr, text) {
				t.Errorf("key drop %s: %d %s", id, code, stderr)
			}
		}
		_, _, stderr := runCommand(t, next.env, "key", "drop", old)
		for _, text := range []string{"1 keys of applications", "1 sessions", "keys of clients"} {
			if !strings.Contains(stderr, text) {
				t.Errorf("no %q in: %s", text, stderr)
			}
		}
		if err := h.use(c, "after a refusal"); err != nil {
			t.Error(err)
		}
		for range 2 {
			wantCommand(t, next.env, "recognises no secret any more", "key", "drop", old, "--end-them")
		}
		within(t, 5*time.Second, "the key of the application ends", func() bool {
			return c.post(ccapp+"/login", "grant_type=client_credentials", formType,
				bearer(h.key)).status == http.StatusUnauthorized
		})
		within(t, 5*time.Second, "the key of the client ends", func() bool {
			return c.post("/oauth2/token",
				"grant_type=client_credentials&client_id="+h.client+"&client_secret="+h.clientKey,
				formType).status == http.StatusUnauthorized
		})
		if got := c.get(codePath(cvRoot, h.organization),
			authtoken(h.session)).status; got != http.StatusUnauthorized {
			t.Errorf("the session: %d", got)
		}
		c.want(c.post("/v1/enrollments", h.enrolment("sealed anew"), jsonType), http.StatusCreated,
			"a sealed code stays good")
		wantCommand(t, next.env, "unbroken", "audit", "verify")
		wantCommand(t, next.env, "master_key.drop", "audit", "list")
		wantCommand(t, next.env, "dropped", "key", "list")
		p.stop(t)
		refused(t, s.env, nil, "The master key was rotated, and this one is retired")
		start(t, next).stop(t)
	})
}
