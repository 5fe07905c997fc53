// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/certtest"
	"gatehouse/internal/httpkit"
)

// secure is a server over TLS with a door of its own.
func secure(t *testing.T, c *Certificate, connections int, routes ...httpkit.Route) (address string) {
	t.Helper()
	door := &httpkit.Door{Name: "test", Roots: []string{"/test"}, Routes: routes}
	return New(Options{Doors: []*httpkit.Door{door}, Ready: func(context.Context) error { return nil },
		Log: slog.New(slog.DiscardHandler), Certificate: c, Workers: []Worker{c},
		maxConnections: connections}).running(t)
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	c := load(t, ca.Issue())
	address := secure(t, c, 16, httpkit.Route{Method: http.MethodGet, Pattern: "/test/x", Name: "x",
		Handler: func(w http.ResponseWriter, r *http.Request) error {
			return text(w, http.StatusOK, fmt.Sprintf("%s %t", r.Proto, r.TLS != nil))
		}})
	for _, two := range []bool{false, true} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.Client(), ForceAttemptHTTP2: two},
			Timeout: 10 * time.Second}
		res, err := client.Get("https://" + address + "/test/x")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		client.CloseIdleConnections()
		want := map[bool]string{false: "HTTP/1.1 true", true: "HTTP/2.0 true"}[two]
		if string(body) != want || res.ContentLength != int64(len(want)) {
			t.Errorf("got %q of %d bytes, want %q", body, res.ContentLength, want)
		}
	}
	for version, taken := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false,
		tls.VersionTLS12: true, tls.VersionTLS13: true} {
		config := ca.Client()
		config.MinVersion, config.MaxVersion = version, version
		if err := connect(t, address, config).(*tls.Conn).Handshake(); (err == nil) != taken {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	r := ask(t, connect(t, address, ca.Client()), "/metrics")
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	metrics, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if want := "gatehouse_tls_certificate_expiry_timestamp_seconds " +
		strconv.FormatFloat(float64(c.expiry().Unix()), 'g', -1, 64) + "\n"; !strings.Contains(string(metrics),
		want) {
		t.Errorf("the metrics lack %s", want)
	}
	if w := newServer(nil, nil, 1).get("/metrics"); strings.Contains(w.Body.String(), "tls_certificate") {
		t.Error("a server without a certificate tells when it expires")
	}
}

// A client that resumes a session sees no new certificate, so a new one ends the session.
func TestSessionsEndWithTheirCertificate(t *testing.T) {
	t.Parallel()
	ca, dir := certtest.New(t), t.TempDir()
	one, two := ca.Issue(), ca.Issue()
	c, _ := logged(t, one, dir)
	address := secure(t, c, 16)
	show := func(p certtest.Pair) { // the running server reads the files itself
		t.Helper()
		p.Write(t, dir)
		for deadline := time.Now().Add(20 * reloadInterval); !c.shows(p); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the new certificate is not shown")
			}
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		show(one)
		config := ca.Client()
		config.MaxVersion, config.ClientSessionCache = version, tls.NewLRUClientSessionCache(4)
		again := func() tls.ConnectionState {
			conn := connect(t, address, config).(*tls.Conn)
			if got := status(t, ask(t, conn,
				"/livez")); got != http.StatusOK { // TLS 1.3 sends tickets after the handshake
				t.Fatalf("got %d", got)
			}
			return conn.ConnectionState()
		}
		if first, second := again(), again(); first.DidResume || !second.DidResume {
			t.Errorf("%s: resumed %t, then %t", tls.VersionName(version), first.DidResume, second.DidResume)
		}
		before := c.current.Load().Leaf.Raw
		show(two)
		third := again()
		if third.DidResume || bytes.Equal(third.PeerCertificates[0].Raw, before) {
			t.Errorf("%s: a session of the former certificate goes on", tls.VersionName(version))
		}
		if fourth := again(); !fourth.DidResume {
			t.Errorf("%s: no session under the new one", tls.VersionName(version))
		}
	}
}

