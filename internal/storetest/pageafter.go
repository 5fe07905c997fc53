// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// after reads one page of a list.
type after func(p tenancy.PageParams) (ids []int64, next *tenancy.Position, err error)

// pageOf returns the function that reads pages by a method of the store.
func pageOf[T any](s tenancy.Store, read func(tenancy.Reader, context.Context,
	tenancy.PageParams) (tenancy.Page[T], error), id func(T) int64) after {
	return func(p tenancy.PageParams) (ids []int64, next *tenancy.Position, err error) {
		ctx := context.Background()
		err = s.Read(ctx, func(tx tenancy.Reader) error {
			page, err := read(tx, ctx, p)
			ids = nil
			for _, item := range page.Items {
				ids = append(ids, id(item))
			}
			next = page.Next
			return err
		})
		return ids, next, err
	}
}

func requestsAfter(s tenancy.Store) after {
	return pageOf(s, tenancy.Reader.RequestsAfter, func(r tenancy.Request) int64 { return int64(r.ID) })
}

func organizationsAfter(s tenancy.Store) after {
	return pageOf(s, tenancy.Reader.OrganizationsAfter,
		func(o tenancy.Organization) int64 { return int64(o.ID) })
}

func requestPages(t *testing.T, s tenancy.Store) {
	pagesGenerated(t, requestTable(t, s), requestsAfter(s))
}

func organizationPages(t *testing.T, s tenancy.Store) {
	pagesGenerated(t, organizationTable(t, s), organizationsAfter(s))
}

// pagesGenerated walks generated lists and compares what is shown with the simple
// evaluator. A page has all there is up to its limit, and only the last has no position.
func pagesGenerated(t *testing.T, tab table, page after) {
	g := generator{tab}
	rapid.Check(t, func(rt *rapid.T) {
		p := tenancy.PageParams{Filter: g.tree(rt, 3), Sort: g.sort(rt)}
		if rapid.IntRange(0, 3).Draw(rt, "unfiltered") == 0 {
			p.Filter = nil
		}
		all := tab.ids(tenancy.ListParams{Filter: p.Filter, Sort: p.Sort})
		p.Limit = rapid.IntRange(1, len(all)/4+2).Draw(rt, "limit")
		for from := 0; ; from += p.Limit {
			ids, next, err := page(p)
			want := all[from:min(from+p.Limit, len(all))]
			if err != nil || !slices.Equal(ids, want) || (next != nil) != (from+p.Limit < len(all)) {
				rt.Fatalf("page %+v\ngot  %v, next %v, %v\nwant %v of %d", p, ids, next, err, want, len(all))
			}
			if next == nil {
				return
			}
			p.After = next
		}
	})
}

// pageScope: pages of one organization have nothing of another, whatever the position.
func requestPageScope(t *testing.T, s tenancy.Store) {
	var mine tenancy.Request
	for i := range 4 {
		mine = file(t, s, tenancy.Request{Name: fmt.Sprint(i), Status: "new", CreatedAt: moment(i)})
	}
	page := requestsAfter(s)
	p := tenancy.PageParams{Scope: mine.OrganizationID, Limit: 1}
	if ids, next, err := page(p); err != nil || next != nil || !slices.Equal(ids, []int64{int64(mine.ID)}) {
		t.Errorf("got %v, %v, %v", ids, next, err)
	}
	p.After = &tenancy.Position{Keys: []filter.Value{{Time: storedTime(moment(3))}}, ID: int64(mine.ID)}
	if ids, _, err := page(p); err != nil || len(ids) != 0 {
		t.Errorf("after it: got %v, %v", ids, err)
	}
	p.After.Keys = nil // of a list that is sorted in another way
	if ids, _, err := page(p); err == nil {
		t.Errorf("with a wrong position: got %v", ids)
	}
}

// rewriting changes a list between its pages.
type rewriting struct {
	page   after
	names  map[string]filter.Property
	insert func(name string)
	delete func(id int64)
}

func requestPagesChanging(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	pagesChanging(t, rewriting{requestsAfter(s), tenancy.RequestProperties(),
		func(name string) {
			file(t, s, tenancy.Request{Name: name, Status: "new", CreatedAt: moment(len(name))})
		},
		func(id int64) {
			update(t, s, func(tx tenancy.Tx) error { return tx.DeleteRequest(ctx, tenancy.RequestID(id)) })
		}})
}

func organizationPagesChanging(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	pagesChanging(t, rewriting{organizationsAfter(s), tenancy.OrganizationProperties(),
		func(name string) { member(t, s, name) },
		func(id int64) {
			update(t, s, func(tx tenancy.Tx) error {
				return tx.DeleteOrganization(ctx, tenancy.OrganizationID(id), moment(0))
			})
		}})
}

// pagesChanging walks lists in which between two pages the last item that was shown and
// one that was not are deleted, and items are inserted at both ends. What stays is shown
// once and in order.
func pagesChanging(t *testing.T, list rewriting) {
	for i := range 20 {
		list.insert(fmt.Sprintf("m%02d", i))
	}
	name, created := list.names["name"], list.names["createdAt"]
	for n, keys := range [][]filter.Sort{nil, {{Property: name}}, {{Property: created}, {Property: name,
		Descending: true}}, {{Property: list.names["id"], Descending: true}}} {
		before, next, err := list.page(tenancy.PageParams{Sort: keys, Limit: 250})
		if err != nil || next != nil {
			t.Fatal(next, err)
		}
		gone := map[int64]bool{}
		var seen []int64
		p := tenancy.PageParams{Sort: keys, Limit: 4}
		for step := 0; ; step++ {
			ids, next, err := list.page(p)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, ids...)
			if p.After = next; next == nil {
				break
			}
			if step < 2 {
				ahead := before[len(before)-1-step]
				gone[ids[len(ids)-1]], gone[ahead] = true, true
				list.delete(ids[len(ids)-1])
				list.delete(ahead)
				list.insert(fmt.Sprintf("a %d %d", n, step))
				list.insert(fmt.Sprintf("z %d %d", n, step))
			}
		}
		stays := func(ids []int64) []int64 {
			return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
				return gone[id] ||
					!slices.Contains(before, id)
			})
		}
		wantSame(t, fmt.Sprint("a walk by ", keys), stays(seen), stays(before))
	}
}
