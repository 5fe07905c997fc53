// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/server"
)

// Not parallel: the sampling rates are those of the process.
func TestProfiles(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	profiles := server.NewProfiles(listener, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- profiles.Run(ctx) }()
	root := "http://" + listener.Addr().String() + "/debug/pprof/"
	if !strings.Contains(log.String(), `msg="profiles at" url=`+root+"\n") {
		t.Errorf("the log does not have the address: %s", &log)
	}
	if n := runtime.SetMutexProfileFraction(-1); n != 100 {
		t.Errorf("mutexes are sampled at %d", n)
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	ask := func(method, path string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	for path, want := range map[string]struct {
		status int
		begins string
	}{
		"":                  {200, "Profiles"},
		"profile?seconds=1": {200, "\x1f\x8b"},
		"trace?seconds=0.1": {200, "go 1."},
		"heap":              {200, "\x1f\x8b"},
		"allocs":            {200, "\x1f\x8b"},
		"mutex":             {200, "\x1f\x8b"},
		"block?debug=1":     {200, "--- contention"},
		"goroutine?debug=1": {200, "goroutine profile"},
		"goroutine?debug=2": {400, "debug may be 0 or 1"},
		"heap?debug=%2B3":   {400, ""},
		"cmdline":           {404, ""},
		"symbol":            {404, ""},
		"nothing":           {404, ""},
		"/../../../":        {404, ""},
	} {
		if status, body := ask(http.MethodGet, root+path); status != want.status || !strings.HasPrefix(body,
			want.begins) {
			t.Errorf("%s: got %d %.40q", path, status, body)
		}
	}
	if status, _ := ask(http.MethodPost, root+"heap"); status != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d", status)
	}

	// A profile that is being taken does not delay the stop.
	cut := make(chan error)
	go func() {
		res, err := client.Get(root + "heap?seconds=50")
		if err == nil {
			err = res.Body.Close()
		}
		cut <- err
	}()
	time.Sleep(100 * time.Millisecond) // for the request to be there
	began := time.Now()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-cut
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("stopped after %s", took)
	}
	if _, err := client.Get(root); err == nil {
		t.Error("profiles are served after the stop")
	}
	if n := runtime.SetMutexProfileFraction(-1); n != 0 {
		t.Errorf("mutexes are sampled at %d after the stop", n)
	}
	if strings.Contains(log.String(), "not served any more") {
		t.Errorf("the stop is logged as an error: %s", &log)
	}
}
