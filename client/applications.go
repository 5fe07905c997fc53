// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"

	"gatehouse/apitype"
)

// Applications are the operations of applications. The text of a key is in the answers of Create and
// RotateKey only.
type Applications struct{ c *Client }

const applications = "applications"

// ApplicationListOptions are the choices of a list of applications.
type ApplicationListOptions struct {
	ListOptions
	Type string // application or extension; "": both
}

// List returns applications, page by page.
func (g Applications) List(ctx context.Context, o ApplicationListOptions) iter.Seq2[apitype.Application,
	error] {
	return items(o.ListOptions, func(page ListOptions) ([]apitype.Application, string, error) {
		o.ListOptions = page
		list, err := g.Page(ctx, o)
		return list.Items, list.NextCursor, err
	})
}

// Page returns one page of them.
func (g Applications) Page(ctx context.Context, o ApplicationListOptions) (apitype.ApplicationList, error) {
	return get[apitype.ApplicationList](ctx, g.c, o.values("type", o.Type), applications)
}

// Create registers an application.
func (g Applications) Create(ctx context.Context, p apitype.ApplicationParams) (apitype.Application, error) {
	return post[apitype.Application](ctx, g.c, p, applications)
}

// Get returns an application by its id.
func (g Applications) Get(ctx context.Context, id string) (apitype.Application, error) {
	return get[apitype.Application](ctx, g.c, nil, applications, id)
}

// Update changes an application.
func (g Applications) Update(ctx context.Context, id string,
	p apitype.ApplicationChange) (apitype.Application, error) {
	return change[apitype.Application](ctx, g.c, http.MethodPatch, p, applications, id)
}

// Delete ends an application, with its keys and tokens.
func (g Applications) Delete(ctx context.Context, id string) error {
	return remove(ctx, g.c, applications, id)
}

// RotateKey makes a key in place of the present one, which stays good for the overlap.
func (g Applications) RotateKey(ctx context.Context, id string,
	p apitype.KeyRotation) (apitype.Application, error) {
	return post[apitype.Application](ctx, g.c, p, applications, id, "rotateKey")
}

// EndOverlap ends the former key.
func (g Applications) EndOverlap(ctx context.Context, id string) (apitype.Application, error) {
	return post[apitype.Application](ctx, g.c, nil, applications, id, "endOverlap")
}
