// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// How long access tokens live. An operator's token can be refreshed, and its session used and
// renewed, until the life of a log-in is over, so that a stolen one ends within the day.
const (
	ApplicationTokenLife = 5 * time.Minute
	OperatorTokenLife    = 15 * time.Minute
	DefaultLoginLife     = 12 * time.Hour
)

// The range of the life that a log-in may ask for its token. The longest is the longest life of a
// log-in that a server can have.
const (
	minLifetime   = time.Minute
	maxLifetime   = 720 * time.Hour
	shortestToken = "1m"
	longestToken  = "720h"
)

// IssuedToken is a signed access token as it leaves the server.
type IssuedToken struct {
	Text      secret.Secret
	ExpiresIn time.Duration
	Owner     string // who logged in, as tenancy.Caller.Ref has it
}

// RefreshToken returns a new access token with a full life. The old token keeps its own
// end. The new token has the audience of the old one. Unauthenticated if the caller has
// no signed token, if the application's key has been renewed or has expired since, or if
// the life of the operator's log-in is over.
func (s *Service) RefreshToken(ctx context.Context, caller tenancy.Caller) (IssuedToken, error) {
	if err := caller.RequireLogin(); err != nil {
		return IssuedToken{}, err
	}
	now, token := s.core.Now(), caller.Token
	if token.ID == "" || token.Kind != tenancy.SignedToken {
		return IssuedToken{}, badToken()
	}
	if caller.Kind == tenancy.ClientCaller { // it logs in again
		return IssuedToken{}, badToken()
	}
	if caller.Kind != tenancy.ApplicationCaller {
		left := s.loginEnd(token.LoggedInAt).Sub(now)
		// What was refreshed from a token must not outlive the memory of its log-out: see revocationLife.
		if left < time.Second || token.ExpiresAt.Sub(token.IssuedAt) > OperatorTokenLife {
			return IssuedToken{}, badToken()
		}
		token.Family = token.Login()
		return s.issueAccess(caller.Kind, caller.ID, token, min(left, OperatorTokenLife))
	}
	a, err := s.callingApplication(ctx, caller)
	if errors.Is(err, problem.NotFound) {
		return IssuedToken{}, badToken()
	}
	if err != nil {
		return IssuedToken{}, err
	}
	ends, good := a.KeyEnd(token.KeyID, now)
	if !good {
		return IssuedToken{}, badToken()
	}
	token.Family = token.Login()
	return s.issueForKey(caller.ID, ends, token)
}

// callingApplication returns the calling application as it is now.
func (s *Service) callingApplication(ctx context.Context, caller tenancy.Caller) (*tenancy.Application,
	error) {
	at, f := s.core.Clock(), secret.FingerprintOf("application", caller.ID)
	old, good := s.cache.lookup(f, at)
	if good {
		return old.application, nil
	}
	k := s.cache.newEntry(at)
	err := s.core.Read(ctx, func(tx tenancy.Reader) error {
		a, err := tx.Application(ctx, caller.ID)
		k.application = &a.Application
		return err
	})
	k.caller = tenancy.Caller{Kind: caller.Kind, ID: caller.ID}
	return k.application, s.cache.finishRead(f, old, k, err)
}

// issueForKey issues a token to an application. The token does not outlive the key.
func (s *Service) issueForKey(id string, keyEnds time.Time, token tenancy.TokenInfo) (IssuedToken, error) {
	life := ApplicationTokenLife
	if !keyEnds.IsZero() {
		life = min(life, keyEnds.Sub(s.core.Now()).Truncate(time.Second))
	}
	if life < time.Second {
		return IssuedToken{}, badToken()
	}
	return s.issueAccess(tenancy.ApplicationCaller, id, token, life)
}

// loginClient is the client_id in tokens of operators. A log-in with a password does not
// identify a program, so all programs share this one name. No application can have it,
// since the ids of applications are UUIDs.
const loginClient = "gatehouse-login"

