// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"sync"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestStart(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), storetest.SQLite(t)
	master := secret.NewMasterKey()
	service := func(master []byte) *identity.Service {
		keys, err := secret.NewKeyring(master)
		if err != nil {
			t.Fatal(err)
		}
		return tenancytest.Over(store, keys, nil, tenancytest.Options{}).Identity
	}
	wantKind(t, "ready before the first start", service(master).Ready(ctx), problem.Unavailable,
		problem.CodeNeverStarted)
	wantKind(t, "a command before the first start", service(master).CheckStarted(ctx), problem.Conflict,
		problem.CodeNotStarted)
	var mu sync.Mutex
	var passwords []secret.Secret
	var wg sync.WaitGroup
	for range 4 { // replicas
		wg.Go(func() {
			first, err := service(master).Start(ctx, secret.Secret{})
			if err != nil {
				t.Error(err)
			}
			if !first.Password.Empty() {
				mu.Lock()
				passwords = append(passwords, first.Password)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(passwords) != 1 {
		t.Fatalf("%d passwords were made, want 1", len(passwords))
	}
	anyone := tenancy.Anonymous(tenancy.Origin{})
	if _, err := service(master).LoginWithPassword(ctx, anyone,
		identity.LoginParams{Username: "admin", Password: passwords[0]}); err != nil {
		t.Errorf("the printed password does not log in: %v", err)
	}
	if first, err := service(master).Start(ctx, secret.NewPassword()); err != nil || first.Username != "" {
		t.Errorf("a second start made %+v, %v", first, err)
	}
	if err := service(master).Ready(ctx); err != nil {
		t.Errorf("ready: %v", err)
	}
	wantKind(t, "ready with another master key", service(secret.NewMasterKey()).Ready(ctx), problem.Conflict,
		problem.CodeWrongMasterKey)
	_, err := service(secret.NewMasterKey()).Start(ctx, secret.Secret{})
	wantKind(t, "another master key", err, problem.Conflict, problem.CodeWrongMasterKey)
	wantKind(t, "another master key, command", service(secret.NewMasterKey()).CheckStarted(ctx),
		problem.Conflict, problem.CodeWrongMasterKey)
}

// The first start makes admin only if there is no operator at all, whatever the names of the others.
func TestStartKeepsToTheOperatorsThatThereAre(t *testing.T) {
	t.Parallel()
	ctx, keys := context.Background(), must(secret.NewKeyring(secret.NewMasterKey()))(t)
	s := tenancytest.Over(storetest.SQLite(t), keys, nil,
		tenancytest.Options{Hasher: secret.NewCheapHasher()}).Identity
	must(s.CreateOperator(ctx, tenancy.System("test"), identity.CreateOperatorParams{Username: "root",
		Password: secret.NewPassword(), Role: tenancy.Administrator}))(t)
	if first, err := s.Start(ctx, secret.Secret{}); err != nil || first.Username != "" ||
		!first.Password.Empty() {
		t.Errorf("the start made %q, %v", first.Username, err)
	}
}

// A master key that cannot be checked does not pass for the right one.
func TestStartNeedsTheSetting(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Store.Fail("Setting", problem.New(problem.Unavailable, "away", "Away."))
	wantKind(t, "start", errOf(k.Start(ctx, secret.Secret{})), problem.Unavailable, "away")
	wantKind(t, "ready", k.Ready(ctx), problem.Unavailable, "away")
	wantKind(t, "a command", k.CheckStarted(ctx), problem.Unavailable, "away")
}

func TestCreateOperator(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	create := func(name, password string, role tenancy.Role, org tenancy.OrganizationID) error {
		return errOf(k.CreateOperator(ctx, k.Root(), identity.CreateOperatorParams{Username: name,
			Password: secret.Of(password), Role: role, Organization: org}))
	}
	good := secret.NewPassword().Reveal()
	wantKind(t, "short password", create("a", "12345678901", tenancy.Auditor, 0), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "no role", create("a", good, "", 0), problem.Invalid, problem.CodeInvalidInput)
	wantKind(t, "unknown role", create("a", good, "god", 0), problem.Invalid, problem.CodeInvalidInput)
	wantKind(t, "no name", create(" ", good, tenancy.Auditor, 0), problem.Invalid, problem.CodeInvalidInput)
	wantKind(t, "no organization", create("a", good, tenancy.Auditor, 999999), problem.NotFound,
		problem.CodeOrganizationNotFound)
	wantKind(t, "taken", create("ADMIN", good, tenancy.Auditor, 0), problem.Conflict, problem.CodeUsernameTaken)
	admin := k.OperatorCaller(t, "admin", k.AdminPassword)
	_, err := k.CreateOperator(ctx, admin, identity.CreateOperatorParams{Username: "b",
		Password: secret.Of(good), Role: tenancy.AccountManager})
	if err != nil {
		t.Errorf("an administrator: %v", err)
	}
	manager := k.OperatorCaller(t, "b", secret.Of(good))
	_, err = k.EnrollTOTP(ctx, manager, "admin", secret.NewTOTP(), "123456")
	wantKind(t, "an account manager enrols", err, problem.Denied, problem.CodePermissionMissing)
	_, err = k.EnrollTOTP(ctx, k.Root(), "nobody", secret.NewTOTP(), "123456")
	wantKind(t, "enrol nobody", err, problem.NotFound, "")
}
