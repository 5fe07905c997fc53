// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"strings"
	"time"

	"gatehouse/internal/secret"
)

// How long access tokens live, and how the idle time of sessions is bounded.
const (
	ApplicationTokenLife = 5 * time.Minute
	OperatorTokenLife    = 15 * time.Minute
)

// IssuedToken is a signed access token as it leaves the server.
type IssuedToken struct {
	Text      secret.Secret
	ExpiresIn time.Duration
}

// LoginParams is a log-in with a password.
type LoginParams struct {
	Username string
	Password secret.Secret
	TOTPCode string // empty: none was sent
	Audience string // the tree of URLs the token is to be good for

	// codeInPassword: the wire has no field for the one-time code; who has a
	// second factor writes its six digits behind the password.
	codeInPassword bool
}

// LoginWithPassword gives an operator an access token. Unauthenticated
// (invalid_credentials) for every reason alike: no such user, inactive, wrong
// password, one-time code wrong, used before, missing, or sent without a second
// factor enrolled. Exhausted while the name or the source is locked.
func (s *Service) LoginWithPassword(ctx context.Context, caller Caller, p LoginParams) (IssuedToken, error) {
	o, err := s.checkPassword(ctx, caller, p, nil)
	if err != nil {
		return IssuedToken{}, err
	}
	return s.issueAccess(OperatorCaller, o.ID, p.Audience, "", OperatorTokenLife)
}

// LoginWithKey exchanges an application key for an access token.
// Unauthenticated (invalid_credentials) for every reason alike: not a key of
// ours, expired, not the current one, application gone. Exhausted when the
// source has failed too often.
func (s *Service) LoginWithKey(ctx context.Context, caller Caller, key, audience string) (IssuedToken, error) {
	if err := s.limits.keyBlocked(caller.Origin.Address); err != nil {
		return IssuedToken{}, err
	}
	claims, err := s.checkKey(ctx, key)
	if errors.Is(err, Unauthenticated) {
		s.limits.keyFailed(caller.Origin.Address)
	}
	if err != nil {
		return IssuedToken{}, err
	}
	return s.issueAccess(ApplicationCaller, claims.ApplicationID, audience, claims.ID, ApplicationTokenLife)
}

func (s *Service) checkKey(ctx context.Context, key string) (secret.KeyClaims, error) {
	now := s.now()
	claims, err := s.keys.VerifyKey(key, now)
	if err != nil {
		return secret.KeyClaims{}, badCredentials()
	}
	return claims, s.view(ctx, func(tx Reader) error {
		a, err := tx.Application(ctx, claims.ApplicationID)
		switch {
		case errors.Is(err, NotFound):
			return badCredentials()
		case err != nil:
			return err
		case !secret.Equal(a.KeyDigest, s.keys.Digest(secret.ForApplicationKey, secret.Of(key))):
			return badCredentials()
		}
		return mustBeActive(ctx, tx, a.OrganizationID)
	})
}

// RefreshToken gives the caller a new access token for the same tree, with its
// full life; the old one lives out its own. Unauthenticated when the caller
// came otherwise than with a signed token, or when the application's key has
// been renewed since.
func (s *Service) RefreshToken(ctx context.Context, caller Caller) (IssuedToken, error) {
	if err := caller.requireLogin(); err != nil {
		return IssuedToken{}, err
	}
	if caller.Token.ID == "" || caller.Token.session {
		return IssuedToken{}, badToken()
	}
	if caller.Kind != ApplicationCaller {
		return s.issueAccess(caller.Kind, caller.ID, caller.Token.Audience, "", OperatorTokenLife)
	}
	err := s.view(ctx, func(tx Reader) error {
		a, err := tx.Application(ctx, caller.ID)
		if errors.Is(err, NotFound) || err == nil && a.Key.ID != caller.Token.KeyID {
			return badToken()
		}
		return err
	})
	if err != nil {
		return IssuedToken{}, err
	}
	return s.issueAccess(caller.Kind, caller.ID, caller.Token.Audience, caller.Token.KeyID, ApplicationTokenLife)
}

func (s *Service) issueAccess(kind CallerKind, id, audience, keyID string, life time.Duration) (IssuedToken, error) {
	now := s.now()
	text, err := s.keys.SignAccess(secret.AccessClaims{ID: secret.NewID(), SubjectKind: string(kind), SubjectID: id,
		Audience: audience, KeyID: keyID, IssuedAt: now, ExpiresAt: now.Add(life)})
	if err != nil {
		return IssuedToken{}, AsError(err)
	}
	return IssuedToken{text, life}, nil
}

// AuthenticateToken gives the caller behind a signed access token. Signature,
// type, audience and expiry are checked first; then, on every call, that the
// token is not revoked and that its owner and the owner's organization are
// still active. Unauthenticated for every refusal alike.
func (s *Service) AuthenticateToken(ctx context.Context, origin Origin, token, audience string) (Caller, error) {
	claims, err := s.keys.VerifyAccess(token, audience, s.now())
	if err != nil {
		return Caller{}, badToken()
	}
	caller := Caller{Kind: CallerKind(claims.SubjectKind), ID: claims.SubjectID, Origin: origin,
		Token: TokenInfo{ID: claims.ID, Audience: claims.Audience, ExpiresAt: claims.ExpiresAt, KeyID: claims.KeyID}}
	err = s.view(ctx, func(tx Reader) error {
		revoked, err := tx.TokenRevoked(ctx, claims.ID)
		if err != nil {
			return err
		}
		if revoked {
			return badToken()
		}
		return fillCaller(ctx, tx, &caller)
	})
	if err != nil {
		return Caller{}, asBadToken(err)
	}
	return caller, nil
}

