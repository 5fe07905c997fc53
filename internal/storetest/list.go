// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// The methods that list belong to the nouns' topics; here is what lists share.
func listTopic() topic {
	return topic{tests: map[string]func(*testing.T, tenancy.Store){
		"filter, sort, page: requests": func(t *testing.T,
			s tenancy.Store) {
			listGenerated(t, requestTable(t, s))
		},
		"filter, sort, page: organizations": func(t *testing.T,
			s tenancy.Store) {
			listGenerated(t, organizationTable(t, s))
		},
		"no wildcards":                   listWildcards,
		"times between milliseconds":     listTimes,
		"folded":                         listFolded,
		"absent values":                  listAbsent,
		"absent values in order":         listAbsentOrder,
		"absent values, deep":            listAbsentDeep,
		"injection":                      listInjection,
		"unknown property":               listUnknown,
		"deep pages":                     listDeep,
		"within an update":               listUpdate,
		"follows changes: requests":      listFollowsRequests,
		"follows changes: organizations": listFollowsOrganizations,
		"follows changes made at once":   listFollowsTogether,
	}}
}

// record is a row as the evaluator sees it: by property, an int64, a time.Time
// cut to milliseconds, or a folded string.
type record map[string]any

// table is a list with all that is in it.
type table struct {
	properties []filter.Property
	records    []record
	list       func(p tenancy.ListParams) (ids []int64, total int, err error)
}

// matches evaluates a tree in the simplest way. Absent text is empty text.
func matches(n filter.Node, r record) bool {
	switch n := n.(type) {
	case filter.And:
		return !slices.ContainsFunc(n.Terms, func(term filter.Node) bool { return !matches(term, r) })
	case filter.Or:
		return slices.ContainsFunc(n.Terms, func(term filter.Node) bool { return matches(term, r) })
	case filter.Not:
		return !matches(n.Term, r)
	case filter.Compare:
		return compares(n, r[n.Property.Name])
	}
	panic("unknown node")
}

func compares(c filter.Compare, held any) bool {
	text, order := "", -1 // of an absent time, too
	switch held := held.(type) {
	case string:
		text, order = held, cmp.Compare(held, c.Value.Text)
	case int64:
		text, order = fmt.Sprint(c.Property.Prefix, held), cmp.Compare(held, c.Value.Number)
	case time.Time:
		text, order = "some time", held.Compare(c.Value.Time)
	}
	switch {
	case c.Op == filter.Pr, c.Value.Null && c.Op == filter.Ne:
		return text != ""
	case c.Value.Null:
		return text == ""
	case text == "" && c.Op != filter.Eq && c.Op != filter.Ne:
		return false
	}
	switch c.Op {
	case filter.Eq:
		return order == 0
	case filter.Ne:
		return order != 0
	case filter.Gt:
		return order > 0
	case filter.Ge:
		return order >= 0
	case filter.Lt:
		return order < 0
	case filter.Le:
		return order <= 0
	case filter.Co:
		return strings.Contains(text, c.Value.Text)
	case filter.Sw:
		return strings.HasPrefix(text, c.Value.Text)
	default:
		return strings.HasSuffix(text, c.Value.Text)
	}
}

