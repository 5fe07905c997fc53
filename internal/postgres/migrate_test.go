// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"gatehouse/internal/filter"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/tenancy"
)

// Operators that were there get numbers in the order in which they were made.
func TestNumbersOfOperatorsThatWereThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db := stdlib.OpenDB(*s.pool.Config().ConnConfig)
	defer db.Close()
	provider, err := newProvider(db, new([]string), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 6); err != nil {
		t.Fatal(err)
	}
	must(t, s, `INSERT INTO operators (id, username, username_folded, role, organization_id, active, password_hash, totp_sealed, totp_step, created_at)
		VALUES ('a', 'late', 'late', 'auditor', 0, true, '', '', 0, '2026-01-03'), ('c', 'same', 'same', 'auditor', 0, true, '', '', 0, '2026-01-02'),
			('b', 'first', 'first', 'auditor', 0, true, '', '', 0, '2026-01-02')`)
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	fresh := tenancy.StoredOperator{Operator: tenancy.Operator{ID: "d", Username: "fresh",
		Role: tenancy.Auditor}}
	if err := s.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertOperator(ctx, &fresh) }); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[tenancy.OperatorNumber]string{100001: "first", 100002: "same", 100003: "late",
		100004: "fresh"} {
		err := s.View(ctx, func(x tenancy.Reader) error {
			o, err := x.OperatorByNumber(ctx, number)
			if o.Username != want {
				t.Errorf("%d: got %q, want %q", number, o.Username, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Contact persons that a wire had stored as a property can be searched, and so can e-mail
// domains from before.
func TestContactPersonsThatWereThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db := stdlib.OpenDB(*s.pool.Config().ConnConfig)
	defer db.Close()
	provider, err := newProvider(db, new([]string), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 8); err != nil {
		t.Fatal(err)
	}
	must(t, s, `INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded,
		state, created_at, updated_at, listed, email_domains, properties)
		SELECT n, n::text, n::text, '', '', '', '', '', '', 'active', now(), now(), true, domains, properties FROM (VALUES
			(1, '["Größe.test"]', '{"a":1,"one:primaryContacts":[{"fullName":"Jürgen","email":"j@example.test"},{"fullName":"Bo","email":""}]}'),
			(2, '[]', '{"one:primaryContacts":"no list"}'), (3, '[]', '{"primaryContacts":[{"fullName":"Jürgen","email":""}]}')) AS v (n, domains, properties)`)
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	wantPersonsMoved(t, s)
}

// wantPersonsMoved checks a migrated store. Organization 1 has two contact persons and an
// e-mail domain. Others have properties that only look as if they held persons.
func wantPersonsMoved(t *testing.T, s tenancy.Store) {
	t.Helper()
	ctx := context.Background()
	// persons and properties
	for id, want := range map[tenancy.OrganizationID][2]int{1: {2, 1}, 2: {0, 1}, 3: {0, 1}} {
		var o tenancy.Organization
		if err := s.View(ctx, func(tx tenancy.Reader) (err error) {
			o, err = tx.Organization(ctx,
				id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(o.ContactPersons) != want[0] || len(o.Properties) != want[1] {
			t.Errorf("%v: got %v and %v", id, o.ContactPersons, o.Properties)
		}
		if id == 1 && (o.ContactPersons[0] != tenancy.ContactPerson{FullName: "Jürgen", Email: "j@example.test"} ||
			string(o.Properties["a"]) != "1") {
			t.Errorf("got %v and %v", o.ContactPersons, o.Properties)
		}
	}
	for name, item := range map[string]string{"contactPersons.fullName": "JÜRGEN",
		"contactPersons.email": "j@EXAMPLE.test", "emailDomains": "grösse.test"} {
		p := tenancy.ListParams{Limit: 10, Filter: filter.Compare{Property: tenancy.OrganizationProperties()[name],
			Op: filter.Co, Value: filter.Value{Text: tenancy.ListedText(item)}}}
		err := s.View(ctx, func(tx tenancy.Reader) error {
			_, total, err := tx.Organizations(ctx, p)
			if total != 1 {
				t.Errorf("%s: got %d with %q, want 1", name, total, item)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
