// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Observer is told of every request when it has been answered.
type Observer func(info Info, method string, status int, took time.Duration)

// answerTimeout is for what an answer takes of the database; then it is given up.
const answerTimeout = 30 * time.Second

// Observe gives every request an Info, a deadline and an X-Request-Id, writes one log line
// for it and tells the observer. Neither path nor query nor any header goes to
// the log: clients put tokens and passwords into all of them.
func Observe(next http.Handler, log *slog.Logger, observer Observer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		r, info, cancel := withInfo(r)
		defer cancel()
		defer info.leaveStream()
		answered := false
		w.Header().Set("X-Request-Id", info.RequestID)
		rec := &recorder{ResponseWriter: w, info: info}
		defer func() {
			took, status := time.Since(start), rec.status()
			if errors.Is(r.Context().Err(), context.Canceled) {
				status = statusClientGone
			}
			observer(*info, method(r.Method), status, took)
			logRequest(r, log, info, status, took)
			if answered { // and not aborted
				finish(w, r) // how long a client takes to read is not ours to measure
			}
		}()
		next.ServeHTTP(rec, r)
		answered = true
	})
}

// statusClientGone stands in logs and metrics, never on the wire, for a request
// whose client left before the answer: no fault of ours.
const statusClientGone = 499

func logRequest(r *http.Request, log *slog.Logger, info *Info, status int, took time.Duration) {
	level, attrs := slog.LevelInfo, append(make([]slog.Attr, 0, 10),
		slog.String("request_id", info.RequestID), slog.String("address", info.Address),
		slog.String("door", info.Door), slog.String("route", info.Route), slog.String("method", method(r.Method)),
		slog.Int("status", status), slog.Float64("took_ms", float64(took.Microseconds())/1000))
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
	log.LogAttrs(r.Context(), level, "request", attrs...)
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

// method keeps made-up methods out of logs and metrics: they may hold anything.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recorder remembers the status that was written. Once an answer is begun the
// work is done: the place is given back, whether or not the client reads on.
type recorder struct {
	http.ResponseWriter
	info *Info
	code int
}

func (w *recorder) WriteHeader(code int) {
	w.info.leave()
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	w.info.leave()
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}
