// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func requestTopic() topic {
	return topic{
		methods: []string{"Request", "Requests", "RequestsAfter", "Contact", "InsertContact", "InsertRequest",
			"DecideRequest",
			"LockRequest", "LockApplicant", "UpdateRequest", "DeleteRequest", "UpdateContact", "DeleteContact"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read":       requestRead,
			"not found":             requestNotFound,
			"decide":                requestDecide,
			"name taken":            requestNameTaken,
			"one of many":           requestRace,
			"contact":               requestContact,
			"scope":                 requestScope,
			"no such reference":     requestReference,
			"change":                requestChange,
			"change or decide":      requestChangeRace,
			"delete":                requestDelete,
			"locked":                requestLocked,
			"decided locked":        requestDecidedLocked,
			"pages":                 requestPages,
			"pages of what changes": requestPagesChanging,
			"pages of one":          requestPageScope,
			"pages step by step":    requestPagesStepwise,
			"long and many parts":   longParts,
		},
	}
}

// file stores a request with its organization and contact.
func file(t testing.TB, s tenancy.Store, r tenancy.Request) tenancy.Request {
	t.Helper()
	ctx := context.Background()
	var filed tenancy.Request
	update(t, s, func(tx tenancy.Tx) error {
		o := tenancy.Organization{Name: r.Name, State: tenancy.OrganizationApplicant, CreatedAt: r.CreatedAt,
			UpdatedAt: r.CreatedAt}
		if err := tx.InsertOrganization(ctx, &o); err != nil {
			return err
		}
		c := tenancy.Contact{OrganizationID: o.ID, Email: r.Email, CreatedAt: r.CreatedAt}
		if err := tx.InsertContact(ctx, &c); err != nil {
			return err
		}
		filed = r
		filed.OrganizationID, filed.ContactID = o.ID, c.ID
		return tx.InsertRequest(ctx, &filed)
	})
	filed.CreatedAt, filed.UpdatedAt = storedTime(r.CreatedAt), storedTime(r.UpdatedAt)
	if !r.DecidedAt.IsZero() {
		filed.DecidedAt = storedTime(r.DecidedAt)
	}
	return filed
}

func getRequest(t testing.TB, s tenancy.Store, id tenancy.RequestID) tenancy.Request {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.Request,
		error) {
		return tx.Request(context.Background(), id)
	})
}

func requestRead(t *testing.T, s tenancy.Store) {
	for i, status := range []tenancy.RequestStatus{"new", "review", "moreInfoNeeded", "approved", "rejected"} {
		r := tenancy.Request{Name: "Name", Status: status, RequesterComments: "please", ApproverComments: "hm",
			RelatedOrganization: "Sister", Email: "Who@Example.test", CreatedAt: moment(i), UpdatedAt: moment(i + 1)}
		if status.Decided() {
			r.DecidedAt, r.DecidedBy = moment(i+2), "operator:7"
		}
		want := file(t, s, r)
		if want.ID < 100001 || want.ContactID < 100001 {
			t.Errorf("got numbers %d and %d, want them from 100001", want.ID, want.ContactID)
		}
		got := getRequest(t, s, want.ID)
		wantUTC(t, got.CreatedAt, got.UpdatedAt, got.DecidedAt)
		wantSame(t, "request", got, want)
	}
}

func requestNotFound(t *testing.T, s tenancy.Store) {
	ctx, o := context.Background(), member(t, s, "m")
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.Request(ctx, 100001)
		wantError(t, err, problem.NotFound, problem.CodeRequestNotFound)
		_, want := tenancy.ParseRequestID("nonsense")
		if err == nil || want == nil || err.Error() != want.Error() {
			t.Errorf("got %v, want %v", err, want)
		}
		_, err = tx.Contact(ctx, 100001)
		wantError(t, err, problem.NotFound, problem.CodeContactNotFound)
		wantError(t, tx.UpdateContact(ctx, tenancy.Contact{ID: 100001}), problem.NotFound,
			problem.CodeContactNotFound)
		wantError(t, tx.DeleteRequest(ctx, 100001), problem.NotFound, problem.CodeRequestNotFound)
		_, err = tx.LockRequest(ctx, 100001)
		wantError(t, err, problem.NotFound, problem.CodeRequestNotFound)
		if gone, err := tx.DeleteContact(ctx, 100001); gone || err != nil {
			t.Errorf("delete contact: got %v, %v; want false, nil", gone, err)
		}
		if changed, err := tx.UpdateRequest(ctx, tenancy.Request{ID: 100001,
			Status: tenancy.RequestReview}); changed || err != nil {
			t.Errorf("update: got %v, %v; want false, nil", changed, err)
		}
		_, _, err = tx.LockApplicant(ctx, 100001)
		wantError(t, err, problem.NotFound, problem.CodeRequestNotFound)
		decided, err := tx.DecideRequest(ctx, tenancy.Request{ID: 100001, Status: tenancy.RequestApproved,
			DecidedAt: moment(0)}, o, true)
		if decided || err != nil {
			t.Errorf("decide: got %v, %v; want false, nil", decided, err)
		}
		return nil
	})
}

