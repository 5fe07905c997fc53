// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/span"
	"gatehouse/internal/tenancy"
)

// LoginParams is a log-in with a password.
type LoginParams struct {
	Username string
	Password secret.Secret
	TOTPCode string // as it was typed; empty: none was sent
	// RecoveryCode takes the place of TOTPCode, once; empty: none was sent. Both are Invalid.
	RecoveryCode string
	Audience     string // the tree of URLs the token is to be good for
	// Lifetime is how long the token is to live; 0: OperatorTokenLife. Never longer than a log-in.
	Lifetime time.Duration
	// CodeDemanded: the wire's log-in cannot be sent without a code, so that people
	// without a second factor send any six digits. Those count for nothing then.
	CodeDemanded bool
	// OfOrganization: only for people of an organization; the server's own operators
	// are refused as if their password were wrong.
	OfOrganization bool

	// codeAppended: the door has no field for the one-time code; an operator with
	// a second factor writes its six digits at the end of the password.
	codeAppended bool
	recovery     secret.Secret // RecoveryCode, as it was read
}

// LoginWithPassword returns an operator an access token. Unauthenticated
// (invalid_credentials) for every reason alike: no such user, inactive, wrong
// password, one-time code wrong, used before, missing, or sent without a second
// factor enrolled where the wire does not demand one. Invalid when TOTPCode is
// not six digits, or Lifetime is out of range, whoever it is sent for: nothing is looked up or counted then.
// Exhausted while the name or the source is locked.
func (s *Service) LoginWithPassword(ctx context.Context, caller tenancy.Caller, p LoginParams) (IssuedToken,
	error) {
	life := cmp.Or(p.Lifetime, OperatorTokenLife)
	if life < minLifetime || life > maxLifetime {
		return IssuedToken{}, problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldLifetime,
			problem.CodeBadTokenLife, shortestToken, longestToken)})
	}
	o, err := s.checkPassword(ctx, caller, p, nil)
	if err != nil {
		return IssuedToken{}, err
	}
	now := s.core.Now()
	return s.issueAccess(tenancy.OperatorCaller, o.ID, tenancy.TokenInfo{Audience: p.Audience,
		LoggedInAt: now, Generation: o.LoginGeneration}, min(life, s.loginEnd(now).Sub(now)).Truncate(time.Second))
}

// LoginWithKey exchanges an application key for an access token.
// Unauthenticated (invalid_credentials) for every reason alike: not a key of
// ours, expired, neither the current one nor one in its overlap, application gone. Exhausted when the
// source has failed too often.
func (s *Service) LoginWithKey(ctx context.Context, caller tenancy.Caller, key, audience string) (IssuedToken,
	error) {
	owner, err := s.checkKey(ctx, caller.Origin, nil, key)
	return s.loginOwner(ctx, caller, "", owner, err, audience)
}

// LoginApplication is LoginWithKey for a caller that also says which application it is:
// Unauthenticated if the key is another's.
func (s *Service) LoginApplication(ctx context.Context, caller tenancy.Caller, id, key,
	audience string) (IssuedToken, error) {
	owner, err := s.checkKey(ctx, caller.Origin, &id, key)
	return s.loginOwner(ctx, caller, id, owner, err, audience)
}

// loginOwner issues a token to the owner of a key, or counts the failure to find it. id is the
// application that the caller says it is; it may be "".
func (s *Service) loginOwner(ctx context.Context, caller tenancy.Caller, id string, owner tenancy.Caller,
	err error, audience string) (IssuedToken, error) {
	if err != nil {
		// Only failures are limited: a good key works whatever others at the same source do.
		return IssuedToken{}, s.refusedKey(ctx, caller, applicationRefused, id, err)
	}
	token, err := s.issueForKey(owner.ID, owner.Token.ExpiresAt,
		tenancy.TokenInfo{Audience: audience, KeyID: owner.Token.KeyID, LoggedInAt: s.core.Now()})
	if errors.Is(err, problem.Unauthenticated) { // the key has less than a second left
		err = badCredentials()
	}
	return token, err
}

