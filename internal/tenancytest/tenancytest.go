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

	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now gives the time on the clock.
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

// Kit is a started Service and what tests need beside it.
type Kit struct {
	*tenancy.Service
	Store *storetest.Broken // wraps the real store; fails when told to
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

// New makes a Kit on a fresh SQLite store. Requests from the public
// and ids of the caller's choice are on, limits off unless the options say otherwise.
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

// Limits switches the limits on, as an option of New.
func Limits(o *tenancy.Options) { o.NoLimits = false }

// Root is the server itself, with every permission.
func (k *Kit) Root() tenancy.Caller { return tenancy.System("test") }

// Anyone is a caller who shows no credential, from loopback.
func (k *Kit) Anyone() tenancy.Caller {
	return tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1", RequestID: "test"})
}

// Operator makes an operator with a role, bound to an organization or to the
// root, and gives its user name and password.
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

// Application registers an application and gives its key.
func (k *Kit) Application(t testing.TB, name string) tenancy.IssuedApplication {
	t.Helper()
	a, err := k.CreateApplication(context.Background(), k.Root(), tenancy.CreateApplicationParams{Name: name, Type: tenancy.TypeApplication})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
