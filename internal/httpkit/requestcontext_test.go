// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRequestContext(t *testing.T) {
	t.Parallel()
	made := func(parent context.Context, left time.Duration) *requestContext {
		return &requestContext{Context: parent, deadline: time.Now().Add(left)}
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	for name, test := range map[string]struct {
		ctx  *requestContext
		end  bool
		want error
	}{
		"at work":         {ctx: made(context.Background(), time.Hour)},
		"too late":        {ctx: made(context.Background(), -time.Second), want: context.DeadlineExceeded},
		"the client left": {ctx: made(gone, time.Hour), want: context.Canceled},
		"answered":        {ctx: made(context.Background(), time.Hour), end: true, want: context.Canceled},
	} {
		if test.end {
			test.ctx.end()
		}
		// Before anybody has waited, and after.
		for _, when := range []string{"before", "after"} {
			if err := test.ctx.Err(); !errors.Is(err, test.want) {
				t.Errorf("%s, %s: got %v, want %v", name, when, err, test.want)
			}
			select {
			case <-test.ctx.Done():
				if test.want == nil {
					t.Errorf("%s, %s: done", name, when)
				}
			default:
				if test.want != nil {
					t.Errorf("%s, %s: not done", name, when)
				}
			}
		}
		test.ctx.end()
	}
}

// A waiting goroutine is woken by the deadline, by the client that leaves, and by the end.
func TestRequestContextWakes(t *testing.T) {
	t.Parallel()
	parent, leave := context.WithCancel(context.Background())
	contexts := map[string]*requestContext{
		"deadline": {Context: context.Background(), deadline: time.Now().Add(20 * time.Millisecond)},
		"client":   {Context: parent, deadline: time.Now().Add(time.Hour)},
		"end":      {Context: context.Background(), deadline: time.Now().Add(time.Hour)},
	}
	time.AfterFunc(20*time.Millisecond, leave)
	time.AfterFunc(20*time.Millisecond, contexts["end"].end)
	for name, ctx := range contexts {
		child, cancel := context.WithCancel(ctx) // a child of ours, as drivers make them
		defer cancel()
		select {
		case <-child.Done():
		case <-time.After(10 * time.Second):
			t.Errorf("%s: nobody was woken", name)
		}
		if child.Err() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
