// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/listmemory"
)

// What a list cost some effort to find out is remembered for one version of its
// table. The version is the sum of what triggers have added to the shares of
// list_counts (migration 0003). The server lets the changes of transactions be
// seen in one order, the same for everybody: of two states one has all changes the
// other has. Each adds something, so tables of equal sums are equal, on whichever
// replica of the program. A statement that uses what is remembered reads the
// version along with the rows, in its own state, and what it says is not used
// when that is another one.

// recalled is what is remembered of a list, of a version that may have passed.
type recalled struct {
	version int64
	total   int
	known   bool // total is
}

// names are those of a list in the memory.
type names struct {
	list, order, page string
}

func (a *asking[T]) name() (n names) {
	if a.memory != nil {
		n.list = listmemory.Key(a.query.where, a.query.args)
		n.order = n.list + a.query.order.SQL(false)
		n.page = listmemory.Key(n.order, []any{a.limit, a.offset})
	}
	return n
}

// recall gives what is remembered of the list. It is nil in an Update.
func (a *asking[T]) recall() *recalled {
	if a.memory == nil {
		return nil
	}
	k := recalled{version: a.memory.Version()}
	k.total, k.known = a.memory.Total(k.version, a.names.list)
	return &k
}

// again gives a page whose ids are remembered, or that is known to be empty. Its
// statement is always the same, so it is not planned anew, and counts nothing.
func (a *asking[T]) again(ctx context.Context) (found bool, err error) {
	k := a.recall()
	if k == nil || !k.known {
		return false, nil
	}
	text := "SELECT (SELECT sum(" + a.listing.version + ")::bigint FROM list_counts), $1::bigint"
	args := []any{k.total}
	var ids []int64
	if a.limit <= 0 || k.total <= a.offset {
		err = a.stated(ctx, statement{text, args})
	} else {
		var ok bool
		if ids, ok = a.memory.Page(k.version, a.names.page); !ok {
			return false, nil
		}
		err = a.run(ctx, statement{text + ", " + a.listing.columns + " FROM " + a.listing.table +
			" JOIN unnest($2::bigint[]) WITH ORDINALITY AS page (id, place) USING (id) ORDER BY place", append(args, ids)})
	}
	if err != nil || len(a.page) != len(ids) || a.version != k.version {
		a.page = nil
		if err == nil {
			a.memory.Forget(a.version) // places of before would lead nowhere
		}
		return false, err
	}
	return true, nil
}

// far is how many rows a way must pass to be worth another one.
const far = 200

// nearest gives the shortest way to a page by what is remembered: from the start,
// the end, or a place.
func (a *asking[T]) nearest(way span, k *recalled) span {
	if way.offset < far {
		return way
	}
	best := way.shorter(k.total)
	if !a.query.order.Uniform() {
		return best
	}
	from := a.memory.Before(k.version, a.names.order, way.offset)
	if skip := way.offset - from.Offset; from.ID != 0 && skip < best.offset {
		return span{limit: way.limit, offset: skip, from: from, version: k.version}
	}
	return best
}

// remember keeps what a statement told of the list, and the page if it is the
// right one.
func (a *asking[T]) remember(found bool) {
	if a.memory == nil {
		return
	}
	a.memory.PutTotal(a.version, a.names.list, a.total)
	if !found {
		return
	}
	ids := make([]int64, len(a.page))
	for i, v := range a.page {
		ids[i] = a.id(v)
	}
	a.memory.PutPage(a.version, a.names.page, ids)
	if last := len(ids) - 1; a.offset+last >= far && a.query.order.Uniform() {
		a.memory.PutMark(a.version, a.names.order, listmemory.Mark{Offset: a.offset, ID: ids[0]})
		a.memory.PutMark(a.version, a.names.order, listmemory.Mark{Offset: a.offset + last, ID: ids[last]})
	}
}
