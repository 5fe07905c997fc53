// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// managesTokensOf reports whether the caller sees and revokes this operator's
// tokens: their own, and with operators:manage on the root everybody's.
func managesTokensOf(c tenancy.Caller, operatorID string) bool {
	return c.Kind == tenancy.OperatorCaller && c.ID == operatorID ||
		c.RequireRoot(tenancy.ManageOperators) == nil
}

// ListOperatorTokens returns the tokens of an operator that have not ended, the oldest
// first, without their texts. The operator is given by id, number or Self. Only
// the operator, and callers of the root with operators:manage, may see them; for others,
// and if there is no such operator, the error is NotFound.
func (s *Service) ListOperatorTokens(ctx context.Context, caller tenancy.Caller,
	operatorID string) ([]tenancy.OperatorToken, error) {
	if err := caller.RequireLogin(); err != nil {
		return nil, err
	}
	var list []tenancy.OperatorToken
	err := s.core.View(ctx, func(tx tenancy.Reader) (err error) {
		o, err := managedOperator(ctx, tx, caller, operatorID)
		if err != nil {
			return err
		}
		list, err = tx.OperatorTokens(ctx, o.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// UpdateOperatorTokenParams says what is to change; nil and zero mean nothing.
type UpdateOperatorTokenParams struct {
	Name           *string
	Scope          *tenancy.Scope // from NewScope
	ExpiresAt      time.Time
	RenewableUntil time.Time
}

// UpdateOperatorToken changes an operator token of the caller's own. Its current
// access text follows, but one that has ended stays ended: Expired
// (operator_token_expired) when that is to be moved. What was made with it stays
// within it, see narrowMade. Denied as IssueOperatorToken,
// and to callers who may see but not change it; NotFound; Invalid; Conflict
// (operator_token_name_taken).
func (s *Service) UpdateOperatorToken(ctx context.Context, caller tenancy.Caller, id tenancy.OperatorTokenID,
	p UpdateOperatorTokenParams) (tenancy.OperatorToken, error) {
	if err := requireOwnLogin(caller); err != nil {
		return tenancy.OperatorToken{}, err
	}
	now := s.core.Now()
	if err := p.check(now); err != nil {
		return tenancy.OperatorToken{}, err
	}
	var t tenancy.StoredOperatorToken
	err := s.core.Change(ctx, caller, func(tx tenancy.Tx) (err error) {
		if t, err = lockOperatorToken(ctx, tx, caller, id); err != nil {
			return err
		}
		switch {
		case t.OperatorID != caller.ID:
			return problem.New(problem.Denied, problem.CodeChangeOwnTokensOnly)
		case !p.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
			return problem.New(problem.Expired, problem.CodeOperatorTokenExpired)
		}
		old := t.OperatorToken
		if p.Name != nil {
			t.Name = *p.Name
		}
		if p.Scope != nil {
			t.Scope = *p.Scope
		}
		setSpan(&t.OperatorToken, now, p.ExpiresAt, p.RenewableUntil)
		if err := tx.UpdateOperatorToken(ctx, t.OperatorToken); err != nil {
			return err
		}
		if err := s.narrowMade(ctx, tx, caller, t.OperatorToken, old, now); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: caller.Organization,
			Action: "operator_token.update", Target: id.String(), Detail: tellScope(t.OperatorToken)})
	})
	if err != nil {
		return tenancy.OperatorToken{}, err
	}
	return t.OperatorToken, nil
}

func (p *UpdateOperatorTokenParams) check(now time.Time) error {
	var c tenancy.Checker
	if p.Name != nil {
		name := *p.Name // trimmed, and not in the caller's memory
		c.Required(tenancy.FieldName, &name, tenancy.MaxName)
		p.Name = &name
	}
	checkFuture(&c, FieldExpiresAt, p.ExpiresAt, now)
	checkFuture(&c, FieldRenewableUntil, p.RenewableUntil, now)
	if p.Name == nil && p.Scope == nil && p.ExpiresAt.IsZero() && p.RenewableUntil.IsZero() {
		c.Add(tenancy.FieldName, problem.CodeNothingToChange)
	}
	return c.Err()
}

// lockOperatorToken returns a living one that the caller may know of. NotFound.
func lockOperatorToken(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	id tenancy.OperatorTokenID) (tenancy.StoredOperatorToken, error) {
	t, err := tx.LockOperatorToken(ctx, id)
	if err != nil {
		return t, err
	}
	if !t.EndedAt.IsZero() || !managesTokensOf(caller, t.OperatorID) {
		return t, problem.OperatorTokenNotFound()
	}
	return t, nil
}

// RevokeOperatorToken ends an operator token, and those that were made with it: no
// text is good for anything from then on. For its operator, and for callers of the root with
// operators:manage; Denied to callers who came with an operator token. NotFound,
// also for one that has ended.
func (s *Service) RevokeOperatorToken(ctx context.Context, caller tenancy.Caller,
	id tenancy.OperatorTokenID) error {
	if err := requireOwnLogin(caller); err != nil {
		return err
	}
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		t, err := lockOperatorToken(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		return s.endOperatorToken(ctx, tx, caller, t.OperatorToken, tenancy.TokenRevoked, now)
	})
}

// endOperatorToken ends a living one and all that were made with it, and records each
// in the chain of their operator's organization. NotFound when another caller was
// faster. All are ended before anything is recorded: two callers who end one family
// at once then wait for each other in one order.
func (s *Service) endOperatorToken(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	t tenancy.OperatorToken, reason tenancy.TokenEndReason, now time.Time) error {
	var family []tenancy.OperatorToken
	end := func(one tenancy.OperatorToken) error {
		ended, err := tx.EndOperatorToken(ctx, one.ID, now, reason)
		if ended {
			family = append(family, one)
		}
		return err
	}
	if err := end(t); err != nil {
		return err
	}
	if len(family) == 0 {
		return problem.OperatorTokenNotFound()
	}
	if err := eachMade(ctx, tx, t, end); err != nil {
		return err
	}
	o, err := tx.Operator(ctx, t.OperatorID)
	if err != nil {
		return err
	}
	action := "operator_token.revoke"
	if reason == tenancy.TokenReused {
		action = "operator_token.void"
	}
	return s.recordEnds(ctx, tx, caller, o.OrganizationID, action, family, now)
}

// recordEnds records the ends of operator tokens.
func (s *Service) recordEnds(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	organization tenancy.OrganizationID, action string, ended []tenancy.OperatorToken, now time.Time) error {
	for _, one := range ended {
		told := map[string]string{"name": one.Name, "operator": one.OperatorID}
		if one.MakerID != 0 {
			told["maker"] = one.MakerID.String()
		}
		if err := s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: organization, Action: action,
			Target: one.ID.String(), Detail: told}); err != nil {
			return err
		}
	}
	return nil
}
