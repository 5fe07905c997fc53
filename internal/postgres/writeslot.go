// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
)

// errWritesBusy says that an Update did not begin, because those before it did not end.
var errWritesBusy = errors.New("too many changes wait for the database")

// writeSlots returns how many Updates may have a connection of the pool at once. The other
// connections are for reads: when commits hang, because a synchronous standby has gone, all
// changes wait, and reads must not. Of a pool with one connection reads have none.
func writeSlots(conns int32) int { return max(1, int(conns)-max(1, int(conns)/4)) }

// takeWriteSlot waits for one of writeSlots, but not longer than writeWait: a change that waits
// behind hung ones only holds a request that others could use. The caller returns it with
// freeWriteSlot.
func (s *Store) takeWriteSlot(ctx context.Context) error {
	select {
	case s.writes <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(writeWait)
	defer timer.Stop()
	select {
	case s.writes <- struct{}{}:
		return nil
	case <-ctx.Done():
		return problem.DatabaseUnavailable(ctx.Err())
	case <-timer.C:
		return problem.DatabaseUnavailable(errWritesBusy)
	}
}

func (s *Store) freeWriteSlot() { <-s.writes }
