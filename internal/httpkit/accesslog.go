// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// logRequest writes the line of the access log for a request.
func logRequest(log *slog.Logger, r *http.Request, info *Info, status int, took time.Duration) {
	level, attrs := slog.LevelInfo, append(make([]slog.Attr, 0, 10),
		slog.String("request_id", info.RequestID), slog.String("address", info.Address),
		slog.String("door", info.Door), slog.String("route", info.Route), slog.String("method", method(r.Method)),
		slog.Int("status", status), slog.Float64("took_ms", float64(took.Microseconds())/1000))
	if info.Caller != "" {
		attrs = append(attrs, slog.String("caller", info.Caller))
	}
	if info.err != nil {
		attrs = append(attrs, slog.String("error", logText(info.err)))
		var intended *Error // without a cause, such as a health check while draining
		if status >= http.StatusInternalServerError && (!errors.As(info.err, &intended) || intended.Err != nil) {
			level = slog.LevelError
		}
		var p *panicError
		if errors.As(info.err, &p) {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
	}
	if ctx := r.Context(); log.Enabled(ctx, level) {
		record := slog.NewRecord(time.Now(), level, "request", 0) // LogAttrs would look up its caller
		record.AddAttrs(attrs...)
		_ = log.Handler().Handle(ctx, record)
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
