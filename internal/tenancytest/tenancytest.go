// SPDX-License-Identifier: Apache-2.0

// Package tenancytest is a Service for tests: on a real SQLite file in a
// temporary folder, with a clock that the test moves and callers ready-made.
//
// Test-only: nothing of the product imports it.
package tenancytest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// newClock returns a clock with all that time.Now has, and with what a machine may have:
// nanoseconds, a monotonic reading, and a time zone other than UTC. A use case that
// stores or compares such a time as it is fails a test.
func newClock() *Clock {
	start, now := time.Date(2026, 4, 2, 7, 53, 28, 134_567_891, time.UTC), time.Now()
	return &Clock{now: now.Add(start.Sub(now)).In(time.FixedZone("east of UTC", 20700))}
}

// Now returns the time on the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Identity is the service of package identity, by a name of its own within a Kit.
type Identity = identity.Service

// Services are the use cases over one store.
type Services struct {
	*tenancy.Service
	*Identity
	Core *tenancy.Core
}

// Over makes the services over a migrated store. The clock is the system's if it is nil.
func Over(store tenancy.Store, keys *secret.Keyring, clock func() time.Time, o Options) Services {
	core := tenancy.NewCore(store, keys, clock)
	t := tenancy.New(core, tenancy.Options{NoLimits: o.NoLimits, Switches: tenancy.Switches{
		PublicRequests: o.PublicRequests, CustomOrganizationIDs: o.CustomOrganizationIDs}})
	return Services{t, identity.New(core, identity.Options{Hasher: o.Hasher, NoLimits: o.NoLimits,
		KeyIssuer: o.KeyIssuer, LoginLife: o.LoginLife}), core}
}

// Kit has started services and what tests need with them.
type Kit struct {
	Services
	Store *storetest.Broken // wraps the real store; fails on demand
	Clock *Clock
	Keys  *secret.Keyring
	Admin string // user name of the first operator
	// AdminPassword is minted for this kit.
	AdminPassword secret.Secret
}

// twice runs the function of each Update two times, the first in vain, as
// engines may when others are in the way: whatever it keeps from the first
// run, and should not, shows in the tests.
type twice struct{ tenancy.Store }

// Update implements tenancy.Store.
func (s twice) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	again := errors.New("run again")
	err := s.Store.Update(ctx, func(tx tenancy.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return again
	})
	if !errors.Is(err, again) {
		return err
	}
	return s.Store.Update(ctx, fn)
}

// Options are the switches of both services.
type Options struct {
	PublicRequests, NoLimits, CustomOrganizationIDs bool
	KeyIssuer                                       string
	LoginLife                                       time.Duration  // 0: the product's default
	Hasher                                          *secret.Hasher // nil: of the product's cost
}

// New makes a Kit on a fresh SQLite store. Requests from the public
// and ids of the caller's choice are on, limits off unless the options say otherwise.
func New(t testing.TB, change ...func(*Options)) *Kit {
	t.Helper()
	return On(t, twice{storetest.SQLite(t)}, change...)
}

// On makes a Kit on the given migrated and empty store.
func On(t testing.TB, store tenancy.Store, change ...func(*Options)) *Kit {
	t.Helper()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	k := &Kit{Store: storetest.NewBroken(store), Keys: keys, Admin: "admin",
		Clock: newClock(), AdminPassword: secret.NewPassword()}
	o := Options{Hasher: secret.NewCheapHasher(), PublicRequests: true, NoLimits: true,
		CustomOrganizationIDs: true}
	for _, f := range change {
		f(&o)
	}
	k.Services = Over(k.Store.Watched(func(called []string) { wantEvent(t, called) }), keys, k.Clock.Now, o)
	if _, err := k.Start(context.Background(), k.AdminPassword); err != nil {
		t.Fatal(err)
	}
	return k
}

// Limits switches the limits on, as an option of New.
func Limits(o *Options) { o.NoLimits = false }

