// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/certtest"
)

// authority is Pebble, a small ACME authority for tests, with a DNS server that has every name on loopback.
type authority struct {
	*process
	directory, ca string      // its URL, and the file with the certificate's authority of that
	port          int         // where it looks for servers, in place of 443
	trust         *tls.Config // of the certificates that it issues
}

// pebbleTool returns the path of a program of tools/pebble.
func pebbleTool(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(moduleRoot(t), "bin", name)
	if _, err := os.Stat(path); err != nil {
		missing(t, "no ", name, ": make pebble: ", err)
	}
	return path
}

// startAuthority starts one whose certificates have a life of some seconds.
func startAuthority(t testing.TB, seconds int) authority {
	t.Helper()
	pebble, dns := pebbleTool(t, "pebble"), pebbleTool(t, "pebble-challtestsrv")
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Issue().Write(t, dir)
	a := authority{ca: filepath.Join(dir, "ca.pem"), port: freePort(t)}
	listen, management, names := freePort(t), freePort(t), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	a.directory = fmt.Sprintf("https://127.0.0.1:%d/dir", listen)
	config := filepath.Join(dir, "pebble.json")
	text := marshal(map[string]any{"pebble": map[string]any{
		"listenAddress":           fmt.Sprintf("127.0.0.1:%d", listen),
		"managementListenAddress": fmt.Sprintf("127.0.0.1:%d", management),
		"certificate":             cert, "privateKey": key, "httpPort": freePort(t), "tlsPort": a.port,
		"retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
		"profiles": map[string]any{"default": map[string]any{"description": "default",
			"validityPeriod": seconds}}}})
	for path, content := range map[string][]byte{config: []byte(text), a.ca: ca.PEM()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	launch(t, exec.Command(dns, "-dnsserver", names, "-defaultIPv6", "", "-http01", "", "-https01", "",
		"-tlsalpn01", "", "-doh", "", "-management", fmt.Sprintf("127.0.0.1:%d", freePort(t))))
	cmd := exec.Command(pebble, "-config", config, "-dnsserver", names)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	a.process = launch(t, cmd)

	c := newClient(t, fmt.Sprintf("https://127.0.0.1:%d", management)).trusting(ca.Client())
	pool := x509.NewCertPool()
	within(t, time.Minute, "the authority runs", func() bool {
		root, err := c.try(http.MethodGet, "/roots/0", nil)
		return err == nil && pool.AppendCertsFromPEM([]byte(root.body))
	})
	a.trust = &tls.Config{RootCAs: pool, ServerName: "gatehouse.example.test"}
	return a
}

// serve starts a server that orders a certificate, and does not wait.
func (a authority) serve(t testing.TB, s site, domains string) *process {
	t.Helper()
	return launchServer(t, s, "--listen", fmt.Sprintf("127.0.0.1:%d", a.port), "--acme-domains", domains,
		"--acme-directory", a.directory, "--acme-ca", a.ca, "--acme-accept-terms", "on",
		"--acme-email", "ada@example.test")
}

// shown returns the certificate that clients see, or nil if the handshake fails.
func (a authority) shown() *x509.Certificate {
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", a.port), a.trust)
	if err != nil {
		return nil
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

// await waits for a certificate other than one.
func (a authority) await(t testing.TB, former *x509.Certificate) *x509.Certificate {
	t.Helper()
	var got *x509.Certificate
	within(t, time.Minute, "a certificate", func() bool {
		got = a.shown()
		return got != nil && (former == nil || got.SerialNumber.Cmp(former.SerialNumber) != 0)
	})
	return got
}

// A server gets a certificate for its domains, keeps it over a restart, and gets another when the
// domains change.
func TestACME(t *testing.T) {
	t.Parallel()
	a := startAuthority(t, 90*24*3600)
	s := usedSite(t, onSQLite)
	p := a.serve(t, s, "gatehouse.example.test, two.example.test")
	first := a.await(t, nil)
	if want := []string{"gatehouse.example.test", "two.example.test"}; !slices.Equal(first.DNSNames, want) {
		t.Errorf("the certificate is for %q", first.DNSNames)
	}
	c := newClient(t, fmt.Sprintf("https://127.0.0.1:%d", a.port)).trusting(a.trust)
	metrics := c.want(c.get("/metrics"), http.StatusOK, "metrics").body
	if want := fmt.Sprintf("gatehouse_tls_certificate_expiry_timestamp_seconds %g\n", float64(first.NotAfter.Unix())); !strings.Contains(metrics, want) {
		t.Errorf("the metrics do not have %q", want)
	}
	if log := p.stderr.String(); !strings.Contains(log, "there is no TLS certificate yet") || strings.Contains(log, "PRIVATE KEY") {
		t.Errorf("the log: %s", log)
	}
	if out := p.stdout.String(); !strings.Contains(out, "Gatehouse is ready at https://") {
		t.Errorf("the greeting: %s", out)
	}
	checkClosed(t, filepath.Join(s.data, "acme"), 2)
	p.stop(t)

	orders := strings.Count(a.stdout.String(), "Added order")
	p = a.serve(t, s, "gatehouse.example.test,two.example.test")
	if again := a.await(t, nil); again.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Error("a restart got another certificate")
	}
	p.stop(t)
	if n := strings.Count(a.stdout.String(), "Added order"); orders != 1 || n != orders {
		t.Errorf("%d orders, and %d after a restart", orders, n)
	}

	a.serve(t, s, "gatehouse.example.test,three.example.test")
	if got := a.await(t, first); !slices.Contains(got.DNSNames, "three.example.test") {
		t.Errorf("after a change the certificate is for %q", got.DNSNames)
	}
}

// checkClosed: only their owner can read the files in a folder, of which there are n.
func checkClosed(t *testing.T, dir string, n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %s", path, info.Mode())
		}
		if !d.IsDir() {
			n--
		}
		return err
	})
	if err != nil || n != 0 {
		t.Errorf("%d files are missing: %v", n, err)
	}
}

