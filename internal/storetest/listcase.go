// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// listed returns the names of the requests that match a filter text, oldest first.
func listed(t testing.TB, s tenancy.Store, text string) []string {
	t.Helper()
	tree, err := filter.Parse(text, filter.NewSchema(tenancy.RequestProperties()))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return listedBy(t, s, tree)
}

func listedBy(t testing.TB, s tenancy.Store, tree filter.Node) []string {
	t.Helper()
	var names []string
	view(t, s, func(tx tenancy.Reader) error {
		page, total, err := tx.Requests(context.Background(), tenancy.ListParams{Filter: tree, Limit: 100,
			Sort: []filter.Sort{{Property: tenancy.RequestProperties()["id"]}}})
		if total != len(page) {
			t.Errorf("got total %d for %d", total, len(page))
		}
		for _, r := range page {
			names = append(names, r.Name)
		}
		return err
	})
	return names
}

func fileNamed(t testing.TB, s tenancy.Store, names ...string) {
	t.Helper()
	for i, name := range names {
		file(t, s, tenancy.Request{Name: name, Status: tenancy.RequestMoreInfoNeeded, CreatedAt: moment(i),
			UpdatedAt: moment(i)})
	}
}

// compareName is a comparison a filter text could not always express.
func compareName(op filter.Op, text string) filter.Node {
	return filter.Compare{Property: tenancy.RequestProperties()["name"], Op: op, Value: filter.Value{Text: text}}
}

