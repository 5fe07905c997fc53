// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The line of a request, to the byte but for its time: programs read it.
func TestAccessLogLine(t *testing.T) {
	t.Parallel()
	withoutTime := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	for _, c := range []struct {
		name   string
		info   Info
		status int
		took   time.Duration
		want   string
	}{
		{"a caller", Info{RequestID: "r", Address: "127.0.0.1", Door: "occ", Route: "verify", Caller: "operator:1"},
			200, 1500 * time.Microsecond,
			`{"level":"INFO","msg":"request","request_id":"r","address":"127.0.0.1","door":"occ","route":"verify","method":"GET","status":200,"took_ms":1.5,"caller":"operator:1"}`},
		{"no caller", Info{RequestID: "a\"b\\c\x01<é", Address: "::1"}, 200, 0,
			`{"level":"INFO","msg":"request","request_id":"a\"b\\c\u0001<é","address":"::1","door":"","route":"","method":"GET","status":200,"took_ms":0}`},
		{"the client's fault", Info{err: Errorf(http.StatusNotFound, "nothing")}, 404, time.Hour,
			`{"level":"INFO","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":404,"took_ms":3600000,"error":"404: nothing"}`},
		{"said on purpose", Info{err: Errorf(http.StatusServiceUnavailable, "draining")}, 503, 0,
			`{"level":"INFO","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":503,"took_ms":0,"error":"503: draining"}`},
		{"our fault", Info{err: fmt.Errorf("read: %w", errors.New("disk"))}, 500, 0,
			`{"level":"ERROR","msg":"request","request_id":"","address":"","door":"","route":"","method":"GET","status":500,"took_ms":0,"error":"read: disk"}`},
	} {
		var out bytes.Buffer
		logRequest(slog.New(slog.NewJSONHandler(&out, withoutTime)), httptest.NewRequest(http.MethodGet, "/", nil),
			&c.info, c.status, c.took)
		if got := out.String(); got != c.want+"\n" {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}
