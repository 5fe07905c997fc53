// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/certtest"
)

// tlsSite is a site on SQLite whose servers show the pair. The files are in dir.
func tlsSite(t *testing.T, ca *certtest.CA, p certtest.Pair) (s site, dir string) {
	t.Helper()
	dir = t.TempDir()
	cert, key := p.Write(t, dir)
	s = usedSite(t, onSQLite).with("GATEHOUSE_TLS_CERT", cert).with("GATEHOUSE_TLS_KEY", key)
	s.trust = ca.Client()
	return s, dir
}

// kept is one connection over TLS that is used again and again.
type kept struct {
	t    testing.TB
	conn *tls.Conn
	in   *bufio.Reader
}

func keep(t testing.TB, p *process) *kept {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(p.url, "https://"), p.trust)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, conn)
	return &kept{t, conn, bufio.NewReader(conn)}
}

// ask must be answered, on this very connection.
func (k *kept) ask() {
	k.t.Helper()
	_ = k.conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(k.conn, "GET /readyz HTTP/1.1\r\nHost: example.test\r\n\r\n"); err != nil {
		k.t.Fatal(err)
	}
	res, err := http.ReadResponse(k.in, nil)
	if err != nil {
		k.t.Fatal("the connection did not go on: ", err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK || res.Close {
		k.t.Fatalf("on a kept connection: %d, closing %t, %v", res.StatusCode, res.Close, err)
	}
}

// shown is the certificate of a new handshake.
func (p *process) shown(t testing.TB) []byte {
	t.Helper()
	return keep(t, p).conn.ConnectionState().PeerCertificates[0].Raw
}

// The whole walk over HTTPS. Links are to HTTPS, and plain HTTP gets an error that says so.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	pair := ca.Issue()
	s, dir := tlsSite(t, ca, pair)
	p := start(t, s)
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Errorf("the server says it is at %s", p.url)
	}
	c := newClient(t, p.url).trusting(p.trust)
	token := c.token(ccadmin, "admin", p.firstPassword())
	id := c.organization(ccadmin, token, "company001")
	a := c.want(c.get(ccadmin+"/organizations/"+id, bearer(token)), http.StatusOK, "an organization")
	if got, want := a.member("links", "0", "href"), p.url+ccadmin+"/organizations/"+id; got != want {
		t.Errorf("the link to itself is %q, want %q", got, want)
	}
	res, err := c.http.Get(p.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics := string(must(io.ReadAll(res.Body))(t))
	_ = res.Body.Close()
	if res.ProtoMajor != 2 ||
		!regexp.MustCompile(`(?m)^gatehouse_tls_certificate_expiry_timestamp_seconds [1-9]`).MatchString(metrics) {
		t.Errorf("metrics over %s do not tell when the certificate expires", res.Proto)
	}
	keep(t, p).ask() // HTTP/1.1

	// A client with a proper request, and with one that is long.
	plain := newClient(t, "http"+strings.TrimPrefix(p.url, "https"))
	for _, headers := range [][]string{nil, {"X-Long: " + strings.Repeat("x", 8<<10)}} {
		if a := plain.want(plain.get("/livez", headers...), http.StatusBadRequest,
			"plain HTTP"); !strings.Contains(a.body, "HTTPS server") {
			t.Errorf("plain HTTP is told %q", a.body)
		}
	}
	if _, err := newClient(t, p.url).trusting(certtest.New(t).Client()).try("GET", "/livez", nil); err == nil {
		t.Error("a client that trusts another authority was served")
	}
	p.stop(t)
	out := p.stdout.String() + p.stderr.String()
	if key := strings.Split(string(pair.Key), "\n")[1]; strings.Contains(out, key) ||
		strings.Contains(out, filepath.Join(dir, "tls.key")) {
		t.Error("the output tells of the key")
	}
	if strings.Contains(out, `"level":"WARN"`) {
		t.Error("a good certificate is warned of")
	}
}

// A certificate is replaced file by file while clients are connected. What does
// not fit changes nothing.
func TestCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	one, two, three := ca.Issue(), ca.Issue(), ca.Issue()
	s, dir := tlsSite(t, ca, one)
	p := start(t, s.watched())
	first, multiplexed := keep(t, p), newClient(t, p.url).trusting(p.trust)
	multiplexed.get("/readyz")
	before := p.shown(t)
	warnings := func() int { return strings.Count(p.stderr.String(), "the former certificate stays") }
	used := func() {
		t.Helper()
		first.ask()
		multiplexed.want(multiplexed.get("/readyz"), http.StatusOK, "on a kept connection of HTTP/2")
	}

	certtest.Pair{Cert: two.Cert, Key: one.Key}.Write(t, dir)
	within(t, 30*time.Second, "the log tells that the pair does not fit",
		func() bool { used(); return warnings() > 0 })
	time.Sleep(2500 * time.Millisecond) // it is looked at again, more than once
	if !bytes.Equal(p.shown(t), before) || warnings() != 1 {
		t.Errorf("a pair that does not fit is shown, or told %d times", warnings())
	}
	two.Write(t, dir)
	within(t, 30*time.Second, "a new handshake shows the new certificate",
		func() bool { used(); return !bytes.Equal(p.shown(t), before) })
	before = p.shown(t)

	// In one step, and a folder without the files on the way.
	fresh := t.TempDir()
	three.Write(t, fresh)
	if err := os.Remove(filepath.Join(dir, "tls.key")); err != nil {
		t.Fatal(err)
	}
	within(t, 30*time.Second, "the log tells that there is no key",
		func() bool { used(); return warnings() == 2 })
	if !bytes.Equal(p.shown(t), before) {
		t.Error("another certificate is shown")
	}
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Rename(filepath.Join(fresh, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	within(t, 30*time.Second, "a new handshake shows the third certificate",
		func() bool { used(); return !bytes.Equal(p.shown(t), before) })
	if got := first.conn.ConnectionState().PeerCertificates[0].Raw; bytes.Equal(got, p.shown(t)) {
		t.Error("the first connection has another certificate")
	}
	used()
	p.stop(t)
}

// Certificates that clients will refuse, and keys that all may read, are said aloud.
func TestCertificateIsWarnedOf(t *testing.T) {
	t.Parallel()
	ca, now := certtest.New(t), time.Now()
	for text, pair := range map[string]certtest.Pair{
		"THE TLS CERTIFICATE HAS EXPIRED":       ca.IssueFor(now.Add(-time.Hour), now.Add(-time.Minute)),
		"THE TLS CERTIFICATE IS NOT VALID YET":  ca.IssueFor(now.Add(time.Hour), now.Add(2*time.Hour)),
		"OTHER USERS OF THIS MACHINE MAY READ ": ca.Issue(),
	} {
		s, dir := tlsSite(t, ca, pair)
		if strings.HasPrefix(text, "OTHER") {
			if err := os.Chmod(filepath.Join(dir, "tls.key"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s.trust.InsecureSkipVerify = true
		p := start(t, s)
		if got := strings.Count(p.stderr.String(), `"level":"WARN","msg":"`+text); got != 1 {
			t.Errorf("%q is said %d times", text, got)
		}
		p.stop(t)
	}
}

func TestTLSSettingsAreChecked(t *testing.T) {
	t.Parallel()
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Issue().Write(t, dir)
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, ca.Issue().Key, 0o600); err != nil {
		t.Fatal(err)
	}
	data, none := filepath.Join(t.TempDir(), "data"), filepath.Join(dir, "none")
	env := settings{"GATEHOUSE_DATA": data, "GATEHOUSE_LISTEN": "127.0.0.1:0"}
	misused(t, env, []string{"--tls-cert", cert}, "--tls-cert is set without --tls-key")
	misused(t, env.with("GATEHOUSE_TLS_KEY", key).with("GATEHOUSE_LOG_LEVEL", "loud"), nil,
		"GATEHOUSE_TLS_KEY is set without --tls-cert", "GATEHOUSE_LOG_LEVEL")
	refused(t, env, []string{"--tls-cert", none, "--tls-key", none}, "--tls-cert names", none,
		"--tls-key names", "no such file")
	refused(t, env, []string{"--tls-cert", cert, "--tls-key", none},
		"--tls-key names a file that cannot be read", "no such file")
	refused(t, env, []string{"--tls-cert", cert, "--tls-key", other},
		"--tls-cert cannot be used with the key of --tls-key", "does not match")
	refused(t, env, []string{"--tls-cert", cert, "--tls-key", "/dev/zero"}, "not a regular file")
	text := string(must(os.ReadFile(key))(t))
	misused(t, env.with("GATEHOUSE_TLS_KEY", text), []string{"--tls-cert", cert},
		"GATEHOUSE_TLS_KEY is not the name of a file")
	if _, _, stderr := runCommand(t, env.with("GATEHOUSE_TLS_KEY", text), "serve", "--tls-cert",
		cert); strings.Contains(stderr, strings.Split(text, "\n")[1]) {
		t.Error("a fault tells the key")
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("a refused start leaves something behind: %v", err)
	}
	// Other commands need no certificate, which may not be where they run.
	if code, _, stderr := runCommand(t, env.with("GATEHOUSE_TLS_CERT", none).with("GATEHOUSE_TLS_KEY", none),
		"migrate"); code != 0 {
		t.Errorf("migrate without the files: %d %s", code, stderr)
	}
}
