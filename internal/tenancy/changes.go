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

// changeShards is so large that at thousands of changes a second a subject shares a
// shard with about one of them. Such a subject is read again without need.
const changeShards = 4096

// Changes counts the Updates that may have changed who a caller is or what it may do, or
// which clients a code lets in.
// Each shard stores the number of the last change to any subject hashed to it. A cached
// value is stale if it was read before that number.
//
// Why no stale value is used: an Update is recorded after it committed and before its
// caller hears of it. A reader that takes the count after that reads the store after
// the commit, too. A reader that took the count before has a lower count than the
// shard, whatever the store said. Updates that fail are recorded as well, since
// Unavailable may mean committed; so are the subjects of a run that the engine
// repeated, and of one that panicked. One record too many costs a read. (A commit that
// takes place after its Unavailable is seen when the store is read again, as a change
// by another replica is.)
type Changes struct {
	mu   sync.Mutex // held to record, so that the numbers in a shard only grow
	last atomic.Uint64
	by   [changeShards]atomic.Uint64
	seed maphash.Seed
}

func newChanges() *Changes { return &Changes{seed: maphash.MakeSeed()} }

// subject is what was changed: "operator:<id>", as Caller.Ref returns it.
type subject string

func tokenSubject(id string) subject                { return subject("token:" + id) } // sessions too
func organizationSubject(id OrganizationID) subject { return subject("organization:" + id.String()) }
func operatorSubject(id string) subject             { return subject(string(OperatorCaller) + ":" + id) }
func clientSubject(id string) subject               { return subject(string(ClientCaller) + ":" + id) }
func authCodeSubject(id string) subject             { return subject("auth-code:" + id) }
func codesSubject(id OrganizationID) subject {
	return subject("auth-codes:" +
		id.String())
}                                          // all of them
func applicationSubject(id string) subject { return subject(string(ApplicationCaller) + ":" + id) }

// Count returns the number of the last change.
func (c *Changes) Count() uint64 { return c.last.Load() }

func (c *Changes) shard(s subject) uint16 {
	return uint16(maphash.String(c.seed, string(s)) % changeShards)
}

// Shards returns the shards of a caller's token, of its log-in, of the caller and of its
// organization.
func (c *Changes) Shards(caller Caller) [4]uint16 {
	return [4]uint16{c.shard(tokenSubject(caller.Token.ID)), c.shard(tokenSubject(caller.Token.Login())),
		c.shard(subject(caller.Ref())), c.shard(organizationSubject(caller.Organization))}
}

// Since reports whether a subject of the shards was changed after the count was taken.
func (c *Changes) Since(count uint64, shards []uint16) bool {
	for _, s := range shards {
		if c.by[s].Load() > count {
			return true
		}
	}
	return false
}

func (c *Changes) record(subjects []subject) {
	if len(subjects) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.last.Add(1)
	for _, s := range subjects {
		c.by[c.shard(s)].Store(n)
	}
}

// watchedStore records what its Updates change. A Core has no other way to its store, so
// that no use case can forget to.
type watchedStore struct {
	Store
	changes *Changes
}

// Update implements Store.
func (w watchedStore) Update(ctx context.Context, fn func(tx Tx) error) error {
	var touched []subject
	defer func() { w.changes.record(touched) }() // also when fn panics
	return w.Store.Update(ctx, func(tx Tx) error { return fn(watchedTx{tx, &touched}) })
}

// watchedTx passes every call on. It has a method of its own for each method of Tx after
// which a caller, a session or a key may do less. TestEveryWriterIsListed requires a
// decision on each method.
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
func (t watchedTx) DecideRequest(ctx context.Context, r Request, o Organization, contactActive bool) (bool,
	error) {
	t.touch(organizationSubject(o.ID))
	return t.Tx.DecideRequest(ctx, r, o, contactActive)
}

// DeleteOrganization implements OrganizationWriter.
func (t watchedTx) DeleteOrganization(ctx context.Context, id OrganizationID, at time.Time) error {
	t.touch(organizationSubject(id))
	return t.Tx.DeleteOrganization(ctx, id, at)
}

// DeleteApplications implements ApplicationWriter. The callers that are remembered of an
// organization's applications and operators end with a change of the organization.
func (t watchedTx) DeleteApplications(ctx context.Context, id OrganizationID) error {
	t.touch(organizationSubject(id))
	return t.Tx.DeleteApplications(ctx, id)
}

// EndApplicationKeys implements ApplicationWriter.
func (t watchedTx) EndApplicationKeys(ctx context.Context, id OrganizationID, at time.Time) error {
	t.touch(organizationSubject(id))
	return t.Tx.EndApplicationKeys(ctx, id, at)
}