// checkPassword is the one way a password is checked. The attempt is counted
// before; unknown names cost the same work; what the log-in changes (counts,
// the used one-time code, a session made by also) and its audit event are one
// transaction, in which the operator must still be the one that was checked.
func (s *Service) checkPassword(ctx context.Context, caller tenancy.Caller, p LoginParams,
	also func(tx tenancy.Tx, o tenancy.Operator, now time.Time) error) (tenancy.Operator, error) {
	if p.Username == "" || len(p.Username) > 4*tenancy.MaxName || p.Password.Len() > maxPassword+longestCode ||
		strings.ContainsRune(p.Username, 0) {
		return tenancy.Operator{}, badCredentials()
	}
	if err := p.readCode(); err != nil {
		return tenancy.Operator{}, err
	}
	// One at a time for a name, and few in all: what is being checked counts as
	// failed, and must not lock out who is right several times at once.
	leave, err := s.enterLogin(ctx, p.Username)
	if err != nil {
		return tenancy.Operator{}, err
	}
	defer leave()
	o, err := s.checkGuess(ctx, caller, p, also)
	return o, s.refused(ctx, caller, refusal{loginRefused, p.Username}, err)
}

// checkGuess checks a password whose turn it is.
func (s *Service) checkGuess(ctx context.Context, caller tenancy.Caller, p LoginParams,
	also func(tx tenancy.Tx, o tenancy.Operator, now time.Time) error) (tenancy.Operator, error) {
	g, err := s.reserveGuess(ctx, p.Username, caller.Origin.Address)
	if err != nil {
		return tenancy.Operator{}, err
	}
	o, step, now, err := s.verifyPassword(ctx, p)
	if err != nil {
		return tenancy.Operator{}, err
	}
	caller.Kind, caller.ID, caller.Number, caller.Name = tenancy.OperatorCaller, o.ID, o.Number, o.Username
	err = s.core.Update(ctx, func(tx tenancy.Tx) error {
		locked, err := s.recheckOperator(ctx, tx, o, step, p.recovery)
		if err != nil {
			return err
		}
		o.Operator = locked.Operator
		if err := s.returnGuess(ctx, tx, g, now); err != nil {
			return err
		}
		if !p.recovery.Empty() {
			if err := s.recordRecovery(ctx, tx, caller, locked, now); err != nil {
				return err
			}
		}
		if also != nil {
			if err := also(tx, o.Operator, now); err != nil {
				return err
			}
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: o.OrganizationID,
			Action: "operator.login", Target: o.ID})
	})
	if err != nil {
		return tenancy.Operator{}, err
	}
	return o.Operator, nil
}

// verifyPassword returns the operator whose password and one-time code these are, the step
// of the code, and the time, which is read after the slow hashing.
func (s *Service) verifyPassword(ctx context.Context, p LoginParams) (o tenancy.StoredOperator, step int64,
	now time.Time, err error) {
	if o, err = s.findOperator(ctx, p.Username); err != nil {
		return o, 0, now, err
	}
	if p.codeAppended && o.TOTPSealed != nil {
		p.Password, p.TOTPCode = secret.CutTOTPCode(p.Password)
	}
	fits := s.hasher.Verify(o.PasswordHash, p.Password)
	now = s.core.Now()
	step, fitsTOTP := s.checkTOTP(o, p)
	if !fits || !fitsTOTP || !o.Active || p.OfOrganization && o.OrganizationID == tenancy.RootID {
		return o, 0, now, badCredentials()
	}
	return o, step, now, nil
}

// How many log-ins wait or are checked at a time, and how long one waits. Two
// cores check so many in three or four seconds, if there is nothing else to do.
const (
	maxLogins    = 64
	longestQueue = 10 * time.Second
	retryLogin   = 5 * time.Second
)

