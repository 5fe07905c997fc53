// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/rand"
	"time"
)

// Answer is what an answer says besides its body.
type Answer struct {
	Status    int
	ETag      string    // for WithIfMatch; "" if there is none
	RequestID string    // which request it was, in the server's log and audit
	Attempts  int       // how often it was sent
	Time      time.Time // the server's clock, to the second; zero: it did not say
}

type (
	keyOfKey     struct{}
	keyOfIfMatch struct{}
	keyOfAnswer  struct{}
)

// WithIdempotencyKey names the request of one call, in place of a name of the client's choice. A
// program that keeps the name can repeat the call after a crash: for 24 hours it gets the same
// answer, and nothing is done twice. Use a new key for each call, of text that cannot be guessed.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyOfKey{}, key)
}

// NewIdempotencyKey returns a key for WithIdempotencyKey: 26 characters that cannot be guessed.
func NewIdempotencyKey() string { return rand.Text() }

// WithIfMatch has a change refused, with ErrChanged, unless the thing still has the entity tag that
// WithAnswer has shown.
func WithIfMatch(ctx context.Context, etag string) context.Context {
	return context.WithValue(ctx, keyOfIfMatch{}, etag)
}

// WithAnswer has the answer's status and headers written to a, also if the answer is an error. Use a
// context of its own for each call.
func WithAnswer(ctx context.Context, a *Answer) context.Context {
	return context.WithValue(ctx, keyOfAnswer{}, a)
}
