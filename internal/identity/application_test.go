// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestRenewApplicationKey(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app, other := k.Application(t, "app"), k.Application(t, "other")
	caller := k.ApplicationCaller(t, app.KeyText)
	renewed := must(k.RenewApplicationKey(ctx, caller, app.ID))(t) // its own, without the permission
	_, err := k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree)
	wantKind(t, "the former key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	k.ApplicationCaller(t, renewed)
	_, err = k.RefreshToken(ctx, caller)
	wantKind(t, "refresh of a token got with the former key", err, problem.Unauthenticated,
		problem.CodeInvalidToken)
	// Who stole the former key and still has a token of it cannot get the next one.
	_, err = k.RenewApplicationKey(ctx, caller, app.ID)
	wantKind(t, "renewal with a token got with the former key", err, problem.Unauthenticated,
		problem.CodeInvalidToken)
	k.ApplicationCaller(t, renewed)
	if _, err := k.RefreshToken(ctx, k.ApplicationCaller(t, renewed)); err != nil {
		t.Errorf("refresh of a token got with the new key: %v", err)
	}
	_, err = k.RenewApplicationKey(ctx, caller, other.ID)
	wantKind(t, "another's key", err, problem.Denied, problem.CodePermissionMissing)
	k.ApplicationCaller(t, other.KeyText)
	// Refused before the store is asked: not every database takes all of these.
	k.Store.Fail("LockApplication", errors.New("asked"))
	k.Store.Fail("Application", errors.New("asked"))
	for _, id := range []string{"", "no such id", "a\x00b", "\xff\xfe", strings.ToUpper(app.ID),
		"{" + app.ID + "}", strings.Repeat("a", 1<<16)} {
		_, err = k.RenewApplicationKey(ctx, k.Root(), id)
		wantKind(t, "renew "+id[:min(len(id), 20)], err, problem.NotFound, problem.CodeApplicationNotFound)
		_, err = k.GetApplication(ctx, k.Root(), id)
		wantKind(t, "get "+id[:min(len(id), 20)], err, problem.NotFound, problem.CodeApplicationNotFound)
		wantKind(t, "delete "+id[:min(len(id), 20)], k.DeleteApplication(ctx, k.Root(), id), problem.NotFound,
			problem.CodeApplicationNotFound)
	}
	k.Store.Heal()
	extension := must(k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "ext",
		Type: tenancy.TypeExtension}))(t)
	if !extension.KeyText.Empty() {
		t.Error("an extension has a key")
	}
	_, err = k.RenewApplicationKey(ctx, k.Root(), extension.ID)
	wantKind(t, "extension", err, problem.Invalid, problem.CodeNoKey)
	for _, method := range []string{"UpdateApplication", "InsertAuditEvent", "Commit"} {
		k.Store.Fail(method, errors.New("broken"))
		if _, err := k.RenewApplicationKey(ctx, k.Root(), app.ID); !errors.Is(err, problem.Internal) {
			t.Errorf("%s failed: got %v", method, err)
		}
		k.Store.Heal()
		k.ApplicationCaller(t, renewed) // the key still holds
	}
}

func TestApplicationKeyLifetime(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	create := func(days *int) identity.IssuedApplication {
		return must(k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "a",
			Type: tenancy.TypeApplication, LifetimeDays: days}))(t)
	}
	days := func(n int) *int { return &n }
	unlimited, two, none, long := create(nil), create(days(2)), create(days(0)), create(days(365))
	if *long.LifetimeDays != 365 || unlimited.LifetimeDays != nil || !unlimited.Key.ExpiresAt.IsZero() {
		t.Errorf("got %d days and %v, expiry %v", *long.LifetimeDays, unlimited.LifetimeDays,
			unlimited.Key.ExpiresAt)
	}
	login := func(a identity.IssuedApplication) error {
		_, err := k.LoginWithKey(ctx, k.Anyone(), a.KeyText.Reveal(), tree)
		return err
	}
	wantKind(t, "0 days", login(none), problem.Unauthenticated, problem.CodeInvalidCredentials)
	k.Clock.Advance(48*time.Hour - 2*time.Second)
	if err := login(two); err != nil {
		t.Errorf("two days, before their end: %v", err)
	}
	k.Clock.Advance(2 * time.Second)
	wantKind(t, "two days, after", login(two), problem.Unauthenticated, problem.CodeInvalidCredentials)
	renewed := must(k.RenewApplicationKey(ctx, k.Root(), two.ID))(t)
	two.KeyText = renewed
	if err := login(two); err != nil {
		t.Errorf("renewed: %v", err)
	}
	k.Clock.Advance(1000 * 24 * time.Hour)
	if err := login(unlimited); err != nil {
		t.Errorf("unlimited, after years: %v", err)
	}
	for _, n := range []int{-1, 366} {
		_, err := k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "a",
			Type: tenancy.TypeApplication, LifetimeDays: days(n)})
		wantKind(t, "a lifetime out of bounds", err, problem.Invalid, problem.CodeInvalidInput)
	}
	_, err := k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "", Type: "robot",
		LifetimeDays: days(-2)})
	if e := problem.As(err); e.Kind != problem.Invalid || len(e.Fields) != 3 {
		t.Errorf("all wrong: got %v", err)
	}
}

