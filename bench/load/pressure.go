// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Pressure is a load that is more than a server can handle.
type Pressure struct {
	Address     string
	Connections int
	// requests a second that are due, over all connections; 0: each as soon as the last was answered
	Rate float64
	For  time.Duration
}

// Strain is what came of it. Requests that were due while their connection was
// still waiting for an answer were not sent; they are counted as late.
type Strain struct {
	Sent, Late int
	Accepted   *Histogram  // latencies of those with status 200
	Statuses   map[int]int // of all answers
	NoRetry    int         // 503 without Retry-After
	Broken     int         // connections that were refused or ended; new ones took their place
	Elapsed    time.Duration
}

// add merges what one connection saw.
func (s *Strain) add(o *Strain) {
	s.Sent += o.Sent
	s.Late += o.Late
	s.NoRetry += o.NoRetry
	s.Broken += o.Broken
	s.Accepted.Merge(o.Accepted)
	for status, n := range o.Statuses {
		s.Statuses[status] += n
	}
}

// Press runs a plan for a while. A server may refuse, by 503 or by ending
// connections; any other answer than a success or a refusal is an error, and so
// is a success that is not the expected one.
func Press(ctx context.Context, p Pressure, plan Plan) (Strain, error) {
	all := Strain{Accepted: &Histogram{}, Statuses: map[int]int{}}
	ctx, cancel := context.WithTimeout(ctx, p.For)
	defer cancel()
	var mu sync.Mutex
	var running sync.WaitGroup
	var failed atomic.Pointer[error]
	begun := time.Now()
	for i := range p.Connections {
		next := plan(i)
		running.Go(func() {
			own := Strain{Accepted: &Histogram{}, Statuses: map[int]int{}}
			if err := p.connection(ctx, i, next, &own); err != nil {
				failed.CompareAndSwap(nil, &err)
				cancel()
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(&own)
		})
	}
	running.Wait()
	all.Elapsed = time.Since(begun)
	if err := failed.Load(); err != nil {
		return all, *err
	}
	return all, nil
}

// connection keeps one place at the server until the time is over.
func (p Pressure) connection(ctx context.Context, number int, next Next, own *Strain) error {
	for ctx.Err() == nil {
		c, err := Dial(ctx, p.Address)
		if err != nil {
			own.Broken++
			pause(ctx, 20*time.Millisecond)
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = c.net.SetDeadline(time.Unix(1, 0)) })
		err = p.exchange(ctx, c, number, next, own)
		stop()
		_ = c.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// exchange sends until the connection ends, or the time. Only a wrong answer is an error.
func (p Pressure) exchange(ctx context.Context, c *Conn, number int, next Next, own *Strain) error {
	every := time.Duration(0)
	if p.Rate > 0 {
		every = time.Duration(float64(p.Connections) / p.Rate * float64(time.Second))
	}
	due := time.Now().Add(every * time.Duration(number) / time.Duration(p.Connections))
	for ctx.Err() == nil {
		if every > 0 {
			pause(ctx, time.Until(due))
			missed := max(0, int(time.Since(due)/every))
			own.Late += missed
			due = due.Add(every * time.Duration(missed+1))
		}
		x := next()
		if x == nil {
			<-ctx.Done()
			return nil
		}
		start := time.Now()
		res, err := c.Do(x)
		if err != nil {
			if ctx.Err() == nil {
				own.Broken++
			}
			return nil
		}
		own.Sent++
		own.Statuses[res.Status]++
		switch {
		case res.Status == 503 || res.Status == 429:
			if !res.RetryAfter {
				own.NoRetry++
			}
		default:
			own.Accepted.Add(time.Since(start))
			if err := check(x, res); err != nil {
				return err
			}
		}
		if res.Close {
			return nil
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Hold opens connections that never finish a request: slow ones send a byte of
// one a second, silent ones nothing. It returns when the context ends, with how
// many of them the server had ended by then.
func Hold(ctx context.Context, address string, slow, silent int) (ended int) {
	var n atomic.Int64
	var running sync.WaitGroup
	const text = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: 0123456789012345678901234567890123456789012345678901234567890123456789"
	for i := range slow + silent {
		running.Go(func() {
			c, err := Dial(ctx, address)
			if err != nil {
				n.Add(1)
				return
			}
			defer c.Close()
			stop := context.AfterFunc(ctx, func() { _ = c.net.SetDeadline(time.Unix(1, 0)) })
			defer stop()
			if i < slow {
				go func() {
					for at := range len(text) {
						if _, err := c.net.Write([]byte(text[at : at+1])); err != nil {
							return
						}
						pause(ctx, time.Second)
					}
				}()
			}
			_, _ = c.in.Next() // whatever comes, or the end
			if ctx.Err() == nil {
				n.Add(1)
				<-ctx.Done()
			}
		})
	}
	running.Wait()
	return int(n.Load())
}
