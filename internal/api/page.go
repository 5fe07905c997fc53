// SPDX-License-Identifier: Apache-2.0

package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// The sizes of a page.
const (
	defaultCount = 50
	maxCount     = 250
)

// page is what a list was asked for.
type page struct {
	query url.Values
	list  string // which list, with its conditions: a cursor is for one list only
	after string // the position after which it begins; "" for the first page
	// afterKey is the value there of what the list is sorted by; nil in the order of ids.
	afterKey *filter.Value
	count    int
}

const (
	paramCount  = "count"
	paramCursor = "cursor"
)

// pageOf reads the parameters of a list whose positions are texts. Its cursors are for the
// same conditions and the organization of the caller.
func (a *api) pageOf(r *http.Request, caller tenancy.Caller, conditions ...string) (page, error) {
	p, cursor, err := pageParameters(r, conditions...)
	if err != nil {
		return page{}, err
	}
	p.list += "\n" + caller.Organization.String()
	if cursor == nil {
		return p, nil
	}
	after, ok := a.tenancy.ReadCursor(p.list, *cursor)
	if !ok || len(after.Keys) == 0 || len(after.Keys) > 2 {
		return page{}, aboutField(paramCursor, codeBadCursor)
	}
	p.after = after.Keys[0].Text
	if len(after.Keys) == 2 {
		p.afterKey = &after.Keys[1]
	}
	return p, nil
}

// pageParameters reads the parameters of a list. Others than those it names are refused. The
// cursor is nil if none is sent.
func pageParameters(r *http.Request, conditions ...string) (p page, cursor *string, err error) {
	p = page{query: httpkit.QueryOf(r), count: defaultCount, list: r.URL.Path}
	for _, name := range slices.Sorted(maps.Keys(p.query)) {
		if name != paramCount && name != paramCursor && !slices.Contains(conditions, name) {
			return page{}, nil, aboutField(name, codeUnknownQuery, name)
		}
		if len(p.query[name]) > 1 {
			return page{}, nil, aboutField(name, httpkit.CodeSentTwice, name)
		}
	}
	for _, name := range conditions {
		p.list += "&" + url.QueryEscape(p.query.Get(name))
	}
	if text, sent := p.query[paramCount]; sent {
		n, err := strconv.Atoi(text[0])
		if err != nil || n < 1 || n > maxCount {
			return page{}, nil, aboutField(paramCount, codeBadCount, maxCount)
		}
		p.count = n
	}
	if text, sent := p.query[paramCursor]; sent {
		cursor = &text[0]
	}
	return p, cursor, nil
}

// next returns the cursor of the page after the last of n items; "" after the last page.
// The list was asked for one item more than it shows.
func (a *api) next(p page, n int, last string) string {
	if n <= p.count {
		return ""
	}
	return a.cursor(p, last)
}

// cursor returns the cursor of the page after a position, which has the key of a sorted list;
// "" for none.
func (a *api) cursor(p page, after string, key ...filter.Value) string {
	if after == "" {
		return ""
	}
	return a.tenancy.Cursor(p.list, tenancy.Position{Keys: append([]filter.Value{{Text: after}}, key...)})
}

// items returns the items of a list as this API shows them; an empty list if there are none.
func items[T, Shown any](list []T, show func(T) Shown) []Shown {
	shown := make([]Shown, len(list))
	for i, one := range list {
		shown[i] = show(one)
	}
	return shown
}
