// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"time"

	"gatehouse/internal/secret"
)

// EndReason is why a code no longer lives.
type EndReason string

// The reasons.
const (
	Superseded EndReason = "superseded" // a newer code took its place
	Disabled   EndReason = "disabled"   // ended for good, without another
)

// AuthCode is a secret that lets clients of one organization enrol. It does not have the
// text: no value that is listed, logged or sent has the text as a field.
type AuthCode struct {
	ID             string // UUID
	OrganizationID OrganizationID
	Primary        bool   // at most one living code of an organization is primary
	Name           string // for people; empty for codes that have no other limit than their end
	Note           string
	Limits         CodeLimits
	Tags           []string // the clients that enrol with it get them; in order, each once
	Canary         bool     // it grants nothing, and its use is an alarm
	Imported       bool     // another system made its text
	Weak           bool     // its text is easily guessed; only of imported ones
	CreatedAt      time.Time
	CreatedBy      string
	UpdatedAt      time.Time
	DisabledAt     time.Time // zero: not switched off. It can be switched on again.
	OverlapUntil   time.Time // after a rotation, the time until which it is still good; zero: not rotated
	ReplacedBy     string    // the id of the code that the rotation made
	Uses           int64     // enrolments so far
	LastUsedAt     time.Time // zero: never
	EndedAt        time.Time // zero while it lives; after it the text is forgotten
	EndReason      EndReason
	AsOf           time.Time // the time by which the use case judged that returned it; not stored
}

// Living reports whether the code has not been ended. A living code may still be refused:
// see Refusal.
func (c AuthCode) Living() bool { return c.EndedAt.IsZero() }

// StoredAuthCode is a code as engines keep it. It is found by the keyed digest of its
// text, and read back with the master key. Sealed is empty once the code has ended, and
// always where an organization shows codes once.
type StoredAuthCode struct {
	AuthCode
	Digest []byte
	Sealed []byte
}

// IssuedAuthCode is a code with its text, as it leaves the server.
type IssuedAuthCode struct {
	AuthCode
	Text secret.Secret
}
