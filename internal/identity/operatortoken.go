// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// IssuedOperatorToken is an operator token with its pair, shown this once.
type IssuedOperatorToken struct {
	tenancy.OperatorToken
	Access, Refresh secret.Secret
}

// How long operator tokens live, and how many an operator has at most.
const (
	OperatorTokenAccess    = 30 * time.Minute     // an access text, if nothing else is asked for
	operatorTokenRenewable = 90 * 24 * time.Hour  // the whole, if nothing else is asked for
	operatorTokenLongest   = 365 * 24 * time.Hour // both, whatever is asked for
	maxOperatorTokens      = 100
	operatorTokensKept     = 30 * 24 * time.Hour // those that are good for nothing any more
)

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// setSpan sets the ends that are given: whole seconds, which is all that wires can
// say, and a year from now at most. What is not given stays, but follows.
func setSpan(t *tenancy.OperatorToken, now, expires, renewable time.Time) {
	longest := now.Add(operatorTokenLongest)
	if !expires.IsZero() {
		t.ExpiresAt = earlier(expires, longest).Truncate(time.Second)
		t.Life = t.ExpiresAt.Sub(now)
	}
	switch {
	case !renewable.IsZero():
		t.RenewableUntil = earlier(renewable, longest).Truncate(time.Second)
	case t.RenewableUntil.Before(t.ExpiresAt):
		t.RenewableUntil = t.ExpiresAt
	}
	t.ExpiresAt = earlier(t.ExpiresAt, t.RenewableUntil)
}

// checkFuture wants a time that is given to be after now.
func checkFuture(c *tenancy.Checker, field string, at, now time.Time) {
	if !at.IsZero() && !at.After(now.Add(time.Second)) {
		c.Add(field, problem.CodeNotInFuture)
	}
}

// IssueOperatorTokenParams describes a new operator token.
type IssueOperatorTokenParams struct {
	OperatorID     string // empty, or the caller's own id or number: nobody makes one for somebody else
	Name           string
	Scope          tenancy.Scope // from NewScope
	ExpiresAt      time.Time     // zero: in OperatorTokenAccess; a year from now at most
	RenewableUntil time.Time     // zero: in 90 days; a year from now at most
}

// IssueOperatorToken makes an operator token of the caller's own and returns its
// pair, this once. It is for operators who logged in, and for those who came with an
// operator token that is not limited: see withinMaker. Denied for other callers and
// for another operator. Invalid; Conflict when the name is taken
// (operator_token_name_taken) or there are 100 (too_many_operator_tokens).
func (s *Service) IssueOperatorToken(ctx context.Context, caller tenancy.Caller,
	p IssueOperatorTokenParams) (IssuedOperatorToken, error) {
	if err := requireMaker(caller); err != nil {
		return IssuedOperatorToken{}, err
	}
	if caller.Kind != tenancy.OperatorCaller || p.OperatorID != "" && p.OperatorID != caller.ID &&
		p.OperatorID != caller.Number.String() {
		return IssuedOperatorToken{}, problem.New(problem.Denied, problem.CodeOwnTokensOnly)
	}
	now := s.core.Now()
	if err := p.check(now); err != nil {
		return IssuedOperatorToken{}, err
	}
	draft := tenancy.OperatorToken{OperatorID: caller.ID, Operator: caller.Number, Name: p.Name, Scope: p.Scope,
		CreatedAt: now, Life: OperatorTokenAccess,
		ExpiresAt:      now.Add(OperatorTokenAccess).Truncate(time.Second),
		RenewableUntil: now.Add(operatorTokenRenewable).Truncate(time.Second)}
	setSpan(&draft, now, p.ExpiresAt, p.RenewableUntil)
	issued := IssuedOperatorToken{}
	issued.Access, issued.Refresh = secret.NewOperatorToken()
	err := s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		issued.OperatorToken = draft
		stored := s.storedPair(issued)
		if err := s.addOperatorToken(ctx, tx, caller, &stored); err != nil {
			return err
		}
		issued.OperatorToken = stored.OperatorToken
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: caller.Organization,
			Action: "operator_token.issue", Target: stored.ID.String(), Detail: tellScope(stored.OperatorToken)})
	})
	if err != nil {
		return IssuedOperatorToken{}, err
	}
	return issued, nil
}

// check trims and checks what a new operator token is to be.
func (p *IssueOperatorTokenParams) check(now time.Time) error {
	var c tenancy.Checker
	c.Required(tenancy.FieldName, &p.Name, tenancy.MaxName)
	checkFuture(&c, FieldExpiresAt, p.ExpiresAt, now)
	checkFuture(&c, FieldRenewableUntil, p.RenewableUntil, now)
	if p.Scope.Kind == "" {
		c.Add(tenancy.FieldScope, problem.CodeUnknownScope)
	}
	return c.Err()
}

// storedPair is an operator token as it is kept: by the digests of its pair.
func (s *Service) storedPair(i IssuedOperatorToken) tenancy.StoredOperatorToken {
	return tenancy.StoredOperatorToken{OperatorToken: i.OperatorToken,
		AccessDigest:  s.keys.Digest(secret.ForOperatorToken, i.Access),
		RefreshDigest: s.keys.Digest(secret.ForRefreshToken, i.Refresh)}
}

// addOperatorToken stores a new one, if its operator is still there, and takes
// some of those away that are good for nothing any more.
func (s *Service) addOperatorToken(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	t *tenancy.StoredOperatorToken) error {
	o, err := tx.LockOperator(ctx, caller.ID) // one at a time, so that the count holds
	if err != nil {
		return asBadToken(err)
	}
	if !livesAs(caller, o.Operator) {
		return badToken()
	}
	if err := withinMaker(ctx, tx, caller, &t.OperatorToken); err != nil {
		return err
	}
	if err := tx.PruneOperatorTokens(ctx, t.CreatedAt.Add(-operatorTokensKept), pruneBatch); err != nil {
		return err
	}
	living, err := tx.OperatorTokens(ctx, caller.ID)
	if err != nil {
		return err
	}
	living = slices.DeleteFunc(living,
		func(one tenancy.OperatorToken) bool { return !t.CreatedAt.Before(one.RefreshableUntil()) })
	if len(living) >= maxOperatorTokens { // what has run out is good for nothing, and takes no place
		return problem.New(problem.Conflict, problem.CodeTooManyOperatorTokens, len(living))
	}
	return tx.InsertOperatorToken(ctx, t)
}

// tellScope is what the audit says of an operator token.
func tellScope(t tenancy.OperatorToken) map[string]string {
	told := map[string]string{"name": t.Name, "scope": string(t.Scope.Kind),
		"expiresAt":      t.ExpiresAt.Format(time.RFC3339),
		"renewableUntil": t.RenewableUntil.Format(time.RFC3339)}
	if t.MakerID != 0 {
		told["maker"] = t.MakerID.String()
	}
	for i, endpoint := range t.Scope.PathPrefixes {
		told["endpoint."+strconv.Itoa(i)] = endpoint
	}
	return told
}
