// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func reveal(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID) string {
	t.Helper()
	_, code, err := k.RevealPrimaryAuthCode(context.Background(), k.Root(), id)
	if err != nil {
		t.Fatal(err)
	}
	return code.Text.Reveal()
}

func TestIssueAuthCodeReplacesTheFormer(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	if got := reveal(t, k, org.ID); got != "" {
		t.Errorf("before the first: got a code")
	}
	_, first, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID)
	if err != nil || first.Text.Reveal() != reveal(t, k, org.ID) {
		t.Fatalf("the issued code is not the one that is read back: %v", err)
	}
	_, second, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID)
	if err != nil || second.Text == first.Text || second.Text.Reveal() != reveal(t, k, org.ID) {
		t.Fatalf("the second code did not take the first one's place: %v", err)
	}
	err = k.Store.View(ctx, func(tx tenancy.Reader) error {
		old, err := tx.AuthCodeByDigest(ctx, k.Keys.Digest(secret.ForAuthCode, first.Text))
		if err != nil {
			return err
		}
		if old.Living() || old.EndReason != tenancy.Superseded || len(old.Sealed) > 0 {
			t.Errorf("the former code: living %v, reason %q, %d sealed bytes", old.Living(), old.EndReason,
				len(old.Sealed))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"organization.create", "auth_code.issue", "auth_code.reveal", "auth_code.issue",
		"auth_code.reveal"}
	if got := k.Events(t, org.ID); !slices.Equal(got, want) {
		t.Errorf("audit: got %v, want %v", got, want)
	}
}

func TestDisableAuthCode(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	for _, id := range []tenancy.OrganizationID{tenancy.RootID, k.Organization(t, "company001").ID} {
		_, code, err := k.IssuePrimaryAuthCode(ctx, k.Root(), id)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // twice is fine
			if err := k.DisablePrimaryAuthCode(ctx, k.Root(), id); err != nil {
				t.Fatal(err)
			}
			if got := reveal(t, k, id); got != "" {
				t.Error("a code is shown after the switch-off")
			}
		}
		_, again, err := k.IssuePrimaryAuthCode(ctx, k.Root(), id)
		if err != nil || again.Text == code.Text {
			t.Errorf("a new one after the switch-off: %v", err)
		}
		n := 0
		for _, action := range k.Events(t, id) {
			if action == "auth_code.disable" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d events tell of one switch-off", n)
		}
	}
}

