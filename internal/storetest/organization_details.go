// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// chosen stores an active organization with a chosen id.
func chosen(s tenancy.Store, id tenancy.OrganizationID, name string) error {
	return s.Update(context.Background(), func(tx tenancy.Tx) error {
		o := tenancy.Organization{ID: id, Name: name, State: tenancy.OrganizationActive, CreatedAt: moment(0),
			UpdatedAt: moment(0)}
		return tx.InsertOrganization(context.Background(), &o)
	})
}

func organizationChosen(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	// The first is the one that would be next; after each, what is next.
	for _, test := range []struct{ id, next tenancy.OrganizationID }{{100001, 100002}, {7, 100003},
		{100050, 100051}, {100004, 100052}, {999_999_999, 1_000_000_000}} {
		name := "chosen " + test.id.String()
		if err := chosen(s, test.id, name); err != nil {
			t.Fatalf("%v: %v", test.id, err)
		}
		got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
			error) {
			return tx.Organization(ctx, test.id)
		})
		if got.ID != test.id || got.Name != name {
			t.Errorf("%v: got %+v", test.id, got)
		}
		if next := member(t, s, "after "+test.id.String()); next.ID != test.next {
			t.Errorf("after %v: got %v, want %v", test.id, next.ID, test.next)
		}
	}
	wantError(t, chosen(s, 100003, "other"), problem.Conflict, problem.CodeOrganizationIDTaken)
	wantError(t, chosen(s, 100005, "CHOSEN or-7"), problem.Conflict, problem.CodeOrganizationNameTaken)
	update(t, s, func(tx tenancy.Tx) error {
		wantError(t, tx.InsertOrganization(ctx, &tenancy.Organization{ID: 7, Name: "x",
			State: tenancy.OrganizationActive}), problem.Conflict, problem.CodeOrganizationIDTaken)
		return tx.DeleteOrganization(ctx, 7, moment(0)) // goes on after the conflict
	})
	wantError(t, chosen(s, 7, "other"), problem.Conflict, problem.CodeOrganizationIDTaken)
}

// Inserts with chosen ids and inserts without never get the same id, and no insert is
// refused for a name that is free.
func organizationChosenRace(t *testing.T, s tenancy.Store) {
	first := member(t, s, "first").ID
	results := make([]error, 48)
	together(len(results), func(i int) {
		name := "racer " + strconv.Itoa(i)
		if i%2 == 0 {
			results[i] = insertNamed(s, name, tenancy.OrganizationActive)
			return
		}
		results[i] = chosen(s, first+tenancy.OrganizationID(i), name)
		if problem.As(orNone(results[i])).Code == problem.CodeOrganizationIDTaken {
			results[i] = nil // another was faster
		}
	})
	for i, err := range results {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err := insertNamed(s, "last", tenancy.OrganizationApplicant); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func orNone(err error) error {
	if err == nil {
		return problem.New(problem.Internal, "none", "")
	}
	return err
}

func organizationDetails(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := tenancy.Organization{Name: "detailed", State: tenancy.OrganizationInactive,
		Deactivation: tenancy.Deactivation{DataOut: true, Login: true},
		EmailDomains: []string{"example.test", "größe.example.test"},
		ContactPersons: []tenancy.ContactPerson{{FullName: "Ann \"Pear\" <&>", Email: "ann@example.test"},
			{FullName: "Bo"}},
		Properties: tenancy.Properties{"a<b>&\u2028'\"": json.RawMessage(`{"x":[1,2.50,1e400,null,"</\u0000\ud800"],"":{}}`), "dunsNumber": json.RawMessage(`"123456789"`),
			"long": json.RawMessage(`"` + strings.Repeat("ü", 7000) + `"`)}}
	update(t, s, func(tx tenancy.Tx) error { want.ID = 0; return tx.InsertOrganization(ctx, &want) })
	want.CreatedAt, want.UpdatedAt = storedTime(want.CreatedAt), storedTime(want.UpdatedAt)
	same := func(what string) {
		t.Helper()
		got := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
			error) {
			return tx.Organization(ctx, want.ID)
		})
		wantSame(t, what, got, want)
		page := read(t, s, func(tx tenancy.Reader) ([]tenancy.Organization, error) {
			page, _, err := tx.Organizations(ctx, tenancy.ListParams{Limit: 5})
			return page, err
		})
		wantSame(t, what+", listed", page, []tenancy.Organization{want})
		update(t, s, func(tx tenancy.Tx) error {
			locked, err := tx.LockOrganization(ctx, want.ID)
			wantSame(t, what+", locked", locked, want)
			return err
		})
	}
	same("inserted")
	want.ContactPersons = []tenancy.ContactPerson{{Email: "bo@example.test"}}
	want.EmailDomains, want.Deactivation, want.Properties = []string{"other.example.test"},
		tenancy.Deactivation{DataIn: true}, tenancy.Properties{"n": json.RawMessage("0")}
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, want) })
	same("updated")
	want.ContactPersons = nil
	want.EmailDomains, want.Deactivation, want.Properties = nil, tenancy.Deactivation{}, nil
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, want) })
	same("emptied")
}