// issueAccess signs a new token with the audience, key and log-in time of the given
// token. The client of an application's token is the application itself.
func (s *Service) issueAccess(kind tenancy.CallerKind, id string, token tenancy.TokenInfo,
	life time.Duration) (IssuedToken, error) {
	client := loginClient
	if kind == tenancy.ApplicationCaller || kind == tenancy.ClientCaller {
		client = id
	}
	now := s.core.Now()
	text, err := s.keys.SignAccess(secret.AccessClaims{ID: secret.NewID(), SubjectKind: string(kind),
		SubjectID: id,
		Audience:  token.Audience, ClientID: client, Generation: token.Generation, KeyID: token.KeyID,
		LoggedInAt: token.LoggedInAt, Family: token.Family,
		IssuedAt:  now,
		ExpiresAt: now.Add(life)})
	if err != nil {
		return IssuedToken{}, problem.As(err)
	}
	return IssuedToken{text, life, tenancy.Caller{Kind: kind, ID: id}.Ref()}, nil
}

// AuthenticateToken returns the caller whom a signed access token identifies. It checks
// signature, type, audience and expiry first, and then that the token is not revoked and
// that its owner and the owner's organization are active. A token that passed is cached:
// later calls check its expiry, and the rest only if that may have changed. Every
// refusal is the same Unauthenticated.
//
// A token must be for the audience. An application's token may also be for one of the
// lenders, which are other audiences; an operator's token may not.
func (s *Service) AuthenticateToken(ctx context.Context, origin tenancy.Origin, token, audience string,
	lenders ...string) (tenancy.Caller, error) {
	if len(token) > longestCached {
		return tenancy.Caller{}, badToken()
	}
	at, f := s.core.Clock(), secret.FingerprintOf("token", audience, token)
	r, good := s.cache.lookup(f, at)
	if r != nil && !audienceAllowed(r.caller, audience, lenders) {
		return tenancy.Caller{}, badToken()
	}
	if good {
		return r.caller.From(origin), nil
	}
	k := s.cache.newEntry(at)
	if r != nil {
		k.caller = r.caller // the signature has been checked
	} else {
		claims, err := s.keys.VerifyAccess(token, audience, tenancy.Stored(at), lenders...)
		if err != nil {
			return tenancy.Caller{}, badToken()
		}
		k.caller = tenancy.Caller{Kind: tenancy.CallerKind(claims.SubjectKind), ID: claims.SubjectID,
			Token: tenancy.TokenInfo{ID: claims.ID,
				Audience: claims.Audience, ExpiresAt: claims.ExpiresAt, LoggedInAt: claims.LoggedInAt,
				KeyID: claims.KeyID, IssuedAt: claims.IssuedAt, Generation: claims.Generation, Family: claims.Family}}
		if !audienceAllowed(k.caller, audience, lenders) {
			return tenancy.Caller{}, badToken()
		}
	}
	err := s.core.Read(ctx, func(tx tenancy.Reader) error {
		ends, err := readLogin(ctx, tx, &k.caller, tenancy.Stored(at))
		if k.caller.Kind == tenancy.OperatorCaller { // the life of a log-in may be shorter than it was then
			if ends = s.loginEnd(k.caller.Token.LoggedInAt); err == nil && !tenancy.Stored(at).Before(ends) {
				err = badToken()
			}
		}
		if k.expiresAt = k.caller.Token.ExpiresAt; !ends.IsZero() {
			k.expiresAt = earlier(k.expiresAt, ends)
		}
		return err
	})
	if err != nil {
		err = asBadToken(err)
	}
	if err := s.cache.finishRead(f, r, k, err); err != nil {
		return tenancy.Caller{}, err
	}
	return k.caller.From(origin), nil
}

// audienceAllowed reports whether the caller's token is valid for the audience. An
// application's token may be for one of the lenders instead.
func audienceAllowed(c tenancy.Caller, audience string, lenders []string) bool {
	return c.Token.Audience == audience || c.Kind == tenancy.ApplicationCaller &&
		slices.Contains(lenders, c.Token.Audience)
}

