// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"gatehouse/client"
)

// fake is a server without a network, so that tests can run by a clock of their own. It answers the n-th
// request, counted from 1.
type fake struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

// RoundTrip implements http.RoundTripper.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.requests, f.bodies = append(f.requests, r), append(f.bodies, string(body))
	n := len(f.requests)
	f.mu.Unlock()
	return f.answer(n, r)
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

// client returns a client of the fake.
func (f *fake) client(t *testing.T, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New("https://gatehouse.example.test", append(options,
		client.WithHTTPClient(&http.Client{Transport: f}))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reply makes an answer. Headers are "Name: value".
func reply(status int, body string, headers ...string) (*http.Response, error) {
	a := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body))}
	if status >= 400 {
		a.Header.Set("Content-Type", "application/problem+json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		a.Header.Set(name, value)
	}
	return a, nil
}

var errReset = errors.New("connection reset by peer")

// lose drops the connection after the request was sent.
func lose(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
	return nil, errReset
}

// unsent fails before there is a connection.
func unsent() (*http.Response, error) { return nil, errReset }
