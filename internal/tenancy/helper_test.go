// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// wantKind fails unless err is of the kind and has the code; "" is any code.
func wantKind(t *testing.T, what string, err error, kind problem.Kind, code string) {
	t.Helper()
	if !errors.Is(err, kind) || code != "" && problem.As(err).Code != code {
		t.Errorf("%s: got %v, want %s (%s)", what, err, kind, code)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

const tree = "/test/v1"

// operatorCaller logs an operator in and gives the caller behind the token.
func operatorCaller(t *testing.T, k *tenancytest.Kit, username string, password secret.Secret) tenancy.Caller {
	t.Helper()
	ctx := context.Background()
	token := must(k.LoginWithPassword(ctx, k.Anyone(), tenancy.LoginParams{Username: username, Password: password, Audience: tree}))(t)
	return must(k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree))(t)
}

func applicationCaller(t *testing.T, k *tenancytest.Kit, key secret.Secret) tenancy.Caller {
	t.Helper()
	ctx := context.Background()
	token := must(k.LoginWithKey(ctx, k.Anyone(), key.Reveal(), tree))(t)
	return must(k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree))(t)
}

func submit(t *testing.T, k *tenancytest.Kit, name string) tenancy.Request {
	t.Helper()
	return must(k.SubmitRequest(context.Background(), k.Anyone(), tenancy.SubmitRequestParams{Name: name,
		Organization: tenancy.CreateOrganizationParams{Name: name},
		Contact:      tenancy.ContactParams{FirstName: "Ada", LastName: "Birch", Email: "ada@example.test"}}))(t)
}

// events gives the actions of an organization's audit, after checking its chain.
func events(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID) []string {
	t.Helper()
	ctx := context.Background()
	if _, err := k.VerifyAudit(ctx, id); err != nil {
		t.Fatal(err)
	}
	var actions []string
	err := k.Store.View(ctx, func(tx tenancy.Reader) error {
		list, err := tx.AuditEvents(ctx, id, 0, 1000)
		for _, e := range list {
			actions = append(actions, e.Action)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return actions
}

// newPair mints two texts that nobody has.
func newPair() (access, refresh secret.Secret) { return secret.NewOperatorToken() }
