// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// How long a session may be idle, and how long after that it can be renewed.
const (
	DefaultIdle = 30 * time.Minute
	longestIdle = 24 * time.Hour
	renewWindow = 24 * time.Hour
	maxDeviceID = 256
)

// IssuedSession is a session with its token, as it leaves the server.
type IssuedSession struct {
	tenancy.Session
	Operator     tenancy.Operator
	Organization tenancy.Organization
	Text         secret.Secret
}

// StartSessionParams is a log-in that wants a session.
type StartSessionParams struct {
	Username string
	// Password is followed by the six digits of the one-time code if a second factor is enrolled
	// and the session is not for a browser.
	Password    secret.Secret
	DeviceID    string
	IdleTimeout time.Duration // 0: DefaultIdle; at most a day
	// Browser: the token is for AuthenticateBrowser only, and no other door accepts it.
	Browser bool
	// TOTPCode and RecoveryCode are those of LoginParams, for a browser.
	TOTPCode, RecoveryCode string
}

// StartSession logs an operator in for as long as the session is used, and no longer than a
// log-in lives. It returns the errors of LoginWithPassword.
func (s *Service) StartSession(ctx context.Context, caller tenancy.Caller,
	p StartSessionParams) (IssuedSession, error) {
	if p.IdleTimeout <= 0 {
		p.IdleTimeout = DefaultIdle
	}
	if len(p.DeviceID) > maxDeviceID || strings.ContainsRune(p.DeviceID, 0) { // PostgreSQL stores no NUL
		return IssuedSession{},
			problem.InvalidFields([]problem.FieldError{problem.Wrong(FieldDevice, problem.CodeBadDevice, maxDeviceID)})
	}
	purpose := secret.ForSession
	login := LoginParams{Username: p.Username, Password: p.Password, codeAppended: true}
	if p.Browser {
		purpose, login.codeAppended = secret.ForBrowser, false
		login.TOTPCode, login.RecoveryCode = p.TOTPCode, p.RecoveryCode
	}
	issued := s.mintSession(purpose, p.DeviceID, min(p.IdleTimeout, longestIdle))
	_, err := s.checkPassword(ctx, caller, login, func(tx tenancy.Tx, o tenancy.Operator,
		now time.Time) (err error) {
		issued.open(o, now)
		issued.LoggedInAt = now
		if issued.Organization, err = tx.Organization(ctx, o.OrganizationID); err != nil {
			return err
		}
		return insertSession(ctx, tx, issued.Session)
	})
	if err != nil {
		return IssuedSession{}, err
	}
	return issued, nil
}

func (s *Service) mintSession(purpose secret.Purpose, deviceID string, idle time.Duration) IssuedSession {
	text := secret.NewSessionToken()
	return IssuedSession{Text: text, Session: tenancy.Session{ID: tenancy.NewRowID(),
		Digest:   s.keys.Digest(purpose, text),
		DeviceID: deviceID, IdleTimeout: idle}}
}

func (i *IssuedSession) open(o tenancy.Operator, now time.Time) {
	i.Operator, i.OperatorID, i.CreatedAt, i.LastUsedAt = o, o.ID, now, now
}

// insertSession stores a session and removes some sessions that can no longer be
// renewed. So a client that never logs out leaves no rows for good.
func insertSession(ctx context.Context, tx tenancy.Tx, session tenancy.Session) error {
	if err := pruneSessions(ctx, tx, session.CreatedAt); err != nil {
		return err
	}
	return tx.InsertSession(ctx, session)
}

func pruneSessions(ctx context.Context, tx tenancy.Tx, now time.Time) error {
	return tx.PruneSessions(ctx, now.Add(-renewWindow-longestIdle), pruneBatch)
}

// AuthenticateSession returns the caller whom a session token identifies, and counts this
// as a use of the session. It caches sessions as AuthenticateToken caches tokens. Every
// refusal is the same Unauthenticated.
func (s *Service) AuthenticateSession(ctx context.Context, origin tenancy.Origin,
	token string) (tenancy.Caller, error) {
	return s.authenticateSession(ctx, origin, secret.ForSession, token)
}

// AuthenticateBrowser is AuthenticateSession for the session of a browser.
func (s *Service) AuthenticateBrowser(ctx context.Context, origin tenancy.Origin,
	token string) (tenancy.Caller, error) {
	return s.authenticateSession(ctx, origin, secret.ForBrowser, token)
}

