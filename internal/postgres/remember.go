// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/listmemory"
)

// What was expensive to find out about a list is cached for one version of its table. The
// version is the sum of what triggers have added to the shares of list_counts (migration
// 0003). The server shows the changes of transactions in one order, the same to all
// connections: of two states, one has all changes that the other has. Each change adds
// something, so tables with equal sums are equal, on whichever replica of the program. A
// statement that uses cached values reads the version with the rows, in its own state. If
// the version is another one, its result is not used.

// cachedTotal is the cached total of a list, for a version that may have passed.
type cachedTotal struct {
	version int64
	total   int
	valid   bool // total is
}

// cacheKeys are the keys of a list in the cache.
type cacheKeys struct {
	list, order, page string
}

func (a *listQuery[T]) cacheKeys() (n cacheKeys) {
	if a.cache != nil {
		n.list = listmemory.Key(a.query.where, a.query.args)
		n.order = n.list + a.query.order.SQL(false)
		n.page = listmemory.Key(n.order, []any{a.limit, a.offset})
	}
	return n
}

// cachedTotal returns the cached total of the list. It is nil in an Update.
func (a *listQuery[T]) cachedTotal() *cachedTotal {
	if a.cache == nil {
		return nil
	}
	k := cachedTotal{version: a.cache.Version()}
	k.total, k.valid = a.cache.Total(k.version, a.keys.list)
	return &k
}

// readCachedPage returns a page whose ids are cached, or that is known to be empty. Its
// statement is always the same, so the server does not plan it again, and counts nothing.
func (a *listQuery[T]) readCachedPage(ctx context.Context) (found bool, err error) {
	k := a.cachedTotal()
	if k == nil || !k.valid {
		return false, nil
	}
	text := "SELECT (SELECT sum(" + a.listing.version + ")::bigint FROM list_counts), $1::bigint"
	args := []any{k.total}
	var ids []int64
	if a.limit <= 0 || k.total <= a.offset {
		err = a.readState(ctx, statement{text, args})
	} else {
		var ok bool
		if ids, ok = a.cache.Page(k.version, a.keys.page); !ok {
			return false, nil
		}
		err = a.readRows(ctx, statement{text + ", " + a.listing.columns + " FROM " + a.listing.table +
			" JOIN unnest($2::bigint[]) WITH ORDINALITY AS page (id, place) USING (id) ORDER BY place",
			append(args, ids)})
	}
	if err != nil || len(a.page) != len(ids) || a.version != k.version {
		a.page = nil
		if err == nil {
			a.cache.Forget(a.version) // older positions are of no use
		}
		return false, err
	}
	return true, nil
}

// minSkip is the number of skipped rows from which on another range is looked for.
const minSkip = 200

// nearestRange returns the shortest range to a page: from the start, the end, or a cached
// position.
func (a *listQuery[T]) nearestRange(target pageRange, k *cachedTotal) pageRange {
	if target.offset < minSkip {
		return target
	}
	best := target.fromNearerEnd(k.total)
	if !a.query.order.Uniform() {
		return best
	}
	from := a.cache.Before(k.version, a.keys.order, target.offset)
	if skip := target.offset - from.Offset; from.ID != 0 && skip < best.offset {
		return pageRange{limit: target.limit, offset: skip, from: from, version: k.version}
	}
	return best
}

// cachePage caches the total of the list, and the ids and positions of the page if it is
// the right one.
func (a *listQuery[T]) cachePage(found bool) {
	if a.cache == nil {
		return
	}
	a.cache.PutTotal(a.version, a.keys.list, a.total)
	if !found {
		return
	}
	ids := make([]int64, len(a.page))
	for i, v := range a.page {
		ids[i] = a.id(v)
	}
	a.cache.PutPage(a.version, a.keys.page, ids)
	if last := len(ids) - 1; a.offset+last >= minSkip && a.query.order.Uniform() {
		a.cache.PutPosition(a.version, a.keys.order, listmemory.Position{Offset: a.offset, ID: ids[0]})
		a.cache.PutPosition(a.version, a.keys.order,
			listmemory.Position{Offset: a.offset + last, ID: ids[last]})
	}
}
