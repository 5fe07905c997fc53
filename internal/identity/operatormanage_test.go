// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// ada makes an operator and returns it as a caller, with its password.
func ada(t *testing.T, k *tenancytest.Kit, name string, role tenancy.Role,
	o tenancy.OrganizationID) (tenancy.Caller, secret.Secret) {
	t.Helper()
	password := k.Operator(t, name, role, o)
	return k.OperatorCaller(t, name, password), password
}

// Everybody who administers operators is narrowed, disabled or removed, all at once: one
// stays.
func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		o, auditor := k.Organization(t, "plum"), tenancy.Auditor
		ways := []func(id string) error{
			func(id string) error { return errOf(k.DisableOperator(ctx, k.Root(), id)) },
			func(id string) error { return k.DeleteOperator(ctx, k.Root(), id) },
			func(id string) error {
				return errOf(k.UpdateOperator(ctx, k.Root(), id, identity.UpdateOperatorParams{Role: &auditor}))
			},
			func(id string) error {
				return errOf(k.UpdateOperator(ctx, k.Root(), id, identity.UpdateOperatorParams{Organization: &o.ID}))
			},
		}
		k.Operator(t, "bound", tenancy.Administrator, o.ID) // counts for nothing
		ids := []string{must(k.ReadOperator(ctx, k.OperatorCaller(t, k.Admin, k.AdminPassword),
			identity.Self))(t).ID}
		for i := range 7 {
			admin, _ := ada(t, k, fmt.Sprint("a", i), tenancy.Administrator, tenancy.RootID)
			ids = append(ids, admin.ID)
		}
		var refused atomic.Int32
		var group sync.WaitGroup
		for i, id := range ids {
			group.Go(func() {
				err := ways[i%len(ways)](id)
				if err != nil {
					refused.Add(1)
					wantKind(t, id, err, problem.Conflict, problem.CodeLastAdministrator)
				}
			})
		}
		group.Wait()
		if n := refused.Load(); n != 1 {
			t.Errorf("%d of %d were refused, want 1", n, len(ids))
		}
		left := 0
		for _, one := range must(k.OperatorPage(ctx, k.Root(), identity.OperatorList{Limit: 50}))(t) {
			if !one.AdministersOperators() {
				continue
			}
			left++
			for i, way := range ways {
				wantKind(t, fmt.Sprint("the last one, way ", i), way(one.ID), problem.Conflict,
					problem.CodeLastAdministrator)
			}
		}
		if left != 1 {
			t.Errorf("%d administrators are left", left)
		}
	})
}

