// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A request whose caller was found out before the log-in was ended, as another replica may
// remember it for most of a second, leaves nothing that outlives the end.
func TestEndedLoginsMakeNothing(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		ends := map[string]func(id string) error{
			"sessions": func(id string) error { return errOf(k.EndOperatorSessions(ctx, k.Root(), id)) },
			"password": func(id string) error {
				return k.ChangePassword(ctx, k.Root(), id, identity.ChangePasswordParams{New: secret.NewPassword()})
			},
			"role": func(id string) error {
				role := tenancy.Auditor
				return errOf(k.UpdateOperator(ctx, k.Root(), id, identity.UpdateOperatorParams{Role: &role}))
			},
			"disabled": func(id string) error {
				return errors.Join(errOf(k.DisableOperator(ctx, k.Root(), id)),
					errOf(k.EnableOperator(ctx, k.Root(), id)))
			},
			"removed": func(id string) error { return k.DeleteOperator(ctx, k.Root(), id) },
		}
		for end, do := range ends {
			signed, password := ada(t, k, "signed "+end, tenancy.Administrator, tenancy.RootID)
			session := sessionCaller(t, k, signed.Name, password)
			must(k.StartTOTP(ctx, signed, identity.Self, password))(t)
			other, _ := ada(t, k, "other "+end, tenancy.Auditor, tenancy.RootID)
			if err := do(signed.ID); err != nil {
				t.Fatal(err)
			}
			for kind, caller := range map[string]tenancy.Caller{"signed": signed, "session": session} {
				auditor := tenancy.AccountManager
				for what, err := range map[string]error{
					"operator token": errOf(k.IssueOperatorToken(ctx, caller,
						identity.IssueOperatorTokenParams{Name: kind, Scope: allCalls()})),
					"second factor": errOf(k.StartTOTP(ctx, caller, identity.Self, password)),
					"operator": errOf(k.CreateOperator(ctx, caller, identity.CreateOperatorParams{Username: end + kind,
						Password: secret.NewPassword(), Role: tenancy.Administrator})),
					"role": errOf(k.UpdateOperator(ctx, caller, other.ID,
						identity.UpdateOperatorParams{Role: &auditor})),
					"password": k.ChangePassword(ctx, caller, other.ID,
						identity.ChangePasswordParams{New: secret.NewPassword()}),
					"disable": errOf(k.DisableOperator(ctx, caller, other.ID)),
					"delete":  k.DeleteOperator(ctx, caller, other.ID),
					"application": errOf(k.CreateApplication(ctx, caller,
						identity.CreateApplicationParams{Name: "a", Type: tenancy.TypeApplication})),
				} {
					wantKind(t, fmt.Sprintf("%s, %s: %s", end, kind, what), err, problem.Unauthenticated,
						problem.CodeInvalidToken)
				}
			}
		}
	})
}

// Of a session that is renewed while all of its operator's are ended, nothing is left.
func TestRenewBesideTheEnd(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		caller, password := ada(t, k, "ada", tenancy.Auditor, tenancy.RootID)
		for range 25 {
			s := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: "ada",
				Password: password}))(t)
			var group sync.WaitGroup
			group.Go(func() {
				for range 50 { // until it was ended
					next, err := k.RenewSession(ctx, k.Anyone(), s.Text.Reveal(), "")
					if err != nil {
						return
					}
					s = next
				}
			})
			time.Sleep(time.Millisecond)
			if _, err := k.EndOperatorSessions(ctx, k.Root(), caller.ID); err != nil {
				t.Fatal(err)
			}
			group.Wait()
			if err := auth(k, s); !errors.Is(err, problem.Unauthenticated) {
				t.Fatalf("a session is left: %v", err)
			}
		}
	})
}

// An application that rotates its own key does not put off its end.
func TestOwnRotationPutsNothingOff(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := must(k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "a",
		Type: tenancy.TypeApplication, Expiry: &identity.KeyExpiry{At: k.Clock.Now().Add(time.Hour)}}))(t)
	u := newKeyUser(t, k, "it", app.KeyText)
	rotate := func(caller tenancy.Caller, e identity.KeyExpiry) (identity.IssuedApplication, error) {
		return k.RotateApplicationKey(ctx, caller, app.ID, identity.RotateKeyParams{Expiry: &e})
	}
	for what, e := range map[string]identity.KeyExpiry{"never": {Never: true},
		"later": {At: k.Clock.Now().Add(time.Hour + 2*time.Second)}} {
		wantKind(t, what, errOf(rotate(u.caller, e)), problem.Denied, problem.CodeMoreThanOwn)
	}
	for what, e := range []identity.KeyExpiry{{At: app.Key.ExpiresAt}, {At: k.Clock.Now().Add(time.Minute)}} {
		next, err := rotate(u.caller, e)
		if err != nil {
			t.Fatalf("%d: %v", what, err)
		}
		u = newKeyUser(t, k, "it", next.KeyText)
	}
	u = newKeyUser(t, k, "it", must(rotate(k.Root(), identity.KeyExpiry{Never: true}))(t).KeyText)
	must(rotate(u.caller, identity.KeyExpiry{Never: true}))(t) // its key had no end
}

// An operator that is made, or moved, while its organization is deleted is not left in it with its name.
func TestCreateBesideTheDeletion(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		o := k.Organization(t, "plum")
		p := identity.CreateOperatorParams{Username: "ada", Password: secret.NewPassword(), Role: tenancy.Auditor,
			Organization: o.ID}
		moved, _ := ada(t, k, "moved", tenancy.Auditor, tenancy.RootID)
		made := make(chan error, 2)
		err := k.Change(ctx, func(tx tenancy.Tx) error {
			if _, err := tx.LockOrganization(ctx, o.ID); err != nil {
				return err
			}
			go func() { made <- errOf(k.CreateOperator(ctx, k.Root(), p)) }()
			go func() {
				made <- errOf(k.UpdateOperator(ctx, k.Root(), moved.ID,
					identity.UpdateOperatorParams{Organization: &o.ID}))
			}()
			time.Sleep(time.Second)
			return errors.Join(tx.DeleteOrganization(ctx, o.ID, k.Core.Now()), tx.EndOperators(ctx, o.ID))
		})
		if err != nil {
			t.Fatal(err)
		}
		for range cap(made) {
			wantKind(t, "beside the deletion", <-made, problem.NotFound, problem.CodeOrganizationNotFound)
		}
	})
}
