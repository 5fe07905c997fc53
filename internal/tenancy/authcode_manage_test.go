// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// shown returns the text of a code; "" if it cannot be shown.
func shown(t *testing.T, k *tenancytest.Kit, c tenancy.AuthCode) string {
	t.Helper()
	issued, err := k.RevealAuthCode(ctx, k.Root(), c.OrganizationID, c.ID)
	if err != nil {
		return ""
	}
	return issued.Text.Reveal()
}

func stored(t *testing.T, k *tenancytest.Kit, c tenancy.AuthCode) tenancy.AuthCode {
	t.Helper()
	return must(k.GetAuthCode(ctx, k.Root(), c.OrganizationID, c.ID))(t)
}

func TestSeveralCodes(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, foreign := k.Organization(t, "o"), k.Organization(t, "foreign")
	first := newCode(t, k, o.ID, func(p *tenancy.AuthCodeParams) {
		p.Name, p.Tags = " first ",
			[]string{"b", " a", "b"}
	})
	second := newCode(t, k, o.ID)
	if first.Text == second.Text || shown(t, k, first.AuthCode) != first.Text.Reveal() ||
		shown(t, k, second.AuthCode) != second.Text.Reveal() {
		t.Error("a code is not shown as it was made")
	}
	got := stored(t, k, first.AuthCode)
	if got.Name != "first" || !slices.Equal(got.Tags, []string{"a", "b"}) || got.Primary ||
		got.CreatedBy != k.Root().Ref() ||
		!got.Limits.Never || !got.Limits.AnyNumber || !got.UpdatedAt.Equal(got.CreatedAt) {
		t.Errorf("got %+v", got)
	}
	var ids []string
	for after := ""; ; {
		page := must(k.ListAuthCodes(ctx, k.Root(), o.ID, tenancy.IDOrder{After: after, Limit: 1}))(t)
		ids = append(ids, page.Items[0].ID)
		if after = page.Next; after == "" {
			break
		}
	}
	if !slices.Equal(ids, []string{second.ID, first.ID}) {
		t.Errorf("listed %q, want the newest first: %q, %q", ids, second.ID, first.ID)
	}
	for _, limit := range []int{0, -1} { // no number means all
		if page := must(k.ListAuthCodes(ctx, k.Root(), o.ID,
			tenancy.IDOrder{Limit: limit}))(t); len(page.Items) != 1 {
			t.Errorf("limit %d: got %d codes, want 1", limit, len(page.Items))
		}
	}
	if reveal(t, k, o.ID) != "" {
		t.Error("a code that is not primary is revealed as one")
	}
	for what, err := range map[string]error{
		"read": errOf(k.GetAuthCode(ctx, k.Root(), foreign.ID, first.ID)),
		"show": errOf(k.RevealAuthCode(ctx, k.Root(), foreign.ID, first.ID)),
		"update": errOf(k.UpdateAuthCode(ctx, k.Root(), foreign.ID, first.ID,
			changeOf(tenancy.AuthCodeParams{Name: "x", Limits: tenancy.Unlimited()}, time.Time{}))),
		"rotate":  errOf(k.RotateAuthCode(ctx, k.Root(), foreign.ID, first.ID, 0)),
		"disable": errOf(k.SwitchOffAuthCode(ctx, k.Root(), foreign.ID, first.ID)),
		"uses":    errOf(k.ListAuthCodeUses(ctx, k.Root(), foreign.ID, first.ID, tenancy.CodeUseList{Limit: 1})),
		"none":    errOf(k.GetAuthCode(ctx, k.Root(), o.ID, "none")),
	} {
		wantKind(t, what+" by another organization", err, problem.NotFound, problem.CodeAuthCodeNotFound)
	}
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	_, err := k.CreateAuthCode(ctx, k.Root(), o.ID, tenancy.AuthCodeParams{Name: "x",
		Limits: tenancy.Unlimited()}, false)
	wantKind(t, "create while inactive", err, problem.Conflict, problem.CodeOrganizationInactive)
	_, err = k.RotateAuthCode(ctx, k.Root(), o.ID, first.ID, 0)
	wantKind(t, "rotate while inactive", err, problem.Conflict, problem.CodeOrganizationInactive)
}

func TestUpdateCode(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := newCode(t, k, o.ID, expiring(k, time.Hour))
	change := tenancy.AuthCodeParams{Name: "new", Note: "note", Limits: code.Limits, Tags: []string{"t"}}
	change.Limits.AnyNumber, change.Limits.MaxUses = false, 3
	update := func(expected time.Time) (tenancy.AuthCode, error) {
		return k.UpdateAuthCode(ctx, k.Root(), o.ID, code.ID, changeOf(change, expected))
	}
	first := must(update(code.UpdatedAt))(t)
	if got := stored(t, k, code.AuthCode); got.Name != "new" || got.Note != "note" || got.Limits.MaxUses != 3 ||
		!got.UpdatedAt.Equal(first.UpdatedAt) {
		t.Errorf("got %+v", got)
	}
	// The clock stands still: the version is another one all the same.
	_, err := update(code.UpdatedAt)
	wantKind(t, "an old version", err, problem.Conflict, problem.CodeAuthCodeChanged)
	k.Clock.Advance(2 * time.Hour)
	kept := must(update(first.UpdatedAt))(t) // it keeps an expiry that is past
	if !kept.Limits.ExpiresAt.Equal(code.Limits.ExpiresAt) {
		t.Errorf("got %v", kept.Limits.ExpiresAt)
	}
	k.Clock.Advance(-3 * time.Hour) // a clock that jumps back
	if again := must(update(time.Time{}))(t); !again.UpdatedAt.After(kept.UpdatedAt) {
		t.Errorf("the version went back from %v to %v", kept.UpdatedAt, again.UpdatedAt)
	}
	k.Clock.Advance(3 * time.Hour)
	change.Limits.ExpiresAt = change.Limits.ExpiresAt.Add(time.Millisecond)
	_, err = update(time.Time{})
	wantWrong(t, "another expiry that is past", err, "expiresAt not_in_future")
	change.Limits = tenancy.Unlimited()
	must(k.RotateAuthCode(ctx, k.Root(), o.ID, must(update(time.Time{}))(t).ID, 0))(t)
	_, err = update(time.Time{})
	wantKind(t, "of an ended one", err, problem.Conflict, problem.CodeAuthCodeEnded)
}

