// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// ChangePasswordParams is a new password. The old one must be there for one's own, and must
// not for another's.
type ChangePasswordParams struct {
	Old, New secret.Secret
}

// ChangePassword sets a new password of an operator, and ends all its sessions and tokens,
// also the one that was used for this. Operators change their own with the old one: see
// changeOwn for the errors. Another's needs operators:manage, and that the caller may do no
// less. Invalid; Denied; NotFound.
func (s *Service) ChangePassword(ctx context.Context, caller tenancy.Caller, ref string,
	p ChangePasswordParams) error {
	own := requireOwnAccount(caller, ref) == nil
	if !own {
		if err := requireManager(caller, ref, false); err != nil {
			return err
		}
	}
	var c tenancy.Checker
	checkPasswordLength(&c, p.New)
	switch {
	case own && p.Old.Empty():
		c.Add(FieldOldPassword, problem.CodeRequired)
	case !own && !p.Old.Empty():
		c.Add(FieldOldPassword, problem.CodeOwnAccountField)
	}
	if err := c.Err(); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, p.New)
	if err != nil {
		return problem.Wrap(problem.Unavailable, problem.CodeInterrupted, err)
	}
	apply := func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error {
		o.PasswordHash = hash
		return endLogins(ctx, tx, o, now)
	}
	if own {
		return s.changeOwn(ctx, caller, confirmation{password: p.Old}, "operator.change_password", apply)
	}
	caller.Repeat = nil // a stored answer would be of no use: there is none
	_, err = s.changeOperator(ctx, caller, ref, operatorChange{action: "operator.reset_password",
		others: true, apply: apply})
	return err
}

func checkPasswordLength(c *tenancy.Checker, password secret.Secret) {
	if password.Characters() < minPassword || password.Len() > maxPassword {
		c.Add(FieldPassword, problem.CodePasswordLength)
	}
}
