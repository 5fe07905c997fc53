// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// moment is a fixed time, n milliseconds on. It is finer than a millisecond and
// in another zone, to see that engines cut and convert.
func moment(n int) time.Time {
	zone := time.FixedZone("", 2*60*60)
	return time.Date(2023, 6, 1, 14, 30, 15, 123_456_789, zone).Add(time.Duration(n) * time.Millisecond)
}

// storedTime returns a time as a store returns it.
func storedTime(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// update runs an Update that must work.
func update(t testing.TB, s tenancy.Store, fn func(tx tenancy.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// view runs a View that must work.
func view(t testing.TB, s tenancy.Store, fn func(tx tenancy.Reader) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// read is view for one value.
func read[T any](t testing.TB, s tenancy.Store, fn func(tx tenancy.Reader) (T, error)) T {
	t.Helper()
	var v T
	view(t, s, func(tx tenancy.Reader) (err error) {
		v, err = fn(tx)
		return err
	})
	return v
}

// wantError checks kind and code of an error.
func wantError(t testing.TB, err error, kind problem.Kind, code problem.Code) {
	t.Helper()
	var e *problem.Error
	if !errors.As(err, &e) {
		t.Errorf("got error %v, want a *problem.Error of kind %q", err, kind)
		return
	}
	if e.Kind != kind || e.Code != code || e.Message == "" {
		t.Errorf("got kind %q, code %q, message %q; want kind %q, code %q and a message", e.Kind, e.Code, e.Message,
			kind, code)
	}
}

// wantSame compares what was read with what was stored.
func wantSame[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantUTC checks the zone and precision of times, which wantSame does not see.
func wantUTC(t testing.TB, times ...time.Time) {
	t.Helper()
	for _, at := range times {
		if at.Location() != time.UTC || at.Nanosecond()%int(time.Millisecond) != 0 {
			t.Errorf("got time %v, want UTC and whole milliseconds", at)
		}
	}
}

// member stores an active organization.
func member(t testing.TB, s tenancy.Store, name string) tenancy.Organization {
	t.Helper()
	var stored tenancy.Organization
	update(t, s, func(tx tenancy.Tx) error {
		stored = tenancy.Organization{Name: name, State: tenancy.OrganizationActive, CreatedAt: moment(0),
			UpdatedAt: moment(0)}
		return tx.InsertOrganization(context.Background(), &stored)
	})
	stored.CreatedAt, stored.UpdatedAt = storedTime(stored.CreatedAt), storedTime(stored.UpdatedAt)
	return stored
}

// operator stores an operator of the root.
func operator(t testing.TB, s tenancy.Store, name string) tenancy.StoredOperator {
	t.Helper()
	o := tenancy.StoredOperator{
		Operator: tenancy.Operator{ID: "id-of-" + name, Username: name, Role: tenancy.Auditor, Active: true,
			CreatedAt: storedTime(moment(0)), UpdatedAt: storedTime(moment(0))},
		PasswordHash: "$argon2id$…",
	}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertOperator(context.Background(), &o) })
	return o
}

// together runs fn n times at once and waits for all.
func together(n int, fn func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	group.Wait()
}

// digest is some bytes that are different for each n.
func digest(n int) []byte { return fmt.Appendf(nil, "digest-\x00-%d", n) }
