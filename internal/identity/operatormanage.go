// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// OperatorList asks for one page of operators, the newest first.
type OperatorList struct {
	Filter filter.Node            // over tenancy.OperatorProperties; nil: all
	After  tenancy.OperatorNumber // the last one of the page before; 0: from the newest on
	Limit  int
}

// OperatorPage returns a page of the operators that the caller may administer: with
// operators:manage those of its organization, or all for a caller of the root. Other
// operators see themselves only.
func (s *Service) OperatorPage(ctx context.Context, caller tenancy.Caller,
	p OperatorList) ([]tenancy.ListedOperator, error) {
	if err := caller.RequireLogin(); err != nil {
		return nil, err
	}
	number := tenancy.OperatorProperties()[tenancy.PropertyNumber]
	var terms []filter.Node
	add := func(op filter.Op, n tenancy.OperatorNumber) {
		terms = append(terms, filter.Compare{Property: number, Op: op, Value: filter.Value{Number: int64(n)}})
	}
	if !caller.May(tenancy.ManageOperators) {
		if caller.Kind != tenancy.OperatorCaller {
			return nil, caller.Require(tenancy.ManageOperators)
		}
		add(filter.Eq, caller.Number)
	}
	if p.After > 0 {
		add(filter.Lt, p.After)
	}
	ask := tenancy.ListParams{Scope: caller.Organization, Limit: max(p.Limit, 1),
		Sort: []filter.Sort{{Property: number, Descending: true}}}
	switch all := append(terms, conjuncts(p.Filter)...); len(all) {
	case 0:
	case 1:
		ask.Filter = all[0]
	default:
		ask.Filter = filter.And{Terms: all}
	}
	var page []tenancy.ListedOperator
	err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		page, _, err = tx.Operators(ctx, ask)
		return err
	})
	return page, err
}

// conjuncts returns the terms of which all must hold.
func conjuncts(n filter.Node) []filter.Node {
	switch n := n.(type) {
	case nil:
		return nil
	case filter.And:
		return n.Terms
	}
	return []filter.Node{n}
}

// Self refers to the calling operator. An empty reference is nobody's.
const Self = "me"

// ReadOperator returns the operator with an id, a number or Self. NotFound
// for operators that the caller may not know of, as in OperatorPage.
func (s *Service) ReadOperator(ctx context.Context, caller tenancy.Caller,
	ref string) (tenancy.ListedOperator, error) {
	if err := caller.RequireLogin(); err != nil {
		return tenancy.ListedOperator{}, err
	}
	var found tenancy.ListedOperator
	err := s.core.View(ctx, func(tx tenancy.Reader) error {
		o, err := findManaged(ctx, tx, caller, ref)
		if err == nil && !isOwn(caller, o) && !caller.May(tenancy.ManageOperators) {
			err = problem.OperatorNotFound()
		}
		found = listed(o)
		return err
	})
	if err != nil {
		return tenancy.ListedOperator{}, err
	}
	return found, nil
}

func listed(o tenancy.StoredOperator) tenancy.ListedOperator {
	return tenancy.ListedOperator{Operator: o.Operator, SecondFactor: o.TOTPSealed != nil}
}

// namesCaller reports whether a reference to an operator is to the caller itself.
func namesCaller(caller tenancy.Caller, ref string) bool {
	n, err := tenancy.ParseOperatorNumber(ref)
	return caller.Kind == tenancy.OperatorCaller &&
		(ref == Self || strings.EqualFold(ref, caller.ID) || err == nil && n == caller.Number)
}

func isOwn(caller tenancy.Caller, o tenancy.StoredOperator) bool {
	return caller.Kind == tenancy.OperatorCaller && caller.ID == o.ID
}

// findManaged returns an operator that is there for the caller, by id, number or Self. NotFound
// for one that was deleted, or that the caller does not reach.
func findManaged(ctx context.Context, tx tenancy.Reader, caller tenancy.Caller,
	ref string) (o tenancy.StoredOperator, err error) {
	if ref == Self && caller.Kind == tenancy.OperatorCaller {
		ref = caller.ID
	}
	o, err = operatorByRef(ctx, tx, ref)
	if err == nil && (!o.DeletedAt.IsZero() || !isOwn(caller, o) && !caller.Reaches(o.OrganizationID)) {
		err = problem.OperatorNotFound()
	}
	if err == nil {
		_, err = operatorOrganization(ctx, tx, o.Operator)
	}
	return o, err
}

// requireManager refuses callers without operators:manage, unless it is about themselves and
// that is enough.
func requireManager(caller tenancy.Caller, ref string, ownIsEnough bool) error {
	if ownIsEnough && namesCaller(caller, ref) {
		return caller.RequireLogin()
	}
	return caller.Require(tenancy.ManageOperators)
}

