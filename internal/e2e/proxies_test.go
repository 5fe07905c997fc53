// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/certtest"
)

// publicName is the name of the server in docs/proxies.md.
const publicName = "gatehouse.example.test"

// proxy is a proxy of docs/proxies.md in front of a server.
type proxy struct {
	url, backend string // https://name:port, and the server's host:port
	curlHome     string // where curl finds its settings
	ca           *certtest.CA
}

// proxyCommands are how the proxies are started with a configuration, in the foreground.
func proxyCommands() map[string]func(config string) []string {
	return map[string]func(string) []string{
		"nginx": func(c string) []string {
			return []string{"nginx", "-c", c, "-p", filepath.Dir(c), "-e",
				"stderr"}
		},
		"caddy": func(c string) []string {
			return []string{"caddy", "run", "--adapter", "caddyfile",
				"--config", c}
		}, "haproxy": func(c string) []string { return []string{"haproxy", "-db", "-f", c} },
		"haproxy tcp": func(c string) []string { return []string{"haproxy", "-db", "-f", c} },
	}
}

// whole completes a block of the page to a configuration for a user without rights.
func whole(kind, block, dir string) string {
	switch kind {
	case "nginx":
		return fmt.Sprintf("daemon off; pid %[1]s/nginx.pid; events {}\nhttp { access_log off; client_body_temp_path %[1]s/body; "+
			"proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;\n%[2]s}\n", dir, block)
	case "caddy":
		return "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + block
	}
	return block
}

// startProxy runs the page's configuration with free ports and files of its own.
func startProxy(t *testing.T, kind, backend string) proxy {
	t.Helper()
	command := proxyCommands()[kind]
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	args := command(file)
	path, err := exec.LookPath(args[0])
	if err != nil {
		if path = "/usr/sbin/" + args[0]; !executable(path) {
			missing(t, err)
		}
	}
	text := ""
	for _, b := range fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), "docs", "proxies.md")))(t))) {
		if b.kind == kind {
			text = b.text
		}
	}
	if text == "" {
		t.Fatalf("the page has no configuration of %s", kind)
	}
	ca, port := certtest.New(t), strconv.Itoa(freePort(t))
	pair := ca.Issue()
	cert, key := pair.Write(t, dir)
	both := filepath.Join(dir, "both.pem")
	for name, content := range map[string][]byte{both: append(pair.Cert, pair.Key...),
		filepath.Join(dir, "ca.pem"): ca.PEM()} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text = strings.NewReplacer("127.0.0.1:8080", backend, "/etc/ssl/gatehouse.pem", cert,
		"/etc/ssl/gatehouse.key", key,
		"/etc/ssl/gatehouse-both.pem", both, "listen 443", "listen 127.0.0.1:"+port, "bind :443",
		"bind 127.0.0.1:"+port, publicName+":443", publicName+":"+port).Replace(text)
	if err := os.WriteFile(file, []byte(whole(kind, text, dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	p := launch(t, cmd)
	within(t, startLimit, kind+" listens", func() bool {
		if p.ended() {
			t.Fatalf("%s does not start: %s", kind, p.stderr.String())
		}
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	// The reader's curl finds the name here, and trusts the certificate.
	curlrc := fmt.Sprintf("resolve = \"%s:%s:127.0.0.1\"\ncacert = \"%s\"\n", publicName, port,
		filepath.Join(dir, "ca.pem"))
	if err := os.WriteFile(filepath.Join(dir, ".curlrc"), []byte(curlrc), 0o600); err != nil {
		t.Fatal(err)
	}
	return proxy{"https://" + publicName + ":" + port, backend, dir, ca}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// from returns a client that connects to the proxy from an address of loopback.
func (p proxy) from(t *testing.T, address string) *client {
	t.Helper()
	c := newClient(t, p.url).trusting(&tls.Config{RootCAs: p.ca.Client().RootCAs, ServerName: publicName})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.url, "https://"))
	c.transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		return d.DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return c
}

// TestProxies runs each configuration of docs/proxies.md with the real proxy: the README's
// walk, limits that know clients apart, other spellings, links, and refusals.
func TestProxies(t *testing.T) {
	t.Parallel()
	blocks := fenced(string(must(os.ReadFile(filepath.Join(moduleRoot(t), "README.md")))(t)))
	for _, kind := range []string{"nginx", "caddy", "haproxy"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, onSQLite).with("GATEHOUSE_PUBLIC_REQUESTS", "on")
			server := start(t, s, "--trusted-proxies", "127.0.0.1")
			p := startProxy(t, kind, strings.TrimPrefix(server.url, "http://"))
			r := &reader{dir: t.TempDir(), engine: onSQLite, env: settings{"CURL_HOME": p.curlHome}}
			stdout, stderr := r.walk(t, blocks, p.url, server.firstPassword())
			checkReading(t, stdout, stderr)
			checkProxied(t, p, server)
			server.stop(t)
			checkRefusals(t, p)
		})
	}
}

