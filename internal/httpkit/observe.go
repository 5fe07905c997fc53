// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Observer is called for every request when it has been answered.
type Observer func(info Info, method string, status int, took time.Duration)

// Observe adds an Info and an X-Request-Id to every request. It writes one
// log line for the request and calls the observer. The log never contains a path, a
// query or a header: clients put tokens and passwords into all of them.
func Observe(next http.Handler, log *slog.Logger, observer Observer) http.Handler {
	lines := newAccessLog(log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		r, info, end := withInfo(r, start)
		defer end()
		defer info.leaveStream()
		answered := false
		w.Header().Set("X-Request-Id", info.RequestID)
		rec := &recorder{ResponseWriter: w, info: info}
		defer func() {
			took, status := time.Since(start), rec.status()
			if errors.Is(r.Context().Err(), context.Canceled) {
				status = statusClientGone
			}
			info.endSpan(status)
			observer(*info, method(r.Method), status, took)
			lines.write(r, info, status, took)
			if answered { // and not aborted
				finish(w, r) // the time a client takes to read is not measured
			}
		}()
		next.ServeHTTP(rec, r)
		answered = true
	})
}

// statusClientGone is used in logs and metrics, never on the wire, for a request whose
// client left before the answer. That is no error of the server.
const statusClientGone = 499

// otherMethod is in logs and metrics for all unknown methods.
const otherMethod = "other"

// method returns otherMethod for unknown methods: a client may have put anything there.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return m
	}
	return otherMethod
}

// recorder records the status that was written. When an answer begins, the work is done,
// so it releases the request's slot, however slowly the client reads.
type recorder struct {
	http.ResponseWriter
	info *Info
	code int
	held *held // a long answer that is not sent yet
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
