// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lineHandler keeps records and lines apart.
type lineHandler struct {
	*slog.JSONHandler
	lines *bytes.Buffer
}

func (h lineHandler) WriteLine(line []byte) { h.lines.Write(line) }

// A line of our own has what slog's has, in the same order and the same form;
// errors, and what a handler cannot take as a line, go to slog.
func TestAccessLogLines(t *testing.T) {
	t.Parallel()
	for _, info := range []Info{
		{RequestID: "r", Address: "127.0.0.1", Door: "occ", Route: "verify", Caller: "operator:1"},
		{RequestID: "a\"b\\c\u2028\x01é", Address: "::1"},
	} {
		for _, took := range []time.Duration{0, time.Microsecond, 1500 * time.Microsecond, time.Hour} {
			var records, lines, want bytes.Buffer
			own := newAccessLog(slog.New(lineHandler{slog.NewJSONHandler(&records, nil), &lines}))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			own.log(r, &info, 200, took)
			newAccessLog(slog.New(slog.NewJSONHandler(&want, nil))).log(r, &info, 200, took)
			if records.Len() > 0 {
				t.Errorf("slog was asked: %s", &records)
			}
			got, reference := withoutTime(t, &lines), withoutTime(t, &want)
			if diff := cmp.Diff(reference, got); diff != "" {
				t.Errorf("%+v, %v: %s", info, took, diff)
			}
			info := info
			info.err = Errorf(http.StatusNotFound, "nothing")
			own.log(r, &info, 404, took)
			if lines.Len() > 0 || !bytes.Contains(records.Bytes(), []byte(`"error":"404: nothing"`)) {
				t.Errorf("an error: %s and %s", &lines, &records)
			}
		}
	}
}

// withoutTime reads a line and gives it without its time, which must be one.
func withoutTime(t *testing.T, b *bytes.Buffer) string {
	t.Helper()
	line, err := b.ReadBytes('\n')
	if err != nil || b.Len() > 0 {
		t.Fatalf("not one line: %s", line)
	}
	var members struct{ Time time.Time }
	if err := json.Unmarshal(line, &members); err != nil || time.Since(members.Time) > time.Minute {
		t.Fatalf("%s: %v", line, err)
	}
	_, rest, _ := bytes.Cut(line, []byte(`","level"`))
	return string(rest)
}

// A level above information writes no lines.
func TestAccessLogLevel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := newAccessLog(slog.New(lineHandler{slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}), &out}))
	log.log(httptest.NewRequest(http.MethodGet, "/", nil), &Info{}, 200, 0)
	if out.Len() > 0 {
		t.Errorf("%s", &out)
	}
}
