// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// ListOperators returns a page of the operators that the caller may know of, and how
// many match in all. Callers of the root with operators:manage know of every operator,
// other operators only of themselves. The page is sorted by number by default.
func (s *Service) ListOperators(ctx context.Context, caller tenancy.Caller,
	p tenancy.ListParams) ([]tenancy.ListedOperator, int, error) {
	if err := caller.RequireLogin(); err != nil {
		return nil, 0, err
	}
	number := tenancy.OperatorProperties()[tenancy.PropertyNumber]
	if caller.RequireRoot(tenancy.ManageOperators) != nil {
		if caller.Kind != tenancy.OperatorCaller {
			return nil, 0, nil
		}
		own := []filter.Node{filter.Compare{Property: number, Op: filter.Eq,
			Value: filter.Value{Number: int64(caller.Number)}}}
		if p.Filter != nil {
			own = append(own, p.Filter)
		}
		p.Filter = filter.And{Terms: own}
	}
	if len(p.Sort) == 0 {
		p.Sort = []filter.Sort{{Property: number}}
	}
	p.Scope = tenancy.RootID
	var page []tenancy.ListedOperator
	var total int
	err := s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		page, total, err = tx.Operators(ctx, p)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return page, total, nil
}

// GetOperator returns the operator with an id, a number or Self. NotFound for operators that
// the caller may not know of, as in ListOperators, and for those of a deleted organization.
func (s *Service) GetOperator(ctx context.Context, caller tenancy.Caller, ref string) (tenancy.ListedOperator,
	error) {
	if err := caller.RequireLogin(); err != nil {
		return tenancy.ListedOperator{}, err
	}
	var found tenancy.ListedOperator
	err := s.core.View(ctx, func(tx tenancy.Reader) error {
		stored, err := managedOperator(ctx, tx, caller, ref)
		if err != nil {
			return err
		}
		o, err := operatorOrganization(ctx, tx, stored.Operator)
		found = listed(stored)
		found.OrganizationName = o.Name
		return err
	})
	if err != nil {
		return tenancy.ListedOperator{}, err
	}
	return found, nil
}

// HasSecondFactor reports whether an operator has a second factor, by user name. NotFound as
// in GetOperator.
func (s *Service) HasSecondFactor(ctx context.Context, caller tenancy.Caller, username string) (bool, error) {
	if err := caller.RequireLogin(); err != nil {
		return false, err
	}
	var has bool
	err := s.core.View(ctx, func(tx tenancy.Reader) error {
		stored, err := tx.OperatorByUsername(ctx, username)
		if stored, err = managed(caller, stored, err); err != nil {
			return err
		}
		has = stored.TOTPSealed != nil
		_, err = operatorOrganization(ctx, tx, stored.Operator)
		return err
	})
	if err != nil {
		return false, err
	}
	return has, nil
}

// managedOperator returns the operator with an id, a number or Self. NotFound if the caller
// does not manage that operator.
func managedOperator(ctx context.Context, tx tenancy.Reader, caller tenancy.Caller,
	ref string) (tenancy.StoredOperator, error) {
	if ref == Self && caller.Kind == tenancy.OperatorCaller {
		ref = caller.ID
	}
	o, err := operatorByRef(ctx, tx, ref)
	return managed(caller, o, err)
}

// operatorByRef returns the operator with a number or an id, also a deleted one. NotFound.
func operatorByRef(ctx context.Context, tx tenancy.Reader, ref string) (tenancy.StoredOperator, error) {
	if n, err := tenancy.ParseOperatorNumber(ref); err == nil {
		return tx.OperatorByNumber(ctx, n)
	}
	return tx.Operator(ctx, strings.ToLower(ref))
}

func managed(caller tenancy.Caller, o tenancy.StoredOperator, err error) (tenancy.StoredOperator, error) {
	if err == nil && (!o.DeletedAt.IsZero() || !managesTokensOf(caller, o.ID)) {
		err = problem.OperatorNotFound()
	}
	if err != nil {
		return tenancy.StoredOperator{}, err
	}
	return o, nil
}

// operatorOrganization returns an operator's organization. If that is no longer a
// member, the operator is NotFound.
func operatorOrganization(ctx context.Context, tx tenancy.Reader, o tenancy.Operator) (tenancy.Organization,
	error) {
	organization, err := tx.Organization(ctx, o.OrganizationID)
	if err == nil && !organization.Member() {
		err = problem.OperatorNotFound()
	}
	return organization, err
}