// Nobody gives, or takes over, more than it may do itself; and what it does not reach does
// not exist.
func TestWithinOwn(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	plum, other := k.Organization(t, "plum"), k.Organization(t, "other")
	root, _ := ada(t, k, "root", tenancy.Administrator, tenancy.RootID)
	stranger, _ := ada(t, k, "stranger", tenancy.Auditor, other.ID)
	mine, _ := ada(t, k, "mine", tenancy.Auditor, plum.ID)
	tenant, _ := ada(t, k, "tenant", tenancy.Administrator, plum.ID)
	weak := tenancy.Caller{Kind: tenancy.SystemCaller, ID: "weak", Name: "weak"}.Grant(tenancy.ManageOperators)
	administrator, manager, toRoot := tenancy.Administrator, tenancy.AccountManager, tenancy.RootID
	password := secret.NewPassword()
	for _, c := range []struct {
		what   string
		caller tenancy.Caller
		id     string
		kind   problem.Kind
		code   problem.Code
	}{
		{"more than own", weak, root.ID, problem.Denied, problem.CodeMoreThanOwn},
		{"of the root", tenant, root.ID, problem.NotFound, problem.CodeOperatorNotFound},
		{"of another organization", tenant, stranger.ID, problem.NotFound, problem.CodeOperatorNotFound},
		{"without the permission", mine, tenant.ID, problem.Denied, problem.CodePermissionMissing},
		{"nobody", k.Root(), "none", problem.NotFound, problem.CodeOperatorNotFound},
		{"nobody is logged in", k.Anyone(), mine.ID, problem.Unauthenticated, problem.CodeLoginRequired},
	} {
		for what, err := range map[string]error{
			"disable":  errOf(k.DisableOperator(ctx, c.caller, c.id)),
			"enable":   errOf(k.EnableOperator(ctx, c.caller, c.id)),
			"sessions": errOf(k.EndOperatorSessions(ctx, c.caller, c.id)),
			"delete":   k.DeleteOperator(ctx, c.caller, c.id),
			"update":   errOf(k.UpdateOperator(ctx, c.caller, c.id, identity.UpdateOperatorParams{Role: &manager})),
			"password": k.ChangePassword(ctx, c.caller, c.id, identity.ChangePasswordParams{New: password}),
			"factor":   k.RemoveTOTP(ctx, c.caller, c.id, identity.RemoveTOTPParams{}),
		} {
			wantKind(t, c.what+": "+what, err, c.kind, c.code)
		}
	}
	create := func(c tenancy.Caller, role tenancy.Role, id tenancy.OrganizationID) error {
		return errOf(k.CreateOperator(ctx, c, identity.CreateOperatorParams{Username: "new", Password: password,
			Role: role, Organization: id}))
	}
	wantKind(t, "create with more", create(weak, administrator, tenancy.RootID), problem.Denied,
		problem.CodeMoreThanOwn)
	wantKind(t, "create for the root", create(tenant, tenancy.Auditor, tenancy.RootID), problem.NotFound,
		problem.CodeOrganizationNotFound)
	wantKind(t, "create for another", create(tenant, tenancy.Auditor, other.ID), problem.NotFound,
		problem.CodeOrganizationNotFound)
	wantKind(t, "create by an auditor", create(mine, tenancy.Auditor, plum.ID), problem.Denied,
		problem.CodePermissionMissing)
	update := func(c tenancy.Caller, p identity.UpdateOperatorParams) error {
		return errOf(k.UpdateOperator(ctx, c, mine.ID, p))
	}
	weak.Organization = plum.ID
	wantKind(t, "a role with more", update(weak.Grant(append(tenancy.Auditor.Permissions(),
		tenancy.ManageOperators)...),
		identity.UpdateOperatorParams{Role: &administrator}), problem.Denied, problem.CodeMoreThanOwn)
	wantKind(t, "to the root", update(tenant, identity.UpdateOperatorParams{Organization: &toRoot}),
		problem.NotFound, problem.CodeOrganizationNotFound)
	wantKind(t, "to another", update(tenant, identity.UpdateOperatorParams{Organization: &other.ID}),
		problem.NotFound, problem.CodeOrganizationNotFound)
	wantKind(t, "its own role", update(mine, identity.UpdateOperatorParams{Role: &administrator}),
		problem.Denied, problem.CodePermissionMissing)
	if err := errors.Join(create(tenant, administrator, plum.ID),
		update(tenant, identity.UpdateOperatorParams{Role: &administrator})); err != nil {
		t.Errorf("within its own: %v", err)
	}
	for caller, want := range map[*tenancy.Caller]int{&root: 6, &tenant: 3, &stranger: 1} {
		if page := must(k.OperatorPage(ctx, *caller, identity.OperatorList{Limit: 50}))(t); len(page) != want {
			t.Errorf("%s sees %d operators, want %d", caller.Name, len(page), want)
		}
	}
}

