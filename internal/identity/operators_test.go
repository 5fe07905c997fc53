// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// Operators see themselves; those who manage the root's operators see all.
func TestOperatorsOfOthers(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	callers := map[string]tenancy.Caller{"admin": k.OperatorCaller(t, "admin", k.AdminPassword),
		"system": k.Root(), "nobody": k.Anyone()}
	for name, o := range map[string]struct {
		role tenancy.Role
		id   tenancy.OrganizationID
	}{"auditor": {tenancy.Auditor, 0}, "tenant": {tenancy.Administrator, org.ID}, "other": {tenancy.Auditor,
		org.ID}} {
		callers[name] = k.OperatorCaller(t, name, k.Operator(t, name, o.role, o.id))
	}
	for name, want := range map[string]string{"admin": "admin auditor other tenant",
		"system": "admin auditor other tenant", "auditor": "auditor", "tenant": "tenant"} {
		caller := callers[name]
		list, total, err := k.ListOperators(ctx, caller, tenancy.ListParams{Limit: 10})
		names := make([]string, len(list))
		for i, o := range list {
			names[i] = o.Username
			if wantName := map[bool]string{true: "Gatehouse",
				false: "company001"}[o.OrganizationID == tenancy.RootID]; o.OrganizationName != wantName {
				t.Errorf("%s: %s is of %q", name, o.Username, o.OrganizationName)
			}
		}
		if !slices.IsSortedFunc(list, func(a, b tenancy.ListedOperator) int { return int(a.Number - b.Number) }) {
			t.Errorf("%s: not by number: %v", name, list)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want || total != len(list) || err != nil {
			t.Errorf("%s sees %q of %d, %v; want %q", name, got, total, err, want)
		}
		for other, c := range callers {
			if c.Kind != tenancy.OperatorCaller {
				continue
			}
			sees := slices.Contains(names, other)
			for _, ref := range []string{c.ID, strings.ToUpper(c.ID), c.Number.String()} {
				o, err := k.GetOperator(ctx, caller, ref)
				if sees && (err != nil || o.ID != c.ID || o.Number != c.Number) || !sees &&
					!errors.Is(err, problem.NotFound) {
					t.Errorf("%s gets %s by %s: %+v, %v", name, other, ref, o, err)
				}
				if _, err := k.ListOperatorTokens(ctx, caller, ref); sees != (err == nil) || !sees &&
					!errors.Is(err, problem.NotFound) {
					t.Errorf("%s lists the tokens of %s by %s: %v", name, other, ref, err)
				}
			}
			if _, err := k.HasSecondFactor(ctx, caller, strings.ToUpper(other)); sees != (err == nil) {
				t.Errorf("%s asks for the second factor of %s: %v", name, other, err)
			}
			named := filter.Compare{Property: tenancy.OperatorProperties()["username"], Op: filter.Eq,
				Value: filter.Value{Text: other}}
			if _, n, err := k.ListOperators(ctx, caller, tenancy.ListParams{Filter: named, Limit: 1}); err != nil ||
				(n == 1) != sees {
				t.Errorf("%s looks %s up: %d, %v", name, other, n, err)
			}
		}
	}
	own, err := k.GetOperator(ctx, callers["tenant"], identity.Self)
	if err != nil || own.ID != callers["tenant"].ID || own.OrganizationName != "company001" {
		t.Errorf("themselves: %+v, %v", own, err)
	}
	for name, c := range map[string]tenancy.Caller{"server": k.Root(), "operator": callers["tenant"]} {
		for _, ref := range []string{"", "7", "0", "nobody", "-1", "0100001"} {
			for what, err := range map[string]error{"get": errOf(k.GetOperator(ctx, c, ref)),
				"second factor": errOf(k.HasSecondFactor(ctx, c, ref)),
				"tokens":        errOf(k.ListOperatorTokens(ctx, c, ref))} {
				wantKind(t, fmt.Sprintf("%s, %s of %q", name, what, ref), err, problem.NotFound,
					problem.CodeOperatorNotFound)
			}
		}
	}
	for what, err := range map[string]error{"list": errOf2(k.ListOperators(ctx, k.Anyone(),
		tenancy.ListParams{Limit: 1})),
		"get":           errOf(k.GetOperator(ctx, k.Anyone(), identity.Self)),
		"second factor": errOf(k.HasSecondFactor(ctx, k.Anyone(), "tenant"))} {
		if !errors.Is(err, problem.Unauthenticated) {
			t.Errorf("%s without a log-in: %v", what, err)
		}
	}
}

func errOf2[A, B any](_ A, _ B, err error) error { return err }

// Whoever enrolled a second factor has one, and the people of a deleted
// organization are gone.
func TestSecondFactorsAndLeavers(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	k.Operator(t, "leaver", tenancy.Auditor, org.ID)
	has := func() bool {
		t.Helper()
		got, err := k.HasSecondFactor(ctx, k.Root(), "leaver")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if has() {
		t.Error("a second factor nobody enrolled")
	}
	k.Factor(t, "leaver")
	if !has() {
		t.Error("no second factor")
	}
	list, _, err := k.ListOperators(ctx, k.Root(), tenancy.ListParams{Limit: 10})
	if err != nil || len(list) != 2 {
		t.Fatalf("got %v, %v", list, err)
	}
	no := false
	if _, err := k.UpdateOrganization(ctx, k.Root(), org.ID,
		tenancy.UpdateOrganizationParams{Active: &no}); err != nil {
		t.Fatal(err)
	}
	if err := k.DeleteOrganization(ctx, k.Root(), org.ID); err != nil {
		t.Fatal(err)
	}
	left, total, err := k.ListOperators(ctx, k.Root(), tenancy.ListParams{Limit: 10})
	if err != nil || total != 1 || left[0].Username != "admin" {
		t.Errorf("after the organization: %v of %d, %v", left, total, err)
	}
	for what, err := range map[string]error{"get": errOf(k.GetOperator(ctx, k.Root(), list[1].ID)),
		"number":        errOf(k.GetOperator(ctx, k.Root(), list[1].Number.String())),
		"second factor": errOf(k.HasSecondFactor(ctx, k.Root(), "leaver"))} {
		if !errors.Is(err, problem.NotFound) {
			t.Errorf("%s of a leaver: %v", what, err)
		}
	}
}

// A second factor that an administrator enrols ends what was got without it.
func TestEnrolledFactorEndsLogins(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	password := k.Operator(t, "ada", tenancy.Auditor, tenancy.RootID)
	login := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada", Password: password,
		Audience: tree}))(t)
	session := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: "ada",
		Password: password}))(t)
	token := func() error {
		return errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, login.Text.Reveal(), tree))
	}
	held := func() error { return errOf(k.AuthenticateSession(ctx, k.Anyone().Origin, session.Text.Reveal())) }
	if err := errors.Join(token(), held()); err != nil {
		t.Fatal(err)
	}
	factor := secret.NewTOTP()
	must(k.EnrollTOTP(ctx, k.Root(), "ada", factor, must(secret.TOTPCode(factor, k.Clock.Now()))(t)))(t)
	wantKind(t, "a token", token(), problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "a session", held(), problem.Unauthenticated, problem.CodeInvalidToken)
}
