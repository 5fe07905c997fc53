// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func authCodeTopic() topic {
	return topic{
		methods: []string{"PrimaryAuthCode", "AuthCodeByDigest", "InsertAuthCode", "EndPrimaryAuthCode",
			"ReplacePrimaryAuthCode", "AuthCode", "AuthCodes", "UpdateAuthCode", "ForgetAuthCodes",
			"HasImportedAuthCodes"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read": authCodeRead,
			"not found":       authCodeNotFound,
			"conflicts":       authCodeConflicts,
			"end":             authCodeEnd,
			"replace":         authCodeReplace,
			"one of many":     authCodeRace,
			"limits":          authCodeLimits,
			"pages":           authCodePages,
			"filters":         codeFilters,
			"sorted":          codeOrders,
			"update":          authCodeUpdate,
			"forget":          authCodeForget,
			"policy":          authCodePolicy,
			"imported":        authCodeImported,
		},
	}
}

// code is a living primary code.
func code(id tenancy.OrganizationID, n int) tenancy.StoredAuthCode {
	return tenancy.StoredAuthCode{
		AuthCode: tenancy.AuthCode{ID: fmt.Sprintf("code-%d", n), OrganizationID: id, Primary: true,
			Limits:    tenancy.Unlimited(),
			CreatedAt: storedTime(moment(n)), CreatedBy: "operator:1", UpdatedAt: storedTime(moment(n))},
		Digest: digest(n),
		Sealed: []byte{0, 1, 2, 0xff, byte(n)},
	}
}

func codeByDigest(t testing.TB, s tenancy.Store, digest []byte) tenancy.StoredAuthCode {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredAuthCode, error) {
		return tx.AuthCodeByDigest(context.Background(), digest)
	})
}

func codeByID(t testing.TB, s tenancy.Store, id string) tenancy.StoredAuthCode {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredAuthCode, error) {
		return tx.AuthCode(context.Background(), id)
	})
}

func primary(t testing.TB, s tenancy.Store, id tenancy.OrganizationID) tenancy.StoredAuthCode {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredAuthCode, error) {
		return tx.PrimaryAuthCode(context.Background(), id)
	})
}

func authCodeRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	one := code(o.ID, 1)
	second := code(o.ID, 2)
	second.Primary = false
	ended := code(o.ID, 3)
	ended.EndedAt, ended.EndReason, ended.Sealed = storedTime(moment(50)), tenancy.Disabled, nil
	ended.Name, ended.Note, ended.Canary, ended.Tags = "näme", "a\nnote", true, []string{"a", "b"}
	ended.UpdatedAt, ended.DisabledAt = storedTime(moment(51)), storedTime(moment(52))
	ended.OverlapUntil, ended.ReplacedBy = storedTime(moment(53)), "code-1"
	ended.Uses, ended.LastUsedAt = 7, storedTime(moment(54))
	ended.Limits = tenancy.CodeLimits{ExpiresAt: storedTime(moment(55)), MaxUses: 8,
		Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}}
	third := code(o.ID, 4)
	third.Imported, third.Weak = true, true
	third.Primary, third.CreatedBy, third.Digest, third.Sealed = false, "", []byte{0}, nil
	update(t, s, func(tx tenancy.Tx) error {
		for _, c := range []tenancy.StoredAuthCode{one, second, ended, third} {
			if err := tx.InsertAuthCode(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []tenancy.StoredAuthCode{one, second, ended, third} {
		got := codeByDigest(t, s, want.Digest)
		wantUTC(t, got.CreatedAt, got.EndedAt, got.UpdatedAt, got.DisabledAt, got.OverlapUntil, got.LastUsedAt,
			got.Limits.ExpiresAt)
		wantSame(t, want.ID, got, want)
		wantSame(t, want.ID+" by its id", codeByID(t, s, want.ID), want)
	}
	wantSame(t, "primary", primary(t, s, o.ID), one)
}

// There is an imported code from the time on when one was stored, also after it has ended.
func authCodeImported(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	want := func(what string, want bool) {
		t.Helper()
		got := read(t, s, func(tx tenancy.Reader) (bool, error) { return tx.HasImportedAuthCodes(ctx) })
		if got != want {
			t.Errorf("%s: got %v", what, got)
		}
	}
	want("in an empty store", false)
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertAuthCode(ctx, code(o.ID, 1)) })
	want("with another code", false)
	imported := code(o.ID, 2)
	imported.Imported = true
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.ReplacePrimaryAuthCode(ctx, imported, tenancy.Superseded)
		return err
	})
	want("with one", true)
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.EndPrimaryAuthCode(ctx, o.ID, moment(3), tenancy.Disabled)
		return err
	})
	want("after its end", true)
	if got := codeByID(t, s, imported.ID); !got.Imported || got.Weak {
		t.Errorf("got %+v", got.AuthCode)
	}
}

