// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/apitype"
	"gatehouse/bench/load"
)

// One installer in fifth asks twice, and one in twentieth is cut off before the answer and
// asks again.
const (
	fifth     = 5
	twentieth = 20
)

// fleet are installers that all have the same code. They come at even distances, each with
// connections of its own, whether or not the ones before have an answer.
type fleet struct {
	addresses []string
	enrol     enrolments
	within    time.Duration
	half      func() // is called when half of them have begun; nil: nothing

	clients  []string // by installer, what it was told
	mu       sync.Mutex
	accepted load.Histogram // of the accepted answers, each from the connecting on
	// How many were cut off on purpose, asked twice, were told to come later, and broke.
	cut, twice, refused, broken atomic.Int64
}

// comeIn lets all installers come and returns when all are in. The first wrong answer ends
// it.
func (f *fleet) comeIn(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	begun := time.Now()
	for i := range f.clients {
		due := begun.Add(f.within * time.Duration(i) / time.Duration(len(f.clients)))
		if wait(ctx, time.Until(due)) != nil {
			break
		}
		if i == len(f.clients)/2 && f.half != nil {
			group.Go(f.half)
		}
		group.Go(func() {
			if err := f.installer(ctx, i); err != nil {
				cancel(fmt.Errorf("installer %d: %w", i, err))
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// installer gets one installation in.
func (f *fleet) installer(ctx context.Context, i int) error {
	x := f.enrol.of(0, int64(i), nil)
	cut := i%twentieth == 1
	if cut {
		f.cut.Add(1)
		if err := f.cutOff(ctx, i, x); err != nil {
			return err
		}
	}
	first, status, lost, err := f.ask(ctx, i, x)
	switch {
	case err != nil:
		return err
	case status != 201 && !cut && !lost: // nobody has asked before
		return fmt.Errorf("status %d at the first time", status)
	}
	f.clients[i] = first.ClientID
	if i%fifth != 0 {
		return nil
	}
	f.twice.Add(1)
	again, status, _, err := f.ask(ctx, i, x)
	if err == nil && (status != 200 || again.ClientID != first.ClientID || again.ClientKey == first.ClientKey) {
		err = fmt.Errorf("status %d and client %q the second time, %q the first", status, again.ClientID,
			first.ClientID)
	}
	return err
}

// cutOff sends a request and does not wait for the answer.
func (f *fleet) cutOff(ctx context.Context, i int, x *load.Exchange) error {
	c, err := load.Dial(ctx, f.addresses[i%len(f.addresses)])
	if err != nil {
		f.broken.Add(1)
		return ctx.Err()
	}
	_ = c.Send(x) // cut off either way
	err = wait(ctx, rand.N(20*time.Millisecond))
	return errors.Join(err, c.Close())
}

// tries is how often an installer asks until it has an answer: a minute or more.
const tries = 60

// ask asks the servers in turn until one answers. Lost reports whether an attempt broke,
// so that nobody knows what became of it.
func (f *fleet) ask(ctx context.Context, i int, x *load.Exchange) (client apitype.Enrolled, status int,
	lost bool,
	err error) {
	for try := range tries {
		res, took, err := once(ctx, f.addresses[(i+try)%len(f.addresses)], x)
		pause := time.Second
		switch {
		case ctx.Err() != nil:
			return client, 0, lost, ctx.Err()
		case err != nil:
			lost, pause = true, 50*time.Millisecond
			f.broken.Add(1)
		case res.Status == 200 || res.Status == 201:
			f.mu.Lock()
			f.accepted.Add(took)
			f.mu.Unlock()
			err := json.Unmarshal(res.Body, &client)
			return client, res.Status, lost, err
		case (res.Status == 503 || res.Status == 429) && res.RetryAfter:
			f.refused.Add(1)
		default:
			return client, 0, lost, fmt.Errorf("answer %s", res.Text())
		}
		if err := wait(ctx, pause/2+rand.N(pause)); err != nil {
			return client, 0, lost, err
		}
	}
	return client, 0, lost, fmt.Errorf("no answer in %d attempts", tries)
}

// once connects, asks and returns the answer, and how long that took.
func once(ctx context.Context, address string, x *load.Exchange) (*load.Response, time.Duration, error) {
	begun := time.Now()
	c, err := load.Dial(ctx, address)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	res, err := c.Checked(x)
	return res, time.Since(begun), err
}
