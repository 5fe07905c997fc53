// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"

	"gatehouse/apitype"
)

// Clients are the operations of enrolled clients.
type Clients struct{ c *Client }

const clients = "clients"

// ClientListOptions are the choices of a list of clients.
type ClientListOptions struct {
	ListOptions
	Organization string // its id; "": all that the caller may see
	State        string // pending, active, refused or revoked; "": any
	AuthCode     string // the id of the code that let them in; "": any
}

// List returns clients, page by page.
func (g Clients) List(ctx context.Context, o ClientListOptions) iter.Seq2[apitype.Client, error] {
	return items(o.ListOptions, func(page ListOptions) ([]apitype.Client, string, error) {
		o.ListOptions = page
		list, err := g.Page(ctx, o)
		return list.Items, list.NextCursor, err
	})
}

// Page returns one page of them. It may have fewer items than PageSize and still a NextCursor.
func (g Clients) Page(ctx context.Context, o ClientListOptions) (apitype.ClientList, error) {
	return get[apitype.ClientList](ctx, g.c, o.values("organization", o.Organization, "state", o.State,
		"authCode",
		o.AuthCode), clients)
}

// Get returns a client by its id.
func (g Clients) Get(ctx context.Context, id string) (apitype.Client, error) {
	return get[apitype.Client](ctx, g.c, nil, clients, id)
}

// Update changes a client.
func (g Clients) Update(ctx context.Context, id string, p apitype.ClientChange) (apitype.Client, error) {
	return change[apitype.Client](ctx, g.c, http.MethodPatch, p, clients, id)
}

// Approve lets in a client that waits.
func (g Clients) Approve(ctx context.Context, id string) (apitype.Client, error) {
	return post[apitype.Client](ctx, g.c, nil, clients, id, "approve")
}

// Refuse does not let in a client that waits.
func (g Clients) Refuse(ctx context.Context, id string) (apitype.Client, error) {
	return post[apitype.Client](ctx, g.c, nil, clients, id, "refuse")
}

// Revoke ends a client, with its key and its tokens.
func (g Clients) Revoke(ctx context.Context, id string) (apitype.Client, error) {
	return post[apitype.Client](ctx, g.c, nil, clients, id, "revoke")
}
