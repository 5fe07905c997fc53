// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/listmemory"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// listQuery answers one query for a list.
type listQuery[T any] struct {
	t         *tx
	listing   listing
	query     query
	cache     *listmemory.Memory // nil in an Update: what it sees may be undone
	keys      cacheKeys
	limit     int
	offset    int
	params    tenancy.ListParams
	scan      func(sqltext.Row) (T, error)
	id        func(T) int64
	page      []T
	listState // what the last statement returned
}

// listState is what a statement returns about a list.
type listState struct {
	version int64 // of the table
	total   int   // how many match
}

// list returns a page and how many rows match in all.
func list[T any](ctx context.Context, t *tx, l listing, p tenancy.ListParams,
	scan func(sqltext.Row) (T, error), id func(T) int64) ([]T, int, error) {
	if t.lost != nil {
		return nil, 0, t.lost
	}
	q, err := l.compile(p)
	if err != nil {
		return nil, 0, t.fail("list "+l.table, err)
	}
	a := &listQuery[T]{t: t, listing: l, query: q, cache: t.cache[l.table], limit: p.Limit, params: p,
		offset: max(p.Offset, 0), scan: scan, id: id}
	a.keys = a.cacheKeys()
	if err := a.answer(ctx); err != nil {
		return nil, 0, err
	}
	return a.page, a.total, nil
}

func (a *listQuery[T]) answer(ctx context.Context) error {
	if found, err := a.readCachedPage(ctx); found || err != nil {
		return err
	}
	if err := a.checkCost(ctx); err != nil {
		return err
	}
	for try := range maxTries {
		k := a.cachedTotal()
		if a.limit > 0 && !(try == 0 && k != nil && k.valid && k.total <= a.offset) {
			found, err := a.readPage(ctx, k, try == maxTries-1)
			if found || err != nil {
				return err
			}
			if len(a.page) > 0 { // the list changed after the range was chosen
				a.page = nil
				continue
			}
		}
		// An empty page has no row with the total.
		if err := a.readTotal(ctx, k); err != nil || a.limit <= 0 || a.total <= a.offset {
			return err
		}
		// It is longer now than when the page was empty.
	}
	return nil
}

// checkCost returns TooMany if the page and its total are expected to cost too much. A
// total that is cached was not too expensive.
func (a *listQuery[T]) checkCost(ctx context.Context) error {
	k, keys := a.cachedTotal(), len(a.params.Sort)
	if k != nil && k.valid && keys < 2 || a.query.totalStored && keys < 2 {
		return nil
	}
	text, args := a.listing.page(a.query, k, pageRange{limit: max(a.limit, 1), offset: a.offset})
	over, err := a.t.tooExpensive(ctx, a.listing, a.params.Filter, keys, planned(text, args...))
	if over {
		return problem.TooMany()
	}
	return err
}

// maxTries is how often a page is read when the list changes at the same time.
const maxTries = 5

// readPage reads the page. The last try goes from the start, which always leads to the
// page.
func (a *listQuery[T]) readPage(ctx context.Context, k *cachedTotal, last bool) (found bool, err error) {
	target := pageRange{limit: a.limit, offset: a.offset}
	switch {
	case last:
	case k != nil && k.valid:
		target = a.nearestRange(target, k)
	case target.offset >= deepOffset && a.query.totalStored:
		if err := a.readTotal(ctx, k); err != nil {
			return false, err
		}
		target = target.fromNearerEnd(a.total)
	}
	text, args := a.listing.page(a.query, k, target)
	if err := a.readRows(ctx, planned(text, args...)); err != nil || len(a.page) == 0 {
		return false, err
	}
	right := target.isRightPage(a.listState)
	a.cachePage(right)
	return right, nil
}

// readTotal reads how many rows match.
func (a *listQuery[T]) readTotal(ctx context.Context, k *cachedTotal) error {
	head, args := a.listing.totalQuery(a.query, k)
	if a.query.totalStored {
		args = nil // of where, which is not in it
	}
	err := a.readState(ctx, planned(head+"SELECT version, total FROM counted", args...))
	if err == nil {
		a.cachePage(false)
	}
	return err
}

// readState runs a statement that returns a version and a total, and no rows of the list.
func (a *listQuery[T]) readState(ctx context.Context, s statement) error {
	read := func(row sqltext.Row) (state listState, err error) {
		err = row.Scan(&state.version, &state.total)
		return state, err
	}
	return a.t.run(ctx, "count "+a.listing.table, step{s, first(read, &a.listState, nil)})
}

// readRows reads the rows of the page.
func (a *listQuery[T]) readRows(ctx context.Context, s statement) error {
	scan := func(row sqltext.Row) (T, error) { return a.scan(rowWithState{row, &a.listState}) }
	return a.t.run(ctx, "list "+a.listing.table, step{s, collect(scan, &a.page)})
}

// planned returns a statement that is planned for its arguments each time: what is best
// for a rare word is bad for a common one. Only the description of its result is cached.
func planned(query string, args ...any) statement {
	return statement{query, append([]any{pgx.QueryExecModeCacheDescribe}, args...)}
}

// rowWithState is a row that begins with a listState.
type rowWithState struct {
	sqltext.Row
	state *listState
}

// Scan implements sqltext.Row.
func (r rowWithState) Scan(dest ...any) error {
	return r.Row.Scan(append([]any{&r.state.version, &r.state.total}, dest...)...)
}
