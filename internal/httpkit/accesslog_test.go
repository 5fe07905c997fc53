// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// lineHandler is a LineWriter.
type lineHandler struct {
	*slog.JSONHandler
	lines *bytes.Buffer
}

func (h lineHandler) WriteLine(line []byte) { h.lines.Write(line) }

// The line of a request, to the byte but for its time: programs read it. It is the same
// whether slog writes it or this package does, which it does for requests without an error.
func TestAccessLogLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		info   Info
		status int
		took   time.Duration
		want   string
	}{
		{"a caller", Info{RequestID: "r", Connection: Connection{Address: "127.0.0.1"}, Door: "occ",
			Route: "verify", Caller: "operator:1"}, 200, 1500 * time.Microsecond,
			`{"level":"INFO","msg":"request","request_id":"r","address":"127.0.0.1","door":"occ","route":"verify","method":"GET","status":200,"took_ms":1.5,"caller":"operator:1"}`},
		{"no caller", Info{RequestID: "a\"b\\c\x01<é", Connection: Connection{Address: "::1"}}, 200, 0,
			`{"level":"INFO","msg":"request","request_id":"a\"b\\c\u0001<é","address":"::1","door":"","route":"","method":"GET","status":200,"took_ms":0}`},
		{"the client's fault", Info{err: Errorf(http.StatusNotFound, "nothing")}, 404, time.Hour,
			`{"level":"INFO","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":404,"took_ms":3600000,"error":"404: nothing"}`},
		{"said on purpose", Info{err: Errorf(http.StatusServiceUnavailable, "draining")}, 503, 0,
			`{"level":"INFO","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":503,"took_ms":0,"error":"503: draining"}`},
		{"a fault of a part", faulty(), 200, 0,
			`{"level":"ERROR","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":200,"took_ms":0,"error":"disk"}`},
		{"our fault", Info{err: fmt.Errorf("read: %w", errors.New("disk"))}, 500, 0,
			`{"level":"ERROR","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":500,"took_ms":0,"error":"read: disk"}`},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		var records, plain, lines bytes.Buffer
		newAccessLog(slog.New(slog.NewJSONHandler(&plain, nil))).write(r, &c.info, c.status, c.took)
		newAccessLog(slog.New(lineHandler{slog.NewJSONHandler(&records, nil), &lines})).write(r, &c.info, c.status,
			c.took)
		if own := lines.Len() > 0; own != (c.info.err == nil) || own == (records.Len() > 0) {
			t.Errorf("%s: a line of our own: %v", c.name, own)
		}
		for _, out := range []string{plain.String(), records.String() + lines.String()} {
			if got := withoutTime(t, out); got != c.want+"\n" {
				t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
			}
		}
	}
}

// faulty returns the Info of a request of which two parts failed.
func faulty() Info {
	var info Info
	info.Fault(errors.New("disk"))
	info.Fault(errors.New("disk again"))
	return info
}

// withoutTime returns a line without its time, which must be now.
func withoutTime(t *testing.T, line string) string {
	t.Helper()
	var members struct{ Time time.Time }
	if err := json.Unmarshal([]byte(line), &members); err != nil || time.Since(members.Time) > time.Minute {
		t.Fatalf("%s: %v", line, err)
	}
	_, rest, _ := strings.Cut(line, `","level"`)
	return `{"level"` + rest
}

// A level above information writes no lines.
func TestAccessLogLevel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	above := &slog.HandlerOptions{Level: slog.LevelWarn}
	log := newAccessLog(slog.New(lineHandler{slog.NewJSONHandler(&out, above), &out}))
	log.write(httptest.NewRequest(http.MethodGet, "/", nil), &Info{}, 200, 0)
	if out.Len() > 0 {
		t.Errorf("%s", &out)
	}
}
