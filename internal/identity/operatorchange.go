// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// UpdateOperatorParams says what changes of an operator; nil leaves a part as it is.
type UpdateOperatorParams struct {
	DisplayName  *string
	Role         *tenancy.Role
	Organization *tenancy.OrganizationID // RootID: of the server
	Expected     tenancy.Versions
}

// UpdateOperator changes what an operator is called, its role and its organization. Another
// role or organization holds when UpdateOperator returns, and ends all sessions and tokens of
// the operator. Operators may change their own displayed name; for the rest the caller needs
// operators:manage, reaches both organizations, and gives no more than it may do itself.
// Invalid; Denied; NotFound; Conflict (operator_changed) if it is not as expected,
// (last_administrator). Twice is fine.
func (s *Service) UpdateOperator(ctx context.Context, caller tenancy.Caller, ref string,
	p UpdateOperatorParams) (tenancy.ListedOperator, error) {
	onlyName := p.Role == nil && p.Organization == nil
	if err := requireManager(caller, ref, onlyName); err != nil {
		return tenancy.ListedOperator{}, err
	}
	var c tenancy.Checker
	detail := map[string]string{}
	if p.DisplayName != nil {
		name := *p.DisplayName
		c.Line(FieldDisplayName, &name, tenancy.MaxName)
		p.DisplayName = &name
	}
	if p.Role != nil {
		checkRole(&c, *p.Role)
		detail["role"] = string(*p.Role)
	}
	if p.Organization != nil {
		detail["organization"] = p.Organization.String()
	}
	if err := c.Err(); err != nil {
		return tenancy.ListedOperator{}, err
	}
	return s.changeOperator(ctx, caller, ref, operatorChange{action: "operator.update", detail: detail,
		own: onlyName, narrows: !onlyName,
		apply: func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error {
			if !p.Expected.Has(o.UpdatedAt) {
				return problem.New(problem.Conflict, problem.CodeOperatorChanged)
			}
			role, organization := o.Role, o.OrganizationID
			if err := p.apply(ctx, tx, caller, o); err != nil {
				return err
			}
			if role == o.Role && organization == o.OrganizationID {
				return nil
			}
			return endLogins(ctx, tx, o, now)
		}})
}

func (p UpdateOperatorParams) apply(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	o *tenancy.StoredOperator) error {
	if p.DisplayName != nil {
		o.DisplayName = *p.DisplayName
	}
	if p.Role != nil && o.Role != *p.Role {
		if err := requireWithin(caller, *p.Role); err != nil {
			return err
		}
		o.Role = *p.Role
	}
	if p.Organization != nil && o.OrganizationID != *p.Organization {
		organization, err := tx.LockOrganization(ctx, *p.Organization) // see CreateOperator
		if _, err := tenancy.Visible(caller, organization, err); err != nil {
			return err
		}
		o.OrganizationID = *p.Organization
	}
	return nil
}

func checkRole(c *tenancy.Checker, role tenancy.Role) {
	if len(role.Permissions()) == 0 {
		c.Add(FieldRole, problem.CodeBadRole)
	}
}

// DisableOperator keeps an operator from logging in, and ends all its sessions and tokens.
// EnableOperator lets it log in again; what was ended stays ended. For callers with
// operators:manage who may do no less than the operator. NotFound; Conflict
// (last_administrator). Twice is fine.
func (s *Service) DisableOperator(ctx context.Context, caller tenancy.Caller,
	ref string) (tenancy.ListedOperator, error) {
	return s.changeOperator(ctx, caller, ref, operatorChange{action: "operator.disable", narrows: true,
		apply: func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error {
			if !o.Active {
				return nil
			}
			o.Active = false
			return endLogins(ctx, tx, o, now)
		}})
}

// EnableOperator is described at DisableOperator.
func (s *Service) EnableOperator(ctx context.Context, caller tenancy.Caller,
	ref string) (tenancy.ListedOperator, error) {
	return s.changeOperator(ctx, caller, ref, operatorChange{action: "operator.enable",
		apply: func(_ tenancy.Tx, o *tenancy.StoredOperator, _ time.Time) error {
			o.Active = true
			return nil
		}})
}

// EndOperatorSessions ends all sessions and tokens of an operator, on every wire. For the
// operator itself, and for callers with operators:manage who may do no less. NotFound.
func (s *Service) EndOperatorSessions(ctx context.Context, caller tenancy.Caller,
	ref string) (tenancy.ListedOperator, error) {
	return s.changeOperator(ctx, caller, ref, operatorChange{action: "operator.end_sessions", own: true,
		apply: func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error {
			return endLogins(ctx, tx, o, now)
		}})
}

// DeleteOperator removes an operator for good, with its sessions and tokens. Another
// operator may have its name then, but never its number. For callers with operators:manage
// who may do no less. NotFound, also the second time; Conflict (last_administrator).
func (s *Service) DeleteOperator(ctx context.Context, caller tenancy.Caller, ref string) error {
	if err := requireManager(caller, ref, false); err != nil {
		return err
	}
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		others, err := lockAdministrators(ctx, tx, true)
		if err != nil {
			return err
		}
		if err := requireLiving(ctx, tx, caller); err != nil {
			return err
		}
		o, err := lockManaged(ctx, tx, caller, ref)
		if err != nil {
			return err
		}
		if err := requireAnother(o.Operator, tenancy.Operator{ID: o.ID}, others); err != nil {
			return err
		}
		if err := endLogins(ctx, tx, &o, now); err != nil {
			return err
		}
		if err := tx.DeleteOperator(ctx, o.ID, now); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: o.OrganizationID,
			Action: "operator.delete", Target: o.ID, Detail: map[string]string{"username": o.Username}})
	})
}