// EndLogins implements OperatorWriter.
func (t watchedTx) EndLogins(ctx context.Context, id OrganizationID, at time.Time) error {
	t.touch(organizationSubject(id))
	return t.Tx.EndLogins(ctx, id, at)
}

// EndClients implements ClientWriter.
func (t watchedTx) EndClients(ctx context.Context, id OrganizationID, at time.Time) error {
	t.touch(organizationSubject(id))
	return t.Tx.EndClients(ctx, id, at)
}

// UpdateClient implements ClientWriter.
func (t watchedTx) UpdateClient(ctx context.Context, c Client) error {
	t.touch(clientSubject(c.ID))
	return t.Tx.UpdateClient(ctx, c)
}

// ReplaceClientKey implements ClientWriter.
func (t watchedTx) ReplaceClientKey(ctx context.Context, c StoredClient) error {
	t.touch(clientSubject(c.ID))
	return t.Tx.ReplaceClientKey(ctx, c)
}

// UpdateAuthCode implements AuthCodeWriter.
func (t watchedTx) UpdateAuthCode(ctx context.Context, c AuthCode) error {
	t.touch(authCodeSubject(c.ID))
	return t.Tx.UpdateAuthCode(ctx, c)
}

// ReplacePrimaryAuthCode implements AuthCodeWriter.
func (t watchedTx) ReplacePrimaryAuthCode(ctx context.Context, c StoredAuthCode, reason EndReason) (string,
	error) {
	t.touch(codesSubject(c.OrganizationID))
	return t.Tx.ReplacePrimaryAuthCode(ctx, c, reason)
}

// EndPrimaryAuthCode implements AuthCodeWriter.
func (t watchedTx) EndPrimaryAuthCode(ctx context.Context, id OrganizationID, at time.Time,
	reason EndReason) (string, error) {
	t.touch(codesSubject(id))
	return t.Tx.EndPrimaryAuthCode(ctx, id, at, reason)
}

// EndAuthCodes implements AuthCodeWriter.
func (t watchedTx) EndAuthCodes(ctx context.Context, id OrganizationID, at time.Time,
	reason EndReason) error {
	t.touch(codesSubject(id))
	return t.Tx.EndAuthCodes(ctx, id, at, reason)
}

// InsertClient implements ClientWriter. It counts a use of the code.
func (t watchedTx) InsertClient(ctx context.Context, c StoredClient, use CodeUse) (bool, error) {
	t.touch(authCodeSubject(use.AuthCodeID))
	return t.Tx.InsertClient(ctx, c, use)
}

// EndOperators implements OperatorWriter.
func (t watchedTx) EndOperators(ctx context.Context, id OrganizationID) error {
	t.touch(organizationSubject(id))
	return t.Tx.EndOperators(ctx, id)
}

// EndSessions implements SessionWriter.
func (t watchedTx) EndSessions(ctx context.Context, id OrganizationID, at time.Time) error {
	t.touch(organizationSubject(id))
	return t.Tx.EndSessions(ctx, id, at)
}

// EndOperatorTokens implements OperatorTokenWriter.
func (t watchedTx) EndOperatorTokens(ctx context.Context, id OrganizationID, at time.Time,
	reason TokenEndReason) error {
	t.touch(organizationSubject(id))
	return t.Tx.EndOperatorTokens(ctx, id, at, reason)
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
func (t watchedTx) RenewOperatorToken(ctx context.Context, next, old StoredOperatorToken, at time.Time) (bool,
	error) {
	t.touch(tokenSubject(next.ID.Subject()))
	return t.Tx.RenewOperatorToken(ctx, next, old, at)
}

// EndOperatorToken implements OperatorTokenWriter.
func (t watchedTx) EndOperatorToken(ctx context.Context, id OperatorTokenID, at time.Time,
	reason TokenEndReason) (bool, error) {
	t.touch(tokenSubject(id.Subject()))
	return t.Tx.EndOperatorToken(ctx, id, at, reason)
}

// DeleteOperator implements OperatorWriter.
func (t watchedTx) DeleteOperator(ctx context.Context, id string, at time.Time) error {
	t.touch(operatorSubject(id))
	return t.Tx.DeleteOperator(ctx, id, at)
}

// EndSessionsOf implements SessionWriter.
func (t watchedTx) EndSessionsOf(ctx context.Context, operatorID string, at time.Time) error {
	t.touch(operatorSubject(operatorID))
	return t.Tx.EndSessionsOf(ctx, operatorID, at)
}

// EndTokensOf implements OperatorTokenWriter.
func (t watchedTx) EndTokensOf(ctx context.Context, operatorID string, at time.Time,
	reason TokenEndReason) error {
	t.touch(operatorSubject(operatorID))
	return t.Tx.EndTokensOf(ctx, operatorID, at, reason)
}
