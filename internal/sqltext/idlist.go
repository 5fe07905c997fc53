// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// IDList makes the statements for a page of a list that is in the order of its ids, which
// are texts.
type IDList struct {
	dialect    Dialect
	table      string
	columns    string
	properties map[string]string // the column of each property
	index      string            // serves the order and the conditions indexed; "": the primary key
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
		l.indexed = append(l.indexed, condition{`organization_id = (SELECT organization_id FROM auth_codes WHERE id = ?)`,
			[]any{p.AuthCodeID}})
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
func (l IDList) Last() (text string, args []any) {
	w := l.where()
	args = append(w.Args(), max(l.page.LooksAt, 1)-1)
	return "SELECT id FROM " + l.from() + w.Clause() + l.order() + " LIMIT 1 OFFSET " + l.dialect.Placeholder(len(args)),
		args
}

// Page returns the statement for the rows of a page up to the last that it looks at, and one
// row more. An empty last is the end of the list.
func (l IDList) Page(last string) (text string, args []any, err error) {
	w := l.where()
	for _, c := range l.others {
		w.And(c.text, c.args...)
	}
	if err := w.AndFilter(l.page.Filter); err != nil {
		return "", nil, err
	}
	if last != "" {
		w.And(l.compare(">= ?", "<= ?"), last)
	}
	args = append(w.Args(), l.page.Limit+1)
	return "SELECT " + l.columns + " FROM " + l.from() + w.Clause() + l.order() + " LIMIT " +
		l.dialect.Placeholder(len(args)), args, nil
}

func (l IDList) from() string {
	if l.index == "" {
		return l.table
	}
	return l.table + l.dialect.UseIndex(l.index)
}

func (l IDList) where() *Where {
	w := New(l.dialect, func(p filter.Property) (Column, error) { return ColumnOf(l.properties, p) })
	for _, c := range l.indexed {
		w.And(c.text, c.args...)
	}
	if l.page.After != "" {
		w.And(l.compare("< ?", "> ?"), l.page.After)
	}
	return w
}

func (l IDList) compare(newestFirst, oldestFirst string) string {
	if l.page.Oldest {
		return "id " + oldestFirst
	}
	return "id " + newestFirst
}

func (l IDList) order() string {
	if l.page.Oldest {
		return " ORDER BY id"
	}
	return " ORDER BY id DESC"
}
