// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// A database that has rows already is counted and indexed by the migration.
func TestListsOfWhatWasThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "gatehouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db, err := sql.Open("sqlite", dsn(s.path, migrating))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	provider, err := newProvider(db, new([]string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 1); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded,
			state, created_at, updated_at, listed) VALUES
			('Amber', 'amber', '', '', '', '', '', '', 'active', 1, 1, 1), ('Timber', 'timber', '', '', '', '', '', '', 'inactive', 2, 2, 1),
			('Ember', 'ember', '', '', '', '', '', '', 'applicant', 3, 3, 0)`,
		`INSERT INTO contacts (organization_id, first_name, last_name, email, active, created_at) VALUES (100001, '', '', '', 0, 1)`,
		`INSERT INTO requests (name, name_folded, status, status_folded, requester_comments, approver_comments, related_organization,
			organization_id, contact_id, email, email_folded, created_at, updated_at, decided_by)
			SELECT name, name_folded, status, lower(status), '', '', '', 100001, 100001, '', '', 1, 1, ''
			FROM organizations, (SELECT 'new' AS status UNION SELECT 'moreInfoNeeded') WHERE organizations.id > 0`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	contains := func(p filter.Property) filter.Node {
		return filter.Compare{Property: p, Op: filter.Co, Value: filter.Value{Text: "mber"}}
	}
	status := tenancy.RequestProperties()["status"]
	err = s.View(ctx, func(x tenancy.Reader) error {
		for want, tree := range map[int]filter.Node{
			6: contains(tenancy.RequestProperties()["name"]),
			3: filter.Compare{Property: status, Op: filter.Eq, Value: filter.Value{Text: "moreinfoneeded"}},
			0: filter.Compare{Property: status, Op: filter.Eq, Value: filter.Value{Text: "approved"}},
		} {
			page, total, err := x.Requests(ctx, tenancy.ListParams{Filter: tree, Limit: 10})
			if err != nil || total != want || len(page) != want {
				t.Errorf("%v: got %d of %d, %v, want %d", tree, len(page), total, err, want)
			}
		}
		for _, tree := range []filter.Node{nil, contains(tenancy.OrganizationProperties()["name"])} {
			page, total, err := x.Organizations(ctx, tenancy.ListParams{Filter: tree, Limit: 10})
			if err != nil || total != 2 || len(page) != 2 {
				t.Errorf("organizations, %v: got %d of %d, %v, want 2", tree, len(page), total, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Operators that were there get numbers in the order in which they were made.
func TestNumbersOfOperatorsThatWereThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "gatehouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db, err := sql.Open("sqlite", dsn(s.path, migrating))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	provider, err := newProvider(db, new([]string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 6); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(ctx, `INSERT INTO operators (id, username, username_folded, role, organization_id, active, password_hash, totp_sealed, totp_step, created_at)
		VALUES ('a', 'late', 'late', 'auditor', 0, 1, '', x'', 0, 3), ('c', 'same', 'same', 'auditor', 0, 1, '', x'', 0, 2), ('b', 'first', 'first', 'auditor', 0, 1, '', x'', 0, 2)`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
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
	s, err := Open(ctx, filepath.Join(t.TempDir(), "gatehouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db, err := sql.Open("sqlite", dsn(s.path, migrating))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	provider, err := newProvider(db, new([]string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 8); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(ctx, `INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded,
		state, created_at, updated_at, listed, email_domains, properties)
		SELECT column1, column1, column1, '', '', '', '', '', '', 'active', 1, 1, 1, column2, column3 FROM (VALUES
			(1, '["Größe.test"]', '{"a":1,"one:primaryContacts":[{"fullName":"Jürgen","email":"j@example.test"},{"fullName":"Bo","email":""}]}'),
			(2, '[]', '{"one:primaryContacts":"no list"}'), (3, '[]', '{"primaryContacts":[{"fullName":"Jürgen","email":""}]}'))`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
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
