// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// LineWriter is a slog.Handler in JSON that takes whole lines of slog.LevelInfo
// besides: one is written for each request, which a record would cost several
// times as much as the line.
type LineWriter interface {
	slog.Handler
	// WriteLine takes a line with its end, and keeps none of it.
	WriteLine(line []byte)
}

// accessLog writes a line for each request.
type accessLog struct {
	logger  *slog.Logger
	lines   LineWriter // nil: all goes to the logger
	buffers sync.Pool  // of *[]byte
}

func newAccessLog(logger *slog.Logger) *accessLog {
	lines, _ := logger.Handler().(LineWriter)
	return &accessLog{logger: logger, lines: lines, buffers: sync.Pool{New: func() any { return new([]byte) }}}
}

func (l *accessLog) log(r *http.Request, info *Info, status int, took time.Duration) {
	if info.err != nil || l.lines == nil {
		l.record(r, info, status, took)
		return
	}
	if !l.lines.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	buffer := l.buffers.Get().(*[]byte)
	*buffer = appendRequest((*buffer)[:0], time.Now(), info, method(r.Method), status, took)
	l.lines.WriteLine(*buffer)
	l.buffers.Put(buffer)
}

// milliseconds are told to a thousandth.
func milliseconds(took time.Duration) float64 { return float64(took.Microseconds()) / 1000 }

// appendRequest writes what record does, as slog would.
func appendRequest(b []byte, at time.Time, info *Info, method string, status int, took time.Duration) []byte {
	b = at.AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = AppendJSON(append(b, `","level":"INFO","msg":"request","request_id":`...), info.RequestID)
	b = AppendJSON(append(b, `,"address":`...), info.Address)
	b = AppendJSON(append(b, `,"door":`...), info.Door)
	b = AppendJSON(append(b, `,"route":`...), info.Route)
	b = AppendJSON(append(b, `,"method":`...), method)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(status), 10)
	b = strconv.AppendFloat(append(b, `,"took_ms":`...), milliseconds(took), 'f', -1, 64)
	if info.Caller != "" {
		b = AppendJSON(append(b, `,"caller":`...), info.Caller)
	}
	return append(b, "}\n"...)
}

func (l *accessLog) record(r *http.Request, info *Info, status int, took time.Duration) {
	level, attrs := slog.LevelInfo, append(make([]slog.Attr, 0, 10),
		slog.String("request_id", info.RequestID), slog.String("address", info.Address),
		slog.String("door", info.Door), slog.String("route", info.Route), slog.String("method", method(r.Method)),
		slog.Int("status", status), slog.Float64("took_ms", milliseconds(took)))
	if info.Caller != "" {
		attrs = append(attrs, slog.String("caller", info.Caller))
	}
	if info.err != nil {
		attrs = append(attrs, slog.String("error", logText(info.err)))
		var told *Error // said on purpose, as by a health check while draining
		if status >= http.StatusInternalServerError && (!errors.As(info.err, &told) || told.Err != nil) {
			level = slog.LevelError
		}
		var p *panicError
		if errors.As(info.err, &p) {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
	}
	l.logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// logText is the error's text for the log. An error whose own text may repeat
// what the client sent has LogText besides, which does not.
func logText(err error) string {
	var e interface{ LogText() string }
	if errors.As(err, &e) {
		return e.LogText()
	}
	return err.Error()
}
