// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func applicationTopic() topic {
	return topic{
		methods: []string{"Application", "Applications", "ApplicationPage", "LockApplication", "InsertApplication",
			"UpdateApplication", "TouchApplicationKey", "DeleteApplication"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read": applicationRead,
			"not found":       applicationNotFound,
			"conflict":        applicationConflict,
			"update":          applicationUpdate,
			"delete":          applicationDelete,
			"list":            applicationList,
			"lock":            applicationLock,
			"page":            applicationPage,
			"touch":           applicationTouch,
		},
	}
}

// program is an application with a key.
func program(id string, o tenancy.OrganizationID, n int) tenancy.StoredApplication {
	return tenancy.StoredApplication{
		Application: tenancy.Application{ID: id, OrganizationID: o, Name: "Program " + id,
			Type: tenancy.TypeApplication, LifetimeDays: new(30),
			CreatedAt: storedTime(moment(n)), CreatedBy: "operator:1", UpdatedAt: storedTime(moment(n + 1)),
			Key: tenancy.ApplicationKey{ID: "key-" + id, IssuedAt: storedTime(moment(n)),
				ExpiresAt: storedTime(moment(n + 1000))}},
		KeyDigest: digest(n),
	}
}

// rotated is an application with two keys, both of them used.
func rotated(id string, n int) tenancy.StoredApplication {
	a := program(id, tenancy.RootID, n)
	a.Key.LastUsedAt = storedTime(moment(n + 2))
	a.Former = tenancy.FormerKey{ApplicationKey: tenancy.ApplicationKey{ID: "former-" + id,
		IssuedAt: storedTime(moment(n + 3)), ExpiresAt: storedTime(moment(n + 4)),
		LastUsedAt: storedTime(moment(n + 5))}, OverlapUntil: storedTime(moment(n + 6)),
		TokensUntil: storedTime(moment(n + 7))}
	a.FormerDigest = digest(n + 500)
	return a
}

func addProgram(t testing.TB, s tenancy.Store, list ...tenancy.StoredApplication) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		for _, a := range list {
			if err := tx.InsertApplication(context.Background(), a); err != nil {
				return err
			}
		}
		return nil
	})
}

func getProgram(t testing.TB, s tenancy.Store, id string) tenancy.StoredApplication {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.StoredApplication, error) {
		return tx.Application(context.Background(), id)
	})
}

func applicationRead(t *testing.T, s tenancy.Store) {
	keyed := program("a", tenancy.RootID, 1)
	keyed.LifetimeDays, keyed.Key.ExpiresAt = new(0), keyed.Key.ExpiresAt.AddDate(-2023, 0, 0)
	endless := program("b", tenancy.RootID, 2)
	endless.LifetimeDays, endless.Key.ExpiresAt = nil, tenancy.ApplicationKey{}.ExpiresAt
	extension := tenancy.StoredApplication{Application: tenancy.Application{ID: "c", Name: "Extension",
		Type: tenancy.TypeExtension, CreatedAt: storedTime(moment(3)), UpdatedAt: storedTime(moment(3))}}
	two := rotated("d", 4)
	addProgram(t, s, keyed, endless, extension, two)
	for _, want := range []tenancy.StoredApplication{keyed, endless, extension, two} {
		got := getProgram(t, s, want.ID)
		wantUTC(t, got.CreatedAt, got.Key.IssuedAt, got.Key.ExpiresAt, got.UpdatedAt, got.Key.LastUsedAt,
			got.Former.IssuedAt, got.Former.ExpiresAt, got.Former.LastUsedAt, got.Former.OverlapUntil,
			got.Former.TokensUntil)
		wantSame(t, "application", got, want)
	}
}

func applicationNotFound(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	update(t, s, func(tx tenancy.Tx) error {
		for _, id := range []string{"", "none", "a\x00b", "\xff", "' OR 1=1 --"} {
			_, err := tx.Application(ctx, id)
			wantError(t, err, problem.NotFound, problem.CodeApplicationNotFound)
			_, err = tx.LockApplication(ctx, id)
			wantError(t, err, problem.NotFound, problem.CodeApplicationNotFound)
		}
		wantError(t, tx.UpdateApplication(ctx, program("none", 0, 1)), problem.NotFound,
			problem.CodeApplicationNotFound)
		wantError(t, tx.DeleteApplication(ctx, "none"), problem.NotFound, problem.CodeApplicationNotFound)
		return nil
	})
}

func applicationConflict(t *testing.T, s tenancy.Store) {
	a := program("a", tenancy.RootID, 1)
	addProgram(t, s, a)
	update(t, s, func(tx tenancy.Tx) error {
		wantError(t, tx.InsertApplication(context.Background(), program("a", tenancy.RootID, 2)), problem.Conflict,
			problem.CodeApplicationExists)
		return nil
	})
	wantSame(t, "application", getProgram(t, s, "a"), a)
}

func applicationUpdate(t *testing.T, s tenancy.Store) {
	before, other := program("a", tenancy.RootID, 1), program("b", tenancy.RootID, 2)
	addProgram(t, s, before, other)
	want := rotated("a", 20)
	want.Application.LifetimeDays, want.CreatedAt = before.LifetimeDays, before.CreatedAt
	want.Name, want.KeyDigest = "Renamed", digest(9)
	change := want
	change.OrganizationID, change.Type, change.LifetimeDays, change.CreatedBy, change.CreatedAt = 7,
		tenancy.TypeExtension, new(1), "x", moment(77)
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateApplication(context.Background(), change) })
	wantSame(t, "name and keys alone", getProgram(t, s, "a"), want)
	wantSame(t, "the other", getProgram(t, s, "b"), other)
}