// decide decides a request, whose organization stays as it is.
func decide(tx tenancy.Tx, r tenancy.Request) (bool, error) {
	o, err := tx.Organization(context.Background(), r.OrganizationID)
	if err != nil {
		return false, err
	}
	return tx.DecideRequest(context.Background(), r, o, r.Status == tenancy.RequestApproved)
}

func requestDecide(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for i, status := range []tenancy.RequestStatus{"new", "review", "moreInfoNeeded"} {
		want := file(t, s, tenancy.Request{Name: fmt.Sprint("n", i), Status: status, RequesterComments: "kept",
			CreatedAt: moment(0), UpdatedAt: moment(0)})
		decision := tenancy.Request{ID: want.ID, Status: tenancy.RequestApproved, ApproverComments: "fine",
			OrganizationID: want.OrganizationID,
			ContactID:      want.ContactID, UpdatedAt: moment(9), DecidedAt: moment(9), DecidedBy: "operator:1",
			Name: "ignored", Email: "ignored"}
		for i, first := range []bool{true, false, false} {
			if i == 2 {
				decision.Status = tenancy.RequestRejected
			}
			update(t, s, func(tx tenancy.Tx) error {
				r, o, err := tx.LockApplicant(ctx, want.ID)
				if err != nil || r.ContactID != want.ContactID || o.ID != want.OrganizationID || o.Name != want.Name {
					t.Fatalf("got %+v of %+v, %v", r, o, err)
				}
				o.State = tenancy.OrganizationActive
				if !first {
					o.State = tenancy.OrganizationRejected
				}
				decided, err := tx.DecideRequest(ctx, decision, o, first)
				if decided != first {
					t.Errorf("attempt %d: got %v, want %v", i, decided, first)
				}
				return err
			})
		}
		want.Status, want.ApproverComments, want.DecidedBy = tenancy.RequestApproved, "fine", "operator:1"
		want.UpdatedAt, want.DecidedAt = storedTime(moment(9)), storedTime(moment(9))
		wantApplicant(t, s, want, tenancy.OrganizationActive, true)
	}
}

// wantApplicant checks a request, the state of its organization and its contact.
func wantApplicant(t *testing.T, s tenancy.Store, want tenancy.Request, state tenancy.OrganizationState,
	active bool) {
	t.Helper()
	ctx := context.Background()
	wantSame(t, "request", getRequest(t, s, want.ID), want)
	view(t, s, func(tx tenancy.Reader) error {
		o, err := tx.Organization(ctx, want.OrganizationID)
		c, err2 := tx.Contact(ctx, want.ContactID)
		if o.State != state || c.Active != active {
			t.Errorf("got an organization that is %s, a contact active %v; want %s, %v", o.State, c.Active, state,
				active)
		}
		return errors.Join(err, err2)
	})
}

