// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Core is what every use case stands on: the store, the audit, the keys and the
// clock. The services of this package and of identity are made from one Core. Doors
// hold services only, so that nothing reaches the store but through a use case.
type Core struct {
	store   Store // notes in changes what its Updates touch
	changes *Changes
	keys    *secret.Keyring
	machine func() time.Time
	clock   func() time.Time // the machine's, without its jumps back
}

// NewCore makes a Core over a migrated store and the keys of its master key. A store has
// one Core, since a Core does not see what another one changes through the same store. The
// clock is the system's if it is nil.
func NewCore(store Store, keys *secret.Keyring, clock func() time.Time) *Core {
	if clock == nil {
		clock = time.Now
	}
	c := newChanges()
	steady := &steadyClock{machine: clock}
	return &Core{store: watchedStore{store, c}, changes: c, keys: keys, machine: clock, clock: steady.now}
}

// Keys returns the keys derived from the master key.
func (c *Core) Keys() *secret.Keyring { return c.keys }

// Changes returns the record of what this Core's Updates changed.
func (c *Core) Changes() *Changes { return c.changes }

// Clock returns the time with a monotonic reading, for measuring how long something took. It
// does not go back when the machine's clock does: see steadyClock.
func (c *Core) Clock() time.Time { return c.clock() }

// Now returns the Clock's time as it is stored: see Stored.
func (c *Core) Now() time.Time { return Stored(c.clock()) }

// MachineNow returns the time as the machine has it, even if it was set back, for what must
// agree with the clock of another device.
func (c *Core) MachineNow() time.Time { return Stored(c.machine()) }

// Stored returns the time in UTC, cut to the millisecond that every engine keeps.
func Stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Ready reports, as an error, that the database does not answer or has another schema.
func (c *Core) Ready(ctx context.Context) error {
	if err := c.store.Ready(ctx); err != nil {
		return problem.As(err)
	}
	return nil
}

// Change is Update for what a caller asks for. It first checks that the caller's log-in
// still holds, unless nothing was changed since it was read: a request may have waited since
// it was found out who the caller is, and another replica remembers callers for most of a
// second. It returns the errors of Caller.RequireLiving.
func (c *Core) Change(ctx context.Context, caller Caller, fn func(tx Tx) error) error {
	now := c.Now()
	return c.Update(ctx, func(tx Tx) error {
		if !c.sameSince(caller) {
			if err := caller.RequireLiving(ctx, tx, now); err != nil {
				return err
			}
		}
		return fn(checkedTx{tx, caller})
	})
}

// Update is Store.Update, which returns a *problem.Error. It is for what no logged-in
// caller asks for; Record refuses the change of one.
func (c *Core) Update(ctx context.Context, fn func(tx Tx) error) error {
	return inUseCase(ctx, func(ctx context.Context) error { return c.store.Update(ctx, fn) })
}

// View is Store.View, which returns a *problem.Error.
func (c *Core) View(ctx context.Context, fn func(tx Reader) error) error {
	return inUseCase(ctx, func(ctx context.Context) error { return c.store.View(ctx, fn) })
}

// Read is Store.Read, which returns a *problem.Error.
func (c *Core) Read(ctx context.Context, fn func(tx Reader) error) error {
	return inUseCase(ctx, func(ctx context.Context) error { return c.store.Read(ctx, fn) })
}