// A connection is cut off when no handshake comes within the time for headers,
// however slowly it sends, and before that when the place is needed.
func TestSlowHandshakes(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	ended := func(c net.Conn) {
		t.Helper()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a connection without a handshake: %v", err)
		}
	}
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		const limit = time.Second // headerTimeout would make the test long
		s := New(Options{Log: slog.New(slog.DiscardHandler), Certificate: load(t, ca.Issue())})
		s.http.ReadHeaderTimeout = limit
		address, began := s.running(t), time.Now()
		silent, dripping := connect(t, address, nil), connect(t, address, nil)
		go func() { // the beginning of a long record
			for _, b := range append([]byte{22, 3, 1, 8, 0, 1, 0, 7, 252, 3, 3}, make([]byte, 256)...) {
				if _, err := dripping.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		ended(silent)
		_, err := dripping.Read(make([]byte, 1))
		for err == nil { // an alert, or a reset for what was sent after the end
			_, err = dripping.Read(make([]byte, 1))
		}
		if took := time.Since(began); took < limit || took > limit+5*time.Second {
			t.Errorf("cut off after %s, want %s", took, limit)
		}
	})
	t.Run("in the way", func(t *testing.T) {
		t.Parallel()
		s := New(Options{Ready: func(context.Context) error { return nil }, Log: slog.New(slog.DiscardHandler),
			Certificate: load(t, ca.Issue()), maxConnections: 2})
		// Longer than the client waits: only a client that needs the slot ends them.
		s.http.ReadHeaderTimeout = httpkit.DefaultLimits().ReadTimeout
		address := s.running(t)
		first, second := connect(t, address, nil), connect(t, address, nil)
		if got := status(t, ask(t, connect(t, address, ca.Client()), "/livez")); got != http.StatusOK {
			t.Errorf("got %d", got)
		}
		ended(first)
		ended(second)
	})
}

// A client that speaks plain HTTP gets an answer that says so, however much it sends.
func TestPlainHTTPToTLS(t *testing.T) {
	t.Parallel()
	address := secure(t, load(t, certtest.New(t).Issue()), 16)
	for _, size := range []int{0, 10, 8 << 10, 80 << 10} {
		conn := connect(t, address, nil)
		for _, part := range []string{"GET /livez HTTP/1.1\r\nHost: example.test\r\nX-Long: ",
			strings.Repeat("x", size), "\r\n\r\n"} {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond) // so that what comes late meets the answer
		}
		began := time.Now()
		answer, err := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.0 400 ") ||
			!strings.Contains(string(answer), "HTTP request to an HTTPS server") || err != nil ||
			time.Since(began) > 5*time.Second {
			t.Errorf("%d bytes more: %q %v after %s", size, answer, err, time.Since(began))
		}
	}
}

// A client that does not read cannot delay the goroutine that closes its connection:
// everybody would wait for that.
func TestGoodbyeIsShort(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	near, far := net.Pipe() // which has no room: what is written waits until it is read
	c := tls.Server(&rawConn{near}, load(t, ca.Issue()).tlsConfig())
	config := ca.Client()
	config.MaxVersion = tls.VersionTLS12 // 1.3 would have tickets to read
	done := make(chan error, 1)
	go func() { done <- tls.Client(far, config).Handshake() }()
	if err := errors.Join(c.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_ = c.Close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("closing took %s", took)
	}
	// Other deadlines are unchanged.
	r, w := net.Pipe()
	defer r.Close()
	slow := &rawConn{w}
	if err := slow.SetWriteDeadline(time.Now().Add(headerTimeout)); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _, _ = r.Read(make([]byte, 1)) })
	if _, err := slow.Write([]byte{1}); err != nil {
		t.Errorf("a deadline that is far off: %v", err)
	}
}

// One connection has no more requests open than it should, and the windows are
// as small as a body.
func TestHTTP2IsBounded(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	address := secure(t, load(t, ca.Issue()), 16)
	config := ca.Client()
	config.NextProtos = []string{"h2"}
	conn := connect(t, address, config)
	if _, err := io.WriteString(conn,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(conn, head); err != nil || head[3] != 4 {
		t.Fatalf("no settings but %v, %v", head, err)
	}
	payload := make([]byte, int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(conn, payload); err != nil {
		t.Fatal(err)
	}
	settings := map[int]int{}
	for p := payload; len(p) >= 6; p = p[6:] {
		settings[int(p[1])] = int(p[2])<<24 | int(p[3])<<16 | int(p[4])<<8 | int(p[5])
	}
	// RFC 9113 section 6.5.2: 3 is the number of streams, 4 the window, 6 the headers.
	if settings[3] != 100 || settings[4] != httpkit.MaxBody || settings[6] < maxHeader ||
		settings[6] > 2*maxHeader {
		t.Errorf("got settings %v", settings)
	}
}