func listWildcards(t *testing.T, s tenancy.Store) {
	fileNamed(t, s, "100%", "100x", "a_b", "axb", `back\slash`, "backxslash", "star*")
	for _, test := range []struct {
		op   filter.Op
		text string
		want []string
	}{
		{filter.Co, "%", []string{"100%"}},
		{filter.Sw, "1%", nil},
		{filter.Sw, "100%", []string{"100%"}},
		{filter.Ew, "%", []string{"100%"}},
		{filter.Ew, "_", nil},
		{filter.Co, "a_b", []string{"a_b"}},
		{filter.Sw, "a_", []string{"a_b"}},
		{filter.Ew, "_b", []string{"a_b"}},
		{filter.Co, `\`, []string{`back\slash`}},
		{filter.Co, `\s`, []string{`back\slash`}},
		{filter.Sw, `back\`, []string{`back\slash`}},
		{filter.Co, "*", []string{"star*"}},
		{filter.Co, "[a]", nil},
		{filter.Eq, "a%", nil},
	} {
		wantSame(t, test.op.String()+" "+test.text, listedBy(t, s, compareName(test.op, test.text)), test.want)
	}
}

// A literal more precise than a stored time lies between two stored times.
func listTimes(t *testing.T, s tenancy.Store) {
	fileNamed(t, s, "0", "1", "2") // at .123456789, stored as .123, and 1 and 2 ms later
	at := moment(1).UTC().Truncate(time.Millisecond)
	for _, test := range []struct {
		op     filter.Op
		finer  time.Duration
		want   []string
		reason string
	}{
		{filter.Eq, 0, []string{"1"}, "the very millisecond"},
		{filter.Eq, 1, nil, "nothing stored is between"},
		{filter.Ne, 1, []string{"0", "1", "2"}, "nothing stored is between"},
		{filter.Ne, 0, []string{"0", "2"}, ""},
		{filter.Gt, 0, []string{"2"}, ""},
		{filter.Gt, 999_999, []string{"2"}, ""},
		{filter.Ge, 0, []string{"1", "2"}, ""},
		{filter.Ge, 1, []string{"2"}, "1 is before"},
		{filter.Lt, 0, []string{"0"}, ""},
		{filter.Lt, 1, []string{"0", "1"}, "1 is before"},
		{filter.Le, 0, []string{"0", "1"}, ""},
		{filter.Le, 1, []string{"0", "1"}, ""},
	} {
		c := filter.Compare{Property: tenancy.RequestProperties()["createdAt"], Op: test.op,
			Value: filter.Value{Time: at.Add(test.finer)}}
		wantSame(t, fmt.Sprintf("%s +%v (%s)", test.op, test.finer, test.reason), listedBy(t, s, c), test.want)
	}
	wantSame(t, "first year", listed(t, s, `createdAt gt "0001-01-01"`), []string{"0", "1", "2"})
	wantSame(t, "last year", listed(t, s, `createdAt lt "9999-12-31T23:59:59.9999Z"`), []string{"0", "1", "2"})
}

func listFolded(t *testing.T, s tenancy.Store) {
	fileNamed(t, s, "Größe", "GRÖSSE", "grosse", "İstanbul", "", "z")
	for text, want := range map[string][]string{
		`name eq "grösse"`:                           {"Größe", "GRÖSSE"},
		`name sw "GRÖ"`:                              {"Größe", "GRÖSSE"},
		`name ew "SSE"`:                              {"Größe", "GRÖSSE", "grosse"},
		`name gt "y"`:                                {"z"},
		`name pr and name lt "g"`:                    nil,
		`name eq null`:                               {""},
		`not (name pr)`:                              {""},
		`name ne null and name ne "grosse"`:          {"Größe", "GRÖSSE", "İstanbul", "z"},
		`status eq "MOREINFONEEDED" and name co ""`:  {"Größe", "GRÖSSE", "grosse", "İstanbul", "z"},
		`status eq "moreInfoNeeded" and name eq "z"`: {"z"},
		`status sw "more" and name eq "z"`:           {"z"},
		`status eq "new"`:                            nil,
		`organization.id sw "OR-1" and name eq "z"`:  {"z"},
		`organization.id eq "or-0"`:                  nil,
		`contact.id co "b-10" and name eq "z"`:       {"z"},
	} {
		wantSame(t, text, listed(t, s, text), want)
	}
}

// What a stranger sends is a value, whatever it looks like.
func listInjection(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	hostile := []string{`'; drop table requests; --`, `" or 1=1 --`, `') or ('1'='1`, `$1`, `?`, `:name`, `@p1`,
		`/*`, `\'; --`,
		"%' or name like '%", "null", "x' union select * from settings --", "\u02bc or 1=1", "{{.}}", "\x1b[0m"}
	fileNamed(t, s, hostile...)
	for _, text := range hostile {
		for _, op := range []filter.Op{filter.Eq, filter.Co, filter.Sw, filter.Ew} {
			got := listedBy(t, s, compareName(op, filter.Fold(text)))
			if !slices.Contains(got, text) || op == filter.Eq && len(got) != 1 {
				t.Errorf("%s %q: got %q", op, text, got)
			}
		}
		err := s.View(ctx, func(tx tenancy.Reader) error {
			_, err := tx.OperatorByUsername(ctx, text)
			wantError(t, err, problem.NotFound, problem.CodeOperatorNotFound)
			_, err = tx.Application(ctx, text)
			wantError(t, err, problem.NotFound, problem.CodeApplicationNotFound)
			if is, err := tx.TokenRevoked(ctx, text); is || err != nil {
				t.Errorf("token %q: got %v, %v", text, is, err)
			}
			list, err := tx.Applications(ctx, tenancy.RootID, tenancy.ApplicationType(text))
			if len(list) != 0 {
				t.Errorf("type %q: got %v", text, list)
			}
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		update(t, s, func(tx tenancy.Tx) error { return tx.InsertSetting(ctx, text, []byte(text)) })
	}
	wantSame(t, "all are still there", listed(t, s, `id gt 0`), hostile)
}

// A property without a column is a fault of the program. The condition must not be left
// out, and must not become part of the statement.
func listUnknown(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for _, name := range []string{"nonsense", "", "name_folded", "1=1 or name", "description", "state"} {
		p := filter.Property{Name: name}
		for what, params := range map[string]tenancy.ListParams{
			"filter": {Limit: 5, Filter: filter.Not{Term: filter.Compare{Property: p, Op: filter.Pr}}},
			"filter, deep": {Limit: 5, Filter: filter.Or{Terms: []filter.Node{compareName(filter.Pr, ""),
				filter.Compare{Property: p}}}},
			"sort":  {Limit: 5, Sort: []filter.Sort{{Property: p}}},
			"count": {Filter: filter.Compare{Property: p, Op: filter.Eq}},
		} {
			err := s.View(ctx, func(tx tenancy.Reader) error {
				_, _, err := tx.Requests(ctx, params)
				return err
			})
			t.Run(what+" "+name, func(t *testing.T) { wantError(t, err, problem.Internal, problem.CodeInternal) })
		}
	}
}

// An engine may read pages at large offsets differently. They must be the same.
func listDeep(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	const n = 1100
	o := member(t, s, "o")
	update(t, s, func(tx tenancy.Tx) error {
		c := tenancy.Contact{OrganizationID: o.ID}
		if err := tx.InsertContact(ctx, &c); err != nil {
			return err
		}
		for i := range n {
			r := tenancy.Request{Name: fmt.Sprint(i % 7), Status: tenancy.RequestNew, OrganizationID: o.ID,
				ContactID: c.ID, CreatedAt: moment(i % 3)}
			if err := tx.InsertRequest(ctx, &r); err != nil {
				return err
			}
		}
		return nil
	})
	properties := tenancy.RequestProperties()
	for _, keys := range [][]filter.Sort{nil, {{Property: properties["name"]}},
		{{Property: properties["status"]}, {Property: properties["createdAt"], Descending: true}},
		{{Property: properties["id"], Descending: true}}} {
		all, total := requestPage(t, s, tenancy.ListParams{Sort: keys, Limit: 2 * n})
		for _, offset := range []int{990, 999, 1000, 1001, 1090, 1099, 1100, 1101} {
			got, count := requestPage(t, s, tenancy.ListParams{Sort: keys, Limit: 20, Offset: offset})
			want := all[min(offset, n):min(offset+20, n)]
			if count != n || total != n || !slices.Equal(got, want) {
				t.Errorf("sorted by %v from %d: got %d in all, then %d, %v, want %v", keys, offset, total, count, got,
					want)
			}
		}
	}
}

func requestPage(t testing.TB, s tenancy.Store, p tenancy.ListParams) (ids []tenancy.RequestID, total int) {
	t.Helper()
	view(t, s, func(tx tenancy.Reader) error {
		page, n, err := tx.Requests(context.Background(), p)
		for _, r := range page {
			ids = append(ids, r.ID)
		}
		total = n
		return err
	})
	return ids, total
}

// An Update sees its own work in lists, and odd numbers do no harm.
func listUpdate(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	update(t, s, func(tx tenancy.Tx) error {
		for i := range 3 {
			o := tenancy.Organization{Name: fmt.Sprint(i), State: tenancy.OrganizationActive, CreatedAt: moment(i)}
			if err := tx.InsertOrganization(ctx, &o); err != nil {
				return err
			}
		}
		for _, test := range []struct{ limit, offset, want int }{{10, 0, 3}, {2, 0, 2}, {2, 2, 1}, {2, 3, 0},
			{0, 0, 0}, {-1, 0, 0}, {2, -5, 2}, {0, 9, 0}} {
			page, total, err := tx.Organizations(ctx, tenancy.ListParams{Limit: test.limit, Offset: test.offset})
			if err != nil {
				return err
			}
			if len(page) != test.want || total != 3 {
				t.Errorf("%+v: got %d of %d", test, len(page), total)
			}
		}
		return nil
	})
}
