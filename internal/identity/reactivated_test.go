// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// What let an organization in before it was deactivated does so again only if that is asked for.
// Passwords are not of these: people log in again.
func TestReactivated(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"ended": false, "kept": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, k := context.Background(), tenancytest.New(t)
			o, other := k.Organization(t, "plum"), k.Organization(t, "other")
			uses := credentials(t, k, o)
			foreign := credentials(t, k, other)
			set := func(active, keep bool) {
				must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: &active,
					KeepSecrets: keep}))(t)
			}
			set(true, false) // it is active: nothing changes
			for what, use := range uses {
				if err := use(); err != nil {
					t.Fatalf("%s, before: %v", what, err)
				}
			}
			set(false, true)
			for what, use := range uses {
				if err := use(); err == nil {
					t.Errorf("%s works in an inactive organization", what)
				}
			}
			set(true, keep)
			for what, use := range uses {
				if err := use(); (err == nil) != (keep || what == "password") {
					t.Errorf("%s, after: %v", what, err)
				}
			}
			for what, use := range foreign {
				if err := use(); err != nil {
					t.Errorf("another organization's %s: %v", what, err)
				}
			}
		})
	}
}

// credentials makes one of each kind that an organization may have, and returns what uses it.
func credentials(t *testing.T, k *tenancytest.Kit, o tenancy.Organization) map[string]func() error {
	t.Helper()
	ctx, origin := context.Background(), k.Anyone().Origin
	code := must(k.CreateAuthCode(ctx, k.Root(), o.ID, tenancy.AuthCodeParams{Name: "c",
		Limits: tenancy.Unlimited()}, false))(t)
	_, primary, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	client := enrolledIn(t, k, o.ID, nil)
	clientText := clientToken(t, k, client)
	key := applicationOf(t, k, o)
	keyToken := must(k.LoginWithKey(ctx, k.Anyone(), key, tree))(t).Text.Reveal()
	username := "of " + o.Name
	password := k.Operator(t, username, tenancy.Administrator, o.ID)
	login := func() (identity.IssuedToken, error) {
		return k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: username, Password: password,
			Audience: tree})
	}
	signed := must(login())(t).Text.Reveal()
	session := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: username,
		Password: password}))(t).Text.Reveal()
	self := must(k.AuthenticateToken(ctx, origin, signed, tree))(t)
	token := must(k.IssueOperatorToken(ctx, self, identity.IssueOperatorTokenParams{Name: "t",
		Scope: tenancy.Scope{Kind: tenancy.ScopeAll}}))(t).Access.Reveal()
	enrol := func(text secret.Secret) func() error {
		return func() error {
			p := tenancy.EnrolParams{AuthCode: text.Reveal(), Name: "n", InstanceID: secret.NewID()}
			return errOf(k.Enrol(ctx, k.Anyone(), p))
		}
	}
	return map[string]func() error{
		"code": enrol(code.Text), "primary code": enrol(primary.Text),
		"client key": func() error {
			return errOf(k.LoginClient(ctx, k.Anyone(), client.ID, client.Key, tenancy.KeyInHeader, tree))
		},
		"client token":      func() error { return errOf(authenticate(k, clientText)) },
		"application key":   func() error { return errOf(k.LoginWithKey(ctx, k.Anyone(), key, tree)) },
		"application token": func() error { return errOf(k.AuthenticateToken(ctx, origin, keyToken, tree)) },
		"password":          func() error { return errOf(login()) },
		"operator's token":  func() error { return errOf(k.AuthenticateToken(ctx, origin, signed, tree)) },
		"session":           func() error { return errOf(k.AuthenticateSession(ctx, origin, session)) },
		"operator token":    func() error { return errOf(k.AuthenticateOperatorToken(ctx, origin, token, nil)) },
	}
}

// applicationOf returns the key of an application that belongs to an organization.
func applicationOf(t *testing.T, k *tenancytest.Kit, o tenancy.Organization) string {
	t.Helper()
	ctx, made := context.Background(), k.Application(t, "of "+o.Name)
	err := k.Store.Update(ctx, func(tx tenancy.Tx) error {
		a, err := tx.Application(ctx, made.ID)
		if err != nil {
			return err
		}
		a.OrganizationID = o.ID
		if err := tx.DeleteApplication(ctx, a.ID); err != nil {
			return err
		}
		return tx.InsertApplication(ctx, a)
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.KeyText.Reveal()
}

// An application without a key gets a new one, which lives as long as the former was to live; moving
// the expiry of what has ended revives nothing.
func TestKeyAfterReactivation(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "plum")
	key := applicationOf(t, k, o)
	id := must(k.LoginWithKey(ctx, k.Anyone(), key, tree))(t)
	caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, id.Text.Reveal(), tree))(t)
	for _, active := range []bool{false, true} {
		must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: &active}))(t)
	}
	must(k.UpdateApplication(ctx, k.Root(), caller.ID,
		identity.UpdateApplicationParams{Expiry: &identity.KeyExpiry{Never: true}}))(t)
	wantKind(t, "the former key", errOf(k.LoginWithKey(ctx, k.Anyone(), key, tree)), problem.Unauthenticated,
		problem.CodeInvalidCredentials)
	if _, err := k.EndKeyOverlap(ctx, k.Root(), caller.ID); !errors.Is(err, problem.Conflict) {
		t.Errorf("an overlap of nothing: %v", err)
	}
	next := must(k.RotateApplicationKey(ctx, k.Root(), caller.ID, identity.RotateKeyParams{}))(t)
	if !next.Key.ExpiresAt.IsZero() {
		t.Errorf("the next key ends at %s", next.Key.ExpiresAt)
	}
	must(k.LoginWithKey(ctx, k.Anyone(), next.KeyText.Reveal(), tree))(t)
	wantKind(t, "the former key then", errOf(k.LoginWithKey(ctx, k.Anyone(), key, tree)),
		problem.Unauthenticated, problem.CodeInvalidCredentials)
}