func TestAuthCodeRefusals(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	mine, foreign := k.Organization(t, "mine"), k.Organization(t, "foreign")
	off := false
	inactive := k.Organization(t, "inactive")
	if _, err := k.UpdateOrganization(ctx, k.Root(), inactive.ID,
		tenancy.UpdateOrganizationParams{Active: &off}); err != nil {
		t.Fatal(err)
	}
	applicant := k.Submit(t, "applicant").OrganizationID
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	auditor := k.OperatorCaller(t, "auditor", k.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	app := k.ApplicationCaller(t, k.Application(t, "app").KeyText)
	for _, c := range []struct {
		name                   string
		caller                 tenancy.Caller
		id                     tenancy.OrganizationID
		issue, reveal, disable error
	}{
		{"unknown", k.Root(), 999999, problem.NotFound, problem.NotFound, problem.NotFound},
		{"applicant", k.Root(), applicant, problem.NotFound, problem.NotFound, problem.NotFound},
		{"inactive", k.Root(), inactive.ID, problem.Conflict, nil, nil},
		{"anyone", k.Anyone(), mine.ID, problem.Unauthenticated, problem.Unauthenticated, problem.Unauthenticated},
		{"tenant, own", tenant, mine.ID, nil, nil, nil},
		{"tenant, foreign", tenant, foreign.ID, problem.NotFound, problem.NotFound, problem.NotFound},
		{"tenant, root", tenant, tenancy.RootID, problem.NotFound, problem.NotFound, problem.NotFound},
		{"auditor", auditor, mine.ID, problem.Denied, problem.Denied, problem.Denied},
		{"application", app, mine.ID, nil, problem.Denied, nil},
	} {
		_, _, err := k.IssuePrimaryAuthCode(ctx, c.caller, c.id)
		if !errors.Is(err, c.issue) {
			t.Errorf("%s issues: got %v, want %v", c.name, err, c.issue)
		}
		if _, code, err := k.RevealPrimaryAuthCode(ctx, c.caller, c.id); !errors.Is(err, c.reveal) || err != nil &&
			!code.Text.Empty() {
			t.Errorf("%s reveals: got %v, want %v", c.name, err, c.reveal)
		}
		if err := k.CheckRevealPrimaryAuthCode(ctx, c.caller, c.id); !errors.Is(err, c.reveal) {
			t.Errorf("%s asks whether it may reveal: got %v, want %v", c.name, err, c.reveal)
		}
		if err := k.DisablePrimaryAuthCode(ctx, c.caller, c.id); !errors.Is(err, c.disable) {
			t.Errorf("%s disables: got %v, want %v", c.name, err, c.disable)
		}
	}
}

// To see that there is a code takes less than to see it, and is no reveal.
func TestGetAuthCode(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	mine, foreign := k.Organization(t, "mine"), k.Organization(t, "foreign")
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	auditor := k.OperatorCaller(t, "auditor", k.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	if o, code, err := k.GetPrimaryAuthCode(ctx, auditor, mine.ID); err != nil || o.Name != "mine" ||
		code.ID != "" {
		t.Errorf("without a code: %+v, %+v, %v", o, code, err)
	}
	_, issued, err := k.IssuePrimaryAuthCode(ctx, k.Root(), mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, caller := range map[string]tenancy.Caller{"auditor": auditor, "tenant": tenant, "root": k.Root()} {
		if o, code, err := k.GetPrimaryAuthCode(ctx, caller, mine.ID); err != nil || o.ID != mine.ID ||
			code.ID != issued.ID {
			t.Errorf("%s: %+v, %+v, %v", name, o, code, err)
		}
	}
	if got := k.Events(t, mine.ID); slices.Contains(got, "auth_code.reveal") {
		t.Errorf("audit: %v", got)
	}
	if err := k.DisablePrimaryAuthCode(ctx, k.Root(), mine.ID); err != nil {
		t.Fatal(err)
	}
	if _, code, err := k.GetPrimaryAuthCode(ctx, tenant, mine.ID); err != nil || code.ID != "" {
		t.Errorf("after the switch-off: %+v, %v", code, err)
	}
	for _, id := range []tenancy.OrganizationID{foreign.ID, tenancy.RootID, 999999} {
		_, _, err := k.GetPrimaryAuthCode(ctx, tenant, id)
		wantKind(t, id.String(), err, problem.NotFound, problem.CodeOrganizationNotFound)
	}
	_, _, err = k.GetPrimaryAuthCode(ctx, k.Anyone(), mine.ID)
	wantKind(t, "anyone", err, problem.Unauthenticated, problem.CodeLoginRequired)
}

// To ask whether a code may be shown neither reads the code nor writes anything.
func TestCheckRevealAuthCodeReadsNoCode(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID); err != nil {
		t.Fatal(err)
	}
	before := k.Events(t, org.ID)
	for _, method := range []string{"PrimaryAuthCode", "Update", "InsertAuditEvent"} {
		k.Store.Fail(method, errors.New("not to be asked"))
	}
	if err := k.CheckRevealPrimaryAuthCode(ctx, k.Root(), org.ID); err != nil {
		t.Error(err)
	}
	k.Store.Fail("Organization", errors.New("the cause"))
	wantKind(t, "the organization cannot be read", k.CheckRevealPrimaryAuthCode(ctx, k.Root(), org.ID),
		problem.Internal, "")
	k.Store.Heal()
	if got := k.Events(t, org.ID); !slices.Equal(got, before) {
		t.Errorf("the audit was %v and is %v", before, got)
	}
}

// Whatever fails, the former code holds, and the two failures are told apart.
func TestIssueAuthCodeFailures(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	_, code, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID)
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("the disk is on fire")
	for method, want := range map[string]problem.Code{
		"LockOrganization": tenancy.CodeNotLocked, "ReplacePrimaryAuthCode": tenancy.CodeNotStored,
		"LockAuditHead": tenancy.CodeNotStored, "InsertAuditEvent": tenancy.CodeNotStored,
		"Commit": tenancy.CodeNotStored, "Update": tenancy.CodeNotStored,
	} {
		k.Store.Fail(method, cause)
		_, issued, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID)
		wantKind(t, method, err, problem.Internal, want)
		if !errors.Is(err, cause) || !issued.Text.Empty() {
			t.Errorf("%s: the cause is lost, or a code came back: %v", method, err)
		}
		k.Store.Heal()
		if reveal(t, k, org.ID) != code.Text.Reveal() {
			t.Fatalf("%s failed and the former code is gone", method)
		}
	}
	k.Store.Fail("InsertAuditEvent", cause)
	_, shown, err := k.RevealPrimaryAuthCode(ctx, k.Root(), org.ID)
	if !errors.Is(err, problem.Internal) || !shown.Text.Empty() {
		t.Errorf("a code was shown without its audit event: %v", err)
	}
}

