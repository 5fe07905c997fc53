// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"strings"
	"time"
)

// ApplicationType says what a registered program is.
type ApplicationType string

// The types.
const (
	TypeApplication ApplicationType = "application" // has a key and logs in
	TypeExtension   ApplicationType = "extension"   // an id only
)

// Known reports whether it is one of the types.
func (t ApplicationType) Known() bool { return t == TypeApplication || t == TypeExtension }

// Application is a registered program.
type Application struct {
	ID             string // UUID
	OrganizationID OrganizationID
	Name           string
	Type           ApplicationType
	// LifetimeDays is the longest life of its keys, which state it; nil: they state no end;
	// 0: it cannot log in.
	LifetimeDays *int
	CreatedAt    time.Time
	CreatedBy    string
	UpdatedAt    time.Time
	Key          ApplicationKey // the current one; zero for extensions
	Former       FormerKey      // the one before; zero if it has ended with all that it got
	AsOf         time.Time      // by when a use case judged it; not stored
}

// CreatorID is the id of the operator or application that made this one.
func (a Application) CreatorID() string {
	_, id, _ := strings.Cut(a.CreatedBy, ":")
	return id
}

// Changed notes the time of a change, which is later than that of the one before.
func (a *Application) Changed(now time.Time) { a.UpdatedAt = following(a.UpdatedAt, now) }

// ApplicationKey describes a key of an application, without its text.
type ApplicationKey struct {
	ID         string // the key's jti
	IssuedAt   time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // when it last got a token, up to an hour before; zero: never
}

// Expired reports whether the key has expired at this time.
func (k ApplicationKey) Expired(at time.Time) bool {
	return !k.ExpiresAt.IsZero() && !at.Before(k.ExpiresAt)
}

// KeyState is what people are told of a key. It is computed when it is shown.
type KeyState string

// The states.
const (
	KeyActive  KeyState = "active"
	KeyExpired KeyState = "expired"
)

// State returns the state of a current key.
func (k ApplicationKey) State(at time.Time) KeyState {
	if k.Expired(at) {
		return KeyExpired
	}
	return KeyActive
}

// FormerKey is the key before the current one.
type FormerKey struct {
	ApplicationKey
	OverlapUntil time.Time // the first moment at which it is refused
	TokensUntil  time.Time // the first moment at which the access tokens that it got are refused
}

// Living reports whether the key is still good besides the current one.
func (f FormerKey) Living(at time.Time) bool {
	return f.ID != "" && at.Before(f.OverlapUntil) && !f.Expired(at)
}

// KeyEnd returns when a key of the application ends; zero: never. It reports whether the
// key is good at this time.
func (a Application) KeyEnd(keyID string, at time.Time) (ends time.Time, good bool) {
	switch {
	case keyID == "":
		return time.Time{}, false
	case keyID == a.Key.ID:
		return a.Key.ExpiresAt, !a.Key.Expired(at)
	case keyID == a.Former.ID:
		return earliest(a.Former.OverlapUntil, a.Former.ExpiresAt), a.Former.Living(at)
	}
	return time.Time{}, false
}

// TokensEnd is KeyEnd for the access tokens that were got with the key.
func (a Application) TokensEnd(keyID string, at time.Time) (ends time.Time, good bool) {
	if keyID != "" && keyID == a.Former.ID {
		ends = earliest(a.Former.TokensUntil, a.Former.ExpiresAt)
		return ends, at.Before(ends)
	}
	return a.KeyEnd(keyID, at)
}

// earliest returns the earlier of a time and one that may be zero, which is never.
func earliest(at, optional time.Time) time.Time {
	if !optional.IsZero() && optional.Before(at) {
		return optional
	}
	return at
}

// StoredApplication is an application as engines keep it: the digests are all
// that is needed to recognise its keys.
type StoredApplication struct {
	Application
	KeyDigest    []byte // nil for extensions
	FormerDigest []byte // nil if there is no former key, or it is refused
}
