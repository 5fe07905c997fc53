// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// auditPages walks all chains by time, and one by number, in both directions.
func auditPages(t *testing.T, s tenancy.Store) {
	a, b := member(t, s, "a").ID, member(t, s, "b").ID
	// The times of b's chain go back, as those of two replicas may.
	for _, e := range []tenancy.AuditEvent{{OrganizationID: b, At: moment(3)},
		{OrganizationID: a, At: moment(2)},
		{OrganizationID: b, At: moment(1)}, {OrganizationID: a, At: moment(3)},
		{OrganizationID: b, At: moment(3)}} {
		update(t, s, func(tx tenancy.Tx) error {
			_, err := appendEvent(tx, e)
			return err
		})
	}
	type place struct {
		Chain tenancy.OrganizationID
		Seq   int64
	}
	byTime := []place{{b, 2}, {a, 1}, {a, 2}, {b, 1}, {b, 3}}
	walk := func(r tenancy.AuditRange) (got []place) {
		t.Helper()
		for {
			page := read(t, s, func(tx tenancy.Reader) ([]tenancy.AuditEvent, error) {
				return tx.AuditPage(context.Background(), r)
			})
			for _, e := range page {
				got = append(got, place{e.OrganizationID, e.Seq})
			}
			if len(page) < r.Limit {
				return got
			}
			r.After = &page[len(page)-1]
		}
	}
	all := tenancy.AuditRange{From: moment(0), To: moment(9), Limit: 1, Oldest: true}
	for limit := 1; limit < 7; limit++ {
		all.Limit = limit
		wantSame(t, "by time", walk(all), byTime)
		newest, chain := all, all
		newest.Oldest = false
		wantSame(t, "the newest first", walk(newest), backwards(byTime))
		chain.Chain = &b
		wantSame(t, "one chain", walk(chain), []place{{b, 1}, {b, 2}, {b, 3}})
		chain.Oldest = false
		wantSame(t, "one chain, the newest first", walk(chain), []place{{b, 3}, {b, 2}, {b, 1}})
	}
	for _, oldest := range []bool{true, false} {
		part := tenancy.AuditRange{From: moment(2), To: moment(2), Limit: 9, Oldest: oldest}
		wantSame(t, "a moment", walk(part), byTime[1:2])
		part.From, part.To = moment(3).Add(time.Millisecond), moment(9)
		wantSame(t, "later", walk(part), nil)
	}
}

func backwards[T any](list []T) []T {
	turned := make([]T, len(list))
	for i, v := range list {
		turned[len(list)-1-i] = v
	}
	return turned
}

// auditListed lists each chain once, whatever the end of the chain does meanwhile.
func auditListed(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a").ID, member(t, s, "b").ID
	add := func(id tenancy.OrganizationID) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error {
			_, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: id, At: moment(1)})
			return err
		})
	}
	unlisted := func(limit int) (ids []tenancy.OrganizationID) {
		t.Helper()
		for _, h := range read(t, s, func(tx tenancy.Reader) ([]tenancy.AuditHead, error) {
			return tx.UnlistedAuditHeads(ctx, limit)
		}) {
			ids = append(ids, h.OrganizationID)
		}
		return ids
	}
	without := func(after tenancy.OrganizationID, limit int) []tenancy.OrganizationID {
		t.Helper()
		return read(t, s, func(tx tenancy.Reader) ([]tenancy.OrganizationID, error) {
			return tx.OrganizationsWithoutAudit(ctx, after, limit)
		})
	}
	seal := func(id tenancy.OrganizationID, seq int64, want bool) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.SealAuditHead(ctx, tenancy.AuditHead{OrganizationID: id, Seq: seq, Seal: []byte("listed")})
			if got != want {
				t.Errorf("seal %v at %d: got %v, want %v", id, seq, got, want)
			}
			return err
		})
	}
	type list = []tenancy.OrganizationID
	wantSame(t, "without", without(tenancy.RootID-1, 9), list{tenancy.RootID, a, b})
	wantSame(t, "one without", without(tenancy.RootID, 1), list{a})
	update(t, s, func(tx tenancy.Tx) error { // a chain that has not begun
		_, _, err := tx.LockAuditHead(ctx, b)
		return err
	})
	add(tenancy.RootID)
	add(a)
	wantSame(t, "without", without(tenancy.RootID-1, 9), list{b})
	wantSame(t, "unlisted", unlisted(9), list{tenancy.RootID, a})
	wantSame(t, "one unlisted", unlisted(1), list{tenancy.RootID})
	add(a)
	seal(a, 1, false)
	seal(a, 2, true)
	seal(a, 2, false)
	heads := read(t, s, func(tx tenancy.Reader) ([]tenancy.AuditHead,
		error) {
		return tx.AuditHeads(ctx, tenancy.RootID, 1)
	})
	wantSame(t, "seal", string(heads[0].Seal), "listed")
	add(a)
	wantSame(t, "unlisted", unlisted(9), list{tenancy.RootID})
	heads = read(t, s, func(tx tenancy.Reader) ([]tenancy.AuditHead,
		error) {
		return tx.AuditHeads(ctx, tenancy.RootID, 1)
	})
	wantSame(t, "seal of the next", string(heads[0].Seal), "\x00 seal of 3")
}
