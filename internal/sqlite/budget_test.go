// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// manyRequests returns a store with so many requests.
func manyRequests(t *testing.T, n int) *Store {
	t.Helper()
	ctx, s := context.Background(), opened(t)
	err := s.Update(ctx, func(x tenancy.Tx) error {
		c := tenancy.Contact{CreatedAt: time.Now()}
		if err := x.InsertContact(ctx, &c); err != nil {
			return err
		}
		for i := range n {
			r := tenancy.Request{Name: fmt.Sprintf("Amber %04d trading house of the north", i),
				Status: tenancy.RequestNew, ContactID: c.ID, CreatedAt: time.UnixMilli(int64(i)), UpdatedAt: time.Now()}
			if err := x.InsertRequest(ctx, &r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expensive compares the end of a name with 64 texts, none of which is there.
func expensive() filter.Node {
	var or filter.Or
	for i := range 64 {
		or.Terms = append(or.Terms, filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Ew,
			Value: filter.Value{Text: fmt.Sprintf("nothing %d", i)}})
	}
	return or
}

// A list that takes longer than it may is refused, and the next one on the same connection is
// answered. A page without a total looks at a part of the rows, and a walk ends.
func TestListsHaveABudget(t *testing.T) {
	t.Parallel()
	const rows = 4000
	ctx, s := context.Background(), Limit(manyRequests(t, rows), time.Nanosecond, time.Nanosecond)
	read := func(p tenancy.ListParams) (total int, err error) {
		err = s.Read(ctx, func(r tenancy.Reader) (err error) {
			_, total, err = r.Requests(ctx, p)
			return err
		})
		return total, err
	}
	for range 5 {
		if _, err := read(tenancy.ListParams{Filter: expensive(),
			Limit: 10}); problem.As(err).Code != problem.CodeTooMany {
			t.Fatalf("got %v", err)
		}
		if n, err := read(tenancy.ListParams{Limit: 10}); err != nil || n != rows {
			t.Fatalf("after it: got %d, %v", n, err)
		}
	}
	Limit(s, time.Hour, time.Nanosecond)
	p, pages, found := tenancy.PageParams{Limit: 10, LooksAt: 1000,
		Filter: filter.Or{Terms: []filter.Node{expensive(),
			filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Co,
				Value: filter.Value{Text: "0007 "}}}}}, 0, 0
	for more := true; more; pages++ {
		err := s.Read(ctx, func(r tenancy.Reader) error {
			page, err := r.RequestsAfter(ctx, p)
			found += len(page.Items)
			p.After, more = page.Next, page.Next != nil
			p.Stepwise = more && page.Next.Stepwise
			return err
		})
		if err != nil || pages > 10 {
			t.Fatalf("page %d: %v", pages, err)
		}
	}
	if pages != rows/1000 || found != 1 {
		t.Errorf("found %d on %d pages", found, pages)
	}
	if n, err := read(tenancy.ListParams{Filter: expensive(), Limit: 10}); err != nil || n != 0 {
		t.Errorf("with more time: got %d, %v", n, err)
	}
}

// A budget whose clock fails, at once or later, ends by the elapsed time. It is no list
// without a limit.
func TestABudgetEndsWithoutAClock(t *testing.T) {
	t.Parallel()
	for name, readings := range map[string]int{"at once": 0, "after the start": 1} {
		left := readings
		clock := func() (time.Duration, bool) {
			left--
			return time.Hour, left >= 0 // the thread has run for an hour before
		}
		runtime.LockOSThread() // as newBudget does
		b := budgetBy(context.Background(), time.Millisecond, clock)
		select {
		case <-b.ctx.Done():
		case <-time.After(time.Minute):
		}
		if !b.over() {
			t.Errorf("a clock that fails %s: the budget has no end", name)
		}
		b.stop()
	}
}

// A caller that leaves is no list over its budget.
func TestLeavingIsNoBudget(t *testing.T) {
	t.Parallel()
	s := manyRequests(t, 10)
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Read(ctx, func(r tenancy.Reader) error {
		cancel()
		_, _, err := r.Requests(ctx, tenancy.ListParams{Filter: expensive(), Limit: 10})
		return err
	})
	if !errors.Is(err, problem.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// The index is asked for a bounded number of trigrams by a whole filter.
func TestSearchedTrigramsAreBounded(t *testing.T) {
	t.Parallel()
	contains := func(text string) filter.Node {
		return filter.Compare{Property: tenancy.RequestProperties()["name"], Op: filter.Co,
			Value: filter.Value{Text: text}}
	}
	var many, short filter.Or
	for i := range 64 {
		many.Terms = append(many.Terms, contains(fmt.Sprintf("%02d trading house", i)))
		short.Terms = append(short.Terms, contains(fmt.Sprintf("%02d", i)))
	}
	for name, test := range map[string]struct {
		tree filter.Node
		most int
	}{"long": {contains(strings.Repeat("trading house ", 70)), 32}, "many": {many, 64}, "short": {short, 0},
		"nested": {filter.Not{Term: filter.And{Terms: []filter.Node{many, contains(strings.Repeat("x", 900))}}},
			65}} {
		q := &lister{listing: requests(), p: tenancy.ListParams{Filter: test.tree}}
		q.longest = sqltext.LongestSearched(test.tree)
		trigrams := 0
		filter.Walk(q.shorten(test.tree), func(c filter.Compare) {
			if _, ok := q.searchOf(c); ok {
				trigrams += len([]rune(c.Value.Text)) - sqltext.Trigram + 1
			}
		})
		if trigrams > test.most || trigrams == 0 && test.most > 0 {
			t.Errorf("%s: the index is asked for %d trigrams, want at most %d", name, trigrams, test.most)
		}
	}
}
