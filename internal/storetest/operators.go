// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// Numbers begin at 100001 and go up, and each finds its operator.
func operatorNumbers(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	first := operator(t, s, "first")
	if first.Number != 100001 {
		t.Errorf("got number %d, want 100001", first.Number)
	}
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		lost := tenancy.StoredOperator{Operator: tenancy.Operator{ID: "x", Username: "FIRST",
			Role: tenancy.Auditor}}
		return tx.InsertOperator(ctx, &lost)
	})
	wantError(t, err, problem.Conflict, problem.CodeUsernameTaken)
	second := operator(t, s, "second")
	if second.Number <= first.Number {
		t.Errorf("got number %d after %d", second.Number, first.Number)
	}
	for _, want := range []tenancy.StoredOperator{first, second} {
		got := read(t, s, func(tx tenancy.Reader) (tenancy.StoredOperator,
			error) {
			return tx.OperatorByNumber(ctx, want.Number)
		})
		wantSame(t, "by number", got, want)
	}
	for _, number := range []tenancy.OperatorNumber{0, -1, 1, 100000, second.Number + 1, 1<<63 - 1} {
		err := s.View(ctx, func(tx tenancy.Reader) error { _, err := tx.OperatorByNumber(ctx, number); return err })
		wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
	}
}

func operatorNumbersRace(t *testing.T, s tenancy.Store) {
	const n = 16
	numbers := make([]tenancy.OperatorNumber, n)
	together(n, func(i int) {
		o := tenancy.StoredOperator{Operator: tenancy.Operator{ID: fmt.Sprint("o", i),
			Username: fmt.Sprint("name ", i), Role: tenancy.Auditor, CreatedAt: moment(i)}}
		if err := s.Update(context.Background(),
			func(tx tenancy.Tx) error { return tx.InsertOperator(context.Background(), &o) }); err != nil {
			t.Errorf("insert: %v", err)
		}
		numbers[i] = o.Number
	})
	slices.Sort(numbers)
	if distinct := slices.Compact(slices.Clone(numbers)); len(distinct) != n || numbers[0] < 100001 {
		t.Errorf("got numbers %v", numbers)
	}
}

func operatorList(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	keeps, leaves := member(t, s, "Keeps"), member(t, s, "Leaves")
	for i, o := range []tenancy.Operator{
		{Username: "Ann"}, {Username: "bo", OrganizationID: keeps.ID},
		{Username: "ANNA", OrganizationID: keeps.ID}, {Username: "gone", OrganizationID: leaves.ID},
	} {
		o.ID, o.Role, o.Active, o.CreatedAt = fmt.Sprint("id", i), tenancy.Auditor, i != 1, storedTime(moment(i))
		update(t, s, func(tx tenancy.Tx) error {
			return tx.InsertOperator(ctx,
				&tenancy.StoredOperator{Operator: o})
		})
	}
	update(t, s, func(tx tenancy.Tx) error { return tx.DeleteOrganization(ctx, leaves.ID, moment(9)) })
	number, username := tenancy.OperatorProperties()["number"], tenancy.OperatorProperties()["username"]
	named := func(op filter.Op, text string) filter.Node {
		return filter.Compare{Property: username, Op: op, Value: filter.Value{Text: text}}
	}
	byNumber, byName := []filter.Sort{{Property: number}}, []filter.Sort{{Property: username, Descending: true}}
	for _, c := range []struct {
		name   string
		params tenancy.ListParams
		want   string
		total  int
	}{
		{"all", tenancy.ListParams{Sort: byNumber, Limit: 10}, "Ann bo ANNA", 3},
		{"by name, descending", tenancy.ListParams{Sort: byName, Limit: 10}, "bo ANNA Ann", 3},
		{"the middle", tenancy.ListParams{Sort: byNumber, Limit: 1, Offset: 1}, "bo", 3},
		{"behind the end", tenancy.ListParams{Sort: byNumber, Limit: 1, Offset: 3}, "", 3},
		{"counted only", tenancy.ListParams{Sort: byNumber}, "", 3},
		{"of one organization", tenancy.ListParams{Scope: keeps.ID, Sort: byNumber, Limit: 10}, "bo ANNA", 2},
		{"by name", tenancy.ListParams{Filter: named(filter.Eq, "ann"), Sort: byNumber, Limit: 10}, "Ann", 1},
		{"by a part", tenancy.ListParams{Filter: named(filter.Co, "nn"), Sort: byNumber, Limit: 10}, "Ann ANNA", 2},
		{"of a deleted organization", tenancy.ListParams{Filter: named(filter.Eq, "gone"), Sort: byNumber,
			Limit: 10}, "", 0},
		{"by number", tenancy.ListParams{Filter: filter.Compare{Property: number, Op: filter.Eq,
			Value: filter.Value{Number: 100003}}, Limit: 10}, "ANNA", 1},
	} {
		var page []tenancy.ListedOperator
		total := read(t, s, func(tx tenancy.Reader) (n int, err error) {
			page, n, err = tx.Operators(ctx, c.params)
			return n, err
		})
		if got := listedNames(t, c.name, page); got != c.want || total != c.total {
			t.Errorf("%s: got %q of %d, want %q of %d", c.name, got, total, c.want, c.total)
		}
	}
	err := s.View(ctx, func(tx tenancy.Reader) error {
		_, _, err := tx.Operators(ctx,
			tenancy.ListParams{Filter: filter.Compare{Property: filter.Property{Name: "role"}}, Limit: 1})
		return err
	})
	wantError(t, err, problem.Internal, problem.CodeInternal)
}

// listedNames returns the user names of a page of operatorList's operators, and
// checks what else is in it.
func listedNames(t *testing.T, row string, page []tenancy.ListedOperator) string {
	t.Helper()
	names := make([]string, len(page))
	for i, o := range page {
		names[i] = o.Username
		want := "Keeps"
		if o.OrganizationID == tenancy.RootID {
			want = "Gatehouse"
		}
		if o.OrganizationName != want {
			t.Errorf("%s: %s is of %q, want %q", row, o.Username, o.OrganizationName, want)
		}
		whole := o.Number >= 100001 && o.ID != "" && o.Role == tenancy.Auditor && !o.CreatedAt.IsZero()
		if !whole || o.Active != (o.Username != "bo") {
			t.Errorf("%s: got %+v", row, o)
		}
	}
	return strings.Join(names, " ")
}
