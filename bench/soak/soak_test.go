// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/bench/host"
)

// TestGrowth: what grows is noticed, one kind at a time, and what goes up and down is not.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		memory, goroutines, files float64 // at the end of two servers, as a factor of the start
		grown                     string
	}{
		"flat":       {1, 1, 1, ""},
		"a little":   {1.2, 1.2, 1.2, ""},
		"memory":     {1.4, 1, 1, "MB"},
		"goroutines": {1, 1.9, 1, "goroutines"},
		"files":      {1, 1, 2.5, "open files"},
	} {
		var samples []usage
		for i := range 30 {
			u := usage{memory: []float64{50, 50}, goroutines: []float64{10, 10}, files: []float64{10, 5}}
			switch {
			case i < 6: // warming up counts for nothing
				u.memory = []float64{1, 1}
			case i == 25: // one moment is not the end
				u.memory = []float64{500, 500}
			case i > 18:
				for k := range 2 {
					u.memory[k] *= c.memory
					u.goroutines[k] *= c.goroutines
					u.files[k] *= c.files
				}
			}
			samples = append(samples, u)
		}
		text, err := growth(samples)
		if (err == nil) != (c.grown == "") || err != nil && !strings.Contains(err.Error(), c.grown) ||
			!strings.HasPrefix(text, "100 MB, and ") {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
	if _, err := growth([]usage{{memory: []float64{1}, goroutines: []float64{1},
		files: []float64{1}}}); err != nil {
		t.Errorf("one sample: %v", err)
	}
}

// TestCaller: a wrong answer is an error, and who is told to come later does, on every place in turn.
func TestCaller(t *testing.T) {
	t.Parallel()
	var busy, versions atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		versions.Add(int64(r.ProtoMajor))
		if r.URL.Path == "/busy" && busy.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintf(w, `{"name":"ada","id":7,"authorization":%q}`, r.Header.Get("Authorization"))
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	trust := s.Client().Transport.(*http.Transport).TLSClientConfig
	p := &place{process: &host.Process{Address: s.Listener.Addr().String()}}
	gone := &place{process: &host.Process{Address: "127.0.0.1:1"}}
	gone.mu.Lock() // it is being started again, so nobody asks it
	c := newCaller(&places{list: []*place{gone, p}}, &tls.Config{RootCAs: trust.RootCAs,
		ServerName: "example.com"})
	a, err := c.do(t.Context(), ask{"GET", "/busy", "", []string{bearer("x")}, 200, `"Bearer x"`})
	if err != nil || a.member("name") != "ada" || a.member("id") != "7" || a.member("other") != "" {
		t.Errorf("got %s, %v", a.body, err)
	}
	if h := c.interval(); c.told.Load() != 1 || h.Count() != 2 || versions.Load() != 1+2 {
		t.Errorf("%d told to come later, %d requests, versions %d", c.told.Load(), h.Count(),
			versions.Load())
	}
	if h := c.interval(); h.Count() != 0 || c.all.Count() != 2 {
		t.Errorf("%d in the second interval, %d in all", h.Count(), c.all.Count())
	}
	for name, q := range map[string]ask{"status": {"GET", "/", "", nil, 201, ""}, "content": {"GET", "/",
		"", nil, 200, "bob"}} {
		if _, err := c.do(t.Context(), q); err == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
}

// TestFail: what fails is counted to the end, and the first ones are said.
func TestFail(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := &run{o: Options{Out: &out}}
	for range shownErrors + 5 {
		r.fail("enrol", errors.New("status 500"))
	}
	if r.failed != shownErrors+5 || strings.Count(out.String(),
		"FAILED: enrol: status 500") != shownErrors {
		t.Errorf("%d failed: %s", r.failed, out.String())
	}
}

// TestCertificates: clients trust both, and tell them apart.
func TestCertificates(t *testing.T) {
	t.Parallel()
	c, err := newCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var present atomic.Pointer[tls.Certificate]
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate,
		error) {
		return present.Load(), nil
	}}
	use := func() {
		pair, err := tls.LoadX509KeyPair(certFile(c.folder), keyFile(c.folder))
		if err != nil {
			t.Fatal(err)
		}
		present.Store(&pair)
	}
	use()
	s.StartTLS()
	t.Cleanup(s.Close)
	for _, want := range []bool{false, true} {
		if got, err := c.second.serves(t.Context(), s.Listener.Addr().String(), c.trust); err != nil ||
			got != want {
			t.Errorf("the second is served: got %t, %v, want %t", got, err, want)
		}
		if err := c.second.write(c.folder); err != nil {
			t.Fatal(err)
		}
		use()
	}
}