// deletable is an organization with one of each that depends on it.
func deletable(t *testing.T, s tenancy.Store, name string) (tenancy.Organization, tenancy.StoredOperator,
	tenancy.ContactID) {
	ctx := context.Background()
	o := member(t, s, name)
	person := tenancy.StoredOperator{PasswordHash: "$argon2id$", TOTPSealed: []byte("sealed"), TOTPStep: 5,
		Operator: tenancy.Operator{
			ID: "operator of " + name, Username: "user of " + name, Role: tenancy.Administrator, OrganizationID: o.ID,
			Active: true, CreatedAt: storedTime(moment(0))}}
	contact := tenancy.Contact{OrganizationID: o.ID, Active: true, CreatedAt: moment(0)}
	update(t, s, func(tx tenancy.Tx) error {
		contact.ID = 0
		if err := tx.InsertContact(ctx, &contact); err != nil {
			return err
		}
		if err := tx.InsertOperator(ctx, &person); err != nil {
			return err
		}
		if err := tx.InsertSession(ctx, tenancy.Session{ID: "session of " + name, OperatorID: person.ID,
			Digest: []byte(name), CreatedAt: moment(0), LastUsedAt: moment(0)}); err != nil {
			return err
		}
		for _, primary := range []bool{true, false} {
			code := tenancy.AuthCode{ID: name + map[bool]string{true: "1", false: "2"}[primary], OrganizationID: o.ID,
				Primary: primary, CreatedAt: moment(0)}
			if err := tx.InsertAuthCode(ctx, tenancy.StoredAuthCode{AuthCode: code, Digest: []byte(code.ID),
				Sealed: []byte("sealed")}); err != nil {
				return err
			}
		}
		return nil
	})
	return o, person, contact.ID
}

// Keys and log-ins of one organization end, and nothing of another's does.
func organizationEnds(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	ends, person, _ := deletable(t, s, "ends")
	stays, other, _ := deletable(t, s, "stays")
	two, three := rotated("two", 2), program("three", stays.ID, 6)
	two.OrganizationID = ends.ID
	extension := tenancy.StoredApplication{Application: tenancy.Application{ID: "x", Name: "Extension",
		OrganizationID: ends.ID,
		Type:           tenancy.TypeExtension, CreatedAt: storedTime(moment(3)), UpdatedAt: storedTime(moment(3))}}
	addProgram(t, s, two, three, extension)
	ended, living := addToken(t, s, operatorToken(person, 1)), addToken(t, s, operatorToken(other, 2))
	update(t, s, func(tx tenancy.Tx) error {
		if err := tx.EndApplicationKeys(ctx, ends.ID, moment(30)); err != nil {
			return err
		}
		return tx.EndLogins(ctx, ends.ID, moment(30))
	})
	want := two
	want.UpdatedAt, want.Key.ID, want.KeyDigest, want.Former.ID, want.FormerDigest = storedTime(moment(30)), "",
		nil, "", nil
	wantSame(t, "without keys", getProgram(t, s, "two"), want)
	wantSame(t, "another's", getProgram(t, s, "three"), three)
	wantSame(t, "an extension", getProgram(t, s, "x"), extension)
	person.LoginGeneration++
	wantSame(t, "the operator", getOperator(t, s, person.ID), person)
	wantSame(t, "another operator", getOperator(t, s, other.ID), other)
	view(t, s, func(tx tenancy.Reader) error {
		for name, at := range map[string]time.Time{"ends": storedTime(moment(30)), "stays": {}} {
			if one, err := tx.SessionByDigest(ctx, []byte(name)); err != nil || !one.EndedAt.Equal(at) {
				t.Errorf("session of %s: %v, %v", name, one.EndedAt, err)
			}
		}
		return nil
	})
	ended.EndedAt, ended.EndReason = storedTime(moment(30)), tenancy.TokenRevoked
	wantSame(t, "the token", getToken(t, s, ended.AccessDigest), ended)
	wantSame(t, "another's token", getToken(t, s, living.AccessDigest), living)
}

// remove does what a use case does to delete an organization.
func remove(ctx context.Context, tx tenancy.Tx, id tenancy.OrganizationID, at time.Time) error {
	return errors.Join(tx.DeleteApplications(ctx, id), tx.DeleteOrganization(ctx, id, at),
		tx.EndAuthCodes(ctx, id, at, tenancy.Disabled), tx.EndClients(ctx, id, at),
		tx.EndSessions(ctx, id, at), tx.EndOperatorTokens(ctx, id, at, tenancy.TokenRevoked),
		tx.EndOperators(ctx, id), tx.DeactivateContacts(ctx, id))
}

