// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// matching returns the requests whose property has a value.
func matching(t testing.TB, s tenancy.Store, property string, op filter.Op, text string) []tenancy.Request {
	t.Helper()
	var page []tenancy.Request
	view(t, s, func(tx tenancy.Reader) error {
		var total int
		var err error
		page, total, err = tx.Requests(context.Background(), tenancy.ListParams{Limit: 10, Filter: filter.Compare{
			Property: tenancy.RequestProperties()[property], Op: op, Value: filter.Value{Text: filter.Fold(text)}}})
		if total != len(page) {
			t.Errorf("%s: a total of %d, %d rows", property, total, len(page))
		}
		return err
	})
	return page
}

func requestChange(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := file(t, s, tenancy.Request{Name: "Before", Status: tenancy.RequestNew, RequesterComments: "please",
		RelatedOrganization: "Sister",
		ApproverComments:    "before", Email: "old@example.test", CreatedAt: moment(0), UpdatedAt: moment(0)})
	changed := want
	changed.Name, changed.Status, changed.RequesterComments, changed.RelatedOrganization = "After",
		tenancy.RequestMoreInfoNeeded, "thanks", "Mother"
	changed.ApproverComments = "who?"
	changed.Email, changed.UpdatedAt = "New@Example.test", moment(5)
	ignored := changed
	ignored.DecidedBy, ignored.DecidedAt, ignored.CreatedAt = "operator:7", moment(1), moment(1)
	ignored.OrganizationID, ignored.ContactID = 1, 1
	update(t, s, func(tx tenancy.Tx) error {
		if r, err := tx.LockRequest(ctx, want.ID); err != nil || r.Name != "Before" {
			t.Errorf("lock: got %+v, %v", r, err)
		}
		done, err := tx.UpdateRequest(ctx, ignored)
		if !done {
			t.Error("not changed")
		}
		return err
	})
	changed.UpdatedAt = storedTime(moment(5))
	wantSame(t, "request", getRequest(t, s, want.ID), changed)
	// Lists find it by what it is now, and by nothing it was.
	for _, find := range []struct {
		property string
		op       filter.Op
		now, was string
	}{{"name", filter.Eq, "after", "before"}, {"name", filter.Co, "fter", "efor"},
		{"status", filter.Eq, "moreinfoneeded", "new"},
		{"email", filter.Eq, "new@example.test", "old@example.test"}} {
		wantSame(t, find.property, matching(t, s, find.property, find.op, find.now), []tenancy.Request{changed})
		if page := matching(t, s, find.property, find.op, find.was); len(page) > 0 {
			t.Errorf("%s is still found as %s", find.property, find.was)
		}
	}
	for _, status := range []tenancy.RequestStatus{tenancy.RequestApproved, tenancy.RequestRejected} {
		decided := file(t, s, tenancy.Request{Name: "n", Status: status, CreatedAt: moment(0),
			UpdatedAt: moment(0)})
		update(t, s, func(tx tenancy.Tx) error {
			late := decided
			late.Status, late.Name = tenancy.RequestReview, "late"
			done, err := tx.UpdateRequest(ctx, late)
			if done {
				t.Errorf("%s was changed", status)
			}
			return err
		})
		wantSame(t, "decided", getRequest(t, s, decided.ID), decided)
	}
}

// After a decision by another transaction, nothing is changed.
func requestChangeRace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	r := file(t, s, tenancy.Request{Name: "n", Status: tenancy.RequestNew, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	var decisions atomic.Int32
	together(16, func(i int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			if i%4 > 0 {
				_, err := tx.UpdateRequest(ctx, tenancy.Request{ID: r.ID, Name: "changed", Status: tenancy.RequestReview,
					UpdatedAt: moment(i)})
				return err
			}
			decision := r
			decision.Status, decision.UpdatedAt, decision.DecidedAt = tenancy.RequestApproved, moment(i), moment(i)
			decided, err := decide(tx, decision)
			if decided {
				decisions.Add(1)
			}
			return err
		})
		if err != nil {
			t.Errorf("update: %v", err)
		}
	})
	if got := getRequest(t, s, r.ID); got.Status != tenancy.RequestApproved || decisions.Load() < 1 {
		t.Errorf("got %s after %d decisions", got.Status, decisions.Load())
	}
}

