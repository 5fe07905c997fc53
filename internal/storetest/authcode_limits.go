// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// addCodes stores codes.
func addCodes(t testing.TB, s tenancy.Store, list ...tenancy.StoredAuthCode) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		for _, c := range list {
			if err := tx.InsertAuthCode(context.Background(), c); err != nil {
				return err
			}
		}
		return nil
	})
}

// secondary is a living code that is not primary.
func secondary(id tenancy.OrganizationID, n int) tenancy.StoredAuthCode {
	c := code(id, n)
	c.Primary = false
	return c
}

// A limit that is absent is none that was never set, and comes back as that. The zero
// value lets nobody in, also after it was stored.
func authCodeLimits(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	at := storedTime(moment(1))
	for n, test := range []struct {
		limits  tenancy.CodeLimits
		refusal tenancy.CodeRefusal
	}{
		{tenancy.CodeLimits{}, tenancy.RefusedExpired},
		{tenancy.CodeLimits{Never: true}, tenancy.RefusedExhausted},
		{tenancy.CodeLimits{AnyNumber: true}, tenancy.RefusedExpired},
		{tenancy.CodeLimits{Never: true, MaxUses: 1}, ""},
		{tenancy.CodeLimits{ExpiresAt: at.Add(time.Millisecond), AnyNumber: true}, ""},
		{tenancy.CodeLimits{ExpiresAt: at, AnyNumber: true}, tenancy.RefusedExpired},
		{tenancy.CodeLimits{ExpiresAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), AnyNumber: true}, ""},
		{tenancy.CodeLimits{Never: true, MaxUses: 1 << 62}, ""},
		{tenancy.Unlimited(), ""},
	} {
		c := secondary(o.ID, n)
		c.Limits = test.limits
		changed := secondary(o.ID, 100+n)
		addCodes(t, s, c, changed)
		changed.Limits = c.Limits
		update(t, s, func(tx tenancy.Tx) error { return tx.UpdateAuthCode(ctx, changed.AuthCode) })
		for i, want := range []tenancy.StoredAuthCode{c, changed} {
			got := codeByID(t, s, want.ID)
			wantSame(t, fmt.Sprintf("%+v", test.limits), got, want)
			if refusal := got.Refusal(at, netip.Addr{}); refusal != test.refusal {
				t.Errorf("%+v: refused by %q, want %q", test.limits, refusal, test.refusal)
			}
			if took := takeUse(t, s, want, 2*n+i, at); took != (test.refusal == "") {
				t.Errorf("%+v: took a use: %v, want refusal %q", test.limits, took, test.refusal)
			}
		}
	}
}

// codeIDs returns the ids of a page.
func codeIDs(t testing.TB, s tenancy.Store, id tenancy.OrganizationID, after string,
	limit int) (ids []string) {
	t.Helper()
	view(t, s, func(tx tenancy.Reader) error {
		page, err := tx.AuthCodes(context.Background(), id, tenancy.IDOrder{After: after, Limit: limit})
		for _, c := range page.Items {
			ids = append(ids, c.ID)
		}
		return err
	})
	return ids
}

func authCodePages(t *testing.T, s tenancy.Store) {
	a, b := member(t, s, "a"), member(t, s, "b")
	for n := range 4 {
		addCodes(t, s, secondary(a.ID, 2*n+2)) // code-2, 4, 6, 8
	}
	addCodes(t, s, secondary(b.ID, 5))
	wantSame(t, "the first page", codeIDs(t, s, a.ID, "", 2), []string{"code-8", "code-6"})
	addCodes(t, s, secondary(a.ID, 9))
	wantSame(t, "after an insert", codeIDs(t, s, a.ID, "code-6", 2), []string{"code-4", "code-2"})
	wantSame(t, "after one that is gone", codeIDs(t, s, a.ID, "code-5", 9), []string{"code-4", "code-2"})
	wantSame(t, "after the last", codeIDs(t, s, a.ID, "code-2", 9), nil)
	wantSame(t, "the other's", codeIDs(t, s, b.ID, "", 9), []string{"code-5"})
	wantSame(t, "nobody's", codeIDs(t, s, 7, "", 9), nil)
	page := read(t, s, func(tx tenancy.Reader) (tenancy.IDPage[tenancy.AuthCode], error) {
		return tx.AuthCodes(context.Background(), b.ID, tenancy.IDOrder{Limit: 1})
	})
	wantSame(t, "a whole one", page.Items[0], secondary(b.ID, 5).AuthCode)
}

