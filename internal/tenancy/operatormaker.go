// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"slices"
	"time"
)

// requireOwnLogin wants an operator who logged in, and does not act for an
// organization: an operator token must not change or end those of its operator.
func (c Caller) requireOwnLogin() error {
	if err := c.requireLogin(); err != nil {
		return err
	}
	if c.limited {
		return NewError(Denied, "own_organization_required", "Access tokens are made, changed and deleted for oneself, not while acting for an organization.")
	}
	if c.Token.kind == operatorToken {
		return NewError(Denied, "log_in_required", "An access token that is limited to some calls cannot make access tokens, and none can change or delete them. Log in with your password.")
	}
	return nil
}

// requireMaker wants an operator who may make operator tokens: one who logged in, or
// one who came with an operator token that is not limited. What a limited one makes
// would not be limited.
func (c Caller) requireMaker() error {
	if c.Token.kind == operatorToken && c.Token.scope.Kind == ScopeAll && !c.limited {
		return c.requireLogin()
	}
	return c.requireOwnLogin()
}

// withinMaker keeps a new operator token within the one that its caller came with, if
// any: no part of it lives longer than the access text that was presented, which may
// have been stolen without the text that renews it. The maker is locked, so that a new
// token is there when the maker's end looks for it. Unauthenticated when the maker has
// ended; Denied when it has been limited.
func withinMaker(ctx context.Context, tx Tx, caller Caller, t *OperatorToken) error {
	if caller.Token.kind != operatorToken {
		return nil
	}
	maker, err := tx.LockOperatorToken(ctx, caller.Token.operatorToken)
	if err != nil {
		return asBadToken(err)
	}
	ends := earlier(maker.ExpiresAt, caller.Token.ExpiresAt)
	if !maker.EndedAt.IsZero() || ends.Before(t.CreatedAt.Add(time.Second)) {
		return badToken()
	}
	caller.Token.scope = maker.Scope // as it is now
	if err := caller.requireMaker(); err != nil {
		return err
	}
	t.MakerID = maker.ID
	t.RenewableUntil = earlier(t.RenewableUntil, ends)
	t.ExpiresAt = earlier(t.ExpiresAt, t.RenewableUntil)
	return nil
}

// madeWith returns those of an operator's living operator tokens, in the order of their
// ids, that were made with the one of the id, or with one that was.
func madeWith(id OperatorTokenID, living []OperatorToken) (made []OperatorToken) {
	makers := []OperatorTokenID{id}
	for _, t := range living {
		if slices.Contains(makers, t.MakerID) {
			makers, made = append(makers, t.ID), append(made, t)
		}
	}
	return made
}
