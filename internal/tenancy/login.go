// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/problem"
)

// LoginRef names the log-in of a caller: its owner, and the token that was presented.
type LoginRef struct {
	Owner         CallerKind // OperatorCaller, ApplicationCaller or ClientCaller
	OwnerID       string
	TokenKind     TokenKind
	TokenID       string          // of a signed token or a session
	Family        string          // of a signed token: see TokenInfo.Login
	OperatorToken OperatorTokenID // of a LongLivedToken
}

// Login is what the store says about the log-in of a caller. What does not belong to the
// owner's kind is zero.
type Login struct {
	Organization       OrganizationID // the owner's
	OrganizationActive bool
	TokenEnded         bool           // the token, or the log-in that it belongs to
	Name               string         // the owner's: of an operator the username
	Number             OperatorNumber // of an operator
	Role               Role           // of an operator
	OwnerActive        bool           // of an operator or a client
	Generation         int64          // of an operator: see Operator.LoginGeneration
	Keys               Application    // of an application: its two keys, and nothing else
}

// ClientKey is what the store says about the key of a client.
type ClientKey struct {
	Organization       OrganizationID // the client's
	OrganizationActive bool
	State              ClientState
	Digest             []byte // keyed, of the key
	Thumbprint         string // of the public key; empty: it has none
	Place              KeyPlace
	LastSeenAt         time.Time // zero: never
}

// Usable reports whether the key alone is enough for a token: the client and its organization
// are active, and the client has no public key to sign with.
func (k ClientKey) Usable() bool {
	return k.State == ClientActive && k.OrganizationActive && k.Thumbprint == ""
}

// LoginRef returns what names the caller's log-in, and reports whether it has one.
func (c Caller) LoginRef() (LoginRef, bool) {
	switch c.Kind {
	case OperatorCaller, ApplicationCaller, ClientCaller:
		return LoginRef{Owner: c.Kind, OwnerID: c.ID, TokenKind: c.Token.Kind, TokenID: c.Token.ID,
			Family: c.Token.Login(), OperatorToken: c.Token.OperatorToken}, true
	}
	return LoginRef{}, false
}

// Holds reports whether the caller's log-in is still good at this time.
func (l Login) Holds(c Caller, at time.Time) bool {
	if l.TokenEnded || !l.OrganizationActive || !c.Limited && l.Organization != c.Organization {
		return false
	}
	switch c.Kind {
	case OperatorCaller:
		return l.OwnerActive && l.Generation == c.Token.Generation
	case ApplicationCaller:
		_, good := l.Keys.TokensEnd(c.Token.KeyID, at)
		return good
	case ClientCaller:
		return l.OwnerActive
	}
	return false
}

// RequireLiving refuses a caller whose log-in has ended since it was found out who the
// caller is: Unauthenticated (invalid_token). Another role ends the log-ins, too, so the
// permissions of a log-in that holds are those that it had. It does not refuse callers without
// a log-in.
func (c Caller) RequireLiving(ctx context.Context, tx Reader, at time.Time) error {
	ref, has := c.LoginRef()
	if !has {
		return nil
	}
	l, err := tx.Login(ctx, ref)
	if errors.Is(err, problem.NotFound) || err == nil && !l.Holds(c, at) {
		return problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
	}
	return err
}

// Moment is a moment before the store was read. The zero Moment is that of nothing.
type Moment struct {
	Count     uint64 // of Changes
	elsewhere uint64 // see Store.ChangesElsewhere
	known     bool
}

// Moment returns the present one.
func (c *Core) Moment() Moment {
	elsewhere, known := c.store.ChangesElsewhere()
	return Moment{Count: c.changes.Count(), elsewhere: elsewhere, known: known}
}

// ReadAt returns the caller with the moment before its log-in was read, and the shards of
// Changes in which it can change.
func (c Caller) ReadAt(m Moment, shards [4]uint16) Caller {
	c.read, c.shards = m, shards
	return c
}

// sameSince reports whether it is certain, within an Update, that what the caller was read
// from is as it was.
func (c *Core) sameSince(caller Caller) bool {
	elsewhere, known := c.store.ChangesElsewhere()
	return known && caller.read.known && caller.read.elsewhere == elsewhere &&
		!c.changes.Since(caller.read.Count, caller.shards[:])
}

// checkedTx is the Tx of a Change.
type checkedTx struct {
	Tx
	caller Caller // whose log-in was checked
}

// requireChecked refuses to record what a logged-in caller changed outside Core.Change: a
// fault of the use case.
func requireChecked(tx Tx, caller Caller) error {
	if caller.Token.ID == "" {
		return nil
	}
	if c, is := tx.(checkedTx); !is || c.caller.Ref() != caller.Ref() || c.caller.Token.ID != caller.Token.ID {
		return fmt.Errorf("the log-in of %s was not checked in this transaction", caller.Ref())
	}
	return nil
}
