// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/bench/load"
)

const (
	patience = 60 * time.Second // of one request
	tries    = 30               // of a request that is told to come later
)

// caller sends requests to all places, every other one over HTTP/2.
type caller struct {
	places   *places
	clients  [2]*http.Client
	trust    *tls.Config
	requests atomic.Uint64
	told     atomic.Int64 // how often a server said to come later

	mu    sync.Mutex
	taken load.Histogram // of this interval
	all   load.Histogram
}

func newCaller(p *places, trust *tls.Config) *caller {
	c := &caller{places: p, trust: trust}
	for i := range c.clients {
		// No proxy, whatever the environment says.
		transport := &http.Transport{TLSClientConfig: trust.Clone(), MaxIdleConnsPerHost: workers}
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP1(i == 0)
		transport.Protocols.SetHTTP2(i == 1)
		c.clients[i] = &http.Client{Transport: transport, Timeout: patience}
	}
	return c
}

// ask is one request, and what its answer must have.
type ask struct {
	method, path string
	body         string
	headers      []string // "Name: value"
	status       int
	contains     string
}

// answer is a JSON object, or anything else as text.
type answer struct{ body []byte }

// member returns a text or number of the object, or "" if it has none of that name.
func (a answer) member(name string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(a.body, &object) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(object[name], &text) == nil {
		return text
	}
	return string(object[name])
}

// do sends a request. One that is told to come later is sent again a second later.
func (c *caller) do(ctx context.Context, q ask) (answer, error) {
	for try := 1; ; try++ {
		status, later, body, err := c.once(ctx, q)
		switch {
		case err != nil:
			return answer{}, fmt.Errorf("%s %s: %w", q.method, q.path, err)
		case status == http.StatusServiceUnavailable && later && try < tries:
			c.told.Add(1)
			if err := pause(ctx, time.Second); err != nil {
				return answer{}, err
			}
			continue
		case status != q.status, !strings.Contains(string(body), q.contains):
			return answer{}, fmt.Errorf("%s %s: status %d with %q is wanted, got %d: %s", q.method,
				q.path, q.status,
				load.Mask(q.contains), status, load.Mask(string(body[:min(len(body), 400)])))
		}
		return answer{body}, nil
	}
}

func (c *caller) once(ctx context.Context, q ask) (status int, later bool, body []byte, err error) {
	address, leave := c.places.enter()
	defer leave()
	req, err := http.NewRequestWithContext(ctx, q.method, "https://"+address+q.path,
		strings.NewReader(q.body))
	if err != nil {
		return 0, false, nil, err
	}
	for _, line := range q.headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	begun := time.Now()
	res, err := c.clients[c.requests.Add(1)%2].Do(req)
	if err != nil {
		return 0, false, nil, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if body, err = io.ReadAll(res.Body); err != nil {
		return 0, false, nil, err
	}
	c.count(time.Since(begun))
	return res.StatusCode, res.Header.Get("Retry-After") != "", body, nil
}

func (c *caller) count(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken.Add(took)
}

// interval returns how long the requests took since it was last called.
func (c *caller) interval() load.Histogram {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.taken
	c.all.Merge(&h)
	c.taken = load.Histogram{}
	return h
}

// closeIdle ends the connections that no request uses.
func (c *caller) closeIdle() {
	for _, client := range c.clients {
		client.CloseIdleConnections()
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
