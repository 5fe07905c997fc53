// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// absentRows makes organizations of which two have no alias, description and
// external id.
func absentRows(t testing.TB, s tenancy.Store) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		for i, text := range []string{"Birch", "", "ash", "", "Cedar"} {
			o := tenancy.Organization{Name: fmt.Sprint(i), Alias: text, Description: text, ExternalID: text,
				State: tenancy.OrganizationActive, CreatedAt: moment(i), UpdatedAt: moment(i)}
			if err := tx.InsertOrganization(context.Background(), &o); err != nil {
				return err
			}
		}
		return nil
	})
}

// organizationNames lists them by name, in order.
func organizationNames(t testing.TB, s tenancy.Store, p tenancy.ListParams) string {
	t.Helper()
	var names []string
	view(t, s, func(tx tenancy.Reader) error {
		page, total, err := tx.Organizations(context.Background(), p)
		for _, o := range page {
			names = append(names, o.Name)
		}
		if p.Limit >= total && len(page)+p.Offset != total {
			t.Errorf("%+v: got %d of %d", p, len(page), total)
		}
		return err
	})
	return strings.Join(names, "")
}

// listAbsent compares with what is not there: only eq and ne, null and not find it.
func listAbsent(t *testing.T, s tenancy.Store) {
	absentRows(t, s)
	properties := tenancy.OrganizationProperties()
	for text, want := range map[string]string{
		`eq "ash"`: "2", `ne "ash"`: "0134", `eq ""`: "13", `ne ""`: "024", "eq null": "13", "ne null": "024",
		"pr":         "024",
		`lt "birch"`: "2", `le "birch"`: "02", `gt "ash"`: "04", `ge "ash"`: "024", `lt "zzz"`: "024",
		`lt ""`: "", `le ""`: "", `gt ""`: "024", `ge ""`: "024",
		`co ""`: "024", `sw ""`: "024", `ew ""`: "024", `co "r"`: "04", `sw "a"`: "2", `ew "h"`: "02",
		`co "irc"`: "0",
		// what is not seen does not count
		"lt \"\u200b\"": "", "co \"\u00ad\"": "024", "eq \"a\u200bsh\u3164\"": "2",
	} {
		for _, name := range []string{"alias", "description", "externalId"} {
			comparison := name + " " + text
			for _, asked := range []struct{ text, want string }{
				{comparison, want}, {"not (" + comparison + ")", others(want)},
				{comparison + ` or name eq "1"`, join(want, "1")}, {"id gt 0 and " + comparison, want},
			} {
				tree, err := filter.Parse(asked.text, filter.NewSchema(properties))
				if err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{"id", "name", name} {
					p := tenancy.ListParams{Filter: tree, Sort: []filter.Sort{{Property: properties[key]}}, Limit: 10}
					got := organizationNames(t, s, p)
					if sorted := sortedText(got); sorted != asked.want {
						t.Errorf("%s, by %s: got %q, want %q", asked.text, key, got, asked.want)
					}
				}
			}
		}
	}
}

func sortedText(s string) string {
	list := strings.Split(s, "")
	slices.Sort(list)
	return strings.Join(list, "")
}

// others are the rows that are not among these.
func others(rows string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(rows, r) {
			return -1
		}
		return r
	}, "01234")
}

func join(rows, more string) string {
	list := strings.Split(rows+more, "")
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "")
}

// listAbsentOrder walks lists that are sorted by what may be absent, page by page.
func listAbsentOrder(t *testing.T, s tenancy.Store) {
	absentRows(t, s)
	properties := tenancy.OrganizationProperties()
	for _, name := range []string{"alias", "description", "externalId"} {
		for _, test := range []struct {
			keys []filter.Sort
			want string
		}{
			{[]filter.Sort{{Property: properties[name]}}, "20413"},
			{[]filter.Sort{{Property: properties[name], Descending: true}}, "31402"},
			{[]filter.Sort{{Property: properties[name]}, {Property: properties["name"], Descending: true}}, "20431"},
			{[]filter.Sort{{Property: properties["state"]}, {Property: properties[name], Descending: true}}, "31402"},
		} {
			for limit := 1; limit <= 5; limit++ {
				got := ""
				for offset := 0; offset < 5; offset += limit {
					got += organizationNames(t, s, tenancy.ListParams{Sort: test.keys, Limit: limit, Offset: offset})
				}
				if got != test.want {
					t.Errorf("by %v, %d on a page: got %s, want %s", test.keys, limit, got, test.want)
				}
			}
		}
	}
}

// listAbsentDeep walks a long list forward and backward. A third of it has no external id.
// An engine may continue from a cached position.
func listAbsentDeep(t *testing.T, s tenancy.Store) {
	const n, step = 1300, 260
	update(t, s, func(tx tenancy.Tx) error {
		for i := range n {
			o := tenancy.Organization{Name: fmt.Sprint(i), State: tenancy.OrganizationActive, CreatedAt: moment(i),
				UpdatedAt: moment(i)}
			if i%3 != 0 {
				o.ExternalID = fmt.Sprint(i % 50)
			}
			if err := tx.InsertOrganization(context.Background(), &o); err != nil {
				return err
			}
		}
		return nil
	})
	property := tenancy.OrganizationProperties()["externalId"]
	list := func(p tenancy.ListParams) (page []tenancy.Organization) {
		view(t, s, func(tx tenancy.Reader) (err error) {
			page, _, err = tx.Organizations(context.Background(), p)
			return err
		})
		return page
	}
	for _, descending := range []bool{false, true} {
		p := tenancy.ListParams{Sort: []filter.Sort{{Property: property, Descending: descending}}, Limit: 2 * n}
		all := list(p)
		if len(all) != n || (all[0].ExternalID == "") != descending || (all[n-1].ExternalID == "") == descending {
			t.Errorf("descending %v: got %d, from %q to %q", descending, len(all), all[0].ExternalID,
				all[n-1].ExternalID)
		}
		p.Limit = step
		for _, offset := range []int{0, 1, 2, 3, 4, 3, 2, 1, 4, 0} {
			p.Offset = offset * step
			if got := list(p); !slices.EqualFunc(got, all[p.Offset:p.Offset+step],
				func(a, b tenancy.Organization) bool { return a.ID == b.ID }) {
				t.Errorf("descending %v: another page from %d on", descending, p.Offset)
			}
		}
	}
}
