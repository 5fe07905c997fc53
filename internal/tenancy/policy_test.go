// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// setPolicy sets the policy of an organization.
func setPolicy(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID, p tenancy.Policy) {
	t.Helper()
	if o := must(k.UpdateOrganization(ctx, k.Root(), id,
		tenancy.UpdateOrganizationParams{Policy: &p}))(t); o.Policy != p {
		t.Errorf("the policy is %+v, want %+v", o.Policy, p)
	}
}

// No text of a code is kept, neither of those made before nor of those made since.
func TestShowCodesOnce(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	_, primary, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	before, foreign := newCode(t, k, o.ID), newCode(t, k, other.ID)
	setPolicy(t, k, o.ID, tenancy.Policy{ShowCodesOnce: true})
	events := len(k.Events(t, o.ID))
	hidden := func(what string, codes ...tenancy.IssuedAuthCode) {
		t.Helper()
		_, _, err := k.RevealPrimaryAuthCode(ctx, k.Root(), o.ID)
		wantKind(t, what+": the primary one", err, problem.Denied, problem.CodeAuthCodeShownOnce)
		for _, c := range codes {
			_, err := k.RevealAuthCode(ctx, k.Root(), o.ID, c.ID)
			wantKind(t, what+": "+c.Name, err, problem.Denied, problem.CodeAuthCodeShownOnce)
			if v := must(k.VerifyAuthCode(ctx, k.Root(), c.Text.Reveal(), local, false))(t); !v.Valid {
				t.Errorf("%s: a code is no longer good", what)
			}
		}
	}
	hidden("made before", primary, before)
	if got := k.Events(t, o.ID); len(got) != events {
		t.Errorf("what was not shown is recorded: %v", got[events:])
	}
	_, issued, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	created := newCode(t, k, o.ID)
	rotated := must(k.RotateAuthCode(ctx, k.Root(), o.ID, before.ID, time.Hour))(t)
	hidden("made since", issued, created, rotated)
	k.Clock.Advance(time.Hour)
	setPolicy(t, k, o.ID, tenancy.Policy{})
	hidden("after the policy", issued, created, rotated) // it does not bring texts back
	if shown(t, k, foreign.AuthCode) == "" || shown(t, k, newCode(t, k, o.ID).AuthCode) == "" {
		t.Error("a code that may be shown is not")
	}
}

// Codes of the update that only wants one to be there keep to the policy, too.
func TestShowOnceEnsured(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	setPolicy(t, k, o.ID, tenancy.Policy{ShowCodesOnce: true, MaxCodeLife: time.Hour})
	must(k.UpdateOrganization(ctx, k.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Code: tenancy.EnsureCode}))(t)
	_, _, err := k.RevealPrimaryAuthCode(ctx, k.Root(), o.ID)
	wantKind(t, "reveal", err, problem.Denied, problem.CodeAuthCodeShownOnce)
	_, code, err := k.GetPrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil || code.Limits.Never || !code.Limits.ExpiresAt.Equal(k.Core.Now().Add(time.Hour)) {
		t.Errorf("got %+v, %v", code.Limits, err)
	}
}

func TestMaxCodeLife(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	eternal, long := newCode(t, k, o.ID), newCode(t, k, o.ID, expiring(k, 3*time.Hour))
	setPolicy(t, k, o.ID, tenancy.Policy{MaxCodeLife: time.Hour})
	create := func(change ...func(*tenancy.AuthCodeParams)) error {
		p := tenancy.AuthCodeParams{Name: "code", Limits: tenancy.Unlimited()}
		for _, f := range change {
			f(&p)
		}
		return errOf(k.CreateAuthCode(ctx, k.Root(), o.ID, p, false))
	}
	wantWrong(t, "never", create(), "expiresAt expiry_needed")
	wantWrong(t, "too long", create(expiring(k, time.Hour+time.Millisecond)), "expiresAt expiry_needed")
	fits := newCode(t, k, o.ID, expiring(k, time.Hour))
	k.Clock.Advance(30 * time.Minute)
	p := tenancy.AuthCodeParams{Name: "code", Limits: fits.Limits}
	must(k.UpdateAuthCode(ctx, k.Root(), o.ID, fits.ID, changeOf(p, time.Time{})))(t)
	p.Limits.ExpiresAt = p.Limits.ExpiresAt.Add(time.Millisecond) // longer since it was made
	wantWrong(t, "longer", errOf(k.UpdateAuthCode(ctx, k.Root(), o.ID, fits.ID, changeOf(p, time.Time{}))),
		"expiresAt expiry_needed")
	latest := k.Core.Now().Add(time.Hour)
	for what, former := range map[string]tenancy.IssuedAuthCode{"eternal": eternal, "long": long} {
		next := must(k.RotateAuthCode(ctx, k.Root(), o.ID, former.ID, 0))(t)
		for _, c := range []tenancy.AuthCode{next.AuthCode, stored(t, k, next.AuthCode)} {
			if c.Limits.Never || !c.Limits.ExpiresAt.Equal(latest) {
				t.Errorf("%s, rotated: %+v", what, c.Limits)
			}
		}
	}
	_, issued, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []tenancy.AuthCode{issued.AuthCode, stored(t, k, issued.AuthCode)} {
		if c.Limits.Never || !c.Limits.ExpiresAt.Equal(latest) {
			t.Errorf("issued: %+v", c.Limits)
		}
	}
	must(enrol(k, issued.Text.Reveal(), "i"))(t)
	k.Clock.Advance(time.Hour)
	_, err = enrol(k, issued.Text.Reveal(), "j")
	wantRefused(t, "after its life", err)
	for _, life := range []time.Duration{-1, 1, time.Minute - 1, 101 * 366 * 24 * time.Hour} {
		bad := tenancy.Policy{MaxCodeLife: life}
		_, err := k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Policy: &bad})
		wantWrong(t, life.String(), err, "maxCodeLife bad_code_life")
	}
}