func requestDelete(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	gone := file(t, s, tenancy.Request{Name: "gone", Status: tenancy.RequestReview, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	stays := file(t, s, tenancy.Request{Name: "stays", Status: tenancy.RequestReview, CreatedAt: moment(1),
		UpdatedAt: moment(1)})
	update(t, s, func(tx tenancy.Tx) error {
		if done, err := tx.DeleteContact(ctx, gone.ContactID); done || err != nil {
			t.Errorf("contact of a request: got %v, %v; want false, nil", done, err)
		}
		return tx.DeleteRequest(ctx, gone.ID)
	})
	wantSame(t, "by status", matching(t, s, "status", filter.Eq, "review"), []tenancy.Request{stays})
	wantSame(t, "by name", matching(t, s, "name", filter.Co, "gon"), nil)
	view(t, s, func(tx tenancy.Reader) error {
		_, err := tx.Request(ctx, gone.ID)
		wantError(t, err, problem.NotFound, problem.CodeRequestNotFound)
		if _, err := tx.Organization(ctx, gone.OrganizationID); err != nil {
			t.Errorf("the organization went with it: %v", err)
		}
		_, total, err := tx.Requests(ctx, tenancy.ListParams{})
		if total != 1 {
			t.Errorf("a total of %d, want 1", total)
		}
		return err
	})
	update(t, s, func(tx tenancy.Tx) error {
		if done, err := tx.DeleteContact(ctx, stays.ContactID); done || err != nil {
			t.Errorf("another's contact: got %v, %v; want false, nil", done, err)
		}
		for _, want := range []bool{true, false} {
			if done, err := tx.DeleteContact(ctx, gone.ContactID); done != want || err != nil {
				t.Errorf("contact: got %v, %v; want %v, nil", done, err, want)
			}
		}
		return nil
	})
	next := file(t, s, tenancy.Request{Name: "next", Status: tenancy.RequestNew, CreatedAt: moment(2),
		UpdatedAt: moment(2)})
	update(t, s, func(tx tenancy.Tx) error { return tx.DeleteRequest(ctx, next.ID) })
	if last := file(t, s, tenancy.Request{Name: "last", Status: tenancy.RequestNew, CreatedAt: moment(3),
		UpdatedAt: moment(3)}); last.ID <= next.ID {
		t.Errorf("the number %d was given again", last.ID)
	}
}

// A transaction that holds the lock reads what it stores: no change of others is lost.
func requestLocked(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	r := file(t, s, tenancy.Request{Name: "n", Status: tenancy.RequestNew, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	const n = 16
	together(n, func(int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			r, err := tx.LockRequest(ctx, r.ID)
			if err != nil {
				return err
			}
			r.Name += "x"
			_, err = tx.UpdateRequest(ctx, r)
			return err
		})
		if err != nil {
			t.Errorf("update: %v", err)
		}
	})
	if got := getRequest(t, s, r.ID).Name; len(got) != 1+n {
		t.Errorf("got %q after %d changes", got, n)
	}
}

// A transaction that holds the lock decides, once, and reads what was decided.
func requestDecidedLocked(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	r := file(t, s, tenancy.Request{Name: "n", Status: tenancy.RequestReview, CreatedAt: moment(0),
		UpdatedAt: moment(0)})
	var winners atomic.Int32
	together(16, func(i int) {
		won := false
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			r, err := tx.LockRequest(ctx, r.ID)
			if err != nil {
				return err
			}
			r.Status, r.DecidedAt, r.UpdatedAt, r.DecidedBy = tenancy.RequestApproved, moment(i), moment(i),
				fmt.Sprint("operator:", i)
			if won, err = decide(tx, r); err != nil {
				return err
			}
			if again, err := decide(tx, r); again || err != nil {
				t.Errorf("the second time: got %v, %v", again, err)
			}
			if read, err := tx.Request(ctx, r.ID); err != nil || won && read.DecidedBy != r.DecidedBy ||
				read.Status != tenancy.RequestApproved {
				t.Errorf("read back: got %+v, %v", read, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("decide: %v", err)
		}
		if won {
			winners.Add(1)
		}
	})
	if n := winners.Load(); n != 1 {
		t.Errorf("%d decided", n)
	}
}
