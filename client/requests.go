// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"

	"gatehouse/apitype"
)

// Requests are the operations of organization requests.
type Requests struct{ c *Client }

const requests = "organization-requests"

// List returns the requests that the caller may see, page by page.
func (g Requests) List(ctx context.Context, o ListOptions) iter.Seq2[apitype.OrganizationRequest, error] {
	return items(o, func(o ListOptions) ([]apitype.OrganizationRequest, string, error) {
		page, err := g.Page(ctx, o)
		return page.Items, page.NextCursor, err
	})
}

// Page returns one page of them.
func (g Requests) Page(ctx context.Context, o ListOptions) (apitype.OrganizationRequestList, error) {
	return get[apitype.OrganizationRequestList](ctx, g.c, o.values(), requests)
}

// Submit asks for an organization to be let in. It needs no credentials.
func (g Requests) Submit(ctx context.Context,
	p apitype.OrganizationRequestParams) (apitype.OrganizationRequest, error) {
	return open[apitype.OrganizationRequest](ctx, g.c, p, true, requests)
}

// Get returns a request by its id.
func (g Requests) Get(ctx context.Context, id string) (apitype.OrganizationRequest, error) {
	return get[apitype.OrganizationRequest](ctx, g.c, nil, requests, id)
}

// Update changes a request that is not decided.
func (g Requests) Update(ctx context.Context, id string,
	p apitype.OrganizationRequestChange) (apitype.OrganizationRequest, error) {
	return change[apitype.OrganizationRequest](ctx, g.c, http.MethodPatch, p, requests, id)
}

// Delete removes a request.
func (g Requests) Delete(ctx context.Context, id string) error { return remove(ctx, g.c, requests, id) }

// Approve lets the organization in.
func (g Requests) Approve(ctx context.Context, id string,
	p apitype.DecisionComments) (apitype.OrganizationRequest, error) {
	return post[apitype.OrganizationRequest](ctx, g.c, p, requests, id, "approve")
}

// Reject does not let the organization in.
func (g Requests) Reject(ctx context.Context, id string,
	p apitype.DecisionComments) (apitype.OrganizationRequest, error) {
	return post[apitype.OrganizationRequest](ctx, g.c, p, requests, id, "reject")
}

// Decide decides up to a hundred requests. Each has its own result, in their order.
func (g Requests) Decide(ctx context.Context, p apitype.Decisions) (apitype.DecisionResults, error) {
	return post[apitype.DecisionResults](ctx, g.c, p, requests, "decide")
}
