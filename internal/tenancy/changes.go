// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// changeStripes is so large that at thousands of changes a second a subject
// shares a stripe with about one of them: it is then read anew for nothing.
const changeStripes = 4096

// Changes counts the Updates that may have changed who a caller is or what it
// may do. Each stripe has the number of the last one that touched a subject of
// its: what was read when fewer had happened no longer holds.
//
// Why nothing stale gets through: an Update is noted after it committed and
// before its caller hears of it. Who takes the count after that reads the
// store after the commit, too. Who took it before, whatever the store told it,
// has a lower count than the stripe. Updates that fail are noted as well, since
// Unavailable may mean committed; so are the subjects of a run that the engine
// repeated, and of one that panicked. Too much costs a read, no more. (A commit
// that takes place only after its Unavailable is, like one of another replica,
// seen when the store is asked again.)
type Changes struct {
	mu   sync.Mutex // of who notes, so that numbers in a stripe only grow
	last atomic.Uint64
	by   [changeStripes]atomic.Uint64
	seed maphash.Seed
}

func newChanges() *Changes { return &Changes{seed: maphash.MakeSeed()} }

// subject is what a change is of: "operator:<id>", as Caller.Ref.
type subject string

func tokenSubject(id string) subject                { return subject("token:" + id) } // sessions too
func organizationSubject(id OrganizationID) subject { return subject("organization:" + id.String()) }
func operatorSubject(id string) subject             { return subject(string(OperatorCaller) + ":" + id) }
func applicationSubject(id string) subject          { return subject(string(ApplicationCaller) + ":" + id) }

// Count returns the number of the last change.
func (c *Changes) Count() uint64 { return c.last.Load() }

func (c *Changes) stripe(s subject) uint16 {
	return uint16(maphash.String(c.seed, string(s)) % changeStripes)
}

// Stripes returns the stripes of the changes that would end what is remembered of the
// caller: those of its token, of itself and of its organization.
func (c *Changes) Stripes(caller Caller) [3]uint16 {
	return [3]uint16{c.stripe(tokenSubject(caller.Token.ID)), c.stripe(subject(caller.Ref())), c.stripe(organizationSubject(caller.Organization))}
}

// Since reports whether something of the stripes was changed after the count was taken.
func (c *Changes) Since(count uint64, stripes [3]uint16) bool {
	return c.by[stripes[0]].Load() > count || c.by[stripes[1]].Load() > count || c.by[stripes[2]].Load() > count
}

func (c *Changes) note(subjects []subject) {
	if len(subjects) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.last.Add(1)
	for _, s := range subjects {
		c.by[c.stripe(s)].Store(n)
	}
}

// watchedStore notes what Updates change. The Service has no other way to its
// store, so no use case can forget to.
type watchedStore struct {
	Store
	changes *Changes
}

// Update implements Store.
func (w watchedStore) Update(ctx context.Context, fn func(tx Tx) error) error {
	var touched []subject
	defer func() { w.changes.note(touched) }() // also when fn panics
	return w.Store.Update(ctx, func(tx Tx) error { return fn(watchedTx{tx, &touched}) })
}

// watchedTx passes everything on. A method of Tx that can make a caller, a
// session or a key worth less must be here; a test wants every method sorted.
type watchedTx struct {
	Tx
	touched *[]subject
}

func (t watchedTx) touch(s subject) {
	if !slices.Contains(*t.touched, s) {
		*t.touched = append(*t.touched, s)
	}
}

// UpdateOrganization implements OrganizationWriter.
func (t watchedTx) UpdateOrganization(ctx context.Context, o Organization) error {
	t.touch(organizationSubject(o.ID))
	return t.Tx.UpdateOrganization(ctx, o)
}

// DecideRequest implements RequestWriter.
func (t watchedTx) DecideRequest(ctx context.Context, r Request, o Organization, contactActive bool) (bool, error) {
	t.touch(organizationSubject(o.ID))
	return t.Tx.DecideRequest(ctx, r, o, contactActive)
}

// DeleteOrganization implements OrganizationWriter. Its operators are among those
// whose remembered callers end with it.
func (t watchedTx) DeleteOrganization(ctx context.Context, id OrganizationID, at time.Time) error {
	t.touch(organizationSubject(id))
	return t.Tx.DeleteOrganization(ctx, id, at)
}

// UpdateApplication implements ApplicationWriter.
func (t watchedTx) UpdateApplication(ctx context.Context, a StoredApplication) error {
	t.touch(applicationSubject(a.ID))
	return t.Tx.UpdateApplication(ctx, a)
}

// DeleteApplication implements ApplicationWriter.
func (t watchedTx) DeleteApplication(ctx context.Context, id string) error {
	t.touch(applicationSubject(id))
	return t.Tx.DeleteApplication(ctx, id)
}

// UpdateOperator implements OperatorWriter.
func (t watchedTx) UpdateOperator(ctx context.Context, o StoredOperator) error {
	t.touch(operatorSubject(o.ID))
	return t.Tx.UpdateOperator(ctx, o)
}

// EndSession implements SessionWriter.
func (t watchedTx) EndSession(ctx context.Context, id string, at time.Time) (bool, error) {
	t.touch(tokenSubject(id))
	return t.Tx.EndSession(ctx, id, at)
}

// RevokeToken implements SessionWriter.
func (t watchedTx) RevokeToken(ctx context.Context, tokenID string, expiresAt time.Time) error {
	t.touch(tokenSubject(tokenID))
	return t.Tx.RevokeToken(ctx, tokenID, expiresAt)
}

// UpdateOperatorToken implements OperatorTokenWriter.
func (t watchedTx) UpdateOperatorToken(ctx context.Context, o OperatorToken) error {
	t.touch(tokenSubject(o.ID.Subject()))
	return t.Tx.UpdateOperatorToken(ctx, o)
}

// RenewOperatorToken implements OperatorTokenWriter.
func (t watchedTx) RenewOperatorToken(ctx context.Context, next, old StoredOperatorToken, at time.Time) (bool, error) {
	t.touch(tokenSubject(next.ID.Subject()))
	return t.Tx.RenewOperatorToken(ctx, next, old, at)
}

// EndOperatorToken implements OperatorTokenWriter.
func (t watchedTx) EndOperatorToken(ctx context.Context, id OperatorTokenID, at time.Time, reason TokenEndReason) (bool, error) {
	t.touch(tokenSubject(id.Subject()))
	return t.Tx.EndOperatorToken(ctx, id, at, reason)
}