// Another role and another organization hold at the next request, also of a remembered
// caller: what the operator was logged in with ends.
func TestNarrowed(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o, auditor := k.Organization(t, "plum"), tenancy.Auditor
	password := k.Operator(t, "ada", tenancy.Administrator, tenancy.RootID)
	before := len(k.Events(t, o.ID))
	for _, test := range []struct {
		what    string
		change  identity.UpdateOperatorParams
		changes bool
	}{
		{"a name", identity.UpdateOperatorParams{DisplayName: new(string)}, false},
		{"a role", identity.UpdateOperatorParams{Role: &auditor}, true},
		{"the same role", identity.UpdateOperatorParams{Role: &auditor}, false},
		{"an organization", identity.UpdateOperatorParams{Organization: &o.ID}, true},
		{"the same organization", identity.UpdateOperatorParams{Organization: &o.ID}, false},
	} {
		login := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada", Password: password,
			Audience: tree}))(t)
		session := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: "ada",
			Password: password}))(t)
		who := func() (tenancy.Caller, error) {
			return k.AuthenticateToken(ctx, k.Anyone().Origin, login.Text.Reveal(), tree)
		}
		caller := must(who())(t)
		must(k.AuthenticateSession(ctx, k.Anyone().Origin, session.Text.Reveal()))(t)
		must(k.UpdateOperator(ctx, k.Root(), caller.ID, test.change))(t)
		_, err := who()
		_, sessionErr := k.AuthenticateSession(ctx, k.Anyone().Origin, session.Text.Reveal())
		if !test.changes {
			if err != nil || sessionErr != nil {
				t.Errorf("%s ends a log-in: %v, %v", test.what, err, sessionErr)
			}
			continue
		}
		wantKind(t, test.what+": a token", err, problem.Unauthenticated, problem.CodeInvalidToken)
		wantKind(t, test.what+": a session", sessionErr, problem.Unauthenticated, problem.CodeInvalidToken)
	}
	now := k.OperatorCaller(t, "ada", password)
	if now.May(tenancy.ManageOperators) || now.Organization != o.ID {
		t.Errorf("the former role or organization holds: %v", now)
	}
	if got := k.Events(t, o.ID)[before:]; !slices.Contains(got, "operator.update") {
		t.Errorf("the organization that it came to does not know: %q", got)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	a, old := ada(t, k, "ada", tenancy.Administrator, tenancy.RootID)
	b, bPassword := ada(t, k, "bo", tenancy.Auditor, tenancy.RootID)
	fresh := secret.NewPassword()
	change := func(c tenancy.Caller, ref string, old, next secret.Secret) error {
		return k.ChangePassword(ctx, c, ref, identity.ChangePasswordParams{Old: old, New: next})
	}
	login := func(name string, p secret.Secret) error {
		return errOf(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: name, Password: p,
			Audience: tree}))
	}
	for _, ref := range []string{identity.Self, a.ID, a.Number.String(), strings.ToUpper(a.ID)} {
		if err := change(a, ref, secret.Secret{}, fresh); !errors.Is(err, problem.Invalid) &&
			!errors.Is(err, problem.Denied) {
			t.Errorf("one's own as %q without the old one: %v", ref, err)
		}
	}
	program, acting := must(use(k.Identity, issueToken(t, k, a, "program")))(t),
		a // who comes with an operator token, or acts for an organization, has not logged in as itself
	acting.Limited = true
	for _, c := range []tenancy.Caller{program, acting} {
		wantKind(t, "one's own by a program", change(c, a.ID, secret.Secret{}, fresh), problem.Denied,
			problem.CodeNotConfirmed)
		wantKind(t, "one's own factor by a program", k.RemoveTOTP(ctx, c, a.ID, identity.RemoveTOTPParams{}),
			problem.Denied, problem.CodeNotConfirmed)
	}
	wantKind(t, "too short", change(a, identity.Self, old, secret.Of("short")), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "another's with an old one", change(a, b.ID, bPassword, fresh), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "wrong", change(a, identity.Self, bPassword, fresh), problem.Denied, problem.CodeNotConfirmed)
	if err := change(a, a.ID, old, fresh); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the former password", login("ada", old), problem.Unauthenticated,
		problem.CodeInvalidCredentials)
	if err := login("ada", fresh); err != nil {
		t.Errorf("the new password: %v", err)
	}
	stale := must(k.RefreshToken(ctx,
		a))(t) // by a replica that does not know yet: it carries the former log-ins
	_, err := k.AuthenticateToken(ctx, k.Anyone().Origin, stale.Text.Reveal(), tree)
	wantKind(t, "a token of the former log-in", err, problem.Unauthenticated, problem.CodeInvalidToken)
	for range 5 {
		wantKind(t, "guess", change(b, identity.Self, old, fresh), problem.Denied, problem.CodeNotConfirmed)
	}
	wantKind(t, "a guess too many", change(b, identity.Self, bPassword, fresh), problem.Exhausted,
		problem.CodeTooManyAttempts)
	wantKind(t, "its log-in", login("bo", bPassword), problem.Exhausted, problem.CodeTooManyAttempts)
	a = k.OperatorCaller(t, "ada", fresh)
	next := secret.NewPassword()
	if err := change(a, b.ID, secret.Secret{}, next); err != nil {
		t.Fatal(err)
	}
	k.Clock.Advance(time.Hour)
	wantKind(t, "the former password of another", login("bo", bPassword), problem.Unauthenticated,
		problem.CodeInvalidCredentials)
	if err := login("bo", next); err != nil {
		t.Errorf("the new password of another: %v", err)
	}
}

