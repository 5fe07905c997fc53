// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"hash/maphash"
	"net/http"
	"sync"
	"time"
)

// Bounds on answers that clients have not read. An answer longer than longAnswer takes its
// size out of unreadBudget until the client has read it. It is in memory once, and counts
// once, for all clients that read the same bytes: otherwise strangers who ask for
// openapi.json and do not read it would use up the budget.
const (
	longAnswer   = 16 << 10
	unreadBudget = 48 << 20
)

// The pace at which a long answer must be read. The deadline for a piece moves with what
// was read before: it is firstWait after the last piece, and before that if the whole
// answer is read more slowly than slowestPace. When there is no room for another answer,
// those that are read slower than urgentPace are cut off, from urgentAfter on.
const (
	piece       = 64 << 10
	firstWait   = 20 * time.Second
	slowestPace = 16 << 10 // bytes a second
	urgentAfter = 2 * time.Second
	urgentPace  = 1 << 20 // bytes a second
)

// pace is firstWait and urgentAfter, unless a test has other ones.
type pace struct{ firstWait, urgentAfter time.Duration }

// unread is what long answers take at the moment.
type unread struct {
	pace    pace
	mu      sync.Mutex
	size    int
	seed    maphash.Seed
	shared  map[uint64]*sharedBody
	readers map[*reader]struct{}
}

// sharedBody is an answer that several clients read.
type sharedBody struct {
	content []byte
	readers int
}

// reader is a client that reads a long answer. The mutex of unread guards it.
type reader struct {
	start time.Time
	sent  int    // bytes
	cut   func() // ends the writing
	ended bool   // cut was called
}

func newUnread() *unread {
	return &unread{pace: pace{firstWait, urgentAfter}, seed: maphash.MakeSeed(),
		shared: map[uint64]*sharedBody{}, readers: map[*reader]struct{}{}}
}

// take makes room for an answer. It returns the bytes to send, which may be those of an
// equal answer, and what is to be called when they are sent. Without room it returns false.
func (u *unread) take(body []byte, cut func()) (content []byte, r *reader, done func(), ok bool) {
	key := maphash.Bytes(u.seed, body)
	u.mu.Lock()
	defer u.mu.Unlock()
	same := u.shared[key]
	if same != nil && !bytes.Equal(same.content, body) {
		same, key = nil, 0 // another answer with the same hash
	}
	if same == nil {
		if u.size+cap(body) > unreadBudget {
			u.cutSlow()
			return nil, nil, nil, false
		}
		u.size += cap(body)
		same = &sharedBody{content: body}
		if key != 0 {
			u.shared[key] = same
		}
	}
	same.readers++
	r = &reader{start: time.Now(), cut: cut}
	u.readers[r] = struct{}{}
	return same.content, r, func() { u.done(same, key, r) }, true
}

func (u *unread) done(body *sharedBody, key uint64, r *reader) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.readers, r)
	if body.readers--; body.readers > 0 {
		return
	}
	u.size -= cap(body.content)
	if key != 0 {
		delete(u.shared, key)
	}
}

// cutSlow ends the answers that are read slowly. The caller holds mu.
func (u *unread) cutSlow() {
	for r := range u.readers {
		if took := time.Since(r.start); took > u.pace.urgentAfter && float64(r.sent) < took.Seconds()*urgentPace {
			r.ended = true
			r.cut()
		}
	}
}

// progress notes that a client has read so many bytes more, and sets the deadline for the
// next ones. It reports whether there may be more.
func (u *unread) progress(r *reader, n int, setDeadline func(time.Time) error) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if r.ended {
		return false
	}
	r.sent += n
	until := r.start.Add(u.pace.firstWait + time.Duration(r.sent)*time.Second/slowestPace)
	if next := time.Now().Add(u.pace.firstWait); next.Before(until) {
		until = next
	}
	_ = setDeadline(until) // a writer without a connection has none
	return true
}

// held is an answer that a handler has written, and that is sent when the handler has
// returned: what it was made of can be freed by then.
type held struct {
	status int
	body   []byte
}

// hold keeps a long answer until sendHeld, and reports whether it does.
func (w *recorder) hold(status int, body []byte) bool {
	if w.info.gate == nil || len(body) <= longAnswer || w.code != 0 {
		return false
	}
	w.held = &held{status, body}
	return true
}

// sendHeld sends an answer that was kept, piece by piece. Without room for it, nothing is
// sent, and the error is that of shed.
func (w *recorder) sendHeld(g *Gate) error {
	h := w.held
	if h == nil {
		return nil
	}
	w.held = nil
	conn := http.NewResponseController(w.ResponseWriter)
	content, r, done, ok := g.unread.take(h.body, func() { _ = conn.SetWriteDeadline(time.Now()) })
	if !ok {
		w.info.Shed = true
		clear(w.ResponseWriter.Header())
		w.Header().Set("X-Request-Id", w.info.RequestID)
		return shed()
	}
	h.body = nil
	defer done()
	w.WriteHeader(h.status)
	for n, err := 0, error(nil); len(content) > 0; content = content[n:] {
		if !g.unread.progress(r, n, conn.SetWriteDeadline) {
			return nil // it made room for others
		}
		if n, err = w.Write(content[:min(piece, len(content))]); err != nil {
			return nil // the client is gone, or too slow
		}
	}
	return nil
}
