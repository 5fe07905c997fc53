// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// A list of a large table whose statement is expected to cost too much is refused; a page
// without a total looks at a part of the rows. What is cheap is answered as ever.
func TestListsHaveABudget(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), filled(t)
	s.maxCost = 50
	s.sizes["requests"].rows.Store(manyRows)
	s.sizes["requests"].readAt.Store(time.Now().Add(time.Hour).UnixNano())
	name := tenancy.RequestProperties()["name"]
	ends := filter.Compare{Property: name, Op: filter.Ew, Value: filter.Value{Text: "nothing"}}
	equal := filter.Compare{Property: name, Op: filter.Eq, Value: filter.Value{Text: "nothing"}}
	list := func(p tenancy.ListParams) (total int, err error) {
		err = s.Read(ctx, func(r tenancy.Reader) (err error) {
			_, total, err = r.Requests(ctx, p)
			return err
		})
		return total, err
	}
	for what, p := range map[string]tenancy.ListParams{"ends": {Filter: ends, Limit: 10},
		"count": {Filter: ends}} {
		if _, err := list(p); problem.As(err).Code != problem.CodeTooMany {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if n, err := list(tenancy.ListParams{Filter: equal, Limit: 10}); err != nil || n != 0 {
		t.Errorf("equal: got %d, %v", n, err)
	}
	rows, err := list(tenancy.ListParams{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	s.maxCost = 50
	p, pages := tenancy.PageParams{Filter: ends, Limit: 10, LooksAt: rows/4 + 1}, 0
	for more := true; more; pages++ {
		err := s.Read(ctx, func(r tenancy.Reader) error {
			page, err := r.RequestsAfter(ctx, p)
			p.After, more = page.Next, page.Next != nil
			p.Stepwise = more && page.Next.Stepwise
			return err
		})
		if err != nil || pages > 4 {
			t.Fatalf("page %d: %v", pages, err)
		}
	}
	if pages != 4 {
		t.Errorf("%d pages", pages)
	}
	s.sizes["requests"].rows.Store(manyRows - 1)
	if n, err := list(tenancy.ListParams{Filter: ends, Limit: 10}); err != nil || n != 0 {
		t.Errorf("a small table: got %d, %v", n, err)
	}
}