func TestRotate(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	_, primary, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	next := must(k.RotateAuthCode(ctx, k.Root(), o.ID, primary.ID, time.Hour))(t)
	if reveal(t, k, o.ID) != next.Text.Reveal() || next.Text == primary.Text {
		t.Error("the new code is not the primary one")
	}
	good := func(c tenancy.IssuedAuthCode) bool {
		v := must(k.VerifyAuthCode(ctx, k.Root(), c.Text.Reveal(), local, false))(t)
		return v.Valid
	}
	former := stored(t, k, primary.AuthCode)
	if !good(primary) || !good(next) || former.ReplacedBy != next.ID || former.Primary ||
		shown(t, k, former) == "" {
		t.Errorf("during the overlap: %+v", former)
	}
	_, err = k.RotateAuthCode(ctx, k.Root(), o.ID, primary.ID, time.Hour)
	wantKind(t, "twice", err, problem.Conflict, problem.CodeAuthCodeRotated)
	_, err = k.EndOverlap(ctx, k.Root(), o.ID, next.ID)
	wantKind(t, "end the overlap of another", err, problem.Conflict, problem.CodeAuthCodeNotRotated)
	k.Clock.Advance(time.Hour - time.Millisecond)
	if !good(primary) {
		t.Error("refused before the end of the overlap")
	}
	k.Clock.Advance(time.Millisecond)
	if good(primary) || !good(next) {
		t.Error("the overlap does not end when it should")
	}
	last := must(k.RotateAuthCode(ctx, k.Root(), o.ID, next.ID, 2*time.Hour))(t)
	must(k.EndOverlap(ctx, k.Root(), o.ID, next.ID))(t)
	ended := must(k.EndOverlap(ctx, k.Root(), o.ID, next.ID))(t)
	if good(next) || !good(last) || ended.Living() || shown(t, k, ended) != "" {
		t.Errorf("after the overlap was ended: %+v", ended)
	}
	at := must(k.RotateAuthCode(ctx, k.Root(), o.ID, last.ID, 0))(t)
	if now := stored(t, k, last.AuthCode); good(last) || now.EndReason != tenancy.Superseded ||
		shown(t, k, now) != "" {
		t.Errorf("without an overlap: %+v", now)
	}
	for _, overlap := range []time.Duration{-1, tenancy.MaxOverlap + 1} {
		_, err = k.RotateAuthCode(ctx, k.Root(), o.ID, at.ID, overlap)
		wantWrong(t, overlap.String(), err, "overlap bad_overlap")
	}
	limited := newCode(t, k, o.ID, expiring(k, time.Hour), times(4), only("192.0.2.0/24"))
	heir := must(k.RotateAuthCode(ctx, k.Root(), o.ID, limited.ID, 0))(t)
	if l := stored(t, k, heir.AuthCode).Limits; !l.ExpiresAt.Equal(limited.Limits.ExpiresAt) || l.MaxUses != 4 ||
		len(l.Sources) != 1 {
		t.Errorf("the new code has other limits: %+v", l)
	}
	k.Clock.Advance(time.Hour)
	_, err = k.RotateAuthCode(ctx, k.Root(), o.ID, heir.ID, time.Hour)
	wantKind(t, "an expired one", err, problem.Conflict, problem.CodeAuthCodeEnded)
}

func TestSwitchCode(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := newCode(t, k, o.ID)
	off := must(k.SwitchOffAuthCode(ctx, k.Root(), o.ID, code.ID))(t)
	if again := must(k.SwitchOffAuthCode(ctx, k.Root(), o.ID,
		code.ID))(t); !again.DisabledAt.Equal(off.DisabledAt) {
		t.Errorf("twice: %+v", again)
	}
	if v := must(k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local,
		true))(t); v.Refusal != tenancy.RefusedDisabled {
		t.Errorf("switched off: %+v", v)
	}
	if shown(t, k, off) == "" {
		t.Error("the text of a code that can be switched on again is forgotten")
	}
	must(k.SwitchOnAuthCode(ctx, k.Root(), o.ID, code.ID))(t)
	on := must(k.SwitchOnAuthCode(ctx, k.Root(), o.ID, code.ID))(t)
	if v := must(k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local, true))(t); !v.Valid ||
		!on.DisabledAt.IsZero() {
		t.Errorf("switched on: %+v, %+v", v, on)
	}
	want := []string{"organization.create", "auth_code.create", "auth_code.switch_off", "auth_code.reveal",
		"auth_code.switch_on"}
	if got := k.Events(t, o.ID); !slices.Equal(got, want) {
		t.Errorf("audit: got %v, want %v", got, want)
	}
	must(k.RotateAuthCode(ctx, k.Root(), o.ID, code.ID, 0))(t)
	_, err := k.SwitchOnAuthCode(ctx, k.Root(), o.ID, code.ID)
	wantKind(t, "of an ended one", err, problem.Conflict, problem.CodeAuthCodeEnded)
}