// ordered returns the records as a list with these keys has them: by the keys, an
// absent text after all others, then by id in the direction of the last key;
// without keys the newest first.
func ordered(records []record, keys []filter.Sort) []record {
	if len(keys) == 0 {
		keys = []filter.Sort{{Property: filter.Property{Name: "createdAt"}, Descending: true}}
	}
	keys = append(slices.Clone(keys), filter.Sort{Property: filter.Property{Name: "id"},
		Descending: keys[len(keys)-1].Descending})
	return slices.SortedStableFunc(slices.Values(records), func(a, b record) int {
		for _, key := range keys {
			order := 0
			switch x := a[key.Property.Name].(type) {
			case string:
				y := b[key.Property.Name].(string)
				order = cmp.Compare(x, y)
				if key.Property.Optional && (x == "" || y == "") {
					order = -order
				}
			case int64:
				order = cmp.Compare(x, b[key.Property.Name].(int64))
			case time.Time:
				order = x.Compare(b[key.Property.Name].(time.Time))
			}
			if key.Descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

// listGenerated compares an engine's answers to generated lists with those of the simple
// evaluator. It reads several pages of each list, as a client that walks it does: an
// engine may have cached something with the pages before.
func listGenerated(t *testing.T, tab table) {
	g := generator{tab}
	rapid.Check(t, func(rt *rapid.T) {
		p := tenancy.ListParams{Filter: g.tree(rt, 3), Sort: g.sort(rt)}
		if rapid.IntRange(0, 9).Draw(rt, "unfiltered") == 0 {
			p.Filter = nil
		}
		all := tab.ids(p)
		for range rapid.IntRange(1, 4).Draw(rt, "pages") {
			p.Limit = rapid.IntRange(0, len(tab.records)+2).Draw(rt, "limit")
			p.Offset = rapid.SampledFrom([]int{0, 0, 0, 1, 2, 7, len(all) / 2, len(tab.records), 5000}).Draw(rt,
				"offset")
			want := all[min(p.Offset, len(all)):min(p.Offset+p.Limit, len(all))]
			ids, count, err := tab.list(p)
			if err != nil {
				rt.Fatalf("list %+v: %v", p, err)
			}
			if count != len(all) || !slices.Equal(ids, want) {
				rt.Errorf("list %+v\ngot  %d in all, %v\nwant %d in all, %v", p, count, ids, len(all), want)
			}
		}
	})
}

// ids returns the ids of all rows that a list should have, in order.
func (tab table) ids(p tenancy.ListParams) (ids []int64) {
	for _, r := range ordered(tab.records, p.Sort) {
		if p.Filter == nil || matches(p.Filter, r) {
			ids = append(ids, r["id"].(int64))
		}
	}
	return ids
}

// generator makes questions about a table.
type generator struct{ tab table }

// pieces is what generated texts are made of: wildcards, quotes, what folds to
// more or fewer letters, first and last characters of their kind.
func pieces() []string {
	return []string{"a", "A", "b", "Z", "%", "_", `\`, "'", `"`, ";", "--", "$1", "?", " ", "0", "é", "É",
		"e\u0301", "ß", "SS", "ﬁ", "Σ", "ς",
		"ı", "İ", "\u212a", "\ud7ff", "\ue000", "\uffff", "😀", "\U0010ffff", "中", "\u200b", "\u00ad", "\u200f"}
}

func text(longest int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces()), 0, longest),
		func(parts []string) string { return strings.Join(parts, "") })
}

func (g generator) tree(t *rapid.T, depth int) filter.Node {
	kind := rapid.IntRange(0, 9).Draw(t, "node")
	if depth == 0 || kind > 5 {
		return g.compare(t)
	}
	if kind == 0 {
		return filter.Not{Term: g.tree(t, depth-1)}
	}
	terms := make([]filter.Node, rapid.IntRange(2, 3).Draw(t, "terms"))
	for i := range terms {
		terms[i] = g.tree(t, depth-1)
	}
	if kind%2 == 0 {
		return filter.Or{Terms: terms}
	}
	return filter.And{Terms: terms}
}

func (g generator) compare(t *rapid.T) filter.Node {
	c := filter.Compare{Property: rapid.SampledFrom(g.tab.properties).Draw(t, "property")}
	ops := []filter.Op{filter.Eq, filter.Ne, filter.Gt, filter.Ge, filter.Lt, filter.Le, filter.Pr, filter.Co,
		filter.Sw, filter.Ew}
	if c.Property.Kind == filter.Time {
		ops = ops[:7]
	}
	c.Op = rapid.SampledFrom(ops).Draw(t, "op")
	part := c.Op == filter.Co || c.Op == filter.Sw || c.Op == filter.Ew
	if c.Op == filter.Pr {
		return c
	}
	if (c.Op == filter.Eq || c.Op == filter.Ne) && rapid.IntRange(0, 9).Draw(t, "null") == 0 {
		c.Value.Null = true
		return c
	}
	near := rapid.SampledFrom(g.tab.records).Draw(t, "near")[c.Property.Name]
	switch near := near.(type) {
	case string:
		c.Value.Text = g.literal(t, near, part)
	case int64:
		if part {
			c.Value.Text = g.literal(t, fmt.Sprint(c.Property.Prefix, near), part)
		} else {
			c.Value.Number = max(0, near+rapid.Int64Range(-1, 1).Draw(t, "off"))
		}
	case time.Time:
		c.Value.Time = near.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, -1, 999_999, -999_999,
			1_000_000}).Draw(t, "off")))
	}
	return c
}

// literal returns a folded text: a stored one, a part of it, or another.
func (g generator) literal(t *rapid.T, near string, part bool) string {
	runes := []rune(near)
	switch rapid.IntRange(0, 5).Draw(t, "literal") {
	case 0:
		return filter.Fold(text(3).Draw(t, "text"))
	case 1:
		return near + rapid.SampledFrom([]string{"\x00", "\x00b", "a", "\U0010ffff"}).Draw(t, "tail")
	}
	if !part {
		return near
	}
	from := rapid.IntRange(0, len(runes)).Draw(t, "from")
	return string(runes[from:rapid.IntRange(from, len(runes)).Draw(t, "to")])
}

