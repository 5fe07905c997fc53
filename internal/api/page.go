// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
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
	count int
}

const (
	paramCount  = "count"
	paramCursor = "cursor"
)

// pageOf reads the parameters of a list whose cursors have the id of an item.
func pageOf(r *http.Request, conditions ...string) (page, error) {
	p, cursor, err := pageParameters(r, conditions...)
	if err != nil || cursor == nil {
		return p, err
	}
	after, ok := p.position(*cursor)
	if !ok {
		return page{}, aboutField(paramCursor, codeBadCursor)
	}
	p.after = after
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

// position returns the position in a cursor, if it is one of this list.
func (p page) position(cursor string) (string, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", false
	}
	after, found := strings.CutPrefix(string(raw), p.list+"\n")
	return after, found && after != "" && len(after) <= 64 && !strings.ContainsFunc(after, notInPosition)
}

// notInPosition reports whether no position has the character. Some, such as NUL, are
// refused by databases.
func notInPosition(c rune) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' }

// next returns the cursor of the page after the last of n items; "" after the last page.
// The list was asked for one item more than it shows.
func (p page) next(n int, last string) string {
	if n <= p.count {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(p.list + "\n" + last))
}
