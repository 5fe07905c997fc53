// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// confirmation is how an operator who is logged in shows once more who it is.
type confirmation struct {
	password secret.Secret
	code     string        // the one-time code
	recovery secret.Secret // a recovery code in place of it
	withCode bool          // one of the two codes counts, too
}

// changeOwn changes the operator that is calling, once the confirmation is right: see confirm
// for the errors.
func (s *Service) changeOwn(ctx context.Context, caller tenancy.Caller, c confirmation, action string,
	apply func(tx tenancy.Tx, o *tenancy.StoredOperator, now time.Time) error) error {
	return s.confirm(ctx, caller, c, func(tx tenancy.Tx, o tenancy.StoredOperator, now time.Time) error {
		return s.saveOwn(ctx, tx, caller, o, action, now, apply)
	})
}

// confirm runs fn with the operator that is calling, locked, once the confirmation is right. Each
// attempt is counted before it is looked at, with the log-ins of this name and source.
// Denied (not_confirmed) for every reason alike; Exhausted while the name or the source is
// locked.
func (s *Service) confirm(ctx context.Context, caller tenancy.Caller, c confirmation,
	fn func(tx tenancy.Tx, o tenancy.StoredOperator, now time.Time) error) error {
	if c.password.Len() > maxPassword {
		return notConfirmed()
	}
	leave, err := s.enterLogin(ctx, caller.Name)
	if err != nil {
		return err
	}
	defer leave()
	err = s.confirmOwn(ctx, caller, c, fn)
	if errors.Is(err, problem.Unauthenticated) { // the log-in has ended, and nothing was refused to its owner
		return err
	}
	return s.refused(ctx, caller, refusal{confirmRefused, caller.Name}, err)
}

// confirmOwn is confirm for an attempt whose turn it is.
func (s *Service) confirmOwn(ctx context.Context, caller tenancy.Caller, c confirmation,
	fn func(tx tenancy.Tx, o tenancy.StoredOperator, now time.Time) error) error {
	g, err := s.reserveGuess(ctx, caller.Name, caller.Origin.Address)
	if err != nil {
		return err
	}
	var o tenancy.StoredOperator
	err = s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		o, err = tx.Operator(ctx, caller.ID)
		return err
	})
	if err != nil {
		return err
	}
	fits, now := s.hasher.Verify(o.PasswordHash, c.password), s.core.Now()
	var step int64
	if c.withCode {
		var right bool
		if trial := o; c.recovery.Empty() {
			step, right = s.verifyCode(o.TOTPSealed, o.ID, c.code)
		} else {
			right = s.takeRecovery(&trial, c.recovery)
		}
		fits = fits && right
	}
	if !fits {
		return notConfirmed()
	}
	return s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		locked, err := tx.LockOperator(ctx, o.ID)
		if err != nil {
			return err
		}
		if !locked.Active || locked.PasswordHash != o.PasswordHash || !s.sameFactor(locked, o) {
			return notConfirmed()
		}
		if !c.recovery.Empty() {
			if !s.takeRecovery(&locked, c.recovery) {
				return notConfirmed()
			}
			if err := s.recordRecovery(ctx, tx, caller, locked, now); err != nil {
				return err
			}
		} else if c.withCode {
			if first, err := tx.TakeTOTPStep(ctx, o.ID, step); err != nil || !first {
				return orNotConfirmed(err)
			}
		}
		if err := s.returnGuess(ctx, tx, g, now); err != nil {
			return err
		}
		return fn(tx, locked, now)
	})
}

// saveOwn applies a change to the locked operator, stores it and records it.
func (s *Service) saveOwn(ctx context.Context, tx tenancy.Tx, caller tenancy.Caller, o tenancy.StoredOperator,
	action string, now time.Time, apply func(tx tenancy.Tx, o *tenancy.StoredOperator,
		now time.Time) error) error {
	if !livesAs(caller, o.Operator) {
		return badToken()
	}
	if err := apply(tx, &o, now); err != nil {
		return err
	}
	o.Changed(now)
	if err := tx.UpdateOperator(ctx, o); err != nil {
		return err
	}
	return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: o.OrganizationID, Action: action,
		Target: o.ID})
}

// verifyCode reports whether a one-time code is one of a sealed second factor, and of which
// step. The device that made it has a clock of its own.
func (s *Service) verifyCode(sealed []byte, id, code string) (step int64, right bool) {
	text, err := s.keys.Open(secret.ForTOTP, sealed, id)
	if err != nil {
		return 0, false
	}
	return secret.VerifyTOTP(text, code, s.core.MachineNow())
}

// sameFactor reports whether an operator has the second factor that it had before, which may be
// sealed under another master key since.
func (s *Service) sameFactor(now, before tenancy.StoredOperator) bool {
	if bytes.Equal(now.TOTPSealed, before.TOTPSealed) {
		return true
	}
	a, err := s.keys.Open(secret.ForTOTP, now.TOTPSealed, now.ID)
	b, err2 := s.keys.Open(secret.ForTOTP, before.TOTPSealed, before.ID)
	return err == nil && err2 == nil && secret.Equal([]byte(a.Reveal()), []byte(b.Reveal()))
}

func notConfirmed() error { return problem.New(problem.Denied, problem.CodeNotConfirmed) }

func orNotConfirmed(err error) error {
	if err != nil {
		return err
	}
	return notConfirmed()
}

// requireOwnAccount refuses what is done for oneself only, by an operator who logged in.
func requireOwnAccount(caller tenancy.Caller, ref string) error {
	if err := requireOwnLogin(caller); err != nil {
		return err
	}
	if !namesCaller(caller, ref) {
		return problem.New(problem.Denied, problem.CodeOwnAccountOnly)
	}
	return nil
}
