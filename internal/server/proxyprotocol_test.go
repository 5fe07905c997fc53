// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/httpkit"
)

// safeBuffer is a log that goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// behind runs a server that shows each client its address, and trusts a network.
func behind(t *testing.T, by httpkit.ForwardedBy, network string, log io.Writer) (address string) {
	t.Helper()
	door := &httpkit.Door{Name: "test", Roots: []string{"/test"},
		Routes: []httpkit.Route{{Method: http.MethodGet,
			Pattern: "/test/address", Name: "address", Handler: func(w http.ResponseWriter, r *http.Request) error {
				return text(w, http.StatusOK, httpkit.InfoOf(r).Address)
			}}}}
	return New(Options{Doors: []*httpkit.Door{door}, Ready: func(context.Context) error { return nil },
		Log:     slog.New(slog.NewTextHandler(log, nil)),
		Proxies: httpkit.Proxies{By: by, Trusted: []netip.Prefix{netip.MustParsePrefix(network)}}}).running(t)
}

// told sends a text and a request, and returns the address that the server shows, or "closed".
func told(t *testing.T, address, first string) string {
	t.Helper()
	c := connect(t, address, nil)
	if _, err := io.WriteString(c, first); err != nil {
		t.Fatal(err)
	}
	in := ask(t, c, "/test/address")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return "closed"
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		return res.Status
	}
	return string(body)
}

func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	address := behind(t, httpkit.ByProxyProtocol, "127.0.0.0/8", &log)
	for first, want := range map[string]string{
		"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n": "192.0.2.1",
		"PROXY TCP6 2001:db8::1 ::1 4711 80\r\n":     "2001:db8::1",
		"PROXY UNKNOWN\r\n":                          "127.0.0.1",
		"":                                           "closed",
		"PROXY TCP4 192.0.2.1 127.0.0.1 4711\r\n":        "closed",
		"PROXY TCP4 client.example.test ::1 4711 80\r\n": "closed",
		// version 2: TCP over IPv4, and a socket of Unix
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\x7f\x00\x00\x01\x12\x67\x00\x50": "192.0.2.1",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x31\x00\xd8" + strings.Repeat("x", 216):                      "closed",
	} {
		if got := told(t, address, first); got != want {
			t.Errorf("%q: %s, want %s", first, got, want)
		}
	}
	if n := strings.Count(log.String(), "does not speak the PROXY protocol"); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
}

// Nobody else can claim an address.
func TestProxyProtocolOfStrangers(t *testing.T) {
	t.Parallel()
	const claim = "PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n"
	address := behind(t, httpkit.ByProxyProtocol, "192.0.2.0/24", io.Discard)
	if got := told(t, address, ""); got != "127.0.0.1" {
		t.Errorf("without a claim: %s", got)
	}
	if got := told(t, address, claim); got != "400 Bad Request" {
		t.Errorf("with a claim: %s", got)
	}
	// A server that reads headers of requests does not read the PROXY protocol.
	if got := told(t, behind(t, httpkit.ByXForwarded, "127.0.0.0/8", io.Discard),
		claim); got != "400 Bad Request" {
		t.Errorf("of a server that expects X-Forwarded-For: %s", got)
	}
}
