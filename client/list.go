// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// ListOptions are the choices of a list. The zero value is the whole list, the newest first.
type ListOptions struct {
	Filter   string // of SCIM (RFC 7644), such as: name sw "till"; "": everything
	Sort     string // such as: name:asc
	PageSize int    // how many items one request gets; 0: as the server likes
	// Cursor is where to begin: the NextCursor of a page with the same Filter and Sort.
	Cursor string
}

// values returns the options as parameters, with further ones in pairs. Empty ones are left out.
func (o ListOptions) values(more ...string) url.Values {
	pairs := append([]string{"filter", o.Filter, "sort", o.Sort, "cursor", o.Cursor}, more...)
	if o.PageSize != 0 {
		pairs = append(pairs, "count", strconv.Itoa(o.PageSize))
	}
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// get reads a page, or one thing.
func get[T any](ctx context.Context, c *Client, query url.Values, path ...string) (T, error) {
	var result T
	err := c.do(ctx, call{method: http.MethodGet, path: v1(path...), query: query, result: &result})
	return result, err
}

// items returns an iterator over all items of a list, page by page. An error ends it: it comes with
// a zero item, once.
func items[T any](o ListOptions, page func(ListOptions) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		// A list that comes back to a page has no end. The page that is remembered is a later one
		// each time that twice as many were read, so it is one of the circle in the end.
		remembered := o.Cursor
		for o, n := o, 1; ; n++ {
			list, next, err := page(o)
			switch {
			case err != nil:
			case list == nil:
				err = fmt.Errorf("%w: a page has no member items", ErrInternal)
			case next != "" && next == remembered:
				err = fmt.Errorf("%w: a page is followed by itself", ErrInternal)
			}
			if n&(n-1) == 0 {
				remembered = next
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range list {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			o.Cursor = next
		}
	}
}

// v1 returns a path of the native API.
func v1(path ...string) []string { return append([]string{"v1"}, path...) }

// post sends a POST that makes or changes something, with an Idempotency-Key.
func post[T any](ctx context.Context, c *Client, body any, path ...string) (T, error) {
	var result T
	err := c.do(ctx, call{method: http.MethodPost, path: v1(path...), body: body, result: &result, keyed: true})
	return result, err
}

// ask sends a POST that the server does not repeat, so that it is sent once.
func ask[T any](ctx context.Context, c *Client, body any, path ...string) (T, error) {
	var result T
	err := c.do(ctx, call{method: http.MethodPost, path: v1(path...), body: body, result: &result})
	return result, err
}

// open sends a POST that needs no access token.
func open[T any](ctx context.Context, c *Client, body any, keyed bool, path ...string) (T, error) {
	var result T
	err := c.do(ctx, call{method: http.MethodPost, path: v1(path...), body: body, result: &result, keyed: keyed,
		open: true})
	return result, err
}

// change sends a PATCH or a PUT.
func change[T any](ctx context.Context, c *Client, method string, body any, path ...string) (T, error) {
	var result T
	err := c.do(ctx, call{method: method, path: v1(path...), body: body, result: &result})
	return result, err
}

// remove sends a DELETE.
func remove(ctx context.Context, c *Client, path ...string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: v1(path...)})
}
