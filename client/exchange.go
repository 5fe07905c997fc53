// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer is the longest body of an answer that is read.
const maxAnswer = 64 << 20

// call is one operation.
type call struct {
	method string
	path   []string // segments below the server's address, not escaped
	query  url.Values
	form   url.Values // the body as a form
	body   any        // the body as JSON; nil: none
	result any        // is filled in from the answer; nil: there is none
	keyed  bool       // the operation honours Idempotency-Key
	open   bool       // the operation needs no access token
	bearer string     // is sent in place of an access token; "": nothing
}

// exchange is a call that is about to be sent, as often as need be.
type exchange struct {
	call
	url, media   string
	payload      []byte
	key, ifMatch string
	answer       *Answer
}

// do sends a request, more than once if need be, and fills in the result.
func (c *Client) do(ctx context.Context, one call) error {
	x, err := c.prepare(ctx, one)
	if err != nil {
		return err
	}
	retry, renewed, lost := c.retry.orDefault(), false, false
	for n := 1; ; n++ {
		token, err := c.tokenFor(ctx, x)
		if err != nil {
			return err
		}
		x.answer.Attempts = n
		err = c.attempt(ctx, x, token, retry.Timeout)
		if lost = lost || errors.Is(err, ErrLost); lost && errors.Is(err, ErrUnavailable) {
			err = lostBefore{err}
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		if !renewed && c.refusesToken(x, err) {
			c.tokens.forget(token)
			renewed = true
			n-- // it was not looked at
			continue
		}
		asked, again := x.again(err)
		wait, short := retry.wait(n, asked)
		if !again || n >= retry.Attempts || !short {
			return err
		}
		if ended := pause(ctx, wait); ended != nil {
			return fmt.Errorf("%w (there is no time to try again: %w)", err, ended)
		}
	}
}

// prepare encodes a call, and takes from the context what the caller chose for it.
func (c *Client) prepare(ctx context.Context, one call) (*exchange, error) {
	x := &exchange{call: one, url: c.server, answer: &Answer{}}
	for _, segment := range one.path {
		if segment == "" || segment == "." || segment == ".." {
			return nil, &Error{Problem: badID()}
		}
		x.url += "/" + url.PathEscape(segment)
	}
	if len(one.query) > 0 {
		x.url += "?" + one.query.Encode()
	}
	switch {
	case one.form != nil:
		x.payload, x.media = []byte(one.form.Encode()), "application/x-www-form-urlencoded"
	case one.body != nil:
		var err error
		if x.payload, err = json.Marshal(one.body); err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		x.media = "application/json"
	}
	if one.keyed {
		if x.key, _ = ctx.Value(keyOfKey{}).(string); x.key == "" {
			x.key = NewIdempotencyKey()
		}
	}
	if one.method == http.MethodPatch || one.method == http.MethodPut {
		x.ifMatch, _ = ctx.Value(keyOfIfMatch{}).(string)
	}
	if a, ok := ctx.Value(keyOfAnswer{}).(*Answer); ok {
		x.answer = a
	}
	return x, nil
}

// tokenFor returns the access token for a call, or "" if it needs none.
func (c *Client) tokenFor(ctx context.Context, x *exchange) (string, error) {
	switch {
	case x.open:
		return x.bearer, nil
	case c.tokens == nil:
		return "", fmt.Errorf("%w: this client has no credentials", ErrUnauthenticated)
	}
	t, err := c.tokens.Token(ctx)
	return t.Text, err
}

// refusesToken reports whether the server does not take the access token, and there may be another.
func (c *Client) refusesToken(x *exchange, err error) bool {
	return !x.open && c.tokens.renewable() && CodeOf(err) == CodeInvalidToken && errors.Is(err,
		ErrUnauthenticated)
}

// again reports whether the request may be sent again after an error, and how long the server
// asks to wait.
func (x *exchange) again(err error) (time.Duration, bool) {
	if x.method == http.MethodPost && !x.keyed {
		return 0, false
	}
	harmless := x.method != http.MethodDelete && x.ifMatch == ""
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return e.RetryAfter, true
		case http.StatusBadGateway, http.StatusGatewayTimeout:
			return e.RetryAfter, harmless
		}
		return 0, false
	}
	e, ok := errors.AsType[*ConnectionError](err)
	return 0, ok && (e.kind == ErrUnavailable || e.kind == ErrLost && harmless)
}

// attempt sends the request once and reads the answer.
func (c *Client) attempt(ctx context.Context, x *exchange, token string, timeout time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	watched, sent := watch(limited)
	r, err := http.NewRequestWithContext(watched, x.method, x.url, bytes.NewReader(x.payload))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	x.headers(r.Header, token, c.userAgent)
	a, err := c.http.Do(r)
	if err != nil {
		return c.connectionError(ctx, err, sent.Load())
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer+1))
	if err != nil {
		return c.connectionError(ctx, err, true)
	}
	x.answer.Status, x.answer.ETag = a.StatusCode, a.Header.Get("ETag")
	x.answer.RequestID = a.Header.Get("X-Request-Id")
	x.answer.Time, _ = http.ParseTime(a.Header.Get("Date"))
	if a.StatusCode/100 != 2 {
		return errorOf(a, body)
	}
	return x.read(a, body)
}

// headers sets the headers of the request.
func (x *exchange) headers(h http.Header, token, userAgent string) {
	h.Set("Accept", "application/json")
	h.Set("User-Agent", userAgent)
	if x.media != "" {
		h.Set("Content-Type", x.media)
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	if x.key != "" {
		h.Set("Idempotency-Key", quoted(x.key))
	}
	if x.ifMatch != "" {
		h.Set("If-Match", x.ifMatch)
	}
}

// quoted returns a key as a String of structured fields (RFC 9651, section 3.3.3).
func quoted(key string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
}

// read fills in the result from the body of an answer.
func (x *exchange) read(a *http.Response, body []byte) error {
	if x.result == nil {
		return nil
	}
	media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if len(body) > maxAnswer || media != "application/json" {
		return fmt.Errorf("%w: its answer is not one of Gatehouse: check the address", ErrInternal)
	}
	if err := json.Unmarshal(body, x.result); err != nil {
		return fmt.Errorf("%w: its answer cannot be read: %w", ErrInternal, err)
	}
	return nil
}
