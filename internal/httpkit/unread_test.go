// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

const bigAnswer = 16 << 20 // more than the buffers between two programs hold

// answers serves /x/N, whose body has bigAnswer bytes that depend on N. Over HTTP/2 if two.
func answers(t *testing.T, two bool, p pace) (client *http.Client, url string, gate *Gate) {
	t.Helper()
	door := &Door{Name: "test", Roots: []string{"/"}, Routes: []Route{{Method: http.MethodGet, Pattern: "/x/{n}",
		Name: "x", Handler: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("ETag", `"x"`)
			n, _ := strconv.Atoi(r.PathValue("n"))
			Write(w, http.StatusOK, "text/plain", bytes.Repeat([]byte{byte('a' + n)}, bigAnswer))
			return nil
		}}},
		WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
			e := err.(*Error)
			e.SetRetryAfter(w.Header())
			Write(w, e.Status, "text/plain", []byte(e.Message))
		}}
	gate = NewGate(nil)
	gate.unread.pace = p
	s := httptest.NewUnstartedServer(Observe(door.Gated(gate), slog.New(slog.DiscardHandler),
		func(Info, string, int, time.Duration) {}))
	if s.EnableHTTP2 = two; two {
		s.StartTLS()
	} else {
		s.Start()
	}
	client = s.Client()
	if !two {
		client.Transport.(*http.Transport).ReadBufferSize = 4096
	}
	t.Cleanup(func() { client.CloseIdleConnections(); s.CloseClientConnections(); s.Close() })
	return client, s.URL + "/x/", gate
}

// begin asks for an answer and reads nothing but its header.
func begin(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func protocols() map[string]bool { return map[string]bool{"HTTP/1.1": false, "HTTP/2": true} }

// Answers that nobody reads have a bound together; beyond it there is a refusal that says
// when to come again. When they are read, or given up, there is room again.
func TestUnreadAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for name, two := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, url, _ := answers(t, two, pace{time.Minute, time.Minute})
			var unread []*http.Response
			for n := range unreadBudget / bigAnswer {
				unread = append(unread, begin(t, client, url+strconv.Itoa(n)))
				if got := unread[n].StatusCode; got != 200 {
					t.Fatalf("%d: status %d", n, got)
				}
			}
			for n := range 3 {
				res := begin(t, client, url+strconv.Itoa(10+n))
				text, _ := io.ReadAll(res.Body)
				if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || res.Header.Get("ETag") != "" ||
					!strings.Contains(string(text), "Try again") || res.Header.Get("X-Request-Id") == "" {
					t.Fatalf("got %d %v %s", res.StatusCode, res.Header, text)
				}
			}
			if got, err := io.ReadAll(unread[1].Body); err != nil ||
				!bytes.Equal(got, bytes.Repeat([]byte("b"), bigAnswer)) {
				t.Fatalf("read %d bytes, %v", len(got), err)
			}
			_ = unread[2].Body.Close()
			for n := range 2 {
				eventually(t, func() bool { return begin(t, client, url+strconv.Itoa(12+n)).StatusCode == 200 })
			}
		})
	}
}

// eventually waits until something holds: a server notices later than its client that an
// answer is at its end.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for range 100 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it does not come true")
}

// Any number of clients read the same bytes from one place.
func TestEqualAnswersAreShared(t *testing.T) {
	t.Parallel()
	for name, two := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, url, gate := answers(t, two, pace{time.Minute, time.Minute})
			for range 4 * unreadBudget / bigAnswer {
				if res := begin(t, client, url+"7"); res.StatusCode != 200 {
					t.Fatalf("status %d", res.StatusCode)
				}
			}
			gate.unread.mu.Lock()
			defer gate.unread.mu.Unlock()
			if len(gate.unread.shared) != 1 || gate.unread.size != bigAnswer {
				t.Errorf("%d bodies of %d bytes", len(gate.unread.shared), gate.unread.size)
			}
		})
	}
}

// Strangers who ask for one document again and again, and do not read it, use up nothing.
func TestEveryLongAnswerIsShared(t *testing.T) {
	t.Parallel()
	u := newUnread()
	var ends []func()
	for _, text := range []string{"a", "b"} {
		for range 2 * unreadBudget / longAnswer {
			_, _, done, ok := u.take(bytes.Repeat([]byte(text), longAnswer+1), func() {})
			if !ok {
				t.Fatalf("there is no room for %q again", text)
			}
			ends = append(ends, done)
		}
	}
	if u.size > 3*longAnswer || len(u.shared) != 2 {
		t.Errorf("%d bodies of %d bytes", len(u.shared), u.size)
	}
	for _, done := range ends {
		done()
	}
	if u.size != 0 || len(u.shared) != 0 || len(u.readers) != 0 {
		t.Errorf("afterwards: %d bodies of %d bytes, %d readers", len(u.shared), u.size, len(u.readers))
	}
}

// When there is no room, slow readers are cut off, and the next client is served.
func TestSlowReadersMakeRoom(t *testing.T) {
	t.Parallel()
	for name, two := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, url, _ := answers(t, two, pace{time.Minute, 10 * time.Millisecond})
			var slow []*http.Response
			for n := range unreadBudget / bigAnswer {
				slow = append(slow, begin(t, client, url+strconv.Itoa(n)))
			}
			time.Sleep(50 * time.Millisecond)
			eventually(t, func() bool { return begin(t, client, url+"20").StatusCode == 200 })
			whole := 0
			for _, res := range slow {
				if _, err := io.Copy(io.Discard, res.Body); err == nil {
					whole++
				}
			}
			if whole == len(slow) { // which one is cut off depends on what the kernel has taken
				t.Error("each slow reader got all")
			}
		})
	}
}

// The deadline moves with what is read: a client that reads slowly gets all, one that reads
// nothing is cut off.
func TestDeadlinesMove(t *testing.T) {
	t.Parallel()
	client, url, gate := answers(t, false, pace{1500 * time.Millisecond, time.Minute})
	idle, slow := begin(t, client, url+"0"), begin(t, client, url+"1")
	read := int64(0)
	for {
		n, err := io.CopyN(io.Discard, slow.Body, 1<<20)
		if read += n; err != nil {
			break
		}
		time.Sleep(200 * time.Millisecond) // 3.2 s in all
	}
	if read != bigAnswer {
		t.Errorf("the slow reader got %d bytes", read)
	}
	eventually(t, func() bool {
		gate.unread.mu.Lock()
		defer gate.unread.mu.Unlock()
		return gate.unread.size == 0
	})
	if n, err := io.Copy(io.Discard, idle.Body); err == nil {
		t.Errorf("the idle reader got all %d bytes", n)
	}
}

// What an answer takes is given back as it was taken. A reader is cut off only after a while, and
// gets no more then.
func TestUnreadIsGivenBack(t *testing.T) {
	t.Parallel()
	u := newUnread()
	_, r, done, ok := u.take(make([]byte, 10, 100), func() {})
	if !ok || u.size != 100 {
		t.Fatalf("took %d, %t", u.size, ok)
	}
	u.cutSlow()
	if r.ended || !u.progress(r, 1, func(time.Time) error { return nil }) {
		t.Error("a reader that has just begun is cut off")
	}
	r.start = time.Now().Add(-time.Hour)
	u.cutSlow()
	if !r.ended || u.progress(r, 1, func(time.Time) error { return nil }) {
		t.Error("a reader that took an hour for a byte gets more")
	}
	if done(); u.size != 0 || len(u.shared) != 0 || len(u.readers) != 0 {
		t.Errorf("%d bytes are left", u.size)
	}
}
