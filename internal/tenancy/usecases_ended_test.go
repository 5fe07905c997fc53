// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// twoServers runs a test with two servers over one database of each engine, as two processes
// have them.
func twoServers(t *testing.T, run func(t *testing.T, k *tenancytest.Kit, other tenancytest.Services)) {
	t.Helper()
	test := func(t *testing.T, first, second tenancy.Store) {
		k := tenancytest.On(t, first)
		o := tenancytest.Options{NoLimits: true, Hasher: secret.NewCheapHasher()}
		run(t, k, tenancytest.Over(second, k.Keys, k.Clock.Now, o))
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "gatehouse.db")
		first := storetest.SQLiteAt(t, path)
		second, err := sqlite.Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = second.Close() })
		test(t, first, second)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s := storetest.Postgres(t)
		test(t, s, s)
	})
}

// A second server over the same store ends a log-in that the first one has remembered: from
// then on each use case that changes something refuses it. (A token that is refreshed ends with
// the log-ins of its operator, or with the key of its application, like the one before.)
func TestEveryUseCaseRefusesAnEndedLogin(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, k *tenancytest.Kit, other tenancytest.Services) {
		ctx, all := context.Background(), useCases(t, k)
		boss := k.OperatorCaller(t, "boss", k.Operator(t, "boss", tenancy.Administrator, tenancy.RootID))
		must(other.EndOperatorSessions(ctx, k.Root(), boss.ID))(t)
		walked := 0
		for _, service := range []reflect.Type{reflect.TypeOf(k.Service), reflect.TypeOf(k.Identity)} {
			for i := range service.NumMethod() {
				name := service.Method(i).Name
				u, listed := all[name]
				anonymous := u.caller.Kind == tenancy.AnonymousCaller || name == "RenewOperatorToken"
				if !listed || anonymous || len(u.events) == 0 {
					continue
				}
				caller := boss
				if u.caller.Kind == tenancy.OperatorCaller {
					caller = u.caller
					must(other.EndOperatorSessions(ctx, k.Root(), caller.ID))(t)
				}
				if u.caller.Kind == tenancy.ClientCaller {
					must(other.RevokeClient(ctx, k.Root(), u.caller.ID))(t)
					caller = u.caller
				}
				walked++
				before := heads(t, k)
				err := u.call(caller)
				if name == "RevokeToken" && err == nil { // RFC 7009: of a token that is not good, nothing is left to do
					err = problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
				}
				tenancytest.WantKind(t, name, err, problem.Unauthenticated, problem.CodeInvalidToken)
				if events := eventsSince(t, k, before); len(events) > 0 {
					t.Errorf("%s recorded %v", name, events)
				}
			}
		}
		if walked < 45 {
			t.Errorf("%d use cases were called", walked)
		}
	})
}

