// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// confirmedFor is how long a log-in says who is at the screen.
const confirmedFor = 15 * time.Minute

// MustConfirm reports whether an operator logged in so long ago that pages that show a secret ask for
// the password again. Somebody else may be at the screen.
func (s *Service) MustConfirm(caller tenancy.Caller) bool {
	return s.core.Now().Sub(caller.Token.LoggedInAt) >= confirmedFor
}

// ConfirmPassword wants the password of the operator that is calling, which logged in. Invalid
// without one; see confirm for the other errors. Twice is fine.
func (s *Service) ConfirmPassword(ctx context.Context, caller tenancy.Caller, password secret.Secret) error {
	if err := requireOwnAccount(caller, Self); err != nil {
		return err
	}
	if password.Empty() {
		return problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldPassword, problem.CodeRequired)})
	}
	return s.confirm(ctx, caller, confirmation{password: password},
		func(_ tenancy.Tx, o tenancy.StoredOperator, _ time.Time) error {
			if !livesAs(caller, o.Operator) {
				return badToken()
			}
			return nil
		})
}
