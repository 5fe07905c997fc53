// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// LineWriter is a slog.Handler in JSON that also takes whole lines of slog.LevelInfo.
type LineWriter interface {
	slog.Handler
	// WriteLine writes a line, which ends in a line end. It does not retain the line.
	WriteLine(line []byte)
}

// accessLog writes a line for each request.
type accessLog struct {
	log     *slog.Logger
	lines   LineWriter // nil: every line goes through the logger
	buffers sync.Pool  // of *[]byte
}

func newAccessLog(log *slog.Logger) *accessLog {
	lines, _ := log.Handler().(LineWriter)
	return &accessLog{log: log, lines: lines, buffers: sync.Pool{New: func() any { return new([]byte) }}}
}

// write writes the line of a request. A line without an error is appended here, byte by
// byte what slog writes: a slog.Record costs 5 % of a quick request more.
func (l *accessLog) write(r *http.Request, info *Info, status int, took time.Duration) {
	if info.err != nil || l.lines == nil {
		l.record(r, info, status, took)
		return
	}
	if !l.lines.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	buffer := l.buffers.Get().(*[]byte)
	*buffer = appendLine((*buffer)[:0], time.Now(), info, method(r.Method), status, took)
	l.lines.WriteLine(*buffer)
	l.buffers.Put(buffer)
}

// milliseconds returns a duration in milliseconds, to the thousandth.
func milliseconds(took time.Duration) float64 { return float64(took.Microseconds()) / 1000 }

// appendLine appends the line of a request without an error.
func appendLine(b []byte, at time.Time, info *Info, method string, status int, took time.Duration) []byte {
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
	if id := info.TraceID(); id != "" {
		b = AppendJSON(append(b, `,"trace_id":`...), id)
	}
	return append(b, "}\n"...)
}

// record writes the line of a request through the logger.
func (l *accessLog) record(r *http.Request, info *Info, status int, took time.Duration) {
	level, attrs := slog.LevelInfo, append(make([]slog.Attr, 0, 11),
		slog.String("request_id", info.RequestID), slog.String("address", info.Address),
		slog.String("door", info.Door), slog.String("route", info.Route), slog.String("method", method(r.Method)),
		slog.Int("status", status), slog.Float64("took_ms", milliseconds(took)))
	if info.Caller != "" {
		attrs = append(attrs, slog.String("caller", info.Caller))
	}
	if id := info.TraceID(); id != "" {
		attrs = append(attrs, slog.String("trace_id", id))
	}
	if info.err != nil {
		attrs = append(attrs, slog.String("error", logText(info.err)))
		var intended *Error // without a cause, such as a health check while draining
		if status >= http.StatusInternalServerError && (!errors.As(info.err, &intended) || intended.Err != nil) {
			level = slog.LevelError
		}
		if info.fault {
			level = slog.LevelError
		}
		var p *panicError
		if errors.As(info.err, &p) {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
	}
	if ctx := r.Context(); l.log.Enabled(ctx, level) {
		record := slog.NewRecord(time.Now(), level, "request", 0) // LogAttrs would look up its caller
		record.AddAttrs(attrs...)
		_ = l.log.Handler().Handle(ctx, record)
	}
}

// logText returns the text of an error for the log. If the text may repeat what the
// client sent, the error has a method LogText, whose text does not.
func logText(err error) string {
	var e interface{ LogText() string }
	if errors.As(err, &e) {
		return e.LogText()
	}
	return err.Error()
}
