// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"iter"
	"net/http"

	"gatehouse/apitype"
)

// Operators are the operations of operators. Each takes an id, a number, or "me" for the caller.
type Operators struct{ c *Client }

const operators = "operators"

// List returns operators, page by page. It has no Sort.
func (g Operators) List(ctx context.Context, o ListOptions) iter.Seq2[apitype.Operator, error] {
	return items(o, func(o ListOptions) ([]apitype.Operator, string, error) {
		page, err := g.Page(ctx, o)
		return page.Items, page.NextCursor, err
	})
}

// Page returns one page of them.
func (g Operators) Page(ctx context.Context, o ListOptions) (apitype.OperatorList, error) {
	return get[apitype.OperatorList](ctx, g.c, o.values(), operators)
}

// Create makes an operator.
func (g Operators) Create(ctx context.Context, p apitype.OperatorParams) (apitype.Operator, error) {
	return post[apitype.Operator](ctx, g.c, p, operators)
}

// Get returns an operator.
func (g Operators) Get(ctx context.Context, operator string) (apitype.Operator, error) {
	return get[apitype.Operator](ctx, g.c, nil, operators, operator)
}

// Update changes an operator.
func (g Operators) Update(ctx context.Context, operator string,
	p apitype.OperatorChange) (apitype.Operator, error) {
	return change[apitype.Operator](ctx, g.c, http.MethodPatch, p, operators, operator)
}

// Delete removes an operator.
func (g Operators) Delete(ctx context.Context, operator string) error {
	return remove(ctx, g.c, operators, operator)
}

// Disable stops an operator, whose sessions end.
func (g Operators) Disable(ctx context.Context, operator string) (apitype.Operator, error) {
	return post[apitype.Operator](ctx, g.c, nil, operators, operator, "disable")
}

// Enable lets an operator in again.
func (g Operators) Enable(ctx context.Context, operator string) (apitype.Operator, error) {
	return post[apitype.Operator](ctx, g.c, nil, operators, operator, "enable")
}

// EndSessions logs an operator out everywhere.
func (g Operators) EndSessions(ctx context.Context, operator string) (apitype.Operator, error) {
	return post[apitype.Operator](ctx, g.c, nil, operators, operator, "endSessions")
}

// ChangePassword gives an operator another password. One's own needs the old one.
func (g Operators) ChangePassword(ctx context.Context, operator string, p apitype.PasswordChange) error {
	return g.c.do(ctx, call{method: http.MethodPost, path: v1(operators, operator, "password"), body: p})
}

// StartTOTP begins a second factor. It counts once a code has confirmed it.
func (g Operators) StartTOTP(ctx context.Context, operator string,
	p apitype.TOTPStart) (apitype.PendingTOTP, error) {
	return ask[apitype.PendingTOTP](ctx, g.c, p, operators, operator, "totp")
}

// ConfirmTOTP confirms a second factor with its first code.
func (g Operators) ConfirmTOTP(ctx context.Context, operator string,
	p apitype.TOTPConfirmation) (apitype.RecoveryCodes, error) {
	return ask[apitype.RecoveryCodes](ctx, g.c, p, operators, operator, "totp", "confirm")
}

// RenewRecoveryCodes replaces the codes that take the place of a second factor.
func (g Operators) RenewRecoveryCodes(ctx context.Context, operator string,
	p apitype.TOTPRemoval) (apitype.RecoveryCodes, error) {
	return ask[apitype.RecoveryCodes](ctx, g.c, p, operators, operator, "recoveryCodes")
}

// RemoveTOTP removes a second factor.
func (g Operators) RemoveTOTP(ctx context.Context, operator string, p apitype.TOTPRemoval) error {
	return g.c.do(ctx, call{method: http.MethodPost, path: v1(operators, operator, "totp", "remove"), body: p})
}