func applicationDelete(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	addProgram(t, s, program("a", tenancy.RootID, 1), program("b", tenancy.RootID, 2))
	update(t, s, func(tx tenancy.Tx) error {
		if err := tx.DeleteApplication(ctx, "a"); err != nil {
			return err
		}
		wantError(t, tx.DeleteApplication(ctx, "a"), problem.NotFound, problem.CodeApplicationNotFound)
		_, err := tx.Application(ctx, "a")
		wantError(t, err, problem.NotFound, problem.CodeApplicationNotFound)
		return nil
	})
	getProgram(t, s, "b")
}

func applicationList(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	extension := program("x", o.ID, 2)
	extension.Type = tenancy.TypeExtension
	// "B" before "a": ids are compared by their bytes, as everywhere.
	addProgram(t, s, program("late", o.ID, 9), program("a", o.ID, 5), program("B", o.ID, 5),
		program("root", tenancy.RootID, 1), extension)
	for _, test := range []struct {
		scope tenancy.OrganizationID
		kind  tenancy.ApplicationType
		want  []string
	}{
		{tenancy.RootID, "", []string{"root", "x", "B", "a", "late"}},
		{tenancy.RootID, tenancy.TypeApplication, []string{"root", "B", "a", "late"}},
		{o.ID, "", []string{"x", "B", "a", "late"}},
		{o.ID, tenancy.TypeExtension, []string{"x"}},
		{7, "", nil},
	} {
		list := read(t, s, func(tx tenancy.Reader) ([]tenancy.Application, error) {
			return tx.Applications(context.Background(), test.scope, test.kind)
		})
		var got []string
		for _, a := range list {
			got = append(got, a.ID)
			wantSame(t, "application in the list", a, getProgram(t, s, a.ID).Application)
		}
		wantSame(t, "ids", got, test.want)
	}
}

// Each renews the key it has read, under the lock: no renewal is lost.
func applicationLock(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	addProgram(t, s, program("a", tenancy.RootID, 1))
	const renewals = 16
	together(renewals, func(int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			a, err := tx.LockApplication(ctx, "a")
			if err != nil {
				return err
			}
			a.Name += "."
			return tx.UpdateApplication(ctx, a)
		})
		if err != nil {
			t.Errorf("renew: %v", err)
		}
	})
	if got, want := len(getProgram(t, s, "a").Name), len("Program a")+renewals; got != want {
		t.Errorf("got %d characters, want %d", got, want)
	}
}

func applicationPage(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	extension := program("x", o.ID, 2)
	extension.Type = tenancy.TypeExtension
	addProgram(t, s, program("late", o.ID, 9), program("a", o.ID, 5), program("B", o.ID, 5),
		program("root", tenancy.RootID, 1), extension)
	between := &tenancy.Application{CreatedAt: storedTime(moment(5)), ID: "Z"} // of one that has gone
	last := func(id string) *tenancy.Application {
		return &tenancy.Application{ID: id, CreatedAt: getProgram(t, s, id).CreatedAt}
	}
	for _, test := range []struct {
		p    tenancy.ApplicationRange
		want []string
	}{
		{tenancy.ApplicationRange{Limit: 10}, []string{"late", "a", "B", "x", "root"}},
		{tenancy.ApplicationRange{Limit: 2}, []string{"late", "a"}},
		{tenancy.ApplicationRange{Limit: 10, Organization: o.ID}, []string{"late", "a", "B", "x"}},
		{tenancy.ApplicationRange{Limit: 10, Type: tenancy.TypeExtension}, []string{"x"}},
		{tenancy.ApplicationRange{Limit: 10, After: last("a")}, []string{"B", "x", "root"}},
		{tenancy.ApplicationRange{Limit: 1, After: between, Organization: o.ID}, []string{"B"}},
		{tenancy.ApplicationRange{Limit: 10, After: last("root")}, nil},
		{tenancy.ApplicationRange{Limit: 10, Organization: 7}, nil},
		{tenancy.ApplicationRange{Limit: 10, Oldest: true}, []string{"root", "x", "B", "a", "late"}},
		{tenancy.ApplicationRange{Limit: 2, Oldest: true, After: last("B"), Organization: o.ID},
			[]string{"a", "late"}},
	} {
		page := read(t, s, func(tx tenancy.Reader) ([]tenancy.Application, error) {
			return tx.ApplicationPage(context.Background(), test.p)
		})
		var got []string
		for _, a := range page {
			got = append(got, a.ID)
			wantSame(t, "application in the page", a, getProgram(t, s, a.ID).Application)
		}
		wantSame(t, fmt.Sprintf("ids of %+v", test.p), got, test.want)
	}
}

// Of two keys the one that was used is touched, and never back to an earlier time.
func applicationTouch(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want, other := rotated("a", 1), rotated("b", 1)
	want.Key.LastUsedAt = tenancy.ApplicationKey{}.LastUsedAt
	addProgram(t, s, want, other)
	touch := func(id, key string, n int) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error { return tx.TouchApplicationKey(ctx, id, key, moment(n)) })
	}
	touch("a", "key-a", 50)
	touch("a", "key-a", 40)
	want.Key.LastUsedAt = storedTime(moment(50))
	wantSame(t, "the current key", getProgram(t, s, "a"), want)
	touch("a", "former-a", 60)
	touch("a", "former-a", 3)
	want.Former.LastUsedAt = storedTime(moment(60))
	touch("a", "key-b", 99)
	touch("a", "", 99)
	touch("none", "key-a", 99)
	wantSame(t, "the former key", getProgram(t, s, "a"), want)
	wantSame(t, "the other application", getProgram(t, s, "b"), other)
}