func (g generator) sort(t *rapid.T) []filter.Sort {
	properties := rapid.Permutation(g.tab.properties).Draw(t, "order")
	keys := make([]filter.Sort, rapid.IntRange(0, 3).Draw(t, "keys"))
	for i := range keys {
		keys[i] = filter.Sort{Property: properties[i], Descending: rapid.Bool().Draw(t, "descending")}
	}
	return keys
}

// texts returns n texts, some of them empty, some equal.
func texts(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = text(4).Example(i / 2)
	}
	return list
}

// rows is how many generated rows a table has.
const rows = 60

func values(m map[string]filter.Property) []filter.Property {
	var list []filter.Property
	for _, p := range m {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b filter.Property) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func requestTable(t *testing.T, s tenancy.Store) table {
	ctx := context.Background()
	tab := table{properties: values(tenancy.RequestProperties())}
	names, emails := texts(rows), texts(2 * rows)[rows:]
	statuses := []tenancy.RequestStatus{"new", "review", "moreInfoNeeded"}
	update(t, s, func(tx tenancy.Tx) error {
		tab.records = nil
		for i := range rows {
			o := tenancy.Organization{Name: names[i], State: tenancy.OrganizationApplicant}
			if err := tx.InsertOrganization(ctx, &o); err != nil {
				return err
			}
			c := tenancy.Contact{OrganizationID: o.ID}
			if err := tx.InsertContact(ctx, &c); err != nil {
				return err
			}
			r := tenancy.Request{Name: names[i], Email: emails[i], Status: statuses[i%3], OrganizationID: o.ID,
				ContactID: c.ID, CreatedAt: moment(i / 3)}
			if err := tx.InsertRequest(ctx, &r); err != nil {
				return err
			}
			tab.records = append(tab.records, record{"id": int64(r.ID), "name": filter.Fold(r.Name),
				"email":  filter.Fold(r.Email),
				"status": strings.ToLower(string(r.Status)), "organization.id": int64(r.OrganizationID),
				"contact.id": int64(r.ContactID), "createdAt": storedTime(r.CreatedAt)})
		}
		return nil
	})
	tab.list = func(p tenancy.ListParams) (ids []int64, total int, err error) {
		err = s.View(ctx, func(tx tenancy.Reader) error {
			page, n, err := tx.Requests(ctx, p)
			for _, r := range page {
				ids = append(ids, int64(r.ID))
			}
			total = n
			return err
		})
		return ids, total, err
	}
	return tab
}

func organizationTable(t *testing.T, s tenancy.Store) table {
	ctx := context.Background()
	tab := table{properties: values(tenancy.OrganizationProperties())}
	names, others := texts(rows), texts(2 * rows)[rows:]
	states := []tenancy.OrganizationState{tenancy.OrganizationActive, tenancy.OrganizationInactive,
		tenancy.OrganizationApplicant, tenancy.OrganizationRejected, tenancy.OrganizationDeleted}
	update(t, s, func(tx tenancy.Tx) error {
		tab.records = nil
		for i := range rows {
			// Members' names are unique, so they get a number at their end.
			o := tenancy.Organization{Name: names[i] + fmt.Sprint(i), Alias: others[i], Description: others[rows-1-i],
				ExternalID:   names[rows-1-i],
				EmailDomains: others[max(0, i-2):][:i%3], ContactPersons: []tenancy.ContactPerson{{FullName: names[i],
					Email: others[rows-1-i]}, {FullName: others[i]}}[:i%3],
				State: states[i%len(states)], CreatedAt: moment(i / 5)}
			if err := tx.InsertOrganization(ctx, &o); err != nil {
				return err
			}
			if o.State == tenancy.OrganizationActive || o.State == tenancy.OrganizationInactive {
				tab.records = append(tab.records, record{"id": int64(o.ID), "name": filter.Fold(o.Name),
					"alias":       filter.Fold(o.Alias),
					"description": filter.Fold(o.Description), "externalId": filter.Fold(o.ExternalID),
					"state": string(o.State), "createdAt": storedTime(o.CreatedAt),
					"emailDomains":            tenancy.ListedText(o.EmailDomains...),
					"contactPersons.fullName": tenancy.ListedText(o.ContactNames()...),
					"contactPersons.email":    tenancy.ListedText(o.ContactEmails()...)})
			}
		}
		return nil
	})
	tab.list = func(p tenancy.ListParams) (ids []int64, total int, err error) {
		err = s.View(ctx, func(tx tenancy.Reader) error {
			page, n, err := tx.Organizations(ctx, p)
			for _, o := range page {
				ids = append(ids, int64(o.ID))
			}
			total = n
			return err
		})
		return ids, total, err
	}
	return tab
}
