// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// seen returns the Connection that a handler behind proxies sees.
func seen(p Proxies, peer string, headers ...string) (c Connection) {
	r := httptest.NewRequest(http.MethodGet, "http://inner.example.test/", nil)
	r.RemoteAddr = peer
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	log := slog.New(slog.DiscardHandler)
	inner := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { c = InfoOf(r).Connection })
	p.Handler(Observe(inner, log, func(Info, string, int, time.Duration) {})).ServeHTTP(httptest.NewRecorder(),
		r)
	return c
}

func trusting(by ForwardedBy, networks ...string) Proxies {
	p := Proxies{By: by}
	for _, n := range networks {
		p.Trusted = append(p.Trusted, netip.MustParsePrefix(n))
	}
	return p
}

func TestXForwarded(t *testing.T) {
	t.Parallel()
	const proxy = "10.0.0.1:4711"
	p := trusting(ByXForwarded, "10.0.0.0/24", "fd00::/8")
	for name, tt := range map[string]struct {
		peer    string
		headers []string
		want    string // address scheme host
	}{
		"no header": {proxy, nil, "10.0.0.1 http inner.example.test"},
		"a client": {proxy, []string{"X-Forwarded-For: 192.0.2.1"},
			"192.0.2.1 http inner.example.test"},
		"all three": {proxy, []string{"X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: HTTPS",
			"X-Forwarded-Host: g.example.test:8443"}, "192.0.2.1 https g.example.test:8443"},
		"what a client invents": {proxy, []string{"X-Forwarded-For: 203.0.113.9, 192.0.2.1"},
			"192.0.2.1 http inner.example.test"},
		"invented in a line": {proxy, []string{"X-Forwarded-For: 203.0.113.9",
			"X-Forwarded-For: 192.0.2.1"}, "192.0.2.1 http inner.example.test"},
		"through two proxies": {proxy, []string{"X-Forwarded-For: 203.0.113.9, 192.0.2.1, 10.0.0.2"},
			"192.0.2.1 http inner.example.test"},
		"proxies all the way": {proxy, []string{"X-Forwarded-For: 10.0.0.3,10.0.0.2"},
			"10.0.0.3 http inner.example.test"},
		"unreadable": {proxy, []string{"X-Forwarded-For: 203.0.113.9, unknown"},
			"10.0.0.1 http inner.example.test"},
		"unreadable behind a proxy": {proxy, []string{"X-Forwarded-For: 203.0.113.9, , 10.0.0.2"},
			"10.0.0.2 http inner.example.test"},
		"a port": {proxy, []string{"X-Forwarded-For: 192.0.2.1:1234"},
			"192.0.2.1 http inner.example.test"},
		"IPv6": {proxy, []string{"X-Forwarded-For: 2001:db8::1"},
			"2001:db8::1 http inner.example.test"},
		"IPv6 with a port": {proxy, []string{"X-Forwarded-For: [2001:db8::1]:99"},
			"2001:db8::1 http inner.example.test"},
		"IPv4 in IPv6": {"[::ffff:10.0.0.1]:1", []string{"X-Forwarded-For: ::ffff:192.0.2.1"},
			"192.0.2.1 http inner.example.test"},
		"an IPv6 proxy": {"[fd00::1]:1", []string{"X-Forwarded-For: 192.0.2.1"},
			"192.0.2.1 http inner.example.test"},
		"a foreign peer": {"192.0.2.7:1", []string{"X-Forwarded-For: 10.0.0.9",
			"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example.test"}, "192.0.2.7 http inner.example.test"},
		"the other header": {proxy,
			[]string{"Forwarded: for=192.0.2.1;proto=https;host=evil.example.test"},
			"10.0.0.1 http inner.example.test"},
		"a strange scheme": {proxy, []string{"X-Forwarded-Proto: javascript"},
			"10.0.0.1 http inner.example.test"},
		"a strange host": {proxy, []string{"X-Forwarded-Host: a/b"},
			"10.0.0.1 http inner.example.test"},
		"the nearest scheme and host": {proxy, []string{"X-Forwarded-Proto: http, https",
			"X-Forwarded-Host: evil.example.test, g.example.test"}, "10.0.0.1 https g.example.test"},
	} {
		got := seen(p, tt.peer, tt.headers...)
		if text := got.Address + " " + got.Scheme + " " + got.Host; text != tt.want {
			t.Errorf("%s: %s, want %s", name, text, tt.want)
		}
	}
}

