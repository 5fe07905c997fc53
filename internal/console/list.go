// SPDX-License-Identifier: Apache-2.0

package console

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// pageLength is how many rows a page of a list has.
const pageLength = 50

// The parameters of a list.
const (
	paramSearch = "q"
	paramSort   = "sort"
	paramState  = "state"
	paramCursor = "after"
)

// listing is one page of a list: what was asked for, and the links around its rows.
type listing struct {
	Path    string
	Search  string
	State   string
	Sorted  string // the property, with a minus in front for descending
	Next    string // address of the next page; "" after the last one
	First   string // address of the first page; "" on it
	Problem string // why there are no rows, in the language
	Columns map[string]column
	Tabs    []tab
	Kept    []keptField // further parameters, which a search keeps

	query url.Values
	after *tenancy.Position
	list  string // which list, with its conditions: a cursor is for one list only
}

// keptField is a further parameter of a list.
type keptField struct{ Name, Value string }

// Field returns a further parameter.
func (l *listing) Field(name string) string { return strings.TrimSpace(l.query.Get(name)) }

// column is the heading of a column by which the list can be sorted.
type column struct {
	Name  string
	Order string // ascending, descending or none, as aria-sort has it
	Path  string // sorts by it, or the other way round
}

// tab is one of the links above a list or a thing.
type tab struct {
	Path, Key string
	Current   bool
}

// offers are what a list can be asked for.
type offers struct {
	search bool
	sorts  []string // properties
	order  string   // without a wish; "": by the first one of sorts
	states []string // to which it can be limited; "" is that of all
	fields []string // further parameters, with any text: see listing.Field
}

// listingOf reads the parameters of a list. Others than those that it offers are refused.
func (x *exchange) listingOf(o offers) (*listing, error) {
	sorts, states := o.sorts, o.states
	l := &listing{Path: x.r.URL.Path, query: httpkit.QueryOf(x.r), Columns: map[string]column{}}
	for _, name := range slices.Sorted(maps.Keys(l.query)) {
		known := name == paramSearch && o.search || name == paramCursor || name == paramSort && len(sorts) > 0 ||
			name == paramState && len(states) > 0 || slices.Contains(o.fields, name)
		if !known || len(l.query[name]) > 1 {
			return nil, badQuery()
		}
	}
	l.Search, l.State, l.Sorted = strings.TrimSpace(l.query.Get(paramSearch)), l.query.Get(paramState),
		l.query.Get(paramSort)
	if l.State != "" && !slices.Contains(states, l.State) {
		return nil, badQuery()
	}
	if l.Sorted == "" && len(sorts) > 0 {
		l.Sorted = cmp.Or(o.order, sorts[0])
	}
	if len(sorts) > 0 && !slices.Contains(sorts, strings.TrimPrefix(l.Sorted, "-")) {
		return nil, badQuery()
	}
	for _, name := range sorts {
		l.Columns[name] = l.column(name)
	}
	for _, state := range states {
		l.Tabs = append(l.Tabs, tab{Path: l.with(paramState, state), Key: "state." + state,
			Current: state == l.State})
	}
	parts := []string{l.Path, l.Search, l.State, l.Sorted, x.caller.Organization.String()}
	for _, name := range o.fields {
		l.Kept = append(l.Kept, keptField{name, l.Field(name)})
		parts = append(parts, l.Field(name))
	}
	l.list = strings.Join(parts, "\n")
	if text := l.query.Get(paramCursor); text != "" {
		after, ok := x.c.tenancy.ReadCursor(l.list, text)
		if !ok {
			return nil, badQuery()
		}
		l.after, l.First = &after, l.with(paramCursor, "")
	}
	return l, nil
}

func badQuery() error { return httpkit.NewError(http.StatusBadRequest, say(codeBadQuery)) }

// column returns the heading of a column. A click on the one that sorts turns the order round.
func (l *listing) column(name string) column {
	c := column{Name: name, Order: "none", Path: l.with(paramSort, name)}
	switch l.Sorted {
	case name:
		c.Order, c.Path = "ascending", l.with(paramSort, "-"+name)
	case "-" + name:
		c.Order = "descending"
	}
	return c
}

// SortSent returns the order if the browser asked for one, to keep it in a search.
func (l *listing) SortSent() string { return l.query.Get(paramSort) }

// with returns the address of the first page of the list with another value of a parameter; "" is
// none.
func (l *listing) with(name, value string) string {
	q := maps.Clone(l.query)
	delete(q, paramCursor)
	delete(q, name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return l.Path
	}
	return l.Path + "?" + q.Encode()
}

// then notes where the next page begins; nil: nowhere.
func (l *listing) then(x *exchange, next *tenancy.Position) {
	if next != nil {
		l.Next = l.with(paramCursor, x.c.tenancy.Cursor(l.list, *next))
	}
}

// order returns the sort keys for a use case.
func (l *listing) order(properties map[string]filter.Property) []filter.Sort {
	name, descending := strings.CutPrefix(l.Sorted, "-")
	return []filter.Sort{{Property: properties[name], Descending: descending}}
}

// refused notes why a list cannot be shown if the search is to blame, and returns other errors.
func (l *listing) refused(x *exchange, err error) error {
	e := problem.As(err)
	if err == nil || e.Kind != problem.Invalid && e.Kind != problem.Exhausted {
		return err
	}
	l.Problem = x.words.problem(e)
	return nil
}

// condition returns a comparison as it is written in a filter.
func condition(property, op, value string) string {
	quoted, err := json.Marshal(value)
	if err != nil { // cannot happen with a text
		panic(err)
	}
	return property + " " + op + " " + string(quoted)
}

// idOrder returns the order of a list of things whose ids begin with the time at which they were
// made, and where its page begins. By itself such a list has the newest first.
func (l *listing) idOrder(properties map[string]filter.Property) (tenancy.IDOrder, error) {
	o := tenancy.IDOrder{Limit: pageLength}
	if name, descending := strings.CutPrefix(l.Sorted, "-"); name != "" {
		o.By, o.Ascending = properties[name], !descending
	}
	if l.after == nil {
		return o, nil
	}
	keys := 1
	if o.Sorted() {
		keys = 2
	}
	if len(l.after.Keys) != keys {
		return o, badQuery()
	}
	o.After = l.after.Keys[0].Text
	if o.Sorted() {
		o.AfterKey = l.after.Keys[1]
	}
	return o, nil
}

// thenID notes where the next page of such a list begins.
func thenID[T any](x *exchange, l *listing, o tenancy.IDOrder, page tenancy.IDPage[T]) {
	next := textPosition(page.Next)
	if next != nil && o.Sorted() {
		next.Keys = append(next.Keys, page.NextKey)
	}
	l.then(x, next)
}

// filterOf returns the filter of conditions that must all hold; nil for none.
func filterOf(properties map[string]filter.Property, conditions ...string) (filter.Node, error) {
	if len(conditions) == 0 {
		return nil, nil
	}
	f, err := filter.Parse(strings.Join(conditions, " and "), filter.NewSchema(properties))
	if err != nil {
		return nil, httpkit.NewError(http.StatusBadRequest, say(codeBadQuery))
	}
	return f, nil
}

// factsAndHistory returns the tabs of a page about one thing: its facts and, for people who may read
// the audit, its history.
func (x *exchange) factsAndHistory(path string) []tab {
	tabs := []tab{{path, "tab.facts", x.r.URL.Path == path}}
	if history := path + "/history"; x.may(tenancy.ReadAudit) {
		tabs = append(tabs, tab{history, "tab.history", x.r.URL.Path == history})
	}
	return tabs
}