// requestNameTaken checks that a decision which is refused for the name changes nothing,
// and that the transaction goes on.
func requestNameTaken(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	r := file(t, s, tenancy.Request{Name: "Twice", Status: tenancy.RequestNew, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	member(t, s, "TWICE")
	update(t, s, func(tx tenancy.Tx) error {
		decision, o, err := tx.LockApplicant(ctx, r.ID)
		if err != nil {
			return err
		}
		decision.Status, decision.DecidedAt, o.State = tenancy.RequestApproved, moment(1),
			tenancy.OrganizationActive
		decided, err := tx.DecideRequest(ctx, decision, o, true)
		wantError(t, err, problem.Conflict, problem.CodeOrganizationNameTaken)
		if decided {
			t.Error("decided in spite of it")
		}
		return tx.InsertSetting(ctx, "after", nil)
	})
	wantApplicant(t, s, r, tenancy.OrganizationApplicant, false)
	read(t, s, func(tx tenancy.Reader) ([]byte, error) { return tx.Setting(ctx, "after") })
}

func requestRace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	r := file(t, s, tenancy.Request{Name: "n", Status: tenancy.RequestNew, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	var winners atomic.Int32
	var winner atomic.Value
	together(32, func(i int) {
		by := fmt.Sprintf("operator:%d", i)
		var decided bool
		err := s.Update(ctx, func(tx tenancy.Tx) (err error) {
			status := []tenancy.RequestStatus{tenancy.RequestApproved, tenancy.RequestRejected}[i%2]
			decision := r
			decision.Status, decision.DecidedAt, decision.DecidedBy = status, moment(i), by
			decided, err = decide(tx, decision)
			return err
		})
		if err != nil {
			t.Errorf("decide: %v", err)
		}
		if decided {
			winners.Add(1)
			winner.Store(by)
		}
	})
	if n := winners.Load(); n != 1 {
		t.Fatalf("got %d decisions, want 1", n)
	}
	if got := getRequest(t, s, r.ID); got.DecidedBy != winner.Load() {
		t.Errorf("got decider %s, want %s", got.DecidedBy, winner.Load())
	}
}

func requestContact(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := tenancy.Contact{OrganizationID: member(t, s, "m").ID, FirstName: "Ada", LastName: "Løvelace",
		Email: "Ada@Example.test", Active: true, CreatedAt: moment(3),
		Properties: tenancy.Properties{"customerContactId": json.RawMessage(`"7 <&>"`),
			"x": json.RawMessage(`{"a":[1,"\u2028"]}`)}}
	update(t, s, func(tx tenancy.Tx) error { return tx.InsertContact(ctx, &want) })
	want.CreatedAt = storedTime(want.CreatedAt)
	got := read(t, s, func(tx tenancy.Reader) (tenancy.Contact, error) { return tx.Contact(ctx, want.ID) })
	wantUTC(t, got.CreatedAt)
	wantSame(t, "contact", got, want)
	changed := want
	changed.FirstName, changed.LastName, changed.Email = "Grace", "", "grace@example.test"
	changed.Properties = tenancy.Properties{"x": json.RawMessage(`false`)}
	ignored := changed
	ignored.Active, ignored.OrganizationID, ignored.CreatedAt = false, 7, moment(9)
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateContact(ctx, ignored) })
	wantSame(t, "changed", read(t, s, func(tx tenancy.Reader) (tenancy.Contact,
		error) {
		return tx.Contact(ctx, want.ID)
	}), changed)
	changed.Properties, ignored.Properties = nil, nil
	update(t, s, func(tx tenancy.Tx) error { return tx.UpdateContact(ctx, ignored) })
	wantSame(t, "without properties", read(t, s, func(tx tenancy.Reader) (tenancy.Contact,
		error) {
		return tx.Contact(ctx, want.ID)
	}), changed)
}

func requestScope(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a := file(t, s, tenancy.Request{Name: "a", Status: tenancy.RequestNew, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	file(t, s, tenancy.Request{Name: "b", Status: tenancy.RequestNew, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	view(t, s, func(tx tenancy.Reader) error {
		own, total, err := tx.Requests(ctx, tenancy.ListParams{Scope: a.OrganizationID, Limit: 10})
		wantSame(t, "own", own, []tenancy.Request{a})
		none, zero, err2 := tx.Requests(ctx, tenancy.ListParams{Scope: 7, Limit: 10})
		if total != 1 || len(none) != 0 || zero != 0 || err2 != nil {
			t.Errorf("got totals %d and %d, %v, %v", total, zero, none, err2)
		}
		return err
	})
}

func requestReference(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "m")
	for name, fn := range map[string]func(tx tenancy.Tx) error{
		"contact of no organization": func(tx tenancy.Tx) error {
			return tx.InsertContact(ctx,
				&tenancy.Contact{OrganizationID: 7})
		},
		"request of no contact": func(tx tenancy.Tx) error {
			return tx.InsertRequest(ctx, &tenancy.Request{Status: tenancy.RequestNew, OrganizationID: o.ID,
				ContactID: 7})
		},
		"unknown status": func(tx tenancy.Tx) error {
			c := tenancy.Contact{OrganizationID: o.ID}
			if err := tx.InsertContact(ctx, &c); err != nil {
				return err
			}
			return tx.InsertRequest(ctx, &tenancy.Request{Status: "lost", OrganizationID: o.ID, ContactID: c.ID})
		},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, s.Update(ctx, fn), problem.Internal, problem.CodeInternal) })
	}
}