// readLogin reads in one look-up what a signed token is judged by, besides itself, and fills in
// the owner's present name, organization and permissions. It refuses a token that was revoked
// or whose log-in was ended, an owner who is not active, everybody of an organization that is
// not, and an application whose token was got with a key that has ended. It returns when an
// application's token ends in any case; zero if nothing but itself ends it.
func readLogin(ctx context.Context, tx tenancy.Reader, c *tenancy.Caller, at time.Time) (ends time.Time,
	err error) {
	ref, has := c.LoginRef()
	if !has {
		return ends, badToken()
	}
	l, err := tx.Login(ctx, ref)
	if err != nil {
		return ends, err
	}
	c.Name, c.Number, c.Organization = l.Name, l.Number, l.Organization
	if !l.Holds(*c, at) {
		return ends, badToken()
	}
	switch c.Kind {
	case tenancy.OperatorCaller:
		*c = c.Grant(l.Role.Permissions()...)
	case tenancy.ApplicationCaller:
		ends, _ = l.Keys.TokensEnd(c.Token.KeyID, at)
		*c = c.Grant(tenancy.ApplicationPermissions()...)
	}
	return ends, nil
}

// fillOperator reads the present name, organization and permissions of a caller who is an
// operator and shows something else than a signed token. An operator who is not active, and
// everybody of an organization that is not, is refused.
func fillOperator(ctx context.Context, tx tenancy.Reader, c *tenancy.Caller) error {
	o, err := tx.Operator(ctx, c.ID)
	if err != nil {
		return err
	}
	if !o.Active {
		return badToken()
	}
	c.Number, c.Token.Generation = o.Number, o.LoginGeneration
	c.Name, c.Organization = o.Username, o.OrganizationID
	*c = c.Grant(o.Role.Permissions()...)
	return mustBeActive(ctx, tx, c.Organization)
}

func mustBeActive(ctx context.Context, tx tenancy.Reader, id tenancy.OrganizationID) error {
	o, err := tx.Organization(ctx, id)
	if err == nil && !o.Active() {
		return badCredentials()
	}
	return err
}

// revocationLife is how long a log-in that was ended is remembered at least: longer than a token
// can live that a replica refreshed from it before it knew. One that lives longer by itself is
// remembered until its end, and is not refreshed.
const revocationLife = OperatorTokenLife + time.Minute

// Logout ends the caller's session, or its token with all that were refreshed from the same
// log-in, at once. Unauthenticated; Denied (no_session) if the caller has an operator token.
func (s *Service) Logout(ctx context.Context, caller tenancy.Caller) error {
	if err := caller.RequireLogin(); err != nil {
		return err
	}
	if caller.Token.ID == "" {
		return badToken()
	}
	// An operator token is no log-in: a program that stops must not end it for others.
	if caller.Token.Kind == tenancy.LongLivedToken {
		return problem.New(problem.Denied, problem.CodeNoSession)
	}
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		if err := pruneSessions(ctx, tx, now); err != nil {
			return err
		}
		if caller.Token.Kind == tenancy.SessionToken {
			ended, err := tx.EndSession(ctx, caller.Token.ID, now)
			if err != nil {
				return err
			}
			if !ended {
				return badToken() // another request ended it first
			}
		} else if err := tx.RevokeToken(ctx, caller.Token.Login(), later(now.Add(revocationLife),
			caller.Token.ExpiresAt.Add(time.Minute))); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: caller.Organization,
			Action: "access_token.revoke", Target: caller.Token.ID})
	})
}

func badToken() error {
	return problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
}

// asBadToken returns failures of the store as they are, and one answer for all refusals.
func asBadToken(err error) error {
	if e := problem.As(err); e.Kind == problem.Internal || e.Kind == problem.Unavailable {
		return e
	}
	return badToken()
}
