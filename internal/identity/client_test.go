// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// enrolledIn enrols a client in an organization, with a public key if it has one.
func enrolledIn(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID,
	key *secret.PublicKey) tenancy.IssuedClient {
	t.Helper()
	ctx := context.Background()
	code, err := k.CreateAuthCode(ctx, k.Root(), id, tenancy.AuthCodeParams{Name: "c",
		Limits: tenancy.Unlimited()}, false)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Enrol(ctx, k.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "n",
		InstanceID: "i", PublicKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clientToken logs a client in.
func clientToken(t *testing.T, k *tenancytest.Kit, c tenancy.IssuedClient) string {
	t.Helper()
	token, err := k.LoginClient(context.Background(), k.Anyone(), c.ID, c.Key, tenancy.KeyInHeader,
		tenancytest.Tree)
	if err != nil {
		t.Fatal(err)
	}
	return token.Text.Reveal()
}

func authenticate(k *tenancytest.Kit, token string) (tenancy.Caller, error) {
	return k.AuthenticateToken(context.Background(), k.Anyone().Origin, token, tenancytest.Tree)
}

func TestLoginClient(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "o")
	c, other := enrolledIn(t, k, o.ID, nil), enrolledIn(t, k, o.ID, nil)
	key, err := secret.ParsePublicKey([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		t.Fatal(err)
	}
	bound := enrolledIn(t, k, o.ID, key)
	caller, err := authenticate(k, clientToken(t, k, c))
	if err != nil || caller.Kind != tenancy.ClientCaller || caller.ID != c.ID || caller.Organization != o.ID ||
		caller.Name != "n" {
		t.Errorf("got %+v, %v", caller, err)
	}
	if _, err := k.GetOrganization(ctx, caller, o.ID); !errors.Is(err, problem.Denied) {
		t.Errorf("a client may read organizations: %v", err)
	}
	if _, err := k.RefreshToken(ctx, caller); !errors.Is(err, problem.Unauthenticated) {
		t.Errorf("a client refreshes its token: %v", err)
	}
	for what, try := range map[string]struct {
		id  string
		key secret.Secret
	}{
		"another's key": {c.ID, other.Key}, "no such client": {"none", c.Key}, "NUL": {"a\x00b", c.Key},
		"no UTF-8": {"\xff", c.Key},
		"nothing":  {}, "no key": {c.ID, secret.Secret{}}, "a new key": {c.ID, secret.NewClientKey()},
		"one that must sign": {bound.ID, bound.Key},
	} {
		_, err := k.LoginClient(ctx, k.Anyone(), try.id, try.key, tenancy.KeyInHeader, tenancytest.Tree)
		tenancytest.WantKind(t, what, err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	}
}

// What a client may not do any more stops at once, for its key and for its tokens.
func TestClientEnds(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	off := false
	for what, end := range map[string]func(c tenancy.IssuedClient) error{
		"revoked": func(c tenancy.IssuedClient) error { _, err := k.RevokeClient(ctx, k.Root(), c.ID); return err },
		"inactive": func(c tenancy.IssuedClient) error {
			_, err := k.UpdateOrganization(ctx, k.Root(), c.OrganizationID,
				tenancy.UpdateOrganizationParams{Active: &off})
			return err
		},
		"deleted": func(c tenancy.IssuedClient) error {
			_, err := k.UpdateOrganization(ctx, k.Root(), c.OrganizationID,
				tenancy.UpdateOrganizationParams{Active: &off})
			return errors.Join(err, k.DeleteOrganization(ctx, k.Root(), c.OrganizationID))
		},
	} {
		o := k.Organization(t, what)
		c, stays := enrolledIn(t, k, o.ID, nil), enrolledIn(t, k, k.Organization(t, "not "+what).ID, nil)
		token, kept := clientToken(t, k, c), clientToken(t, k, stays)
		for _, text := range []string{token, kept} {
			if _, err := authenticate(k, text); err != nil {
				t.Errorf("%s, before: %v", what, err)
			}
		}
		if err := end(c); err != nil {
			t.Fatal(err)
		}
		_, err := authenticate(k, token)
		tenancytest.WantKind(t, what+": token", err, problem.Unauthenticated, "")
		_, err = k.LoginClient(ctx, k.Anyone(), c.ID, c.Key, tenancy.KeyInHeader, tenancytest.Tree)
		tenancytest.WantKind(t, what+": key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
		if _, err := authenticate(k, kept); err != nil {
			t.Errorf("%s: another client's token: %v", what, err)
		}
	}
}

// The former key of a client that enrolled again stops at once.
func TestReplacedKeyStops(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "o")
	code, err := k.CreateAuthCode(ctx, k.Root(), o.ID, tenancy.AuthCodeParams{Name: "c",
		Limits: tenancy.Unlimited()}, false)
	if err != nil {
		t.Fatal(err)
	}
	p := tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "n", InstanceID: "i"}
	lost, err := k.Enrol(ctx, k.Anyone(), p)
	again, err2 := k.Enrol(ctx, k.Anyone(), p)
	if err != nil || err2 != nil || again.ID != lost.ID {
		t.Fatal(again, err, err2)
	}
	clientToken(t, k, again)
	_, err = k.LoginClient(ctx, k.Anyone(), lost.ID, lost.Key, tenancy.KeyInHeader, tenancytest.Tree)
	tenancytest.WantKind(t, "the former key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
}

// That a client was seen is written at its first log-in and then once an hour.
func TestClientIsSeen(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.On(t, storetest.SQLite(t))
	c := enrolledIn(t, k, k.Organization(t, "o").ID, nil)
	seen := func() time.Time {
		t.Helper()
		got, err := k.GetClient(ctx, k.Root(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.LastSeenAt
	}
	if !seen().IsZero() {
		t.Error("seen before it came")
	}
	clientToken(t, k, c)
	first := k.Core.Now()
	for range 4 {
		if got := seen(); !got.Equal(first) {
			t.Errorf("seen at %v, want %v", got, first)
		}
		k.Clock.Advance(15*time.Minute - time.Millisecond)
		clientToken(t, k, c)
	}
	if n := k.Store.Calls("TouchClient"); n != 1 {
		t.Errorf("written %d times, want once", n)
	}
	k.Clock.Advance(4 * time.Millisecond)
	clientToken(t, k, c)
	if got := seen(); !got.Equal(k.Core.Now()) {
		t.Errorf("seen at %v, want %v", got, k.Core.Now())
	}
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	mine := k.OperatorCaller(t, "mine", k.Operator(t, "mine", tenancy.Administrator, o.ID))
	foreign := k.OperatorCaller(t, "foreign", k.Operator(t, "foreign", tenancy.Administrator, other.ID))
	c := enrolledIn(t, k, o.ID, nil)
	token := clientToken(t, k, c)
	for what, caller := range map[string]tenancy.Caller{"mine": mine, "the root": k.Root()} {
		got, err := k.Introspect(ctx, caller, token, tenancytest.Tree)
		if err != nil || !got.Active || got.Kind != tenancy.ClientCaller || got.Subject != c.ID ||
			got.Organization != o.ID ||
			!got.ExpiresAt.Equal(got.IssuedAt.Add(15*time.Minute)) || got.TokenID == "" || got.Name != "n" {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	nothing := func(what string, caller tenancy.Caller, text, audience string) {
		t.Helper()
		if got, err := k.Introspect(ctx, caller, text, audience); err != nil || got != (identity.Introspection{}) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	nothing("a foreigner", foreign, token, tenancytest.Tree)
	nothing("another audience", mine, token, "/other")
	nothing("no token", mine, "x", tenancytest.Tree)
	k.Clock.Advance(15 * time.Minute)
	nothing("expired", mine, token, tenancytest.Tree)
	if _, err := k.Introspect(ctx, k.Anyone(), token, tenancytest.Tree); err == nil {
		t.Error("anyone may ask")
	}
	k.Store.Fail("View", errors.New("broken"))
	if _, err := k.Introspect(ctx, k.Root(), "x", tenancytest.Tree); err != nil {
		t.Errorf("a token that is none needs no store: %v", err)
	}
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	id := k.Organization(t, "o").ID
	c, other := enrolledIn(t, k, id, nil), enrolledIn(t, k, id, nil)
	token, kept, theirs := clientToken(t, k, c), clientToken(t, k, c), clientToken(t, k, other)
	caller, err := authenticate(k, kept)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"its own": token, "again": token, "another's": theirs,
		"none": "x"} {
		if err := k.RevokeToken(ctx, caller, text, tenancytest.Tree); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = authenticate(k, token)
	tenancytest.WantKind(t, "revoked", err, problem.Unauthenticated, "")
	for _, text := range []string{kept, theirs} {
		if _, err := authenticate(k, text); err != nil {
			t.Errorf("another token: %v", err)
		}
	}
	broken := errors.New("broken")
	k.Store.Fail("Update", broken) // never a success if it was not stored
	if err := k.RevokeToken(ctx, caller, kept, tenancytest.Tree); err == nil {
		t.Error("a revocation that was not stored succeeds")
	}
}