// Who has found a token does not find out the password by beginning a second factor, and a
// wrong one leaves the secret that is there.
func TestStartTOTPCountsGuesses(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	a, password := ada(t, k, "ada", tenancy.Auditor, tenancy.RootID)
	pending := must(k.StartTOTP(ctx, a, identity.Self, password))(t)
	for range 5 {
		err := errOf(k.StartTOTP(ctx, a, identity.Self, secret.NewPassword()))
		wantKind(t, "guess", err, problem.Denied, problem.CodeNotConfirmed)
	}
	wantKind(t, "a guess too many", errOf(k.StartTOTP(ctx, a, identity.Self, password)), problem.Exhausted,
		problem.CodeTooManyAttempts)
	wantKind(t, "its log-in", errOf(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada",
		Password: password, Audience: tree})), problem.Exhausted, problem.CodeTooManyAttempts)
	k.Clock.Advance(time.Hour)
	code := must(secret.TOTPCode(pending.Secret, k.Clock.Now()))(t)
	if _, err := k.ConfirmTOTP(ctx, a, identity.Self, code); err != nil {
		t.Errorf("a code of the secret before the guesses: %v", err)
	}
	k.Clock.Advance(time.Minute)
	code = must(secret.TOTPCode(pending.Secret, k.Clock.Now()))(t)
	text := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada", Password: password,
		TOTPCode: code, Audience: tree}))(t)
	a = must(k.AuthenticateToken(ctx, k.Anyone().Origin, text.Text.Reveal(), tree))(t)
	for range 7 {
		wantKind(t, "a second one", errOf(k.StartTOTP(ctx, a, identity.Self, password)), problem.Conflict,
			problem.CodeTOTPEnrolled)
	}
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	a, password := ada(t, k, "ada", tenancy.Auditor, tenancy.RootID)
	b, bPassword := ada(t, k, "bo", tenancy.Administrator, tenancy.RootID)
	start := func(c tenancy.Caller, ref string, p secret.Secret) (identity.PendingTOTP, error) {
		return k.StartTOTP(ctx, c, ref, p)
	}
	login := func(code string) error {
		return errOf(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada", Password: password,
			TOTPCode: code, Audience: tree}))
	}
	code := func(s secret.Secret) string { return must(secret.TOTPCode(s, k.Clock.Now()))(t) }
	wantKind(t, "of nobody", errOf(start(a, "", password)), problem.Denied, problem.CodeOwnAccountOnly)
	wantKind(t, "read nobody", errOf(k.ReadOperator(ctx, a, "")), problem.NotFound, problem.CodeOperatorNotFound)
	wantKind(t, "nothing to confirm", errOf(k.ConfirmTOTP(ctx, a, identity.Self, "123456")), problem.Conflict,
		problem.CodeTOTPNotStarted)
	first, pending := must(start(a, identity.Self, password))(t), must(start(a, a.ID, password))(t)
	if !strings.HasPrefix(pending.URL.Reveal(), "otpauth://totp/Gatehouse:ada?") ||
		!strings.Contains(pending.URL.Reveal(), pending.Secret.Reveal()) {
		t.Errorf("address %s", pending.URL.Reveal())
	}
	if err := login(""); err != nil {
		t.Errorf("it counts before it is confirmed: %v", err)
	}
	_, err := start(b, a.ID, bPassword)
	wantKind(t, "another's", err, problem.Denied, problem.CodeOwnAccountOnly)
	wantKind(t, "begun without a password", errOf(start(a, identity.Self, secret.Secret{})), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "begun with another password", errOf(start(a, identity.Self, bPassword)), problem.Denied,
		problem.CodeNotConfirmed)
	wantKind(t, "another's code", errOf(k.ConfirmTOTP(ctx, b, a.ID, code(pending.Secret))), problem.Denied,
		problem.CodeOwnAccountOnly)
	wantKind(t, "no code", errOf(k.ConfirmTOTP(ctx, a, identity.Self, "12345")), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "the code of the one before", errOf(k.ConfirmTOTP(ctx, a, identity.Self, code(first.Secret))),
		problem.Denied, problem.CodeNotConfirmed)
	without := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada",
		Password: password, Audience: tree}))(t)
	session := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: "ada",
		Password: password}))(t)
	used := code(pending.Secret)
	if err := errOf(k.ConfirmTOTP(ctx, a, identity.Self, used[:3]+" "+used[3:])); err != nil {
		t.Fatal(err)
	}
	_, err = k.AuthenticateToken(ctx, k.Anyone().Origin, without.Text.Reveal(), tree)
	wantKind(t, "a token that was got without it", err, problem.Unauthenticated, problem.CodeInvalidToken)
	_, err = k.RenewSession(ctx, k.Anyone(), session.Text.Reveal(), "")
	wantKind(t, "a session that was got without it", err, problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "without a code", login(""), problem.Unauthenticated, problem.CodeInvalidCredentials)
	wantKind(t, "the code that confirmed", login(used), problem.Unauthenticated, problem.CodeInvalidCredentials)
	k.Clock.Advance(30 * time.Second)
	again := func(code string) tenancy.Caller {
		text := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ada", Password: password,
			TOTPCode: code, Audience: tree}))(t)
		return must(k.AuthenticateToken(ctx, k.Anyone().Origin, text.Text.Reveal(), tree))(t)
	}
	a = again(code(pending.Secret))
	_, err = start(a, identity.Self, password)
	wantKind(t, "a second one", err, problem.Conflict, problem.CodeTOTPEnrolled)
	remove := func(c tenancy.Caller, p identity.RemoveTOTPParams) error { return k.RemoveTOTP(ctx, c, a.ID, p) }
	k.Clock.Advance(30 * time.Second)
	right := identity.RemoveTOTPParams{Password: password, Code: code(pending.Secret)}
	wantKind(t, "without a password", remove(a, identity.RemoveTOTPParams{Code: right.Code}), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "without a code", remove(a, identity.RemoveTOTPParams{Password: password}), problem.Invalid,
		problem.CodeInvalidInput)
	wantKind(t, "a used code", remove(a, identity.RemoveTOTPParams{Password: password, Code: used}),
		problem.Denied, problem.CodeNotConfirmed)
	wantKind(t, "another's with a password", remove(b, right), problem.Invalid, problem.CodeInvalidInput)
	if err := remove(a, right); err != nil {
		t.Fatal(err)
	}
	_, err = start(a, identity.Self, password)
	wantKind(t, "the log-in that removed it", err, problem.Unauthenticated, problem.CodeInvalidToken)
	a = again("") // it does not count any more
	wantKind(t, "twice", remove(a, right), problem.Conflict, problem.CodeNoTOTP)
	once := must(start(a, identity.Self, password))(t)
	for range 5 {
		wantKind(t, "guess", errOf(k.ConfirmTOTP(ctx, a, identity.Self, "000000")), problem.Denied,
			problem.CodeNotConfirmed)
	}
	wantKind(t, "a guess too many", errOf(k.ConfirmTOTP(ctx, a, identity.Self, code(once.Secret))),
		problem.Exhausted, problem.CodeTooManyAttempts)
	k.Clock.Advance(time.Hour)
	if err := errOf(k.ConfirmTOTP(ctx, a, identity.Self, code(once.Secret))); err != nil {
		t.Fatal(err)
	}
	if err := remove(b, identity.RemoveTOTPParams{}); err != nil { // by the permission
		t.Errorf("another's: %v", err)
	}
}