// A certificate is renewed in the last third of its life. If the authority is gone by then, the
// former one stays, and the log says why.
func TestACMERenewal(t *testing.T) {
	t.Parallel()
	a := startAuthority(t, 24)
	p := a.serve(t, usedSite(t, onSQLite), "gatehouse.example.test")
	first := a.await(t, nil)
	second := a.await(t, first)
	if !second.NotAfter.After(first.NotAfter) || !second.NotBefore.Before(first.NotAfter) {
		t.Errorf("renewed at %s until %s, and the former one was good until %s", second.NotBefore, second.NotAfter,
			first.NotAfter)
	}
	a.kill()
	within(t, time.Minute, "an error in the log", func() bool {
		return strings.Contains(p.stderr.String(), "no TLS certificate was got from the authority")
	})
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", a.port), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal("the former certificate is not shown any more: ", err)
	}
	closing(t, conn)
	if n := strings.Count(p.stderr.String(), "no TLS certificate was got"); n > 1 {
		t.Errorf("%d tries in a row", n)
	}
	p.stop(t)
}

// Without an authority a server starts, says what is missing, and stops.
func TestACMEWithoutAuthority(t *testing.T) {
	t.Parallel()
	dir := fmt.Sprintf("https://127.0.0.1:%d/dir", freePort(t))
	p := launchServer(t, usedSite(t, onSQLite), "--acme-domains", "gatehouse.example.test",
		"--acme-directory", dir, "--acme-accept-terms", "on", "--internal-listen", "127.0.0.1:0")
	within(t, time.Minute, "an error in the log", func() bool {
		return strings.Contains(p.stderr.String(), "no TLS certificate was got from the authority")
	})
	var at string
	for line := range strings.Lines(p.stderr.String()) {
		var l struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "health and metrics at" {
			at = l.URL
		}
	}
	inside := newClient(t, at)
	inside.want(inside.get("/readyz"), http.StatusOK, "ready, so that the authority reaches it")
	if metrics := inside.get("/metrics").body; !strings.Contains(metrics, "\ngatehouse_tls_certificate_expiry_timestamp_seconds 0\n") {
		t.Error("the metrics do not say that there is no certificate")
	}
	p.stop(t)
}

// The settings on the page have no error.
func TestTLSPage(t *testing.T) {
	t.Parallel()
	page := must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", "tls.md")))(t)
	for _, b := range fenced(string(page)) {
		file := filepath.Join(t.TempDir(), "gatehouse.toml")
		if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, stderr := runCommand(t, newSite(t, onSQLite).env, "config", "check", "--config", file)
		if b.kind != "toml" || code != 0 || !strings.Contains(b.text, "acme-domains") {
			t.Errorf("%s: %d: %s%s", b.kind, code, out, stderr)
		}
	}
}

// What contradicts itself is told before anything is ordered.
func TestACMESettingsAreChecked(t *testing.T) {
	t.Parallel()
	good := []string{"--acme-domains", "gatehouse.example.test", "--acme-directory", "https://acme.example.test/dir",
		"--acme-accept-terms", "on"}
	for _, c := range []struct {
		args []string
		want string
	}{
		{good, ""},
		{append(good, "--public-url", "https://gatehouse.example.test:8443"), ""},
		{append(good, "--public-url", "https://other.example.test"), "does not have the name in --public-url"},
		{append(good, "--tls-cert", "c", "--tls-key", "k"), "--acme-domains and --tls-cert are both set"},
		{good[:4], "--acme-accept-terms is off: read the terms"},
		{good[:2], "--acme-domains is set without --acme-directory"},
		{good[2:4], "--acme-directory is set without --acme-domains"},
		{append(good, "--acme-domains", "*.example.test"), "has a wildcard"},
		{append(good, "--acme-domains", "127.0.0.1"), "is an address"},
		{append(good, "--acme-domains", "localhost"), "is no whole name"},
		{append(good, "--acme-domains", "Gate.example.test"), "in lower case"},
		{append(good, "--acme-directory", "http://acme.example.test"), "--acme-directory is not the address"},
		{append(good, "--acme-email", "ada"), "is no address of e-mail"},
	} {
		code, _, stderr := runCommand(t, newSite(t, onSQLite).env,
			append([]string{"config", "check"}, c.args...)...)
		if (code == 0) != (c.want == "") || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: %d: %s", c.args, code, stderr)
		}
	}
	code, _, stderr := runCommand(t, newSite(t, onSQLite).env,
		append([]string{"serve", "--acme-ca", "/nowhere"}, good...)...)
	if code == 0 || !strings.Contains(stderr, "--acme-ca cannot be read") {
		t.Errorf("%d: %s", code, stderr)
	}
}
