// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Token is an access token.
type Token struct {
	Text      string
	ExpiresAt time.Time // zero: not known
}

// String hides the token.
func (Token) String() string { return "***" }

// GoString hides the token.
func (Token) GoString() string { return "***" }

// TokenSource gets access tokens. The client asks it once for each and shares it among all
// goroutines until shortly before its end.
type TokenSource interface {
	// Token gets a new access token.
	Token(ctx context.Context) (Token, error)
}

// TokenFunc is a function that is a TokenSource.
type TokenFunc func(ctx context.Context) (Token, error)

// Token calls the function.
func (f TokenFunc) Token(ctx context.Context) (Token, error) { return f(ctx) }

// given is an access token that cannot be renewed.
type given string

// Token returns the token.
func (g given) Token(context.Context) (Token, error) { return Token{Text: string(g)}, nil }

// retryRenewal is how long a token that is still good is used after a renewal that failed.
const retryRenewal = 5 * time.Second

// tokens keeps the token of a source, and renews it before its end.
type tokens struct {
	source TokenSource

	mu      sync.Mutex
	token   Token     // "" : none
	renewAt time.Time // zero: never
	flight  *flight   // the renewal that is going on; nil: none
}

// flight is a renewal: one goroutine does it, and others wait for it.
type flight struct {
	done  chan struct{} // closed at its end
	token Token
	err   error
	ended bool // the context of the goroutine that did it has ended
}

// renewable reports whether the source may have another token than the present one.
func (t *tokens) renewable() bool {
	_, isGiven := t.source.(given)
	return !isGiven
}

// Token returns a token that is good now and for a while.
func (t *tokens) Token(ctx context.Context) (Token, error) {
	for {
		t.mu.Lock()
		if t.token.Text != "" && (t.renewAt.IsZero() || time.Now().Before(t.renewAt)) {
			defer t.mu.Unlock()
			return t.token, nil
		}
		f := t.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			t.flight = f
			t.mu.Unlock()
			t.renew(ctx, f)
			return f.token, f.err
		}
		t.mu.Unlock()
		select {
		case <-f.done:
			if !f.ended {
				return f.token, f.err
			}
		case <-ctx.Done():
			return Token{}, context.Cause(ctx)
		}
	}
}

// renew gets a token. If that fails, the present one is used while it is good.
func (t *tokens) renew(ctx context.Context, f *flight) {
	f.err = errNoToken // also for those that wait, if the source panics
	defer t.end(ctx, f)
	token, err := t.source.Token(ctx)
	if err != nil || token.Text != "" {
		f.token, f.err = token, err
	}
}

// errNoToken is the error of a source that returns neither a token nor an error.
var errNoToken = errors.New("the source of access tokens has returned none")

// end says how a renewal ended to those that wait for it.
func (t *tokens) end(ctx context.Context, f *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	switch {
	case f.err == nil:
		t.token, t.renewAt = f.token, renewalOf(f.token, now)
	case t.token.Text != "" && now.Before(t.token.ExpiresAt):
		f.token, f.err, t.renewAt = t.token, nil, now.Add(retryRenewal)
	default:
		f.ended = ctx.Err() != nil
	}
	t.flight = nil
	close(f.done)
}

// renewalOf returns when a token is to be renewed: a minute before its end, or a fifth of its life
// if that is less.
func renewalOf(t Token, now time.Time) time.Time {
	if t.ExpiresAt.IsZero() {
		return time.Time{}
	}
	return t.ExpiresAt.Add(-min(time.Minute, t.ExpiresAt.Sub(now)/5))
}

// forget has a token that the server refuses renewed, unless that was done already.
func (t *tokens) forget(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Text == text {
		t.token = Token{}
	}
}