func TestForwarded(t *testing.T) {
	t.Parallel()
	p := trusting(ByForwarded, "10.0.0.0/24")
	for header, want := range map[string]string{
		`for=192.0.2.1`: "192.0.2.1 http inner.example.test",
		`For="[2001:db8:cafe::17]:4711";Proto=https;by=10.0.0.1;host=g.example.test`: "2001:db8:cafe::17 https g.example.test",
		`for=203.0.113.9, for=192.0.2.1;proto=https`:                                 "192.0.2.1 https inner.example.test",
		`for=203.0.113.9, for=192.0.2.1, for="10.0.0.2:80"`:                          "192.0.2.1 http inner.example.test",
		`for=_hidden`:               "10.0.0.1 http inner.example.test",
		`for=unknown, for=10.0.0.2`: "10.0.0.2 http inner.example.test",
		`proto=https`:               "10.0.0.1 https inner.example.test",
		`for="192.0.2.1`:            "10.0.0.1 http inner.example.test",
		`for=", for=192.0.2.1`:      "192.0.2.1 http inner.example.test",
		`for=203.0.113.9;x=", for=192.0.2.1;proto=https;by="10.0.0.1"`: "192.0.2.1 https inner.example.test",
		`for=192.0.2.1 for=192.0.2.2`:                                  "10.0.0.1 http inner.example.test",
		`,, for=192.0.2.1 ;; proto=https ,`:                            "10.0.0.1 http inner.example.test",
		`for="192.0\.2.1"`:                                             "192.0.2.1 http inner.example.test",
		`for=192.0.2.1;host="a/b"`:                                     "192.0.2.1 http inner.example.test",
		`nonsense`:                                                     "10.0.0.1 http inner.example.test",
		`for=`:                                                         "10.0.0.1 http inner.example.test",
	} {
		got := seen(p, "10.0.0.1:4711", "Forwarded: "+header, "X-Forwarded-For: 198.51.100.1")
		if text := got.Address + " " + got.Scheme + " " + got.Host; text != want {
			t.Errorf("%s: %s, want %s", header, text, want)
		}
	}
}

// With the PROXY protocol no header is believed, not even from a proxy.
func TestNoHeaderWithProxyProtocol(t *testing.T) {
	t.Parallel()
	got := seen(trusting(ByProxyProtocol, "10.0.0.0/24"), "10.0.0.1:1", "X-Forwarded-For: 192.0.2.1",
		"Forwarded: for=192.0.2.1")
	if got.Address != "10.0.0.1" {
		t.Errorf("the client is %s", got.Address)
	}
}

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	p := trusting(ByXForwarded, "10.0.0.0/24")
	p.PublicScheme, p.PublicHost = "https", "gatehouse.example.test"
	for _, peer := range []string{"10.0.0.1:1", "192.0.2.1:1"} {
		got := seen(p, peer, "X-Forwarded-Host: evil.example.test", "X-Forwarded-Proto: http",
			"X-Forwarded-For: 192.0.2.1")
		if got.BaseURL() != "https://gatehouse.example.test" || got.Address != "192.0.2.1" {
			t.Errorf("%s: %+v", peer, got)
		}
	}
}

// A header that is not believed is logged once, without its value, which clients choose.
func TestIgnoredHeaderIsLogged(t *testing.T) {
	t.Parallel()
	for _, p := range []Proxies{{}, trusting(ByXForwarded, "10.0.0.0/24")} {
		var log bytes.Buffer
		p.Log = slog.New(slog.NewTextHandler(&log, nil))
		h := p.Handler(http.NotFoundHandler())
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-Forwarded-For", "203.0.113.9")
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		text := log.String()
		if strings.Count(text, "--trusted-proxies") != 1 || !strings.Contains(text, "192.0.2.1") ||
			strings.Contains(text, "203.0.113.9") {
			t.Errorf("the log has %q", text)
		}
	}
}

// A header that nobody can have planned costs a bounded time and never names an address that
// it does not have.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{`for=192.0.2.1`, `for="[2001:db8::1]:80";proto=https, for=10.0.0.1`, `a="\`,
		`;;,,`, `for=", x`} {
		f.Add(seed)
	}
	p := trusting(ByForwarded, "10.0.0.0/24")
	f.Fuzz(func(t *testing.T, header string) {
		c := p.follow(Connection{Address: "10.0.0.1"}, append([]hop{{}}, forwardedHops(header)...))
		if c.Scheme != "" && c.Scheme != "http" && c.Scheme != "https" || c.Host != "" && !isHost(c.Host) {
			t.Errorf("%q: %+v", header, c)
		}
		if _, err := netip.ParseAddr(c.Address); err != nil {
			t.Errorf("%q: the client is %q", header, c.Address)
		}
	})
}
