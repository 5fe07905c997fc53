// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"iter"

	"gatehouse/apitype"
)

// Audit is the record of what happened.
type Audit struct{ c *Client }

// List returns its events, page by page, the newest first unless Sort is at:asc.
func (g Audit) List(ctx context.Context, o ListOptions) iter.Seq2[apitype.AuditEvent, error] {
	return items(o, func(o ListOptions) ([]apitype.AuditEvent, string, error) {
		page, err := g.Page(ctx, o)
		return page.Items, page.NextCursor, err
	})
}

// Page returns one page of them.
func (g Audit) Page(ctx context.Context, o ListOptions) (apitype.AuditEventList, error) {
	return get[apitype.AuditEventList](ctx, g.c, o.values(), "audit")
}

// Document returns the server's description of its API, in OpenAPI. It needs no credentials.
func (c *Client) Document(ctx context.Context) (json.RawMessage, error) {
	var document json.RawMessage
	err := c.do(ctx, call{method: "GET", path: v1("openapi.json"), result: &document, open: true})
	return document, err
}