// requireWithin refuses to give a role, or to take over an account that has it, if the
// caller may do less itself: Denied (more_than_own).
func requireWithin(caller tenancy.Caller, role tenancy.Role) error {
	if slices.ContainsFunc(role.Permissions(), func(p tenancy.Permission) bool { return !caller.May(p) }) {
		return problem.New(problem.Denied, problem.CodeMoreThanOwn)
	}
	return nil
}

// operatorChange is a change of one operator, as changeOperator makes it.
type operatorChange struct {
	action string // noun.verb
	detail map[string]string
	own    bool // operators may do it to themselves without a permission
	others bool // not to oneself: for that more than a permission is asked
	// narrows says that it may leave the server without an operator who administers
	// operators. Then all who do are locked first: of two such changes at once, the second
	// sees the first.
	narrows bool
	apply   func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error
}

// changeOperator changes an operator under its lock, as tenancy.Once does, and records that.
// Without a difference it changes and records nothing. Denied; NotFound; Conflict
// (last_administrator).
func (s *Service) changeOperator(ctx context.Context, caller tenancy.Caller, ref string,
	c operatorChange) (tenancy.ListedOperator, error) {
	if err := requireManager(caller, ref, c.own); err != nil {
		return tenancy.ListedOperator{}, err
	}
	now := s.core.Now()
	return tenancy.Once(ctx, s.core, caller, func(tx tenancy.Tx) (tenancy.ListedOperator, error) {
		var none tenancy.ListedOperator
		others, err := lockAdministrators(ctx, tx, c.narrows)
		if err != nil {
			return none, err
		}
		if err := requireLiving(ctx, tx, caller); err != nil {
			return none, err
		}
		o, err := lockManaged(ctx, tx, caller, ref)
		if err != nil {
			return none, err
		}
		if c.others && isOwn(caller, o) {
			return none, notConfirmed()
		}
		former := o
		if err := c.apply(tx, &o, now); err != nil {
			return none, err
		}
		if former.Operator == o.Operator {
			return listed(o), nil
		}
		o.Changed(now)
		if err := requireAnother(former.Operator, o.Operator, others); err != nil {
			return none, err
		}
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return none, err
		}
		return listed(o), s.recordOperator(ctx, tx, caller, now, c, former.Operator, o.Operator)
	})
}

// recordOperator records a change, and one of the organization in the chains of both.
func (s *Service) recordOperator(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller, now time.Time,
	c operatorChange, former, o tenancy.Operator) error {
	chains := []tenancy.OrganizationID{former.OrganizationID}
	if o.OrganizationID != former.OrganizationID {
		chains = append(chains, o.OrganizationID)
	}
	slices.Sort(chains) // everybody locks them in one order
	for _, chain := range chains {
		if err := s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: chain, Action: c.action,
			Target: o.ID, Detail: c.detail}); err != nil {
			return err
		}
	}
	return nil
}

// lockManaged locks an operator that is there for the caller. Another one must not be able
// to do more than the caller.
func lockManaged(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	ref string) (tenancy.StoredOperator, error) {
	found, err := findManaged(ctx, tx, caller, ref)
	if err != nil {
		return found, err
	}
	o, err := tx.LockOperator(ctx, found.ID)
	switch {
	case err != nil:
		return o, err
	case !o.DeletedAt.IsZero(), !isOwn(caller, o) && !caller.Reaches(o.OrganizationID):
		return o, problem.OperatorNotFound()
	case !isOwn(caller, o):
		err = requireWithin(caller, o.Role)
	}
	return o, err
}

// lockAdministrators locks all who administer the operators of the server, and returns
// their ids.
func lockAdministrators(ctx context.Context, tx tenancy.Tx, wanted bool) (ids []string, err error) {
	for _, role := range tenancy.Roles() {
		if !wanted || !slices.Contains(role.Permissions(), tenancy.ManageOperators) {
			continue
		}
		some, err := tx.LockOperators(ctx, tenancy.RootID, role)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	return ids, nil
}

// requireAnother refuses a change after which nobody administers the operators of the
// server: Conflict (last_administrator).
func requireAnother(former, o tenancy.Operator, administrators []string) error {
	another := slices.ContainsFunc(administrators, func(id string) bool { return id != o.ID })
	if former.AdministersOperators() && !o.AdministersOperators() && !another {
		return problem.New(problem.Conflict, problem.CodeLastAdministrator)
	}
	return nil
}

// endLogins ends all sessions and tokens of an operator. The caller stores the operator.
func endLogins(ctx context.Context, tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error {
	o.LoginGeneration++
	if err := tx.EndSessionsOf(ctx, o.ID, now); err != nil {
		return err
	}
	return tx.EndTokensOf(ctx, o.ID, now, tenancy.TokenRevoked)
}
