// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// requireOwnLogin wants an operator who logged in, and does not act for an
// organization: an operator token must not change or end those of its operator.
func requireOwnLogin(c tenancy.Caller) error {
	if err := c.RequireLogin(); err != nil {
		return err
	}
	if c.Limited {
		return problem.New(problem.Denied, problem.CodeOwnOrganizationRequired)
	}
	if c.Token.Kind == tenancy.LongLivedToken {
		return problem.New(problem.Denied, problem.CodeLogInRequired)
	}
	return nil
}

// requireMaker wants an operator who may make operator tokens: one who logged in, or
// one who came with an operator token that is not limited. What a limited one makes
// would not be limited.
func requireMaker(c tenancy.Caller) error {
	if c.Token.Kind == tenancy.LongLivedToken && c.Token.Scope.Kind == tenancy.ScopeAll && !c.Limited {
		return c.RequireLogin()
	}
	return requireOwnLogin(c)
}

// withinMaker keeps a new operator token within the one that its caller came with, if
// any: no part of it lives longer than the access text that was presented, which may
// have been stolen without the text that renews it. The maker is locked, so that a new
// token is there when the maker's end looks for it. Unauthenticated when the maker has
// ended; Denied when it has been limited.
func withinMaker(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller, t *tenancy.OperatorToken) error {
	if caller.Token.Kind != tenancy.LongLivedToken {
		return nil
	}
	maker, err := tx.LockOperatorToken(ctx, caller.Token.OperatorToken)
	if err != nil {
		return asBadToken(err)
	}
	ends := earlier(maker.ExpiresAt, caller.Token.ExpiresAt)
	if !maker.EndedAt.IsZero() || ends.Before(t.CreatedAt.Add(time.Second)) {
		return badToken()
	}
	caller.Token.Scope = maker.Scope // as it is now
	if err := requireMaker(caller); err != nil {
		return err
	}
	t.MakerID = maker.ID
	t.RenewableUntil = earlier(t.RenewableUntil, ends)
	t.ExpiresAt = earlier(t.ExpiresAt, t.RenewableUntil)
	return nil
}

// eachMade calls do with every living operator token that was made with the one given,
// or with one that was. The caller has locked the one given, and eachMade locks the
// others: whoever makes another with one of them is waited for, and what was made
// meanwhile is found when the list is read again.
func eachMade(ctx context.Context, tx tenancy.Tx, t tenancy.OperatorToken,
	do func(tenancy.OperatorToken) error) error {
	for makers := []tenancy.OperatorTokenID{t.ID}; ; {
		living, err := tx.OperatorTokens(ctx, t.OperatorID)
		if err != nil {
			return err
		}
		before := len(makers)
		for _, one := range living {
			if !slices.Contains(makers, one.MakerID) || slices.Contains(makers, one.ID) {
				continue
			}
			makers = append(makers, one.ID)
			locked, err := tx.LockOperatorToken(ctx, one.ID)
			if err == nil && locked.EndedAt.IsZero() {
				err = do(locked.OperatorToken)
			}
			if err != nil && !errors.Is(err, problem.NotFound) { // pruned
				return err
			}
		}
		if len(makers) == before {
			return nil
		}
	}
}

// narrowMade keeps what was made with an operator token within it, after it was
// limited or given an earlier end: what may do more than it may now ends, the rest
// lives no longer.
func (s *Service) narrowMade(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller, t,
	old tenancy.OperatorToken, now time.Time) error {
	limited, shorter := !t.Scope.Covers(old.Scope), t.ExpiresAt.Before(old.ExpiresAt)
	if !limited && !shorter {
		return nil
	}
	var ended, changed []tenancy.OperatorToken
	err := eachMade(ctx, tx, t, func(one tenancy.OperatorToken) error {
		if limited && !t.Scope.Covers(one.Scope) {
			ended = append(ended, one)
			_, err := tx.EndOperatorToken(ctx, one.ID, now, tenancy.TokenRevoked)
			return err
		}
		if !shorter || !one.RenewableUntil.After(t.ExpiresAt) {
			return nil
		}
		one.RenewableUntil = t.ExpiresAt
		one.ExpiresAt = earlier(one.ExpiresAt, one.RenewableUntil)
		changed = append(changed, one)
		return tx.UpdateOperatorToken(ctx, one)
	})
	if err != nil {
		return err
	}
	for _, one := range changed {
		if err := s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: caller.Organization,
			Action: "operator_token.update", Target: one.ID.String(), Detail: tellScope(one)}); err != nil {
			return err
		}
	}
	return s.recordEnds(ctx, tx, caller, caller.Organization, "operator_token.revoke", ended, now)
}
