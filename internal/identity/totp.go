// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// PendingTOTP is a second factor that does not count yet, as it leaves the server.
type PendingTOTP struct {
	Secret secret.Secret // in base32
	URL    secret.Secret // otpauth:, for a QR code
}

// StartTOTP gives the calling operator the secret of a second factor, in place of one that
// was not confirmed. It counts when ConfirmTOTP gets a code of it. The password confirms it,
// since who found a token could lock the operator out: see changeOwn for the errors. Invalid;
// Denied for another's account; Conflict (totp_enrolled) if there is a second factor: that is
// removed first.
func (s *Service) StartTOTP(ctx context.Context, caller tenancy.Caller, ref string,
	password secret.Secret) (PendingTOTP, error) {
	if err := requireOwnAccount(caller, ref); err != nil {
		return PendingTOTP{}, err
	}
	if password.Empty() {
		return PendingTOTP{}, problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldPassword,
			problem.CodeRequired)})
	}
	if err := s.requireNoFactor(ctx, caller); err != nil { // it costs no attempt
		return PendingTOTP{}, err
	}
	text := secret.NewTOTP()
	err := s.changeOwn(ctx, caller, confirmation{password: password}, "operator.start_totp",
		func(_ tenancy.Tx, o *tenancy.StoredOperator, _ time.Time) error {
			if o.TOTPSealed != nil {
				return problem.New(problem.Conflict, problem.CodeTOTPEnrolled)
			}
			o.TOTPPending = s.keys.Seal(secret.ForTOTP, text, o.ID)
			return nil
		})
	if err != nil {
		return PendingTOTP{}, err
	}
	return PendingTOTP{Secret: text, URL: secret.TOTPURL(text, caller.Name)}, nil
}

// requireNoFactor refuses a caller whose log-in has ended, Unauthenticated, and one that has a
// second factor: Conflict (totp_enrolled).
func (s *Service) requireNoFactor(ctx context.Context, caller tenancy.Caller) error {
	return s.core.Read(ctx, func(tx tenancy.Reader) error {
		o, err := tx.Operator(ctx, caller.ID)
		switch {
		case err != nil:
			return asBadToken(err)
		case !livesAs(caller, o.Operator):
			return badToken()
		case o.TOTPSealed != nil:
			return problem.New(problem.Conflict, problem.CodeTOTPEnrolled)
		}
		return nil
	})
}

// ConfirmTOTP makes a second factor count: from then on the password alone does not log in.
// All sessions and tokens of the operator end, also the one that was used for this, because
// they were got without it. It returns recovery codes, each of which takes the place of a
// one-time code once; they are not shown again. The code cannot be used again. Attempts are
// counted with the log-ins. Invalid; Denied for another's account, and (not_confirmed) for a
// wrong code; Conflict (totp_not_started); Exhausted.
func (s *Service) ConfirmTOTP(ctx context.Context, caller tenancy.Caller, ref, code string) ([]secret.Secret,
	error) {
	if err := requireOwnAccount(caller, ref); err != nil {
		return nil, err
	}
	code, err := readOneTimeCode(code)
	if err != nil {
		return nil, err
	}
	g, err := s.reserveGuess(ctx, caller.Name, caller.Origin.Address)
	if err != nil {
		return nil, err
	}
	now := s.core.Now()
	codes, digests := s.mintRecovery()
	err = s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		o, err := tx.LockOperator(ctx, caller.ID)
		if err != nil {
			return err
		}
		if o.TOTPPending == nil {
			return problem.New(problem.Conflict, problem.CodeTOTPNotStarted)
		}
		step, right := s.verifyCode(o.TOTPPending, o.ID, code)
		if !right {
			return notConfirmed()
		}
		o.TOTPSealed, o.TOTPPending, o.Recovery = o.TOTPPending, nil, digests
		err = s.saveOwn(ctx, tx, caller, o, "operator.enroll_totp", now,
			func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error { return endLogins(ctx, tx, o, now) })
		if err != nil {
			return err
		}
		if _, err := tx.TakeTOTPStep(ctx, o.ID, step); err != nil {
			return err
		}
		return s.returnGuess(ctx, tx, g, now)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RemoveTOTPParams confirms that one's own second factor is to go: with the password, and with
// a one-time code or a recovery code. For another's it is empty.
type RemoveTOTPParams struct {
	Password     secret.Secret
	Code         string
	RecoveryCode string
}

// confirmationOf reads the params of an operator that has a second factor. Invalid; Conflict
// (no_totp).
func (s *Service) confirmationOf(ctx context.Context, caller tenancy.Caller,
	p RemoveTOTPParams) (confirmation, error) {
	if p.Password.Empty() {
		var c tenancy.Checker
		c.Add(FieldPassword, problem.CodeRequired)
		return confirmation{}, c.Err()
	}
	c, err := confirmation{password: p.Password, withCode: true}, error(nil)
	switch {
	case p.RecoveryCode == "":
		c.code, err = readOneTimeCode(p.Code)
	case p.Code != "":
		err = badRecovery()
	default:
		c.recovery, err = readRecovery(p.RecoveryCode)
	}
	if err != nil {
		return confirmation{}, err
	}
	own, err := s.GetOperator(ctx, caller, Self)
	if err == nil && !own.SecondFactor {
		err = problem.New(problem.Conflict, problem.CodeNoTOTP)
	}
	return c, err
}

// RemoveTOTP takes an operator's second factor away, and ends all its sessions and tokens,
// also the one that was used for this. Operators remove their own with
// password and one-time code: see changeOwn for the errors. Another's needs
// operators:manage, and that the caller may do no less. Invalid; Denied; NotFound; Conflict
// (no_totp).
func (s *Service) RemoveTOTP(ctx context.Context, caller tenancy.Caller, ref string,
	p RemoveTOTPParams) error {
	remove := func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error {
		if o.TOTPSealed == nil {
			return problem.New(problem.Conflict, problem.CodeNoTOTP)
		}
		o.TOTPSealed, o.TOTPPending, o.Recovery = nil, nil, nil
		return endLogins(ctx, tx, o, now)
	}
	var c tenancy.Checker
	if requireOwnAccount(caller, ref) != nil {
		if err := requireManager(caller, ref, false); err != nil {
			return err
		}
		for field, sent := range map[string]bool{FieldPassword: !p.Password.Empty(), FieldOneTimeCode: p.Code != "",
			FieldRecoveryCode: p.RecoveryCode != ""} {
			if sent {
				c.Add(field, problem.CodeOwnAccountField)
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
		caller.Repeat = nil
		_, err := s.changeOperator(ctx, caller, ref, operatorChange{action: "operator.remove_totp", others: true,
			apply: remove})
		return err
	}
	confirmed, err := s.confirmationOf(ctx, caller, p)
	if err != nil {
		return err
	}
	return s.changeOwn(ctx, caller, confirmed, "operator.remove_totp", remove)
}

// readOneTimeCode returns the six digits of a code. Invalid.
func readOneTimeCode(typed string) (string, error) {
	code, ok := secret.ReadTOTPCode(typed)
	if !ok {
		return "", problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldOneTimeCode,
			problem.CodeNotOneTimeCode)})
	}
	return code, nil
}
