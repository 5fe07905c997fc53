// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	var empty Histogram
	if got := empty.Quantile(0.5); got != 0 {
		t.Errorf("got %v of nothing, want 0", got)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var h, first, second Histogram
	var all []time.Duration
	for i := range 20_001 {
		d := time.Duration(random.ExpFloat64() * float64(time.Millisecond))
		all = append(all, d)
		h.Add(d)
		if i%3 == 0 {
			first.Add(d)
		} else {
			second.Add(d)
		}
	}
	slices.Sort(all)
	first.Merge(&second)
	if first != h {
		t.Error("merged halves are not the whole")
	}
	for _, q := range []float64{0.001, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[max(0, int(float64(len(all))*q+0.999999)-1)]
		got := h.Quantile(q)
		if diff := got - want; max(diff, -diff) > want/100+1 {
			t.Errorf("quantile %v: got %v, want %v within a hundredth", q, got, want)
		}
	}
	if h.Max() != all[len(all)-1] || h.Count() != len(all) {
		t.Errorf("got %v of %d", h.Max(), h.Count())
	}
}

func TestQuantileOfFew(t *testing.T) {
	t.Parallel()
	var h Histogram
	for _, d := range []time.Duration{4, 1, 3, 2} {
		h.Add(d)
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.25: 1, 0.5: 2, 0.75: 3, 0.99: 4, 1: 4} {
		if got := h.Quantile(q); got != want {
			t.Errorf("quantile %v: got %d, want %d", q, got, want)
		}
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	last := -1
	for v := time.Duration(1); v > 0 && v < 1<<62; v += max(1, v/50) {
		s := slot(v)
		if s < last || s >= slots {
			t.Fatalf("slot of %d is %d after %d", v, s, last)
		}
		last = s
		if got := value(s); max(got-v, v-got) > v/128+1 {
			t.Fatalf("value of %d's slot is %d", v, got)
		}
	}
	if slot(-5) != 0 || slot(1<<63-1) >= slots {
		t.Error("the ends do not fit")
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	const (
		plain   = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-LENGTH: 5\r\n\r\nhello"
		chunked = "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nRetry-After: 1\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
		none    = "HTTP/1.1 204 No Content\r\n\r\n"
		last    = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end"
	)
	for name, split := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
		"halves": iotest.HalfReader, "with the end": iotest.DataErrReader,
	} {
		r := NewReader(split(strings.NewReader(plain + chunked + none + plain + last)))
		for i, want := range []string{"200 text/plain hello", "503  abc0123456789", "204  ", "200 text/plain hello",
			"200  to the end"} {
			res, err := r.Next()
			if err != nil {
				t.Fatalf("%s, answer %d: %v", name, i, err)
			}
			if got := fmt.Sprintf("%d %s %s", res.Status, res.Type, res.Body); got != want {
				t.Errorf("%s, answer %d: got %q, want %q", name, i, got, want)
			}
			if res.RetryAfter != (res.Status == 503) || res.Close != (i == 4) {
				t.Errorf("%s, answer %d: Retry-After %v, Close %v", name, i, res.RetryAfter, res.Close)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: got %v after the last, want EOF", name, err)
		}
	}
}

func TestBrokenResponses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"HTTP/1.1 200", "SSH-2.0-x and more\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nno length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", "HTTP/1.1 200 OK\r\nX: " +
			strings.Repeat("x", 20<<10) + "\r\n\r\n",
	} {
		if res, err := NewReader(strings.NewReader(text)).Next(); err == nil || err == io.EOF {
			t.Errorf("%.60q: got %v, %v, want an error", text, res, err)
		}
	}
}

// serve starts a server and returns its address.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func wantBody(body string) func(*Response) error {
	return func(r *Response) error {
		if r.Status != 200 || string(r.Body) != body {
			return fmt.Errorf("want 200 and %q", body)
		}
		return nil
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		served.Add(1)
		fmt.Fprintf(w, "%s %s", r.URL.Path, b)
	})
	var list []*Exchange
	for i := range 50 {
		path := fmt.Sprintf("/%d", i)
		list = append(list, NewExchange("POST", path, "x", wantBody(path+" x")))
	}
	began, ended := 0, 0
	res, err := Run(t.Context(), Options{Addresses: []string{address}, Connections: 8,
		Warm: 50 * time.Millisecond, Measure: 100 * time.Millisecond,
		Begin: func() { began++ }, End: func() { ended++ }}, Among(list))
	if err != nil {
		t.Fatal(err)
	}
	if res.Requests == 0 || int64(res.Requests) >= served.Load() || res.Latency.Quantile(0.5) <= 0 ||
		res.Elapsed < 100*time.Millisecond {
		t.Errorf("got %d requests in %v of %d served", res.Requests, res.Elapsed, served.Load())
	}
	if began != 1 || ended != 1 {
		t.Errorf("began %d times, ended %d times", began, ended)
	}
}

func TestRunEndsWithThePlan(t *testing.T) {
	t.Parallel()
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	var left atomic.Int64
	left.Store(100)
	x := NewExchange("GET", "/", "", wantBody(""))
	plan := func(int) Next {
		return func() *Exchange {
			if left.Add(-1) < 0 {
				return nil
			}
			return x
		}
	}
	start := time.Now()
	// All count, also those that are answered while the start is being reported.
	slow := func() { time.Sleep(50 * time.Millisecond) }
	res, err := Run(t.Context(), Options{Addresses: []string{address}, Connections: 4, Measure: time.Minute,
		Begin: slow}, plan)
	if err != nil || res.Requests != 100 || time.Since(start) > 30*time.Second {
		t.Errorf("got %d, %v after %v, want 100 at once", res.Requests, err, time.Since(start))
	}
}

// TestWrongAnswersAreCaught: one in a thousand is enough, whatever is wrong with it.
func TestWrongAnswersAreCaught(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]http.HandlerFunc{
		"status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"body": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w,
				"GHC0123456789ABCDEF is no secret")
		},
		"short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "fine")
		},
		"broken": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) == 1000 {
					wrong(w, r)
					return
				}
				fmt.Fprint(w, "fine")
			})
			x := NewExchange("GET", "/here", "", wantBody("fine"), "Authorization: Bearer hidden")
			_, err := Run(t.Context(), Options{Addresses: []string{address}, Connections: 4, Measure: time.Minute},
				Always(x))
			var found *WrongAnswer
			if !errors.As(err, &found) {
				t.Fatalf("got %v, want a wrong answer", err)
			}
			text := err.Error()
			if !strings.Contains(text, "GET /here") || strings.Contains(text, "hidden") || strings.Contains(text,
				"GHC0") {
				t.Errorf("the error must show the request and no secret: %s", text)
			}
		})
	}
}

// TestRunWaitsForSlowServers: a turn that is too short for any answer gets longer.
func TestRunWaitsForSlowServers(t *testing.T) {
	t.Parallel()
	address := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(200 * time.Millisecond) })
	o := Options{Addresses: []string{address}, Connections: 2, Measure: 20 * time.Millisecond, Least: 2}
	res, err := Run(t.Context(), o, Always(NewExchange("GET", "/", "", nil)))
	if err != nil || res.Requests < 2 || res.Elapsed < 200*time.Millisecond {
		t.Errorf("got %d in %v, %v", res.Requests, res.Elapsed, err)
	}
}

func TestRunCanBeGivenUp(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	address := serve(t, func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, Options{Addresses: []string{address}, Connections: 2, Measure: time.Minute},
		Always(NewExchange("GET", "/", "", nil))); err == nil {
		t.Error("got no error from a run that was given up")
	}
}
