// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/apitype"
	"gatehouse/client"
)

// Addresses that would send secrets in the clear, or that are none, are refused. The error does not
// repeat them: they may have a password.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://gatehouse.example.test":     "https://gatehouse.example.test",
		"https://gatehouse.example.test/":    "https://gatehouse.example.test",
		"https://gatehouse.example.test/a//": "https://gatehouse.example.test/a",
		"HTTPS://gatehouse.example.test:443": "https://gatehouse.example.test:443",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080", "http://[::1]:8080": "http://[::1]:8080",
		"http://localhost:8080": "http://localhost:8080", "http://127.9.9.9": "http://127.9.9.9",
		"http://[::ffff:127.0.0.1]": "http://[::ffff:127.0.0.1]",
		"http://192.0.2.1":          "", "http://gatehouse.example.test": "", "http://localhost.example.test": "",
		"http://0.0.0.0": "", "http://127.0.0.1.example.test": "", "": "", "gatehouse.example.test": "",
		"127.0.0.1:8080": "", "ftp://gatehouse.example.test": "", "https://": "", "https:///v1": "",
		"https://:443": "",
		"https://hush:hush@gatehouse.example.test": "", "https://gatehouse.example.test?hush": "",
		"https://gatehouse.example.test/#hush": "", "https://gatehouse.example.test?": "", "https://hush%zz": "",
		"unix:/run/x": "", "https:gatehouse.example.test": "",
	} {
		c, err := client.New(address)
		switch {
		case want == "" && (err == nil || strings.Contains(err.Error(), "hush")):
			t.Errorf("%s: %v, %v", address, c, err)
		case want != "" && (err != nil || c.Server() != want):
			t.Errorf("%s: %v, %v", address, c, err)
		}
	}
	if c, err := client.New("http://192.0.2.1", client.AllowPlainHTTP()); err != nil || c.Server() !=
		"http://192.0.2.1" {
		t.Errorf("plain http, allowed: %v, %v", c, err)
	}
}

// With real connections, too, a POST without a key is sent once, whenever the connection is lost.
func TestRealConnectionsAreLost(t *testing.T) {
	t.Parallel()
	for what, call := range calls() {
		want := int64(5)
		if what == "POST without a key" || what == "login" || what == "DELETE" || what == "PATCH with If-Match" {
			want = 1
		}
		var requests atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/openapi.json" { // the connection is used before it is lost
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, "{}")
				return
			}
			requests.Add(1)
			panic(http.ErrAbortHandler)
		}))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Start()
		t.Cleanup(server.Close)
		c, err := client.New(server.URL, client.WithToken("x"))
		mustNot(t, err)
		if _, err := c.Document(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = call(t.Context(), c)
		// The transport itself sends again what was lost on a used connection, if it has a key.
		if n := requests.Load(); n < want || want == 1 && n > 1 || !errors.Is(err, client.ErrLost) ||
			!strings.Contains(err.Error(), "look before") {
			t.Errorf("%s: %d requests, want %d: %v", what, n, want, err)
		}
	}
}

// Nobody listens: the request was surely not sent.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	mustNot(t, err)
	mustNot(t, l.Close())
	c, err := client.New("http://"+l.Addr().String(), client.WithRetry(client.Retry{Attempts: 1}))
	mustNot(t, err)
	_, err = c.Login(t.Context(), apitype.Login{})
	if !errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrLost) ||
		!strings.HasPrefix(err.Error(), "cannot reach http://127.0.0.1:") {
		t.Errorf("the error is %v", err)
	}
}

// A server that is not trusted, or that speaks another protocol, does not become better by waiting.
func TestWrongServers(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	})
	encrypted, plain := httptest.NewUnstartedServer(handler), httptest.NewServer(handler)
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	encrypted.StartTLS()
	t.Cleanup(encrypted.Close)
	t.Cleanup(plain.Close)
	pool := x509.NewCertPool()
	pool.AddCert(encrypted.Certificate())
	for what, one := range map[string]struct {
		address string
		options []client.Option
		works   bool
	}{
		"trusted":   {encrypted.URL, []client.Option{client.WithTLS(&tls.Config{RootCAs: pool})}, true},
		"unknown":   {encrypted.URL, nil, false},
		"plain":     {strings.Replace(plain.URL, "http:", "https:", 1), nil, false},
		"encrypted": {strings.Replace(encrypted.URL, "https:", "http:", 1), nil, false},
	} {
		var a client.Answer
		c, err := client.New(one.address, one.options...)
		mustNot(t, err)
		_, err = c.Document(client.WithAnswer(t.Context(), &a))
		if (err == nil) != one.works || a.Attempts != 1 || errors.Is(err, client.ErrUnavailable) {
			t.Errorf("%s: %d attempts: %v", what, a.Attempts, err)
		}
	}
}