// fillCaller reads who the caller is today.
func fillCaller(ctx context.Context, tx Reader, c *Caller) error {
	switch c.Kind {
	case OperatorCaller:
		o, err := tx.Operator(ctx, c.ID)
		if err != nil {
			return err
		}
		if !o.Active {
			return badToken()
		}
		c.Name, c.Organization, c.permissions = o.Username, o.OrganizationID, o.Role.permissions()
	case ApplicationCaller:
		a, err := tx.Application(ctx, c.ID)
		if err != nil {
			return err
		}
		c.Name, c.Organization, c.permissions = a.Name, a.OrganizationID, applicationPermissions()
	default:
		return badToken()
	}
	return mustBeActive(ctx, tx, c.Organization)
}

func mustBeActive(ctx context.Context, tx Reader, id OrganizationID) error {
	o, err := tx.Organization(ctx, id)
	if err == nil && !o.Active() {
		return badCredentials()
	}
	return err
}

// Logout ends the token or session the caller came with, at once. Unauthenticated.
func (s *Service) Logout(ctx context.Context, caller Caller) error {
	if err := caller.requireLogin(); err != nil {
		return err
	}
	if caller.Token.ID == "" {
		return badToken()
	}
	now := s.now()
	return s.update(ctx, func(tx Tx) error {
		if err := pruneSessions(ctx, tx, now); err != nil {
			return err
		}
		if caller.Token.session {
			if _, err := tx.EndSession(ctx, caller.Token.ID, now); err != nil {
				return err
			}
		} else if err := tx.RevokeToken(ctx, caller.Token.ID, caller.Token.ExpiresAt); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{caller.Organization, "access_token.revoke", caller.Token.ID, nil})
	})
}

// checkPassword is the one way a password is checked. The attempt is counted
// before; unknown names cost the same work; what the log-in changes (counts,
// the used one-time code, a session made by also) and its audit event are one
// transaction.
func (s *Service) checkPassword(ctx context.Context, caller Caller, p LoginParams, also func(tx Tx, o Operator, now time.Time) error) (Operator, error) {
	if p.Username == "" || len(p.Username) > 4*maxName || len(p.Password.Reveal()) > maxPassword || strings.ContainsRune(p.Username, 0) {
		return Operator{}, badCredentials()
	}
	g, err := s.reserveGuess(ctx, p.Username, caller.Origin.Address)
	if err != nil {
		return Operator{}, err
	}
	o, err := s.findOperator(ctx, p.Username)
	if err != nil {
		return Operator{}, err
	}
	if p.codeInPassword && o.TOTPSealed != nil {
		p = p.splitPassword()
	}
	fits, err := s.hasher.Verify(ctx, o.PasswordHash, p.Password)
	if err != nil {
		return Operator{}, &Error{Kind: Unavailable, Code: "interrupted", Message: "The request was given up.", Err: err}
	}
	now := s.now()
	step, fitsTOTP := s.checkTOTP(o, p.TOTPCode, now)
	if !fits || !fitsTOTP || !o.Active {
		return Operator{}, badCredentials()
	}
	caller.Kind, caller.ID, caller.Name = OperatorCaller, o.ID, o.Username
	err = s.update(ctx, func(tx Tx) error {
		if err := s.returnGuess(ctx, tx, g, now); err != nil {
			return err
		}
		if err := mustBeActive(ctx, tx, o.OrganizationID); err != nil {
			return err
		}
		if o.TOTPSealed != nil {
			if first, err := tx.TakeTOTPStep(ctx, o.ID, step); err != nil || !first {
				return errors.Join(err, errIf(!first, badCredentials()))
			}
		}
		if also != nil {
			if err := also(tx, o.Operator, now); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, caller, now, change{o.OrganizationID, "operator.login", o.ID, nil})
	})
	if err != nil {
		return Operator{}, AsError(err)
	}
	return o.Operator, nil
}

const totpDigits = 6

func (p LoginParams) splitPassword() LoginParams {
	if text := p.Password.Reveal(); len(text) > totpDigits {
		cut := len(text) - totpDigits
		p.Password, p.TOTPCode = secret.Of(text[:cut]), text[cut:]
	}
	return p
}

// findOperator gives a zero operator, not an error, when there is none.
func (s *Service) findOperator(ctx context.Context, username string) (o StoredOperator, err error) {
	err = s.view(ctx, func(tx Reader) (err error) {
		o, err = tx.OperatorByUsername(ctx, username)
		return err
	})
	if errors.Is(err, NotFound) {
		return StoredOperator{}, nil
	}
	return o, err
}

// checkTOTP wants a code exactly when a second factor is enrolled.
func (s *Service) checkTOTP(o StoredOperator, code string, now time.Time) (step int64, ok bool) {
	if o.TOTPSealed == nil {
		return 0, code == ""
	}
	text, err := s.keys.Open(secret.ForTOTP, o.TOTPSealed, o.ID)
	if err != nil {
		return 0, false
	}
	return secret.VerifyTOTP(text, code, now)
}

func badCredentials() error {
	return NewError(Unauthenticated, "invalid_credentials", "The credentials are not valid.")
}

func badToken() error {
	return NewError(Unauthenticated, "invalid_token", "The access token is missing, not valid, expired or revoked. Log in again.")
}

// asBadToken keeps failures of the store and makes one answer of all refusals.
func asBadToken(err error) error {
	if e := AsError(err); e.Kind == Internal || e.Kind == Unavailable {
		return e
	}
	return badToken()
}