func TestIssueAuthCodeAtOnce(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	const n = 32
	codes := make([]secret.Secret, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, code, err := k.IssuePrimaryAuthCode(ctx, k.Root(), org.ID)
			if err != nil {
				t.Error(err)
			}
			codes[i] = code.Text
		})
	}
	wg.Wait()
	shown, living, texts := reveal(t, k, org.ID), []string{}, map[string]bool{}
	err := k.Store.View(ctx, func(tx tenancy.Reader) error {
		for _, text := range codes {
			texts[text.Reveal()] = true
			stored, err := tx.AuthCodeByDigest(ctx, k.Keys.Digest(secret.ForAuthCode, text))
			if err != nil {
				return err
			}
			if stored.Living() {
				living = append(living, text.Reveal())
			}
		}
		return nil
	})
	if err != nil || len(living) != 1 || living[0] != shown {
		t.Errorf("%d of the codes live, %v; want one, which is the one that is shown", len(living), err)
	}
	if len(texts) != n {
		t.Errorf("%d different codes were handed out, want %d", len(texts), n)
	}
}

// TestSealedCodeIsBoundToItsRow moves sealed texts between rows of the database. A
// code must be shown from its own row only.
func TestSealedCodeIsBoundToItsRow(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]string{
		"to another organization": `UPDATE auth_codes SET sealed = (SELECT sealed FROM living
			WHERE living.organization_id <> auth_codes.organization_id) WHERE ended_at IS NULL`,
		"to a later code of the organization": `UPDATE auth_codes SET sealed = (SELECT sealed FROM former
			WHERE former.organization_id = auth_codes.organization_id) WHERE ended_at IS NULL`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, path := context.Background(), filepath.Join(t.TempDir(), "gatehouse.db")
			k := tenancytest.On(t, storetest.SQLiteAt(t, path))
			first, second := k.Organization(t, "first"), k.Organization(t, "second")
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			issue := func() {
				for _, o := range []tenancy.Organization{first, second} {
					if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID); err != nil {
						t.Fatal(err)
					}
					reveal(t, k, o.ID) // as it should be
				}
			}
			run := func(statement string) {
				if _, err := db.ExecContext(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}
			issue()
			run(`CREATE TABLE former AS SELECT * FROM auth_codes`)
			issue()
			run(`CREATE TABLE living AS SELECT * FROM auth_codes WHERE ended_at IS NULL`)
			run(move)
			for _, o := range []tenancy.Organization{first, second} {
				_, code, err := k.RevealPrimaryAuthCode(ctx, k.Root(), o.ID)
				if !errors.Is(err, problem.Internal) || !code.Text.Empty() {
					t.Errorf("%s: got %v and a text %v, want an internal error and none", o.Name, err, !code.Text.Empty())
				}
			}
		})
	}
}
