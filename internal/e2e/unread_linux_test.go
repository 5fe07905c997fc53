// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// resident returns the memory that a process has, in MiB.
func resident(t *testing.T, p *process) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	kilobytes := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	n, err := strconv.Atoi(string(kilobytes[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n >> 10
}

// TestSlowReadersCostLittle: clients that ask for long lists and read only the first line of
// the answers get the memory of a server to grow by a bounded amount, and by a third of what
// the answers have.
func TestSlowReadersCostLittle(t *testing.T) {
	t.Parallel()
	const organizations, readers, mostGrowth = 250, 180, 180
	s := newSite(t, onSQLite).with("GATEHOUSE_ADMIN_PASSWORD", "a long enough password")
	p := start(t, s, "--rate-limits", "off")
	token := ""
	post := func(path string, body any) map[string]any {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		answer := map[string]any{}
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode >= 300 {
			t.Fatalf("%s: %d %v %v", path, res.StatusCode, answer, err)
		}
		return answer
	}
	token = post("/v1/login", map[string]any{"username": "admin",
		"password": "a long enough password"})["accessToken"].(string)
	for i := range organizations {
		post("/v1/organizations", map[string]any{"name": fmt.Sprint("Organization ", i),
			"properties": map[string]any{"note": strings.Repeat(fmt.Sprintf("%04d", i), 4000)}})
	}
	before, most, answered := resident(t, p), 0, 0
	for i := range readers {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.(*net.TCPConn).SetReadBuffer(4096)
		_ = conn.SetDeadline(time.Now().Add(startLimit))
		_, err = fmt.Fprintf(conn,
			"GET /v1/organizations?count=%d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
			organizations-i%120, token)
		if err != nil {
			t.Fatal(err)
		}
		line := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(conn, line); err != nil {
			t.Fatalf("reader %d: %v", i, err)
		}
		if string(line) == "HTTP/1.1 200" {
			answered++
		}
		most = max(most, resident(t, p))
	}
	if growth := most - before; growth > mostGrowth || answered < readers/8 {
		t.Errorf("%d of %d slow readers were answered, and the server grew by %d MiB", answered, readers, growth)
	} else {
		t.Logf("%d of %d slow readers were answered, and the server grew by %d MiB", answered, readers, growth)
	}
	p.stop(t)
}
