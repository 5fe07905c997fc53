// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"

	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// No caller, no answer: every use case refuses the zero Caller, also those
// that are added later.
func TestNobodyMayDoAnything(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	service := reflect.ValueOf(k.Service)
	caller := reflect.TypeFor[tenancy.Caller]()
	n := 0
	for i := range service.NumMethod() {
		method := service.Type().Method(i)
		if method.Type.NumIn() < 3 || method.Type.In(2) != caller {
			continue
		}
		n++
		args := []reflect.Value{reflect.ValueOf(context.Background())}
		for j := 2; j < method.Type.NumIn(); j++ {
			args = append(args, reflect.Zero(method.Type.In(j)))
		}
		results := service.Method(i).Call(args)
		err, _ := results[len(results)-1].Interface().(error)
		if !errors.Is(err, tenancy.Unauthenticated) {
			t.Errorf("%s: got %v, want Unauthenticated", method.Name, err)
		}
	}
	if n < 20 {
		t.Errorf("only %d use cases found", n)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), storetest.SQLite(t)
	master := secret.NewMasterKey()
	service := func(master []byte) *tenancy.Service {
		keys, err := secret.NewKeyring(master)
		if err != nil {
			t.Fatal(err)
		}
		return tenancy.New(store, keys, tenancy.Options{})
	}
	wantKind(t, "ready before the first start", service(master).Ready(ctx), tenancy.Unavailable, "not_started")
	wantKind(t, "a command before the first start", service(master).CheckStarted(ctx), tenancy.Conflict, "not_started")
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
	if _, err := service(master).LoginWithPassword(ctx, anyone, tenancy.LoginParams{Username: "admin", Password: passwords[0]}); err != nil {
		t.Errorf("the printed password does not log in: %v", err)
	}
	if first, err := service(master).Start(ctx, secret.NewPassword()); err != nil || first.Username != "" {
		t.Errorf("a second start made %+v, %v", first, err)
	}
	if err := service(master).Ready(ctx); err != nil {
		t.Errorf("ready: %v", err)
	}
	wantKind(t, "ready with another master key", service(secret.NewMasterKey()).Ready(ctx), tenancy.Conflict, "wrong_master_key")
	_, err := service(secret.NewMasterKey()).Start(ctx, secret.Secret{})
	wantKind(t, "another master key", err, tenancy.Conflict, "wrong_master_key")
	wantKind(t, "another master key, command", service(secret.NewMasterKey()).CheckStarted(ctx), tenancy.Conflict, "wrong_master_key")
}

func TestCreateOperator(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	create := func(name, password string, role tenancy.Role, org tenancy.OrganizationID) error {
		return errOf(k.CreateOperator(ctx, k.Root(), tenancy.CreateOperatorParams{Username: name, Password: secret.Of(password), Role: role, Organization: org}))
	}
	good := secret.NewPassword().Reveal()
	wantKind(t, "short password", create("a", "12345678901", tenancy.Auditor, 0), tenancy.Invalid, "invalid_input")
	wantKind(t, "no role", create("a", good, "", 0), tenancy.Invalid, "invalid_input")
	wantKind(t, "unknown role", create("a", good, "god", 0), tenancy.Invalid, "invalid_input")
	wantKind(t, "no name", create(" ", good, tenancy.Auditor, 0), tenancy.Invalid, "invalid_input")
	wantKind(t, "no organization", create("a", good, tenancy.Auditor, 999999), tenancy.NotFound, "organization_not_found")
	wantKind(t, "taken", create("ADMIN", good, tenancy.Auditor, 0), tenancy.Conflict, "username_taken")
	admin := operatorCaller(t, k, "admin", k.AdminPassword)
	_, err := k.CreateOperator(ctx, admin, tenancy.CreateOperatorParams{Username: "b", Password: secret.Of(good), Role: tenancy.AccountManager})
	if err != nil {
		t.Errorf("an administrator: %v", err)
	}
	manager := operatorCaller(t, k, "b", secret.Of(good))
	_, err = k.EnrollTOTP(ctx, manager, "admin")
	wantKind(t, "an account manager enrols", err, tenancy.Denied, "permission_missing")
	_, err = k.EnrollTOTP(ctx, k.Root(), "nobody")
	wantKind(t, "enrol nobody", err, tenancy.NotFound, "")
}

func TestVerifyAuditSeesTampering(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	for range 5 {
		if _, _, err := k.IssueAuthCode(ctx, k.Root(), org.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := k.VerifyAudit(ctx, org.ID); n != 6 || err != nil {
		t.Fatalf("%d events, %v", n, err)
	}
	// Put in by who can write the database but lacks the key.
	err := k.Store.Update(ctx, func(tx tenancy.Tx) error {
		seq, hash, err := tx.LockAuditHead(ctx, org.ID)
		if err != nil {
			return err
		}
		return tx.InsertAuditEvent(ctx, tenancy.AuditEvent{OrganizationID: org.ID, Seq: seq + 1, At: k.Clock.Now(), ActorKind: tenancy.SystemCaller,
			Action: "organization.update", Detail: "{}", PrevHash: hash, Hash: make([]byte, 32)})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.VerifyAudit(ctx, org.ID)
	wantKind(t, "an event put in", err, tenancy.Conflict, "audit_broken")
}

func TestErrorsKeepTheirCauseForTheLog(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	e := tenancy.AsError(cause)
	if e.Kind != tenancy.Internal || !errors.Is(e, cause) || !errors.Is(e, tenancy.Internal) || e.Message == "the cause" {
		t.Errorf("got %+v", e)
	}
	if known := tenancy.AsError(errors.Join(cause, tenancy.NewError(tenancy.NotFound, "x", "y"))); known.Kind != tenancy.NotFound {
		t.Errorf("got %+v", known)
	}
}