func organizationDelete(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	gone, person, contact := deletable(t, s, "gone")
	stays, other, otherContact := deletable(t, s, "stays")
	addProgram(t, s, program("gone", gone.ID, 1), program("gone too", gone.ID, 2), program("stays", stays.ID, 3))
	ended, living := addToken(t, s, operatorToken(person, 1)), addToken(t, s, operatorToken(other, 2))
	wantError(t, s.Update(ctx, func(tx tenancy.Tx) error { return tx.DeleteOrganization(ctx, 5, moment(1)) }),
		problem.NotFound, problem.CodeOrganizationNotFound)
	update(t, s, func(tx tenancy.Tx) error { return remove(ctx, tx, gone.ID, moment(1)) })
	view(t, s, func(tx tenancy.Reader) error {
		o, err := tx.Organization(ctx, gone.ID)
		if err != nil || o.State != tenancy.OrganizationDeleted || !o.UpdatedAt.Equal(storedTime(moment(1))) {
			t.Errorf("deleted: %+v, %v", o, err)
		}
		for _, id := range []string{"gone1", "gone2"} {
			code, err := tx.AuthCodeByDigest(ctx, []byte(id))
			if err != nil || code.Living() || code.EndReason != tenancy.Disabled || code.Sealed != nil {
				t.Errorf("code %s: %+v, %v", id, code, err)
			}
		}
		session, err := tx.SessionByDigest(ctx, []byte("gone"))
		if err != nil || !session.EndedAt.Equal(storedTime(moment(1))) {
			t.Errorf("session: %+v, %v", session, err)
		}
		token, err := tx.OperatorTokenByDigest(ctx, ended.AccessDigest)
		if err != nil || token.EndReason != tenancy.TokenRevoked || !token.EndedAt.Equal(storedTime(moment(1))) {
			t.Errorf("token: %+v, %v", token, err)
		}
		if token, err = tx.OperatorTokenByDigest(ctx, living.AccessDigest); err != nil || !token.EndedAt.IsZero() {
			t.Errorf("another's token: %+v, %v", token, err)
		}
		p, err := tx.Operator(ctx, person.ID)
		if err != nil || p.Active || p.PasswordHash != "" || p.TOTPSealed != nil || p.TOTPStep != 0 ||
			p.Username != person.Username {
			t.Errorf("operator: %+v, %v", p, err)
		}
		_, err = tx.OperatorByUsername(ctx, person.Username)
		wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
		if list, err := tx.Applications(ctx, gone.ID, ""); len(list) != 0 || err != nil {
			t.Errorf("applications: %v, %v", list, err)
		}
		if c, err := tx.Contact(ctx, contact); err != nil || c.Active {
			t.Errorf("contact: %+v, %v", c, err)
		}
		return nil
	})
	view(t, s, func(tx tenancy.Reader) error { // and of the other nothing
		o, err := tx.Organization(ctx, stays.ID)
		wantSame(t, "the other", o, stays)
		wantSame(t, "its error", err, nil)
		if list, err := tx.Applications(ctx, stays.ID, ""); len(list) != 1 || err != nil {
			t.Errorf("its applications: %v, %v", list, err)
		}
		p, _ := tx.OperatorByUsername(ctx, other.Username)
		wantSame(t, "its operator", p, other)
		session, _ := tx.SessionByDigest(ctx, []byte("stays"))
		code, err := tx.PrimaryAuthCode(ctx, stays.ID)
		c, _ := tx.Contact(ctx, otherContact)
		if err != nil || !code.Living() || !session.EndedAt.IsZero() || !c.Active {
			t.Errorf("its code %+v, %v, session %+v, contact %+v", code, err, session, c)
		}
		return nil
	})
	person.ID = "successor" // the name is free
	update(t, s, func(tx tenancy.Tx) error {
		person.OrganizationID = stays.ID
		return tx.InsertOperator(ctx,
			&person)
	})
}

func organizationDeleteLists(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	gone, stays := member(t, s, "Birch gone"), member(t, s, "Birch stays")
	found := func() (names []string) {
		for _, text := range []string{`name co "birch"`, `name sw "birch"`,
			`state eq "active" or state eq "inactive"`, ""} {
			p := tenancy.ListParams{Limit: 10, Sort: []filter.Sort{{Property: tenancy.OrganizationProperties()["id"]}}}
			if text != "" {
				tree, err := filter.Parse(text, filter.NewSchema(tenancy.OrganizationProperties()))
				if err != nil {
					t.Fatal(err)
				}
				p.Filter = tree
			}
			view(t, s, func(tx tenancy.Reader) error {
				page, total, err := tx.Organizations(ctx, p)
				if total != len(page) {
					t.Errorf("%s: got total %d for %d", text, total, len(page))
				}
				for _, o := range page {
					names = append(names, o.Name)
				}
				return err
			})
		}
		return names
	}
	g, b := gone.Name, stays.Name
	wantSame(t, "before", found(), []string{g, b, g, b, g, b, g, b})
	gone.State = tenancy.OrganizationInactive
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, gone) })
	update(t, s, func(tx tenancy.Tx) error { return tx.DeleteOrganization(ctx, gone.ID, moment(1)) })
	wantSame(t, "after", found(), []string{b, b, b, b})
	if err := insertNamed(s, "BIRCH GONE", tenancy.OrganizationActive); err != nil {
		t.Errorf("the name is free, but: %v", err)
	}
}