// enterLogin waits for the name's turn, then for a slot of the hasher. Names
// share turns: there are a fixed number of them. Unavailable when too many wait.
func (s *Service) enterLogin(ctx context.Context, username string) (leave func(), err error) {
	if s.logins.Add(1) > maxLogins {
		s.logins.Add(-1)
		return nil, tooManyLogins()
	}
	phase := span.From(ctx).Child("wait for a hasher")
	defer func() { phase.End() }()
	waiting, cancel := context.WithTimeout(ctx, longestQueue)
	defer cancel()
	turn := s.turns[s.keys.MAC(secret.ForAttempt, filter.Fold(username))[0]]
	select {
	case turn <- struct{}{}:
	case <-waiting.Done():
		s.logins.Add(-1)
		return nil, gaveUp(ctx)
	}
	release, err := s.hasher.Take(waiting)
	if err != nil {
		<-turn
		s.logins.Add(-1)
		return nil, gaveUp(ctx)
	}
	phase.End()
	phase = nil
	holding := span.From(ctx).Child("hold a hasher")
	return func() { holding.End(); release(); <-turn; s.logins.Add(-1) }, nil
}

// gaveUp returns the error of a log-in that waited in vain: the client went away, or the
// wait took too long.
func gaveUp(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return problem.Wrap(problem.Unavailable, problem.CodeInterrupted, err)
	}
	return tooManyLogins()
}

func tooManyLogins() error {
	e := problem.New(problem.Unavailable, problem.CodeTooManyLogins)
	e.RetryAfter = retryLogin
	return e
}

// recheckOperator refuses an operator that was changed after the password was checked,
// and a one-time code or recovery code that was used. It returns the operator as it is now.
func (s *Service) recheckOperator(ctx context.Context, tx tenancy.Tx, checked tenancy.StoredOperator,
	step int64, recovery secret.Secret) (tenancy.StoredOperator, error) {
	o, err := tx.LockOperator(ctx, checked.ID)
	if errors.Is(err, problem.NotFound) {
		return o, badCredentials()
	}
	if err != nil {
		return o, err
	}
	if !o.Active || o.PasswordHash != checked.PasswordHash || !s.sameFactor(o, checked) {
		return o, badCredentials()
	}
	if o.TOTPSealed != nil {
		first := false
		if recovery.Empty() {
			first, err = tx.TakeTOTPStep(ctx, o.ID, step)
		} else if first = s.takeRecovery(&o, recovery); first {
			err = tx.UpdateOperator(ctx, o)
		}
		if err != nil {
			return o, err
		}
		if !first {
			return o, badCredentials()
		}
	}
	return o, mustBeActive(ctx, tx, o.OrganizationID)
}

// longestCode is how many bytes at the end of a password may be a one-time code:
// six digits, and a few blanks.
const longestCode = 24

// readCode leaves the digits of a code that was typed with blanks.
func (p *LoginParams) readCode() (err error) {
	if p.RecoveryCode != "" {
		if p.TOTPCode != "" {
			return badRecovery()
		}
		p.recovery, err = readRecovery(p.RecoveryCode)
		return err
	}
	if p.TOTPCode == "" && !p.CodeDemanded {
		return nil
	}
	code, err := readOneTimeCode(p.TOTPCode)
	p.TOTPCode = code
	return err
}

// findOperator returns a zero operator, not an error, when there is none.
func (s *Service) findOperator(ctx context.Context, username string) (o tenancy.StoredOperator, err error) {
	err = s.core.Read(ctx, func(tx tenancy.Reader) (err error) {
		o, err = tx.OperatorByUsername(ctx, username)
		return err
	})
	if errors.Is(err, problem.NotFound) {
		return tenancy.StoredOperator{}, nil
	}
	return o, err
}

// checkTOTP wants the right code, or a recovery code, when a second factor is enrolled. Otherwise
// it wants none, unless the wire demands one of everybody.
func (s *Service) checkTOTP(o tenancy.StoredOperator, p LoginParams) (step int64, ok bool) {
	if !p.recovery.Empty() {
		return 0, s.takeRecovery(&o, p.recovery)
	}
	if o.TOTPSealed == nil {
		return 0, p.TOTPCode == "" || p.CodeDemanded
	}
	return s.verifyCode(o.TOTPSealed, o.ID, p.TOTPCode)
}

func badCredentials() error {
	return problem.New(problem.Unauthenticated, problem.CodeInvalidCredentials)
}
