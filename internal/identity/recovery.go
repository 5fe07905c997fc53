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

// recoveryCodes is how many codes an operator gets at a time.
const recoveryCodes = 10

// mintRecovery makes recovery codes and returns their digests as they are stored.
func (s *Service) mintRecovery() (codes []secret.Secret, digests []byte) {
	for range recoveryCodes {
		code := secret.NewRecoveryCode()
		codes = append(codes, code)
		digests = append(digests, s.keys.Digest(secret.ForRecovery, code)...)
	}
	return codes, digests
}

// takeRecovery removes a code from those that were not used. It reports whether it was one. All
// are compared, even after a match.
func (s *Service) takeRecovery(o *tenancy.StoredOperator, code secret.Secret) bool {
	if code.Empty() || o.TOTPSealed == nil {
		return false
	}
	digests, left := s.keys.Digests(secret.ForRecovery, code), []byte(nil)
	for one := range slices.Chunk(o.Recovery, secret.DigestSize) {
		same := false
		for _, digest := range digests {
			same = secret.Equal(one, digest) || same
		}
		if !same {
			left = append(left, one...)
		}
	}
	found := len(left) < len(o.Recovery)
	o.Recovery = left
	return found
}

// recordRecovery records that a code was used, and how many are left.
func (s *Service) recordRecovery(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller,
	o tenancy.StoredOperator, now time.Time) error {
	left := len(o.Recovery) / secret.DigestSize
	return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: o.OrganizationID,
		Action: "operator.use_recovery_code", Target: o.ID, Detail: map[string]string{"left": strconv.Itoa(left)}})
}

// readRecovery returns a recovery code as it was typed. Invalid.
func readRecovery(typed string) (secret.Secret, error) {
	code, ok := secret.ReadRecoveryCode(typed)
	if !ok {
		return secret.Secret{}, badRecovery()
	}
	return code, nil
}

func badRecovery() error {
	return problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldRecoveryCode,
		problem.CodeNotRecoveryCode)})
}

// RenewRecoveryCodes makes new recovery codes of the calling operator in place of all former ones,
// with password and one-time code: see changeOwn for the errors. They are not shown again.
// Invalid; Denied for another's account; Conflict (no_totp).
func (s *Service) RenewRecoveryCodes(ctx context.Context, caller tenancy.Caller, ref string,
	p RemoveTOTPParams) ([]secret.Secret, error) {
	if err := requireOwnAccount(caller, ref); err != nil {
		return nil, err
	}
	c, err := s.confirmationOf(ctx, caller, p)
	if err != nil {
		return nil, err
	}
	codes, digests := s.mintRecovery()
	err = s.changeOwn(ctx, caller, c, "operator.renew_recovery_codes",
		func(_ tenancy.Tx, o *tenancy.StoredOperator, _ time.Time) error {
			if o.TOTPSealed == nil {
				return problem.New(problem.Conflict, problem.CodeNoTOTP)
			}
			o.Recovery = digests
			return nil
		})
	if err != nil {
		return nil, err
	}
	return codes, nil
}
