// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
	"time"
)

// How long lines of the log are delayed, and how many bytes of them.
const (
	logDelay = 100 * time.Millisecond
	logHeld  = 32 << 10 // bytes
)

// logWriter groups lines under load, because one write for each request costs more than
// building the line. If there are few lines, each is written at once. Lines above level
// info are always written at once. A process that is killed loses at most logDelay of
// the log.
type logWriter struct {
	to io.Writer

	mu    sync.Mutex
	held  []byte
	last  time.Time // when something was written
	timer *time.Timer
}

// newLog returns the program's log, and a function to call at the program's end.
func newLog(to io.Writer, level slog.Leveler) (log *slog.Logger, flush func()) {
	w := &logWriter{to: to}
	w.timer = time.AfterFunc(logDelay, w.flush)
	return slog.New(logHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}), w}), w.flush
}

// logHandler is a httpkit.LineWriter.
type logHandler struct {
	*slog.JSONHandler
	writer *logWriter
}

// WriteLine implements httpkit.LineWriter.
func (h logHandler) WriteLine(line []byte) { h.writer.hold(line, false) }

// Write implements io.Writer for one line of the log. It holds the line back, or
// writes it and those before it. It never fails: there is nowhere to report that
// the log cannot be written.
func (w *logWriter) Write(line []byte) (int, error) {
	w.hold(line, !bytes.Contains(line, []byte(`"level":"INFO"`)))
	return len(line), nil
}

// hold holds a line back, or writes it and those before it.
func (w *logWriter) hold(line []byte, now bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := len(w.held) == 0
	w.held = append(w.held, line...)
	switch {
	case first && time.Since(w.last) >= logDelay, len(w.held) >= logHeld, now:
		w.write()
	case first:
		w.timer.Reset(logDelay)
	}
}

func (w *logWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write()
}

func (w *logWriter) write() {
	if len(w.held) > 0 {
		_, _ = w.to.Write(w.held)
		w.held, w.last = w.held[:0], time.Now()
	}
}
