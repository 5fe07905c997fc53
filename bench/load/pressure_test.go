// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// TestPress: refusals and ended connections are counted, not errors.
func TestPress(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 4 {
		case 0:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(503)
		case 1:
			w.WriteHeader(503)
		case 2:
			panic(http.ErrAbortHandler)
		}
	})
	s, err := Press(t.Context(), Pressure{Address: address, Connections: 20, For: 300 * time.Millisecond},
		Always(NewExchange("GET", "/", "", wantBody(""))))
	if err != nil {
		t.Fatal(err)
	}
	if s.Statuses[200] == 0 || s.Statuses[503] == 0 || s.Broken == 0 || s.NoRetry == 0 ||
		s.NoRetry >= s.Statuses[503] {
		t.Errorf("got %+v", s)
	}
	if s.Sent != s.Statuses[200]+s.Statuses[503] || s.Accepted.Count() != s.Statuses[200] {
		t.Errorf("sent %d, statuses %v, accepted %d", s.Sent, s.Statuses, s.Accepted.Count())
	}
}

func TestPressCatchesWrongAnswers(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 500 {
			w.WriteHeader(500)
		}
	})
	_, err := Press(t.Context(), Pressure{Address: address, Connections: 4, For: time.Minute},
		Always(NewExchange("GET", "/", "", wantBody(""))))
	var found *WrongAnswer
	if !errors.As(err, &found) {
		t.Errorf("got %v, want a wrong answer", err)
	}
}

func TestPressKeepsItsRate(t *testing.T) {
	t.Parallel()
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	plan := Always(NewExchange("GET", "/", "", wantBody("")))
	s, err := Press(t.Context(), Pressure{Address: address, Connections: 10, For: time.Second, Rate: 200}, plan)
	if err != nil || s.Sent < 100 || s.Sent > 220 {
		t.Errorf("got %d and %d late, %v, want about 200", s.Sent, s.Late, err)
	}
	slow := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) })
	s, err = Press(t.Context(), Pressure{Address: slow, Connections: 4, For: time.Second, Rate: 400}, plan)
	if err != nil || s.Sent > 48 || s.Late < 100 {
		t.Errorf("got %d sent and %d late, %v, want about 40 and the rest late", s.Sent, s.Late, err)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if ended := Hold(ctx, address, 5, 5); ended != 0 {
		t.Errorf("a patient server ended %d", ended)
	}
	impatient := &http.Server{ReadHeaderTimeout: 50 * time.Millisecond}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = impatient.Serve(l) }()
	t.Cleanup(func() { _ = impatient.Close() })
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if ended := Hold(ctx, l.Addr().String(), 3, 4); ended != 7 {
		t.Errorf("an impatient server ended %d, want all 7", ended)
	}
}
