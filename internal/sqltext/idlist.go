// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// IDList makes the statements for a page of a list that is in the order of its ids, which
// are texts, or sorted by a property.
type IDList struct {
	dialect    Dialect
	table      string
	columns    string
	properties map[string]string // the column of each property
	index      string            // serves the order of ids and the conditions indexed; "": the primary key
	indexed    []condition
	others     []condition
	page       tenancy.IDOrder
}

// condition has a ? for each of its arguments.
type condition struct {
	text string
	args []any
}

// ClientPage returns the list of clients. Few clients are not active, so an index has those.
// The index of an organization's clients has their codes, too, so that those of another code
// are passed over without reading them.
func ClientPage(d Dialect, p tenancy.ClientList) IDList {
	l := IDList{dialect: d, table: "clients", columns: clientColumns, page: p.IDOrder,
		properties: ClientPropertyColumns()}
	ofOne := p.Organization != tenancy.RootID || p.AuthCodeID != ""
	switch {
	case p.Organization != tenancy.RootID:
		l.indexed = append(l.indexed, condition{`organization_id = ?`, []any{int64(p.Organization)}})
	case ofOne:
		l.indexed = append(l.indexed,
			condition{`organization_id = (SELECT organization_id FROM auth_codes WHERE id = ?)`, []any{p.AuthCodeID}})
	}
	if ofOne {
		l.index = "clients_organization_id_idx"
	}
	if p.AuthCodeID != "" {
		l.others = append(l.others, condition{`auth_code_id = ?`, []any{p.AuthCodeID}})
	}
	state := condition{`state = ?`, []any{string(p.State)}}
	switch {
	case p.State == "":
	case p.State == tenancy.ClientActive:
		l.others = append(l.others, state)
	default: // the second condition is that of the index
		l.index = "clients_not_active_idx"
		if ofOne {
			l.index = "clients_organization_not_active_idx"
		}
		l.indexed = append(l.indexed, state, condition{`state <> 'active'`, nil})
	}
	return l
}

// AuthCodePage returns the list of an organization's codes.
func AuthCodePage(d Dialect, id tenancy.OrganizationID, p tenancy.IDOrder) IDList {
	return IDList{dialect: d, table: "auth_codes", columns: AuthCodeColumns, page: p,
		properties: AuthCodePropertyColumns(), index: "auth_codes_organization_list_idx",
		indexed: []condition{{`organization_id = ?`, []any{int64(id)}}}}
}

// Limited reports whether a page looks at a limited number of rows, because few of those
// that the index finds may match.
func (l IDList) Limited() bool { return l.page.Filter != nil || len(l.others) > 0 }

// Last returns the statement for the id of the last row that a page looks at. It has none
// if the list ends before.
func (l IDList) Last() (text string, args []any) { return l.at(l.afterID(), max(l.page.LooksAt, 1)-1) }

// Beyond returns the statement for the id of a row more than a page may look at, from the
// beginning of the list. It has none if the list can be sorted by a property.
func (l IDList) Beyond() (text string, args []any) { return l.at(l.where(), max(l.page.LooksAt, 1)) }

// at returns the statement for the id at a place of the index.
func (l IDList) at(w *Where, offset int) (text string, args []any) {
	args = append(w.Args(), offset)
	return "SELECT id FROM " + l.from() + w.Clause() + l.order("") + " LIMIT 1 OFFSET " +
		l.dialect.Placeholder(len(args)), args
}

// Page returns the statement for the rows of a page up to the last that it looks at, and one
// row more. An empty last is the end of the list.
func (l IDList) Page(last string) (text string, args []any, err error) {
	w := l.afterID()
	if last != "" {
		w.And("id"+l.sign("<= ?", ">= ?"), last)
	}
	return l.rows(w, "", "")
}

// SortedPage returns the statement for the rows of a page that is sorted by a property, each
// with its key, and for one row more.
func (l IDList) SortedPage(keys Keys) (text string, args []any, err error) {
	key, w := l.key(keys[0], keys[0].column.Name), l.where()
	if l.page.After != "" {
		values, err := keys.Values(tenancy.Position{Keys: []filter.Value{l.page.AfterKey}},
			func(_ Column, text string) []any { return []any{text} }, l.time)
		if err != nil {
			return "", nil, err
		}
		w.And("("+key+", id)"+l.sign("> (", "< (")+l.key(keys[0], "?")+", ?)", values[0], l.page.After)
	}
	return l.rows(w, keys.Selected(), key)
}

// Keys returns the key of a list that is sorted by a property.
func (l IDList) Keys() (Keys, error) {
	c, err := ColumnOf(l.properties, l.page.By)
	return Keys{{c, l.page.By.Kind}}, err
}

// key returns the expression by which rows are sorted, of a column or of a value.
func (l IDList) key(k key, value string) string {
	if k.column.Optional {
		return l.dialect.AbsentTimeLast(value)
	}
	return value
}

// time returns a time as a column stores it; the zero time is an absent one.
func (l IDList) time(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return l.dialect.Time(at)
}

// rows returns the statement for rows of the list, with one row more than the page.
func (l IDList) rows(w *Where, more, key string) (text string, args []any, err error) {
	for _, c := range l.others {
		w.And(c.text, c.args...)
	}
	if err := w.AndFilter(l.page.Filter); err != nil {
		return "", nil, err
	}
	args = append(w.Args(), l.page.Limit+1)
	return "SELECT " + l.columns + more + " FROM " + l.from() + w.Clause() + l.order(key) + " LIMIT " +
		l.dialect.Placeholder(len(args)), args, nil
}

func (l IDList) from() string {
	if l.index == "" {
		return l.table
	}
	return l.table + l.dialect.UseIndex(l.index)
}

// where returns the conditions that an index finds.
func (l IDList) where() *Where {
	w := New(l.dialect, func(p filter.Property) (Column, error) { return ColumnOf(l.properties, p) })
	for _, c := range l.indexed {
		w.And(c.text, c.args...)
	}
	return w
}

// afterID is where for the rows after the position, in the order of ids.
func (l IDList) afterID() *Where {
	w := l.where()
	if l.page.After != "" {
		w.And("id"+l.sign("> ?", "< ?"), l.page.After)
	}
	return w
}

func (l IDList) sign(ascending, descending string) string {
	if l.page.Ascending {
		return " " + ascending
	}
	return " " + descending
}

// order returns the order by a key, if there is one, and then by the id.
func (l IDList) order(key string) string {
	direction := l.sign("", "DESC")
	if key != "" {
		key += direction + ", "
	}
	return " ORDER BY " + key + "id" + direction
}

// ScanKeyed returns a function that reads a row of SortedPage.
func ScanKeyed[T any](keys Keys, scan func(Row) (T, error)) func(Row) (tenancy.Keyed[T], error) {
	return func(row Row) (tenancy.Keyed[T], error) {
		key := make([]filter.Value, 1)
		v, err := scan(rowWithKeys{row, keys.targets(key)})
		return tenancy.Keyed[T]{Row: v, Key: key[0]}, err
	}
}
