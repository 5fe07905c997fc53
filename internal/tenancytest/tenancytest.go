// SPDX-License-Identifier: Apache-2.0

// Package tenancytest makes a Service for tests, on a real SQLite file in a temporary
// folder. The test moves its clock, and callers are prepared.
//
// Test-only: nothing of the product imports it.
package tenancytest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

// Clock is a clock that changes only when the test moves it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time of the clock.
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

// Kit is a started Service, with everything else that tests need.
type Kit struct {
	*tenancy.Service
	Store *storetest.Broken // wraps the real store; fails on demand
	Clock *Clock
	Keys  *secret.Keyring
	Admin string // user name of the first operator
	// AdminPassword is minted for this kit.
	AdminPassword secret.Secret
}

// twice runs the function of each Update two times and discards the first run, as engines
// may do on a conflict. A test then shows whether a use case wrongly uses results of the
// first run.
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

// New makes a Kit on a fresh SQLite store. Requests from the public
// and ids of the caller's choice are on, limits are off unless the options say otherwise.
func New(t testing.TB, change ...func(*tenancy.Options)) *Kit {
	t.Helper()
	return On(t, twice{storetest.SQLite(t)}, change...)
}

// On makes a Kit on the given migrated and empty store.
func On(t testing.TB, store tenancy.Store, change ...func(*tenancy.Options)) *Kit {
	t.Helper()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	k := &Kit{Store: storetest.NewBroken(store), Keys: keys, Admin: "admin",
		Clock: &Clock{now: time.Date(2026, 4, 2, 7, 53, 28, 134e6, time.UTC)}, AdminPassword: secret.NewPassword()}
	o := tenancy.Options{Clock: k.Clock.Now, Hasher: secret.NewCheapHasher(), PublicRequests: true, NoLimits: true, CustomOrganizationIDs: true}
	for _, f := range change {
		f(&o)
	}
	k.Service = tenancy.New(k.Store, keys, o)
	if _, err := k.Start(context.Background(), k.AdminPassword); err != nil {
		t.Fatal(err)
	}
	return k
}

// Limits is an option of New that switches the limits on.
func Limits(o *tenancy.Options) { o.NoLimits = false }

// Root is the server itself, with every permission.
func (k *Kit) Root() tenancy.Caller { return tenancy.System("test") }

// Anyone is a caller from loopback without a credential.
func (k *Kit) Anyone() tenancy.Caller {
	return tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1", RequestID: "test"})
}

// Operator adds an operator with a role to an organization or to the root. It returns the
// user name and the password.
func (k *Kit) Operator(t testing.TB, username string, role tenancy.Role, organization tenancy.OrganizationID) secret.Secret {
	t.Helper()
	password := secret.NewPassword()
	_, err := k.CreateOperator(context.Background(), k.Root(),
		tenancy.CreateOperatorParams{Username: username, Password: password, Role: role, Organization: organization})
	if err != nil {
		t.Fatal(err)
	}
	return password
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
func (k *Kit) Application(t testing.TB, name string) tenancy.IssuedApplication {
	t.Helper()
	a, err := k.CreateApplication(context.Background(), k.Root(), tenancy.CreateApplicationParams{Name: name, Type: tenancy.TypeApplication})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
