// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"gatehouse/internal/filter"
	"gatehouse/internal/secret"
)

// PageParams asks for the part of a list that comes after a position. Filter, Sort and
// Scope are as in ListParams. The pages of a walk have every item once that was there all
// the time and did not move, whatever is inserted, changed or deleted between them.
type PageParams struct {
	Scope  OrganizationID // RootID: of all organizations
	Filter filter.Node
	Sort   []filter.Sort
	After  *Position // nil: from the beginning
	Limit  int
	// LooksAt is how many rows a page looks at that are not found by an index at a bounded
	// cost. Use cases set it.
	LooksAt int
	// Stepwise looks at so many rows without trying an index before.
	Stepwise bool
}

// Position is a place in a sorted list, between an item and the next one. It is made of
// the item's values at the time, so it stays when the item changes or is deleted. It is
// for a list with the same Sort only.
type Position struct {
	Keys []filter.Value // of the properties it is sorted by, up to the id; texts are folded
	ID   int64
	// Stepwise says that the page before looked at a part of the rows, and so does the next.
	Stepwise bool `json:",omitempty"`
}

// Page is a part of a list. There may be fewer items than were asked for, or none, although
// others follow: see PageParams.LooksAt.
type Page[T any] struct {
	Items []T
	Next  *Position // of the last item, or of the last row that was looked at; nil: nothing follows
}

// ListOrganizationsAfter returns a page of the members that the caller may see. The caller
// needs organizations:read.
func (s *Service) ListOrganizationsAfter(ctx context.Context, caller Caller,
	p PageParams) (Page[Organization],
	error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return Page[Organization]{}, err
	}
	return pageAfter(ctx, s, caller, p, Reader.OrganizationsAfter)
}

// ListRequestsAfter returns a page of the requests that the caller may see. The caller
// needs requests:read.
func (s *Service) ListRequestsAfter(ctx context.Context, caller Caller, p PageParams) (Page[Request], error) {
	if err := caller.Require(ReadRequests); err != nil {
		return Page[Request]{}, err
	}
	return pageAfter(ctx, s, caller, p, Reader.RequestsAfter)
}

// pageAfter reads a page of what the caller reaches.
func pageAfter[T any](ctx context.Context, s *Service, caller Caller, p PageParams,
	read func(Reader, context.Context, PageParams) (Page[T], error)) (Page[T], error) {
	p.Scope, p.Limit, p.LooksAt = caller.Organization, pageSize(p.Limit), rowsLookedAt(p.Filter)
	p.Stepwise = p.After != nil && p.After.Stepwise
	var page Page[T]
	var none bool
	if p.Filter, none = reduced(p.Filter); none {
		return page, nil
	}
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		page, err = read(tx, ctx, p)
		return err
	})
	return page, err
}

// reduced returns a filter without the comparisons that no stored value can decide, and
// reports whether it holds of no row. Then the store need not be asked.
func reduced(n filter.Node) (rest filter.Node, none bool) {
	rest, truth := filter.Reduce(n)
	return rest, truth == filter.Never
}

// macSize is how much of a cursor's keyed hash is kept, in bytes.
const macSize = 16

// Cursor returns a position as a text that only this server can make. list says which list
// the position is of, with everything on which the order and the rows depend.
func (s *Service) Cursor(list string, p Position) string {
	text, err := json.Marshal(p)
	if err != nil { // cannot happen with our own type
		panic(err)
	}
	mac := s.core.keys.MAC(secret.ForCursor, list, string(text))[:macSize]
	return base64.RawURLEncoding.EncodeToString(append(mac, text...))
}

// ReadCursor returns the position of a text that Cursor made for the same list, and
// whether the text is one.
func (s *Service) ReadCursor(list, cursor string) (Position, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	// The decoder ignores line ends, but a cursor has one spelling.
	if err != nil || len(raw) < macSize || base64.RawURLEncoding.EncodeToString(raw) != cursor {
		return Position{}, false
	}
	mac, text := raw[:macSize], raw[macSize:]
	if !s.core.keys.HasMAC(mac, secret.ForCursor, list, string(text)) {
		return Position{}, false
	}
	var p Position
	return p, json.Unmarshal(text, &p) == nil
}
