// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"
	"time"

	"gatehouse/apitype"
)

// AuthCodes are the operations of authorization codes. The text of a code is in the answers of Create,
// Rotate and Reveal only.
type AuthCodes struct{ c *Client }

const authCodes = "auth-codes"

// List returns the codes of an organization, page by page.
func (g AuthCodes) List(ctx context.Context, organization string,
	o ListOptions) iter.Seq2[apitype.AuthCode, error] {
	return items(o, func(o ListOptions) ([]apitype.AuthCode, string, error) {
		page, err := g.Page(ctx, organization, o)
		return page.Items, page.NextCursor, err
	})
}

// Page returns one page of them.
func (g AuthCodes) Page(ctx context.Context, organization string, o ListOptions) (apitype.AuthCodeList,
	error) {
	return get[apitype.AuthCodeList](ctx, g.c, o.values(), organizations, organization, authCodes)
}

// Create makes a code.
func (g AuthCodes) Create(ctx context.Context, organization string,
	p apitype.AuthCodeParams) (apitype.AuthCode, error) {
	return post[apitype.AuthCode](ctx, g.c, p, organizations, organization, authCodes)
}

// Get returns a code by its id.
func (g AuthCodes) Get(ctx context.Context, organization, id string) (apitype.AuthCode, error) {
	return get[apitype.AuthCode](ctx, g.c, nil, organizations, organization, authCodes, id)
}

// Update changes a code.
func (g AuthCodes) Update(ctx context.Context, organization, id string,
	p apitype.AuthCodeChange) (apitype.AuthCode, error) {
	return change[apitype.AuthCode](ctx, g.c, http.MethodPatch, p, organizations, organization, authCodes, id)
}

// Reveal returns a code with its text. The audit has an event of it.
func (g AuthCodes) Reveal(ctx context.Context, organization, id string) (apitype.AuthCode, error) {
	return ask[apitype.AuthCode](ctx, g.c, nil, organizations, organization, authCodes, id, "reveal")
}

// Rotate makes a code in place of another, which stays good for the overlap. 0 ends it at once.
func (g AuthCodes) Rotate(ctx context.Context, organization, id string,
	overlap time.Duration) (apitype.AuthCode, error) {
	text := overlap.String()
	return post[apitype.AuthCode](ctx, g.c, rotation{Overlap: &text}, organizations, organization, authCodes, id,
		"rotate")
}

// rotation is an apitype.Rotation that leaves out what is not said.
type rotation struct {
	Overlap *string `json:"overlap"`
	DryRun  bool    `json:"dryRun,omitempty"`
	Days    *int    `json:"days,omitempty"`
}

// PreviewRotation changes nothing: it returns which installations a rotation would have refused, had it
// been done some days ago.
func (g AuthCodes) PreviewRotation(ctx context.Context, organization, id string, overlap time.Duration,
	days int) (apitype.RotationPreview, error) {
	text := overlap.String()
	return post[apitype.RotationPreview](ctx, g.c, rotation{&text, true, &days}, organizations, organization,
		authCodes, id, "rotate")
}

// EndOverlap ends a code that was rotated.
func (g AuthCodes) EndOverlap(ctx context.Context, organization, id string) (apitype.AuthCode, error) {
	return post[apitype.AuthCode](ctx, g.c, nil, organizations, organization, authCodes, id, "endOverlap")
}

// Disable switches a code off.
func (g AuthCodes) Disable(ctx context.Context, organization, id string) (apitype.AuthCode, error) {
	return post[apitype.AuthCode](ctx, g.c, nil, organizations, organization, authCodes, id, "disable")
}

// Enable switches a code on again.
func (g AuthCodes) Enable(ctx context.Context, organization, id string) (apitype.AuthCode, error) {
	return post[apitype.AuthCode](ctx, g.c, nil, organizations, organization, authCodes, id, "enable")
}

// Uses returns the ledger of a code, page by page, the newest use first. It has no Sort.
func (g AuthCodes) Uses(ctx context.Context, organization, id string,
	o ListOptions) iter.Seq2[apitype.Use, error] {
	return items(o, func(o ListOptions) ([]apitype.Use, string, error) {
		page, err := g.UsesPage(ctx, organization, id, o)
		return page.Items, page.NextCursor, err
	})
}

// UsesPage returns one page of the ledger, with the counts of older uses.
func (g AuthCodes) UsesPage(ctx context.Context, organization, id string,
	o ListOptions) (apitype.UseList, error) {
	return get[apitype.UseList](ctx, g.c, o.values(), organizations, organization, authCodes, id, "uses")
}

// VerifyAuthCode returns whether a code would let a client in, and uses nothing up.
func (c *Client) VerifyAuthCode(ctx context.Context, v apitype.Verification) (apitype.Verdict, error) {
	return ask[apitype.Verdict](ctx, c, v, authCodes, "verify")
}

// Registration returns the state of an enrolled client, by its id and by the RegistrationToken of its
// enrolment: pending, active or refused. ErrUnauthenticated: it was revoked.
func (c *Client) Registration(ctx context.Context, id, token string) (string, error) {
	var a struct {
		State string `json:"state"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: []string{"oauth2", "register", id}, result: &a,
		open: true, bearer: token})
	return a.State, err
}

// Issuer returns the address by which the server calls itself (RFC 8414): see WithPrivateKey.
func (c *Client) Issuer(ctx context.Context) (string, error) {
	var a struct {
		Issuer string `json:"issuer"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: []string{".well-known", "oauth-authorization-server"},
		result: &a, open: true})
	return a.Issuer, err
}

// Enroll enrols a client with an authorization code; it needs no credentials. The State of a client
// that waits for approval is pending. To enrol once, whatever happens to the program, keep the key of
// WithIdempotencyKey and the same Enrolment before the first call.
func (c *Client) Enroll(ctx context.Context, e apitype.Enrolment) (apitype.Enrolled, error) {
	return open[apitype.Enrolled](ctx, c, e, true, "enrollments")
}