func (s *Service) authenticateSession(ctx context.Context, origin tenancy.Origin, purpose secret.Purpose,
	token string) (tenancy.Caller, error) {
	if len(token) > longestCached {
		return tenancy.Caller{}, badToken()
	}
	at, f := s.core.Clock(), secret.FingerprintOf(string(purpose), token)
	now := tenancy.Stored(at)
	r, good := s.cache.lookup(f, at)
	if !good {
		k, err := s.readSession(ctx, at, purpose, token)
		if err := s.cache.finishRead(f, r, k, err); err != nil {
			return tenancy.Caller{}, err
		}
		r = &cachedCaller{cacheEntry: k}
	}
	// The last use is written a few times per idle time only, so that most requests write
	// nothing. A session may therefore end up to a tenth of its idle time early, never late.
	if now.Sub(r.lastUsedAt) >= min(time.Minute, r.idleTimeout/10) {
		k := r.cacheEntry
		if err := s.core.Update(ctx, func(tx tenancy.Tx) error {
			return tx.TouchSession(ctx, k.caller.Token.ID,
				now)
		}); err != nil {
			return tenancy.Caller{}, err
		}
		k.setLastUse(now)
		s.cache.store(f, k) // readAt is unchanged
	}
	return r.caller.From(origin), nil
}

func (s *Service) findSession(ctx context.Context, tx tenancy.Reader, purpose secret.Purpose,
	text secret.Secret) (tenancy.Session, error) {
	return tenancy.FindByDigest(s.keys, purpose, text, func(digest []byte) (tenancy.Session, error) {
		return tx.SessionByDigest(ctx, digest)
	})
}

// setLastUse moves a session's last use, and with it its end.
func (k *cacheEntry) setLastUse(at time.Time) {
	k.lastUsedAt, k.expiresAt = at, earlier(at.Add(k.idleTimeout), k.loginEnds)
}

// readSession reads a living session and its operator.
func (s *Service) readSession(ctx context.Context, at time.Time, purpose secret.Purpose,
	token string) (cacheEntry, error) {
	k, now := s.cache.newEntry(at), tenancy.Stored(at)
	text, err := secret.ParseSessionToken(token)
	if err != nil {
		return cacheEntry{}, badToken()
	}
	err = s.core.View(ctx, func(tx tenancy.Reader) error {
		session, err := s.findSession(ctx, tx, purpose, text)
		if err != nil {
			return err
		}
		k.loginEnds = s.loginEnd(session.LoggedInAt)
		if !session.EndedAt.IsZero() || session.Expired(now) || !now.Before(k.loginEnds) {
			return badToken()
		}
		k.idleTimeout = session.IdleTimeout
		k.setLastUse(session.LastUsedAt)
		k.caller = tenancy.Caller{Kind: tenancy.OperatorCaller, ID: session.OperatorID,
			Token: tenancy.TokenInfo{ID: session.ID, Kind: tenancy.SessionToken, LoggedInAt: session.LoggedInAt}}
		return fillOperator(ctx, tx, &k.caller)
	})
	if err != nil {
		return cacheEntry{}, asBadToken(err)
	}
	return k, nil
}

// RenewSession returns a new session to the device of an old one. The old session may
// have expired a day ago at most, and its log-in must not have lived its life: the new session
// ends with that, too. The old one ends, so it can be renewed once only. Every refusal is the
// same Unauthenticated.
func (s *Service) RenewSession(ctx context.Context, caller tenancy.Caller, token,
	deviceID string) (IssuedSession, error) {
	text, err := secret.ParseSessionToken(token)
	if err != nil {
		return IssuedSession{}, badToken()
	}
	now := s.core.Now()
	issued := s.mintSession(secret.ForSession, deviceID, 0)
	err = s.core.Update(ctx, func(tx tenancy.Tx) error {
		old, err := s.findSession(ctx, tx, secret.ForSession, text)
		if err != nil {
			return err
		}
		// So that whoever ends all sessions of the operator waits, and finds the new one.
		o, err := tx.LockOperator(ctx, old.OperatorID)
		if err != nil {
			return err
		}
		if old.Expired(now.Add(-renewWindow)) || !now.Before(s.loginEnd(old.LoggedInAt)) ||
			!secret.Equal([]byte(old.DeviceID), []byte(deviceID)) {
			return badToken()
		}
		c := caller
		c.Kind, c.ID = tenancy.OperatorCaller, old.OperatorID
		if err := fillOperator(ctx, tx, &c); err != nil {
			return err
		}
		ended, err := tx.EndSession(ctx, old.ID, now)
		if err != nil {
			return err
		}
		if !ended {
			return badToken()
		}
		issued.IdleTimeout, issued.LoggedInAt = old.IdleTimeout, old.LoggedInAt
		issued.open(o.Operator, now)
		if err := insertSession(ctx, tx, issued.Session); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, c, now, tenancy.Change{Organization: c.Organization,
			Action: "access_token.renew", Target: issued.ID})
	})
	if err != nil {
		return IssuedSession{}, asBadToken(err)
	}
	return issued, nil
}
