// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"github.com/google/uuid"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// How long a password may be.
const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes
)

// CreateOperatorParams describes a new operator.
type CreateOperatorParams struct {
	Username     string
	DisplayName  string        // may be empty
	Password     secret.Secret // 12 characters to 1024 bytes
	Role         tenancy.Role
	Organization tenancy.OrganizationID // RootID: of the server
}

// CreateOperator makes an operator. For callers with operators:manage, in an organization
// that they reach, with a role in which it may do no more than they. Invalid; Denied;
// NotFound when there is no such organization; Conflict (username_taken).
func (s *Service) CreateOperator(ctx context.Context, caller tenancy.Caller,
	p CreateOperatorParams) (tenancy.Operator, error) {
	if err := caller.Require(tenancy.ManageOperators); err != nil {
		return tenancy.Operator{}, err
	}
	var c tenancy.Checker
	c.Required(FieldUsername, &p.Username, tenancy.MaxName)
	if !filter.OneScript(p.Username) { // people read it where operators and their events are listed
		c.Add(FieldUsername, problem.CodeMixedScripts)
	}
	c.Line(FieldDisplayName, &p.DisplayName, tenancy.MaxName)
	checkRole(&c, p.Role)
	checkPasswordLength(&c, p.Password)
	if err := c.Err(); err != nil {
		return tenancy.Operator{}, err
	}
	if err := requireWithin(caller, p.Role); err != nil {
		return tenancy.Operator{}, err
	}
	hash, err := s.hasher.Hash(ctx, p.Password)
	if err != nil {
		return tenancy.Operator{}, problem.Wrap(problem.Unavailable, problem.CodeInterrupted, err)
	}
	now := s.core.Now()
	made := tenancy.StoredOperator{PasswordHash: hash, Operator: tenancy.Operator{ID: uuid.NewString(),
		Username: p.Username, DisplayName: p.DisplayName, Role: p.Role,
		OrganizationID: p.Organization, Active: true, CreatedAt: now, UpdatedAt: now}}
	return tenancy.Once(ctx, s.core, caller, func(tx tenancy.Tx) (tenancy.Operator, error) {
		stored := made
		o, err := tx.LockOrganization(ctx, p.Organization) // its deletion ends all operators
		if _, err := tenancy.Visible(caller, o, err); err != nil {
			return tenancy.Operator{}, err
		}
		if err := tx.InsertOperator(ctx, &stored); err != nil {
			return tenancy.Operator{}, err
		}
		return stored.Operator, s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: p.Organization,
			Action: "operator.create", Target: stored.ID, Detail: map[string]string{"username": p.Username,
				"role": string(p.Role)}})
	})
}

// EnrollTOTP gives an operator the second factor with this secret, which secret.NewTOTP made, in
// place of any former one, if the code is one of it. It ends all sessions and tokens of the
// operator, because they were got without it, and returns recovery codes: see ConfirmTOTP. For
// callers of the root with operators:manage. Invalid; NotFound; Denied (not_confirmed) for a
// wrong code.
func (s *Service) EnrollTOTP(ctx context.Context, caller tenancy.Caller, username string, text secret.Secret,
	code string) ([]secret.Secret, error) {
	if err := caller.RequireRoot(tenancy.ManageOperators); err != nil {
		return nil, err
	}
	code, err := readOneTimeCode(code)
	if err != nil {
		return nil, err
	}
	now := s.core.Now()
	step, right := secret.VerifyTOTP(text, code, now)
	codes, digests := s.mintRecovery()
	err = s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		found, err := tx.OperatorByUsername(ctx, username)
		if err != nil {
			return err
		}
		o, err := tx.LockOperator(ctx, found.ID)
		if err != nil {
			return err
		}
		if !right {
			return notConfirmed()
		}
		o.TOTPSealed, o.TOTPPending, o.Recovery = s.keys.Seal(secret.ForTOTP, text, o.ID), nil, digests
		if err := endLogins(ctx, tx, &o, now); err != nil {
			return err
		}
		o.Changed(now)
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		if _, err := tx.TakeTOTPStep(ctx, o.ID, step); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: o.OrganizationID,
			Action: "operator.enroll_totp", Target: o.ID})
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}