func TestApplicationLife(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := k.Application(t, "app")
	caller := k.ApplicationCaller(t, app.KeyText)
	token := must(k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree))(t)
	if got := must(k.RenameApplication(ctx, k.Root(), app.ID, " new name "))(t); got.Name != "new name" {
		t.Errorf("renamed to %q", got.Name)
	}
	k.ApplicationCaller(t, app.KeyText) // the key survives
	_, err := k.RenameApplication(ctx, caller, app.ID, "x")
	wantKind(t, "an application renames", err, problem.Denied, problem.CodePermissionMissing)
	wantKind(t, "an application deletes", k.DeleteApplication(ctx, caller, app.ID), problem.Denied,
		problem.CodePermissionMissing)
	_, err = k.RenameApplication(ctx, k.Root(), app.ID, " ")
	wantKind(t, "empty name", err, problem.Invalid, problem.CodeInvalidInput)
	if list := must(k.ListApplications(ctx, k.Root(), tenancy.TypeApplication))(t); len(list) != 1 ||
		list[0].ID != app.ID {
		t.Errorf("list: %v", list)
	}
	if list := must(k.ListApplications(ctx, k.Root(), tenancy.TypeExtension))(t); len(list) != 0 {
		t.Errorf("extensions: %v", list)
	}
	if err := k.DeleteApplication(ctx, k.Root(), app.ID); err != nil {
		t.Fatal(err)
	}
	_, err = k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree)
	wantKind(t, "key of a deleted one", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	_, err = k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree)
	wantKind(t, "token of a deleted one", err, problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "delete twice", k.DeleteApplication(ctx, k.Root(), app.ID), problem.NotFound,
		problem.CodeApplicationNotFound)
	if got := k.Events(t, tenancy.RootID); !slices.Contains(got, "application.delete") {
		t.Errorf("audit: %v", got)
	}
}

// A key that expires ends what was got with it.
func TestTokensEndWithTheirKey(t *testing.T) {
	t.Parallel()
	ctx, k, one := context.Background(), tenancytest.New(t), 1
	app := must(k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "a",
		Type: tenancy.TypeApplication, LifetimeDays: &one}))(t)
	start := k.Clock.Now()
	k.Clock.Advance(24*time.Hour - 2*time.Minute)
	caller := k.ApplicationCaller(t, app.KeyText)
	if left := caller.Token.ExpiresAt.Sub(k.Clock.Now()); left > 2*time.Minute+time.Second {
		t.Errorf("a token lives %v, longer than its key", left)
	}
	k.Clock.Advance(time.Minute)
	if token := must(k.RefreshToken(ctx, caller))(t); token.ExpiresIn > time.Minute+time.Second {
		t.Errorf("a refreshed token lives %v, longer than its key", token.ExpiresIn)
	}
	k.Clock.Advance(app.Key.ExpiresAt.Sub(k.Clock.Now()) - time.Millisecond)
	_, err := k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree)
	wantKind(t, "in the key's last millisecond", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	k.Clock.Advance(start.Add(24 * time.Hour).Sub(k.Clock.Now()))
	_, err = k.RefreshToken(ctx, caller)
	wantKind(t, "refresh after the key's end", err, problem.Unauthenticated, problem.CodeInvalidToken)
}
