// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancytest"
)

// An operator who logged in a while ago shows the password again. Guesses count with the log-ins.
func TestConfirmPassword(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	s := start(t, k, "", time.Hour)
	caller := must(k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal()))(t)
	if k.MustConfirm(caller) {
		t.Error("a new log-in must be confirmed")
	}
	k.Clock.Advance(15 * time.Minute)
	caller = must(k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal()))(t)
	if !k.MustConfirm(caller) || !k.MustConfirm(k.Anyone()) {
		t.Error("an old log-in need not be confirmed")
	}
	confirm := func(password secret.Secret) error { return k.ConfirmPassword(ctx, caller, password) }
	if err := confirm(k.AdminPassword); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "no password", confirm(secret.Secret{}), problem.Invalid, problem.CodeInvalidInput)
	wantKind(t, "nobody", k.ConfirmPassword(ctx, k.Anyone(), k.AdminPassword), problem.Unauthenticated,
		problem.CodeLoginRequired)
	wantKind(t, "an application", k.ConfirmPassword(ctx, k.ApplicationCaller(t,
		k.Application(t, "one").KeyText), k.AdminPassword), problem.Denied, problem.CodeOwnAccountOnly)
	for range 5 {
		wantKind(t, "wrong", confirm(secret.Of("wrong password")), problem.Denied, problem.CodeNotConfirmed)
	}
	wantKind(t, "locked", confirm(k.AdminPassword), problem.Exhausted, problem.CodeTooManyAttempts)
	k.Clock.Advance(time.Minute)
	if err := confirm(k.AdminPassword); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}