// Root is the server itself, with every permission.
func (k *Kit) Root() tenancy.Caller { return tenancy.System("test") }

// Anyone is a caller who shows no credential, from loopback.
func (k *Kit) Anyone() tenancy.Caller {
	return tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1", RequestID: "test"})
}

// Operator makes an operator with a role, bound to an organization or to the
// root, and returns its user name and password.
func (k *Kit) Operator(t testing.TB, username string, role tenancy.Role,
	organization tenancy.OrganizationID) secret.Secret {
	t.Helper()
	password := secret.NewPassword()
	_, err := k.CreateOperator(context.Background(), k.Root(),
		identity.CreateOperatorParams{Username: username, Password: password, Role: role,
			Organization: organization})
	if err != nil {
		t.Fatal(err)
	}
	return password
}

// Factor gives an operator a second factor and returns its secret. The code of now is not used.
func (k *Kit) Factor(t testing.TB, username string) secret.Secret {
	t.Helper()
	text := secret.NewTOTP()
	code, err := secret.TOTPCode(text, k.Clock.Now().Add(-30*time.Second))
	if err == nil {
		_, err = k.EnrollTOTP(context.Background(), k.Root(), username, text, code)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Organization makes an active organization.
func (k *Kit) Organization(t testing.TB, name string) tenancy.Organization {
	t.Helper()
	o, err := k.CreateOrganization(context.Background(), k.Root(), tenancy.CreateOrganizationParams{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Application registers an application and returns its key.
func (k *Kit) Application(t testing.TB, name string) identity.IssuedApplication {
	t.Helper()
	a, err := k.CreateApplication(context.Background(), k.Root(),
		identity.CreateApplicationParams{Name: name, Type: tenancy.TypeApplication})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Tree is the tree of URLs that the callers' tokens are for.
const Tree = "/test/v1"

// OperatorCaller logs an operator in and returns the caller that its token makes.
func (k *Kit) OperatorCaller(t testing.TB, username string, password secret.Secret) tenancy.Caller {
	t.Helper()
	token, err := k.LoginWithPassword(context.Background(), k.Anyone(),
		identity.LoginParams{Username: username, Password: password, Audience: Tree})
	return k.callerOf(t, token, err)
}

// ApplicationCaller logs an application in and returns the caller that its token makes.
func (k *Kit) ApplicationCaller(t testing.TB, key secret.Secret) tenancy.Caller {
	t.Helper()
	token, err := k.LoginWithKey(context.Background(), k.Anyone(), key.Reveal(), Tree)
	return k.callerOf(t, token, err)
}

func (k *Kit) callerOf(t testing.TB, token identity.IssuedToken, err error) tenancy.Caller {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var caller tenancy.Caller
	for range 2 { // the second time from memory, as nearly every request
		if caller, err = k.AuthenticateToken(context.Background(), k.Anyone().Origin, token.Text.Reveal(),
			Tree); err != nil {
			t.Fatal(err)
		}
	}
	return caller
}

// Submit files a request of an organization with the name.
func (k *Kit) Submit(t testing.TB, name string) tenancy.Request {
	t.Helper()
	r, err := k.SubmitRequest(context.Background(), k.Anyone(), tenancy.SubmitRequestParams{Name: name,
		Organization: tenancy.CreateOrganizationParams{Name: name},
		Contact:      tenancy.ContactParams{FirstName: "Ada", LastName: "Birch", Email: "ada@example.test"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Events returns the actions of an organization's audit, after checking its chain.
func (k *Kit) Events(t testing.TB, id tenancy.OrganizationID) []string {
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

// WantKind fails unless err is of the kind and has the code; "" is any code.
func WantKind(t testing.TB, what string, err error, kind problem.Kind, code problem.Code) {
	t.Helper()
	if !errors.Is(err, kind) || code != "" && problem.As(err).Code != code {
		t.Errorf("%s: got %v, want %s (%s)", what, err, kind, code)
	}
}

// Must returns the value, or fails the test that the returned function is given.
func Must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