// checkProxied looks at what a server behind a proxy knows of its clients.
func checkProxied(t *testing.T, p proxy, server *process) {
	t.Helper()
	one, other := p.from(t, "127.0.0.2"), p.from(t, "127.0.0.3")
	admin := one.token(ccadmin, "admin", server.firstPassword())
	a := one.want(one.get("//ccadmin//v1/organizations/", bearer(admin)), http.StatusOK, "doubled slashes")
	if href := p.url + ccadmin + "/organizations"; !strings.Contains(a.body, `"href":"`+href) {
		t.Errorf("no link to %s: %s", href, a.body)
	}
	for _, path := range []string{"/metrics", "//metrics", "/metrics/", "/./metrics", "/%6detrics"} {
		one.want(one.get(path), http.StatusNotFound, path)
	}
	if a := one.get("/.well-known/oauth-authorization-server"); a.member("issuer") != p.url {
		t.Errorf("the issuer is %s", a.body)
	}
	wantGuesserLocked(t, one, other, server.firstPassword())
	if text := server.stderr.String(); strings.Contains(text, "--trusted-proxies") {
		t.Errorf("a header of the proxy was ignored: %s", text)
	}
}

// wantGuesserLocked has one client guess at passwords of names that do not exist, each once,
// until its address is locked. It cannot choose another address, and another client logs in.
func wantGuesserLocked(t *testing.T, guesser, other *client, password string) {
	t.Helper()
	body := func(name, password string) string {
		return fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
	}
	invented := []string{jsonType, "X-Forwarded-For: 127.0.0.3", "Forwarded: for=127.0.0.3",
		"X-Real-IP: 127.0.0.3"}
	var a answer
	for i := 0; i < 100 && a.status != http.StatusTooManyRequests; i++ {
		a = guesser.post("/v1/login", body("nobody"+strconv.Itoa(i), "a wrong password"), invented...)
	}
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Fatalf("the guesser is not locked out: %d %s", a.status, a.body)
	}
	guesser.want(guesser.post("/v1/login", body("admin", password), invented...), http.StatusTooManyRequests,
		"the guesser")
	other.want(other.post("/v1/login", body("admin", password), jsonType), http.StatusOK, "somebody else")
}

// checkRefusals puts a server in the place of ours that refuses with 503.
func checkRefusals(t *testing.T, p proxy) {
	t.Helper()
	const body = `{"message":"busy"}`
	l, err := net.Listen("tcp", p.backend)
	if err != nil {
		t.Fatal(err)
	}
	refusing := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(body))
	})}
	go func() { _ = refusing.Serve(l) }()
	closing(t, refusing)
	c := p.from(t, "127.0.0.2")
	var a answer
	within(t, startLimit, "the proxy reaches it",
		func() bool { a = c.get("/nothing"); return a.header.Get("Retry-After") == "7" })
	if a.status != http.StatusServiceUnavailable || a.body != body {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestProxyProtocol has HAProxy pass on connections of TLS, and looks for their clients.
func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	s, _ := tlsSite(t, ca, ca.Issue())
	server := launchServer(t, s, "--trusted-proxies", "127.0.0.1", "--proxy-header", "proxy-protocol")
	within(t, startLimit, "the server listens", func() bool {
		return strings.Contains(server.stdout.String(),
			"ready at")
	})
	_, address, _ := strings.Cut(server.stdout.String(), "https://")
	address, _, _ = strings.Cut(address, "\n")
	p := startProxy(t, "haproxy tcp", address)
	p.ca = ca
	one, other := p.from(t, "127.0.0.2"), p.from(t, "127.0.0.3")
	within(t, startLimit, "the server is ready",
		func() bool { return one.get("/readyz").status == http.StatusOK })
	wantGuesserLocked(t, one, other, server.firstPassword())
	server.stop(t)
}
