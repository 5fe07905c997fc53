// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A log-in fails if the operator is changed between the check of the password and the
// transaction of the log-in.
func TestLoginRechecksTheOperator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, c := range []struct {
		name   string
		factor bool // the operator has a second factor, and sends the right code
		change func(k *tenancytest.Kit, o *tenancy.StoredOperator)
		want   problem.Kind
	}{
		{"nothing changed", false, func(*tenancytest.Kit, *tenancy.StoredOperator) {}, ""},
		{"nothing changed, second factor", true, func(*tenancytest.Kit, *tenancy.StoredOperator) {}, ""},
		{"inactive", false, func(_ *tenancytest.Kit, o *tenancy.StoredOperator) { o.Active = false },
			problem.Unauthenticated},
		{"another password", false, func(_ *tenancytest.Kit, o *tenancy.StoredOperator) { o.PasswordHash += "x" },
			problem.Unauthenticated},
		{"a second factor", false, func(k *tenancytest.Kit, o *tenancy.StoredOperator) {
			o.TOTPSealed = k.Keys.Seal(secret.ForTOTP, secret.NewTOTP(), o.ID)
		}, problem.Unauthenticated},
		{"another second factor", true, func(k *tenancytest.Kit, o *tenancy.StoredOperator) {
			o.TOTPSealed = k.Keys.Seal(secret.ForTOTP, secret.NewTOTP(), o.ID)
		}, problem.Unauthenticated},
		{"no second factor", true, func(_ *tenancytest.Kit, o *tenancy.StoredOperator) { o.TOTPSealed = nil },
			problem.Unauthenticated},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := &hooked{Store: storetest.SQLite(t)}
			k, code := tenancytest.On(t, h), ""
			if c.factor {
				code = must(secret.TOTPCode(k.Factor(t, "admin"), k.Clock.Now()))(t)
			}
			changed := false
			h.set(&h.afterLookup, func() error {
				changed = true
				return k.Store.Update(ctx, func(tx tenancy.Tx) error {
					o, err := tx.OperatorByUsername(ctx, "admin")
					if err != nil {
						return err
					}
					c.change(k, &o)
					return tx.UpdateOperator(ctx, o)
				})
			})
			err := login(k, "admin", k.AdminPassword, code)
			if c.want != "" {
				wantKind(t, "log-in", err, c.want, problem.CodeInvalidCredentials)
			} else if err != nil {
				t.Errorf("log-in: %v", err)
			}
			if !changed {
				t.Error("the operator was not changed")
			}
		})
	}
}

// The last free guess of a source locks it until the guess is known to be right.
func TestRightPasswordLiftsTheSourcesLock(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	wrong := 0
	guess := func() error {
		wrong++
		return login(k, strings.Repeat("x", wrong), secret.NewPassword(), "")
	}
	for range 19 {
		wantKind(t, "free guess", guess(), problem.Unauthenticated, problem.CodeInvalidCredentials)
	}
	for range 3 {
		if err := login(k, "admin", k.AdminPassword, ""); err != nil {
			t.Fatalf("the right password: %v", err)
		}
	}
	wantKind(t, "the last free guess", guess(), problem.Unauthenticated, problem.CodeInvalidCredentials)
	wantKind(t, "past it", login(k, "admin", k.AdminPassword, ""), problem.Exhausted,
		problem.CodeTooManyAttempts)
}
