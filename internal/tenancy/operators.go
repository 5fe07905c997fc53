// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strconv"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// OperatorNumber is an operator's number, from 100001. It is the operator's for
// good, and no other operator gets it.
type OperatorNumber int64

// String returns the bare number.
func (n OperatorNumber) String() string { return strconv.FormatInt(int64(n), 10) }

// ListedOperator is an operator with the name of its organization.
type ListedOperator struct {
	Operator
	OrganizationName string
}

// OperatorProperties returns the properties of operators, by domain name.
func OperatorProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: "number", Kind: filter.ID},
		filter.Property{Name: "username", Kind: filter.Text},
	)
}

// ListOperators returns a page of the operators the caller may know of, and
// how many match in all: every operator for callers of the root with
// operators:manage, and themselves alone for other operators. It is sorted by
// number if the caller does not say otherwise.
func (s *Service) ListOperators(ctx context.Context, caller Caller, p ListParams) ([]ListedOperator, int, error) {
	if err := caller.requireLogin(); err != nil {
		return nil, 0, err
	}
	number := OperatorProperties()["number"]
	if caller.requireRoot(ManageOperators) != nil {
		if caller.Kind != OperatorCaller {
			return nil, 0, nil
		}
		own := []filter.Node{filter.Compare{Property: number, Op: filter.Eq, Value: filter.Value{Number: int64(caller.Number)}}}
		if p.Filter != nil {
			own = append(own, p.Filter)
		}
		p.Filter = filter.And{Terms: own}
	}
	if len(p.Sort) == 0 {
		p.Sort = []filter.Sort{{Property: number}}
	}
	p.Scope = RootID
	var page []ListedOperator
	var total int
	err := s.read(ctx, func(tx Reader) (err error) {
		page, total, err = tx.Operators(ctx, p)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return page, total, nil
}

// GetOperator returns the operator that a text names, by number or by id; the
// caller itself where it is empty. NotFound for operators the caller may not
// know of, as in ListOperators, and for those of an organization that is gone.
func (s *Service) GetOperator(ctx context.Context, caller Caller, ref string) (ListedOperator, error) {
	if err := caller.requireLogin(); err != nil {
		return ListedOperator{}, err
	}
	var found ListedOperator
	err := s.view(ctx, func(tx Reader) error {
		stored, err := managedOperator(ctx, tx, caller, ref)
		if err != nil {
			return err
		}
		o, err := operatorOrganization(ctx, tx, stored.Operator)
		found = ListedOperator{stored.Operator, o.Name}
		return err
	})
	if err != nil {
		return ListedOperator{}, err
	}
	return found, nil
}

// HasSecondFactor reports whether an operator has a second factor; the caller
// itself where the user name is empty. NotFound as in GetOperator.
func (s *Service) HasSecondFactor(ctx context.Context, caller Caller, username string) (bool, error) {
	if err := caller.requireLogin(); err != nil {
		return false, err
	}
	var has bool
	err := s.view(ctx, func(tx Reader) error {
		stored, err := operatorCalled(ctx, tx, caller, username)
		if err != nil {
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

// managedOperator returns the operator that a text names, by number or by id;
// the caller where it is empty. NotFound where the caller does not manage it.
func managedOperator(ctx context.Context, tx Reader, caller Caller, ref string) (StoredOperator, error) {
	if ref == "" && caller.Kind == OperatorCaller {
		ref = caller.ID
	}
	var o StoredOperator
	n, err := parseNumber(ref)
	if err == nil {
		o, err = tx.OperatorByNumber(ctx, OperatorNumber(n))
	} else {
		o, err = tx.Operator(ctx, strings.ToLower(ref))
	}
	return managed(caller, o, err)
}

// operatorCalled is managedOperator by user name.
func operatorCalled(ctx context.Context, tx Reader, caller Caller, username string) (StoredOperator, error) {
	if username == "" {
		return managedOperator(ctx, tx, caller, "")
	}
	o, err := tx.OperatorByUsername(ctx, username)
	return managed(caller, o, err)
}

func managed(caller Caller, o StoredOperator, err error) (StoredOperator, error) {
	if err == nil && !caller.managesTokensOf(o.ID) {
		err = problem.NoSuch("operator")
	}
	if err != nil {
		return StoredOperator{}, err
	}
	return o, nil
}

// operatorOrganization returns an operator's organization. NotFound, of the
// operator, where it is no member any more.
func operatorOrganization(ctx context.Context, tx Reader, o Operator) (Organization, error) {
	organization, err := tx.Organization(ctx, o.OrganizationID)
	if err == nil && !organization.Member() {
		err = problem.NoSuch("operator")
	}
	return organization, err
}
