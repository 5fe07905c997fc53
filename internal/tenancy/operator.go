// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Operator is a person who administers.
type Operator struct {
	ID             string // UUID
	Number         OperatorNumber
	Username       string // unique whatever the letter case
	Role           Role
	OrganizationID OrganizationID // RootID: administers all; else only that one
	Active         bool
	CreatedAt      time.Time
}

// StoredOperator is an operator as engines keep it.
type StoredOperator struct {
	Operator
	PasswordHash string // argon2id in PHC form
	TOTPSealed   []byte // nil until a second factor is enrolled
	TOTPStep     int64  // step of the last one-time code used
}

// CreateOperatorParams describes a new operator.
type CreateOperatorParams struct {
	Username     string
	Password     secret.Secret // 12 characters to 1024 bytes
	Role         Role
	Organization OrganizationID // RootID: of the server
}

// CreateOperator makes an operator. For callers of the root with
// operators:manage. Invalid; NotFound when there is no such organization;
// Conflict (username_taken).
func (s *Service) CreateOperator(ctx context.Context, caller Caller, p CreateOperatorParams) (Operator, error) {
	if err := caller.requireRoot(ManageOperators); err != nil {
		return Operator{}, err
	}
	var c checker
	c.required("username", &p.Username, maxName)
	if len(p.Role.permissions()) == 0 {
		c.add("role", "role must be administrator, account-manager or auditor.")
	}
	if p.Password.Characters() < minPassword || p.Password.Len() > maxPassword {
		c.add("password", "The password must be 12 characters at least and 1024 bytes at most.")
	}
	if err := c.err(); err != nil {
		return Operator{}, err
	}
	hash, err := s.hasher.Hash(ctx, p.Password)
	if err != nil {
		return Operator{}, &problem.Error{Kind: problem.Unavailable, Code: "interrupted", Message: "The request was given up.", Err: err}
	}
	now := s.now()
	stored := StoredOperator{PasswordHash: hash, Operator: Operator{ID: uuid.NewString(), Username: p.Username, Role: p.Role,
		OrganizationID: p.Organization, Active: true, CreatedAt: now}}
	err = s.update(ctx, func(tx Tx) error {
		o, err := tx.Organization(ctx, p.Organization)
		if _, err := visible(caller, o, err); err != nil {
			return err
		}
		if err := tx.InsertOperator(ctx, &stored); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{p.Organization, "operator.create", stored.ID,
			map[string]string{"username": p.Username, "role": string(p.Role)}})
	})
	if err != nil {
		return Operator{}, err
	}
	return stored.Operator, nil
}

// EnrollTOTP gives an operator a new second factor, replacing any former one,
// and returns its secret, shown this once. From then on the password alone does
// not log in. For callers of the root with operators:manage. NotFound.
func (s *Service) EnrollTOTP(ctx context.Context, caller Caller, username string) (secret.Secret, error) {
	if err := caller.requireRoot(ManageOperators); err != nil {
		return secret.Secret{}, err
	}
	now := s.now()
	text := secret.NewTOTP()
	err := s.update(ctx, func(tx Tx) error {
		found, err := tx.OperatorByUsername(ctx, username)
		if err != nil {
			return err
		}
		o, err := tx.LockOperator(ctx, found.ID)
		if err != nil {
			return err
		}
		o.TOTPSealed = s.keys.Seal(secret.ForTOTP, text, o.ID)
		if err := tx.UpdateOperator(ctx, o); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{o.OrganizationID, "operator.enroll_totp", o.ID, nil})
	})
	if err != nil {
		return secret.Secret{}, err
	}
	return text, nil
}
