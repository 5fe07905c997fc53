// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// An operator lists its sessions, without those that have ended in any way, and ends one of its own.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	ctx := context.Background()
	password := k.Operator(t, "ann", tenancy.Auditor, tenancy.RootID)
	begin := func(username string, password secret.Secret, browser bool,
		idle time.Duration) identity.IssuedSession {
		t.Helper()
		s, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: username,
			Password: password, Browser: browser, DeviceID: username, IdleTimeout: idle})
		if err != nil {
			t.Fatal(err)
		}
		k.Clock.Advance(time.Second)
		return s
	}
	begin("ann", password, false, time.Minute)
	wire, browser := begin("ann", password, false, time.Hour), begin("ann", password, true, time.Hour)
	foreign := begin(k.Admin, k.AdminPassword, true, time.Hour)
	k.Clock.Advance(2 * time.Minute)
	ann, err := k.AuthenticateBrowser(ctx, k.Anyone().Origin, browser.Text.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	list := func(want ...string) {
		t.Helper()
		got, err := k.ListOwnSessions(ctx, ann)
		if err != nil || len(got) != len(want) {
			t.Fatalf("got %v, %v; want %q", got, err, want)
		}
		for i, one := range got {
			if one.ID != want[i] {
				t.Errorf("the session %d is %s, want %s", i, one.ID, want[i])
			}
		}
	}
	list(browser.ID, wire.ID)
	for _, id := range []string{foreign.ID, "nobody's", ""} {
		tenancytest.WantKind(t, id, k.EndOwnSession(ctx, ann, id), problem.NotFound, problem.CodeSessionNotFound)
	}
	if err := k.EndOwnSession(ctx, ann, wire.ID); err != nil {
		t.Fatal(err)
	}
	_, err = k.AuthenticateSession(ctx, k.Anyone().Origin, wire.Text.Reveal())
	tenancytest.WantKind(t, "the ended session", err, problem.Unauthenticated, problem.CodeInvalidToken)
	tenancytest.WantKind(t, "ended twice", k.EndOwnSession(ctx, ann, wire.ID), problem.NotFound, "")
	list(browser.ID)
	if err := k.EndOwnSession(ctx, ann, browser.ID); err != nil {
		t.Fatal(err)
	}
	_, err = k.AuthenticateBrowser(ctx, k.Anyone().Origin, browser.Text.Reveal())
	tenancytest.WantKind(t, "one's own", err, problem.Unauthenticated, problem.CodeInvalidToken)
	err = k.EndOwnSession(ctx, ann, foreign.ID)
	tenancytest.WantKind(t, "by an ended session", err, problem.Unauthenticated, "")
	if _, err := k.AuthenticateBrowser(ctx, k.Anyone().Origin, foreign.Text.Reveal()); err != nil {
		t.Errorf("another's session ended: %v", err)
	}
}

// A session of a browser takes the one-time code with the password.
func TestBrowserSessionWithCode(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	ctx := context.Background()
	password := k.Operator(t, "ann", tenancy.Auditor, tenancy.RootID)
	code, err := secret.TOTPCode(k.Factor(t, "ann"), k.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	begin := func(p identity.StartSessionParams) error {
		p.Username, p.Browser = "ann", true
		_, err := k.StartSession(ctx, k.Anyone(), p)
		return err
	}
	for what, p := range map[string]identity.StartSessionParams{
		"appended": {Password: secret.Of(password.Reveal() + code)}, "none": {Password: password},
		"another": {Password: password, TOTPCode: "000000"}} {
		tenancytest.WantKind(t, what, begin(p), problem.Unauthenticated, problem.CodeInvalidCredentials)
	}
	tenancytest.WantKind(t, "both", begin(identity.StartSessionParams{Password: password, TOTPCode: code,
		RecoveryCode: "x"}), problem.Invalid, "")
	if err := begin(identity.StartSessionParams{Password: password, TOTPCode: code}); err != nil {
		t.Error(err)
	}
}
