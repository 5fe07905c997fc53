// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"

	"gatehouse/apitype"
)

// Organizations are the operations of organizations and their policies.
type Organizations struct{ c *Client }

const organizations = "organizations"

// List returns the organizations that the caller may see, page by page.
func (g Organizations) List(ctx context.Context, o ListOptions) iter.Seq2[apitype.Organization, error] {
	return items(o, func(o ListOptions) ([]apitype.Organization, string, error) {
		page, err := g.Page(ctx, o)
		return page.Items, page.NextCursor, err
	})
}

// Page returns one page of them.
func (g Organizations) Page(ctx context.Context, o ListOptions) (apitype.OrganizationList, error) {
	return get[apitype.OrganizationList](ctx, g.c, o.values(), organizations)
}

// Create makes an organization, which is active.
func (g Organizations) Create(ctx context.Context, p apitype.OrganizationParams) (apitype.Organization,
	error) {
	return post[apitype.Organization](ctx, g.c, p, organizations)
}

// Get returns an organization by its id, such as or-100001.
func (g Organizations) Get(ctx context.Context, id string) (apitype.Organization, error) {
	return get[apitype.Organization](ctx, g.c, nil, organizations, id)
}

// Update changes an organization.
func (g Organizations) Update(ctx context.Context, id string,
	p apitype.OrganizationChange) (apitype.Organization, error) {
	return change[apitype.Organization](ctx, g.c, http.MethodPatch, p, organizations, id)
}

// Delete ends an organization that is not active.
func (g Organizations) Delete(ctx context.Context, id string) error {
	return remove(ctx, g.c, organizations, id)
}

// Activate lets an inactive organization in again.
func (g Organizations) Activate(ctx context.Context, id string,
	p apitype.Activation) (apitype.Organization, error) {
	return post[apitype.Organization](ctx, g.c, p, organizations, id, "activate")
}

// Deactivate stops an organization: it enrols nobody and gets no tokens.
func (g Organizations) Deactivate(ctx context.Context, id string) (apitype.Organization, error) {
	return post[apitype.Organization](ctx, g.c, nil, organizations, id, "deactivate")
}

// Policy returns what an organization says of all its codes and clients.
func (g Organizations) Policy(ctx context.Context, id string) (apitype.Policy, error) {
	return get[apitype.Policy](ctx, g.c, nil, organizations, id, "policy")
}

// ReplacePolicy puts a whole policy in place of the present one.
func (g Organizations) ReplacePolicy(ctx context.Context, id string, p apitype.Policy) (apitype.Policy,
	error) {
	return change[apitype.Policy](ctx, g.c, http.MethodPut, p, organizations, id, "policy")
}