// Every way in which a log-in ends on another server ends what it may change on this one, and
// a log-in that has not ended is not refused.
func TestEndedLoginsChangeNothing(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, k *tenancytest.Kit, other tenancytest.Services) {
		ctx, n := context.Background(), 0
		operator := func(o tenancy.OrganizationID) (caller, identity.StartSessionParams) {
			n++
			name := fmt.Sprint("op", n)
			password := k.Operator(t, name, tenancy.Administrator, o)
			return k.OperatorCaller(t, name, password), identity.StartSessionParams{Username: name, Password: password}
		}
		root := func(end func(c caller) error) func() (caller, tenancy.OrganizationID, func() error) {
			return func() (caller, tenancy.OrganizationID, func() error) {
				c, _ := operator(tenancy.RootID)
				return c, withCode(t, k, fmt.Sprint("o", n)), func() error { return end(c) }
			}
		}
		ends := map[string]func() (caller, tenancy.OrganizationID, func() error){
			"token revoked": root(func(c caller) error { return other.Logout(ctx, c) }),
			"operator disabled": root(func(c caller) error {
				return errOf(other.DisableOperator(ctx, k.Root(),
					c.ID))
			}),
			"operator deleted": root(func(c caller) error { return other.DeleteOperator(ctx, k.Root(), c.ID) }),
			"organization deactivated": func() (caller, tenancy.OrganizationID, func() error) {
				o := withCode(t, k, "off")
				c, _ := operator(o)
				return c, o, func() error {
					return errOf(other.UpdateOrganization(ctx, k.Root(), o,
						tenancy.UpdateOrganizationParams{Active: pointer(false)}))
				}
			},
			"session ended": func() (caller, tenancy.OrganizationID, func() error) {
				_, p := operator(tenancy.RootID)
				s := must(k.StartSession(ctx, k.Anyone(), p))(t)
				c := must(k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal()))(t)
				return c, withCode(t, k, "session"), func() error { return other.Logout(ctx, c) }
			},
			"operator token revoked": func() (caller, tenancy.OrganizationID, func() error) {
				maker, _ := operator(tenancy.RootID)
				p := identity.IssueOperatorTokenParams{Name: "t", Scope: tenancy.Scope{Kind: tenancy.ScopeAll}}
				i := must(k.IssueOperatorToken(ctx, maker, p))(t)
				c := must(k.AuthenticateOperatorToken(ctx, k.Anyone().Origin, i.Access.Reveal(), nil))(t)
				return c, withCode(t, k, "token"), func() error { return other.RevokeOperatorToken(ctx, maker, i.ID) }
			},
			"application key rotated": func() (caller, tenancy.OrganizationID, func() error) {
				a := k.Application(t, "rotated")
				return k.ApplicationCaller(t, a.KeyText), withCode(t, k, "rotated"), func() error {
					return errOf(other.RotateApplicationKey(ctx, k.Root(), a.ID, identity.RotateKeyParams{}))
				}
			},
			"application deleted": func() (caller, tenancy.OrganizationID, func() error) {
				a := k.Application(t, "deleted")
				return k.ApplicationCaller(t, a.KeyText), withCode(t, k, "deleted"), func() error {
					return other.DeleteApplication(ctx, k.Root(), a.ID)
				}
			},
		}
		for end, prepare := range ends {
			c, o, do := prepare()
			issue := func(c caller) error { return errOf2(k.IssuePrimaryAuthCode(ctx, c, o)) }
			if err := issue(c); err != nil {
				t.Errorf("before %s: %v", end, err)
			}
			if err := do(); err != nil {
				t.Fatalf("%s: %v", end, err)
			}
			tenancytest.WantKind(t, end, issue(c), problem.Unauthenticated, problem.CodeInvalidToken)
		}
		c, _ := operator(tenancy.RootID)
		role := tenancy.AccountManager
		must(other.UpdateOperator(ctx, k.Root(), c.ID, identity.UpdateOperatorParams{Role: &role}))(t)
		err := errOf2(k.IssuePrimaryAuthCode(ctx, c, withCode(t, k, "role")))
		tenancytest.WantKind(t, "role with less", err, problem.Unauthenticated, problem.CodeInvalidToken)
	})
}

// What a logged-in caller changes cannot be recorded outside Core.Change.
func TestRecordWantsAChange(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	c := k.OperatorCaller(t, "boss", k.Operator(t, "boss", tenancy.Administrator, tenancy.RootID))
	record := func(tx tenancy.Tx) error {
		return k.Core.Record(ctx, tx, c, k.Core.Now(), tenancy.Change{Action: "test.change"})
	}
	if err := k.Core.Update(ctx, record); !errors.Is(err, problem.Internal) {
		t.Errorf("in an Update: %v", err)
	}
	if err := k.Core.Change(ctx, k.Root(), record); !errors.Is(err, problem.Internal) {
		t.Errorf("in another's Change: %v", err)
	}
	if err := k.Core.Change(ctx, c, record); err != nil {
		t.Error(err)
	}
}
