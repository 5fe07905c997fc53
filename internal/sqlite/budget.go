// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// What a list that is filtered, or sorted by several properties, may cost. A page of a list
// with a total is refused beyond listCPU. A page without one looks at a part of the rows after
// pageCPU, for which it has listCPU. The statements of a call together have the time.
const (
	listCPU = 70 * time.Millisecond
	pageCPU = 20 * time.Millisecond
)

// limits are listCPU and pageCPU, unless a test has others.
type limits struct{ list, page time.Duration }

// errOverBudget is the cause of a context that a budget has ended.
var errOverBudget = errors.New("the statements of a list took too long")

// budget ends the context of a list's statements when the thread that runs them has used
// some processor time. Elapsed time would refuse what is cheap on a busy machine, and
// SQLite has no estimates of what a statement costs.
type budget struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	used    func() time.Duration
	limit   time.Duration
	mu      sync.Mutex
	timer   *time.Timer // nil after stop
	stopped bool
}

// newBudget begins to measure. The caller's goroutine stays on its thread until stop.
func newBudget(ctx context.Context, limit time.Duration) *budget {
	runtime.LockOSThread()
	return budgetBy(ctx, limit, threadTime())
}

// budgetBy is newBudget for a clock.
func budgetBy(ctx context.Context, limit time.Duration, clock func() (time.Duration, bool)) *budget {
	b := &budget{limit: limit, used: usedSince(clock)}
	b.ctx, b.cancel = context.WithCancelCause(ctx)
	b.mu.Lock()
	b.timer = time.AfterFunc(limit, b.check)
	b.mu.Unlock()
	return b
}

// check ends the context, or looks again when the thread may have used the rest.
func (b *budget) check() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return
	}
	if left := b.limit - b.used(); left > 0 {
		b.timer.Reset(max(left, time.Millisecond))
		return
	}
	b.cancel(errOverBudget)
}

// usedSince returns a clock of the processor time from now on. While that is not known, the
// elapsed time counts, which is not shorter: a clock that fails makes no list free.
func usedSince(clock func() (time.Duration, bool)) func() time.Duration {
	began := time.Now()
	start, known := clock()
	return func() time.Duration {
		if now, still := clock(); known && still {
			return now - start
		}
		return time.Since(began)
	}
}

// over reports whether the context was ended by the budget.
func (b *budget) over() bool { return errors.Is(context.Cause(b.ctx), errOverBudget) }

// stop ends the measuring.
func (b *budget) stop() {
	b.mu.Lock()
	b.stopped = true
	b.timer.Stop()
	b.mu.Unlock()
	b.cancel(nil)
	runtime.UnlockOSThread()
}
