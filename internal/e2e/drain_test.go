// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDrain stops a server while a client is still sending: the request is
// finished, and who asks learns at once that no more should be sent here.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := usedSite(t, onSQLite).watched()
	p := start(t, s)
	kept := newClient(t, p.url)
	kept.want(kept.get("/readyz"), http.StatusOK, "readiness before") // leaves a connection open

	body := url.Values{"grant_type": {"password"}, "username": {"admin"},
		"password": {p.firstPassword()}}.Encode()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, conn)
	if err := conn.SetDeadline(time.Now().Add(stopLimit)); err != nil {
		t.Fatal(err)
	}
	send := func(text string) {
		t.Helper()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	send(fmt.Sprintf("POST /ccadmin/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10]))
	time.Sleep(100 * time.Millisecond) // for the request to be there before the signal

	began := time.Now()
	p.terminate(t)
	within(t, 900*time.Millisecond, "a kept connection is told that the server drains", func() bool {
		return kept.get("/readyz").status == http.StatusServiceUnavailable
	})
	fresh := newClient(t, p.url)
	if a := fresh.want(fresh.get("/readyz"), http.StatusServiceUnavailable,
		"readiness on a new connection"); !strings.Contains(a.body, "draining") {
		t.Errorf("readiness while draining: %s", a.body)
	}
	fresh.want(fresh.get("/livez"), http.StatusOK, "liveness while draining")
	// Longer than the server waits for load balancers to notice.
	if rest := 1500*time.Millisecond - time.Since(began); rest > 0 {
		time.Sleep(rest)
	}
	if p.ended() {
		t.Fatal("the server went away while a request was running")
	}
	send(body[10:])
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal("the running request was not finished: ", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(answer), "access_token") {
		t.Errorf("the running request: %d %v", res.StatusCode, err)
	}
	if code := p.wait(t, 10*time.Second); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if !strings.Contains(p.stderr.String(), `"msg":"draining"`) ||
		!strings.Contains(p.stderr.String(), `"msg":"stopped"`) {
		t.Error("the log does not tell of the stop")
	}
}

// A second signal stops the server at once.
func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	p := start(t, usedSite(t, onSQLite).watched())
	p.terminate(t)
	within(t, 900*time.Millisecond, "the server drains", func() bool {
		return strings.Contains(p.stderr.String(),
			`"msg":"draining"`)
	})
	// More than one, since the first may come while the server lets go of its handler.
	for !p.ended() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(10 * time.Millisecond)
	}
	if p.wait(t, time.Second) == 0 || strings.Contains(p.stderr.String(), `"msg":"stopped"`) {
		t.Error("the server drained to its end all the same")
	}
}

// A client that never finishes its request cannot keep the server from stopping.
func TestStragglerIsCutOff(t *testing.T) {
	t.Parallel()
	p := start(t, usedSite(t, onSQLite).watched())
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, conn)
	if _, err := io.WriteString(conn,
		"POST /ccadmin/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nab"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // for the request to be there before the signal
	p.terminate(t)
	if code := p.wait(t, time.Minute); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if !strings.Contains(p.stderr.String(), `"msg":"stopped"`) {
		t.Error("the log does not tell of the stop")
	}
}