func authCodeNotFound(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	c := code(o.ID, 1)
	c.Primary = false
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertAuthCode(ctx, c) })
	view(t, s, func(tx tenancy.Reader) error {
		for _, id := range []tenancy.OrganizationID{o.ID, tenancy.RootID, 7} {
			_, err := tx.PrimaryAuthCode(ctx, id)
			wantError(t, err, problem.NotFound, problem.CodeAuthCodeNotFound)
		}
		for _, d := range [][]byte{nil, {}, digest(2), c.Digest[:len(c.Digest)-1]} {
			_, err := tx.AuthCodeByDigest(ctx, d)
			wantError(t, err, problem.NotFound, problem.CodeAuthCodeNotFound)
		}
		for _, id := range []string{"", "none", "a\x00b", "\xff"} {
			_, err := tx.AuthCode(ctx, id)
			wantError(t, err, problem.NotFound, "auth_code_not_found")
			_, err = tx.AuthCodes(ctx, o.ID, tenancy.IDOrder{After: id, Limit: 10})
			if err != nil {
				t.Errorf("codes after %q: %v", id, err)
			}
		}
		return nil
	})
	err := s.Update(ctx, func(tx tenancy.Tx) error { return tx.UpdateAuthCode(ctx, code(o.ID, 9).AuthCode) })
	wantError(t, err, problem.NotFound, "auth_code_not_found")
}

func authCodeConflicts(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a"), member(t, s, "b")
	first := code(a.ID, 1)
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertAuthCode(ctx, first) })
	sameID, sameDigest, samePrimary := code(b.ID, 2), code(b.ID, 3), code(a.ID, 4)
	sameID.ID, sameDigest.Digest = first.ID, first.Digest
	update(t, s, func(tx tenancy.Tx) error {
		for _, c := range []tenancy.StoredAuthCode{sameID, sameDigest, samePrimary} {
			wantError(t, tx.InsertAuthCode(ctx, c), problem.Conflict, problem.CodeAuthCodeExists)
		}
		return tx.InsertAuthCode(ctx, code(b.ID, 5)) // the transaction goes on
	})
	wantSame(t, "a's", primary(t, s, a.ID), first)
	wantSame(t, "b's", primary(t, s, b.ID), code(b.ID, 5))
	err := s.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertAuthCode(ctx, code(7, 6)) })
	wantError(t, err, problem.Internal, problem.CodeInternal)
}

func authCodeEnd(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a"), member(t, s, "b")
	end := func(want string, reason tenancy.EndReason, n int) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.EndPrimaryAuthCode(ctx, a.ID, moment(n), reason)
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			return err
		})
	}
	end("", tenancy.Disabled, 1)
	other, second := code(a.ID, 2), code(b.ID, 3)
	other.Primary = false
	first := code(a.ID, 1)
	update(t, s, func(tx tenancy.Tx) error {
		for _, c := range []tenancy.StoredAuthCode{first, other, second} {
			if err := tx.InsertAuthCode(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	end(first.ID, tenancy.Superseded, 60)
	end("", tenancy.Disabled, 61)
	first.EndedAt, first.EndReason, first.Sealed = storedTime(moment(60)), tenancy.Superseded, nil
	first.UpdatedAt = first.EndedAt
	wantSame(t, "the ended one", codeByDigest(t, s, first.Digest), first)
	wantSame(t, "the one that is not primary", codeByDigest(t, s, other.Digest), other)
	wantSame(t, "the other organization's", primary(t, s, b.ID), second)
}

func authCodeReplace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	first, second, third := code(o.ID, 1), code(o.ID, 2), code(o.ID, 3)
	third.ID = first.ID
	for _, step := range []struct {
		next   tenancy.StoredAuthCode
		former string
	}{{first, ""}, {second, first.ID}} {
		update(t, s, func(tx tenancy.Tx) error {
			former, err := tx.ReplacePrimaryAuthCode(ctx, step.next, tenancy.Superseded)
			if former != step.former {
				t.Errorf("got %q, want %q", former, step.former)
			}
			return err
		})
	}
	first.EndedAt, first.EndReason, first.Sealed = storedTime(second.CreatedAt), tenancy.Superseded, nil
	first.UpdatedAt = first.EndedAt
	wantSame(t, "the former one", codeByDigest(t, s, first.Digest), first)
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		_, err := tx.ReplacePrimaryAuthCode(ctx, third, tenancy.Superseded)
		return err
	})
	wantError(t, err, problem.Conflict, problem.CodeAuthCodeExists)
	wantSame(t, "the living one", primary(t, s, o.ID), second)
}

// Many replace the primary code at once. At every time there is exactly one.
func authCodeRace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	const issuers = 64
	together(issuers, func(i int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			if _, err := tx.LockOrganization(ctx, o.ID); err != nil {
				return err
			}
			_, err := tx.ReplacePrimaryAuthCode(ctx, code(o.ID, i), tenancy.Superseded)
			return err
		})
		if err != nil {
			t.Errorf("issue: %v", err)
		}
	})
	living := primary(t, s, o.ID)
	for i := range issuers {
		c := codeByDigest(t, s, digest(i))
		if c.Living() != (c.ID == living.ID) || c.Living() != (len(c.Sealed) > 0) {
			t.Errorf("got %+v beside the living %s", c, living.ID)
		}
	}
}