// An update stores what people say of a code and leaves the rest, above all its uses.
func authCodeUpdate(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	was, other := code(o.ID, 1), secondary(o.ID, 2)
	was.Uses, was.LastUsedAt = 3, storedTime(moment(3))
	addCodes(t, s, was, other)
	want := was
	want.Primary, want.Name, want.Note, want.Tags = false, "n", "note", []string{"t"}
	want.Limits = tenancy.CodeLimits{ExpiresAt: storedTime(moment(90)), MaxUses: 5,
		Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}
	want.UpdatedAt, want.DisabledAt = storedTime(moment(91)), storedTime(moment(92))
	want.OverlapUntil, want.ReplacedBy = storedTime(moment(93)), other.ID
	change := want.AuthCode
	change.OrganizationID, change.Canary, change.CreatedAt, change.CreatedBy = 7, true, moment(99), "x"
	change.Uses, change.LastUsedAt = 0, time.Time{}
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateAuthCode(ctx, change) })
	wantSame(t, "changed", codeByID(t, s, was.ID), want)
	wantSame(t, "the other", codeByID(t, s, other.ID), other)
	change.EndedAt, change.EndReason = moment(94), tenancy.Superseded
	change.DisabledAt = time.Time{}
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateAuthCode(ctx, change) })
	want.EndedAt, want.EndReason, want.Sealed, want.DisabledAt = storedTime(moment(94)), tenancy.Superseded, nil,
		time.Time{}
	wantSame(t, "ended", codeByID(t, s, was.ID), want)
	other.Primary = true
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateAuthCode(ctx, other.AuthCode) })
	wantSame(t, "the new primary one", primary(t, s, o.ID), other)
}

func authCodeForget(t *testing.T, s tenancy.Store) {
	a, b := member(t, s, "a"), member(t, s, "b")
	first, second, foreign := code(a.ID, 1), secondary(a.ID, 2), code(b.ID, 3)
	addCodes(t, s, first, second, foreign)
	update(t, s, func(tx tenancy.Tx) error { return tx.ForgetAuthCodes(context.Background(), a.ID) })
	first.Sealed, second.Sealed = nil, nil
	for _, want := range []tenancy.StoredAuthCode{first, second, foreign} {
		wantSame(t, want.ID, codeByID(t, s, want.ID), want)
	}
}

// The policy of an organization is stored, and an organization without one has none.
func authCodePolicy(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	for _, policy := range []tenancy.Policy{{ShowCodesOnce: true}, {MaxCodeLife: time.Hour + 1},
		{ApproveEnrolments: true}, {ShowCodesOnce: true, MaxCodeLife: 720 * time.Hour, ApproveEnrolments: true},
		{}} {
		o.Policy = policy
		update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, o) })
		got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
			error) {
			return tx.Organization(ctx, o.ID)
		})
		wantSame(t, "policy", got.Policy, policy)
	}
	made := tenancy.Organization{Name: "made", State: tenancy.OrganizationActive, CreatedAt: moment(0),
		UpdatedAt: moment(0), Policy: tenancy.Policy{MaxCodeLife: time.Minute}}
	update(t, s, func(tx tenancy.Tx) error { made.ID = 0; return tx.InsertOrganization(ctx, &made) })
	update(t, s, func(tx tenancy.Tx) error {
		locked, err := tx.LockOrganization(ctx, made.ID)
		wantSame(t, "policy of a new one", locked.Policy, made.Policy)
		_, none := tx.LockOrganization(ctx, 7)
		wantError(t, none, problem.NotFound, "organization_not_found")
		return err
	})
}
