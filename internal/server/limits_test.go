// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
)

// limited runs a server with one route, POST /test/x, and returns its address.
func limited(t *testing.T, l httpkit.Limits, h httpkit.Handler) (address string) {
	t.Helper()
	door := testDoor(nil)
	door.Routes = []httpkit.Route{{Method: http.MethodPost, Pattern: "/test/x", Name: "x", Limits: l,
		Handler: h}}
	return New(Options{Doors: []*httpkit.Door{door}, Log: slog.New(slog.DiscardHandler)}).running(t)
}

// A body may be as large as its route's cap, whether its length is announced or not.
func TestRouteCapsItsBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits httpkit.Limits
		most   int
	}{{httpkit.Limits{}, httpkit.MaxBody}, {httpkit.Limits{MaxBody: 10}, 10}, {httpkit.Limits{MaxBody: 1 << 20},
		1 << 20}} {
		address := limited(t, c.limits, func(w http.ResponseWriter, r *http.Request) error {
			body, err := httpkit.ReadBody(w, r)
			if err != nil {
				return err
			}
			return text(w, http.StatusOK, fmt.Sprint(len(body)))
		})
		client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
		t.Cleanup(client.CloseIdleConnections)
		for size, want := range map[int]int{c.most: http.StatusOK, c.most + 1: http.StatusRequestEntityTooLarge} {
			for _, body := range []io.Reader{bytes.NewReader(make([]byte, size)),
				io.MultiReader(bytes.NewReader(make([]byte, size)))} {
				res, err := client.Post("http://"+address+"/test/x", "text/plain", body)
				if err != nil {
					t.Fatal(err)
				}
				answer, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.StatusCode != want || want == http.StatusOK && string(answer) != fmt.Sprint(size) {
					t.Errorf("%d bytes, cap %d (%T): got %d %s, want %d", size, c.most, body, res.StatusCode, answer, want)
				}
			}
		}
	}
}

// A body that does not come is waited for as long as its route says, and no longer.
func TestRouteTimesItsBodies(t *testing.T) {
	t.Parallel()
	address := limited(t, httpkit.Limits{ReadTimeout: 50 * time.Millisecond}, func(w http.ResponseWriter,
		r *http.Request) error {
		_, err := httpkit.ReadBody(w, r)
		return err
	})
	c := connect(t, address, nil) // with a deadline of 20 seconds, which is before the default
	if _, err := io.WriteString(c,
		"POST /test/x HTTP/1.1\r\nHost: example.test\r\nContent-Length: 1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(c); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400")) {
		t.Errorf("got %q, %v", answer, err)
	}
}

// An answer that is not read ends when its route says.
func TestRouteTimesItsAnswers(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	address := limited(t, httpkit.Limits{WriteTimeout: 50 * time.Millisecond}, func(w http.ResponseWriter,
		_ *http.Request) error {
		var err error
		for block := make([]byte, 1<<20); err == nil; {
			_, err = w.Write(block)
		}
		ended <- err
		return nil
	})
	c := connect(t, address, nil)
	if _, err := io.WriteString(c,
		"POST /test/x HTTP/1.1\r\nHost: example.test\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(httpkit.DefaultLimits().WriteTimeout / 2):
		t.Error("the answer has not ended")
	}
}

// What a handler asks of the database ends when its route says. A long limit may be
// longer than the default.
func TestRouteTimesItsHandler(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]time.Duration{0: httpkit.DefaultLimits().AnswerTimeout,
		time.Hour: time.Hour, time.Second: time.Second} {
		door := testDoor(nil)
		var left time.Duration
		var ctx context.Context
		door.Routes = []httpkit.Route{{Method: http.MethodGet, Pattern: "/test/x", Name: "x",
			Limits: httpkit.Limits{AnswerTimeout: limit},
			Handler: func(w http.ResponseWriter, r *http.Request) error {
				ctx = r.Context()
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
				return text(w, http.StatusOK, "ok")
			}}}
		newServer([]*httpkit.Door{door}, nil, 1).get("/test/x")
		if left > want || left < want-time.Minute {
			t.Errorf("limit %v: %v left, want %v", limit, left, want)
		}
		if ctx.Err() == nil {
			t.Errorf("limit %v: the context outlives the answer", limit)
		}
	}
}

// A cap above what all bodies may take together could never be used.
func TestRouteWithTooLargeBodies(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("the route was taken")
		}
	}()
	door := testDoor(nil)
	door.Routes[0].Limits.MaxBody = 1 << 30
	newServer([]*httpkit.Door{door}, nil, 1)
}
