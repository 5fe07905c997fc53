// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// changeOf returns the update that makes a code what the parameters say, of whatever version
// if the expected time is zero.
func changeOf(p tenancy.AuthCodeParams, expected time.Time) tenancy.AuthCodeUpdate {
	u := tenancy.AuthCodeUpdate{Name: &p.Name, Note: &p.Note, Sources: &p.Limits.Sources, Tags: &p.Tags,
		Expiry: &tenancy.CodeExpiry{At: p.Limits.ExpiresAt, Never: p.Limits.Never},
		Uses:   &tenancy.CodeUsesLimit{Max: p.Limits.MaxUses, AnyNumber: p.Limits.AnyNumber}}
	if !expected.IsZero() {
		u.Expected = tenancy.SomeVersions(expected)
	}
	return u
}

func registrationUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	id := k.Organization(t, "with registrations").ID
	code := must(k.CreateAuthCode(ctx, k.Root(), id, tenancy.AuthCodeParams{Name: "code",
		Limits: tenancy.Unlimited()}, false))(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := must(secret.ParsePublicKey(must(jose.JSONWebKey{Key: public}.MarshalJSON())(t)))(t)
	client := must(k.Enrol(ctx, k.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "c",
		InstanceID: "c", PublicKey: key}))(t)
	gone := must(k.Enrol(ctx, k.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "g",
		InstanceID: "g"}))(t)
	app := k.Application(t, "logs in with its id")
	open := func(call func(c caller) error, events ...string) useCase {
		u := does(call, events...)
		u.caller, u.open = k.Anyone(), "the proof is in the parameters"
		return u
	}
	return map[string]useCase{
		"ReadRegistration": open(func(c caller) error {
			return errOf(k.ReadRegistration(ctx, c, client.ID,
				client.Manage))
		}), "UpdateRegistration": open(func(c caller) error {
			return errOf(k.UpdateRegistration(ctx, c, client.ID, client.Manage,
				tenancy.RegistrationUpdate{Name: "new", PublicKey: key}))
		}, id.String()+" client.update"),
		"EndRegistration": open(func(c caller) error {
			return k.EndRegistration(ctx, c, gone.ID, gone.Manage)
		}, id.String()+" client.revoke"),
		"LoginApplication": open(func(c caller) error {
			return errOf(k.LoginApplication(ctx, c, app.ID, app.KeyText.Reveal(), tree))
		}, "or-0 application.login"),
		"LoginWithAssertion": open(func(c caller) error {
			text, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA,
				jwt.MapClaims{"iss": client.ID, "sub": client.ID, "aud": "here",
					"jti": secret.NewID(), "exp": k.Clock.Now().Add(time.Minute).Unix()}).SignedString(private)
			if err != nil {
				return err
			}
			return errOf(k.LoginWithAssertion(ctx, c, client.ID, text, []string{"here"}, tree))
		}),
	}
}
