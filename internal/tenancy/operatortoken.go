// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"strconv"
	"time"

	"gatehouse/internal/problem"
)

// OperatorTokenID is an operator token's number, from 100001.
type OperatorTokenID int64

// String returns the bare number.
func (id OperatorTokenID) String() string { return strconv.FormatInt(int64(id), 10) }

// OperatorToken is a credential an operator makes, names and hands to a program.
// It differs from an access token, which proves a log-in, is signed, carries its
// own end and is gone within minutes: an operator token is a row that lives for
// weeks and is listed, changed and revoked under its name. It stands for one
// pair of texts at a time: one gives access and ends soon, the other renews the
// pair. What it may do is what its operator may do at the time of use, within
// its scope; never to change or revoke operator tokens. One that is not limited may
// make others, which are no wider and no longer-lived, and end with it.
type OperatorToken struct {
	ID         OperatorTokenID
	OperatorID string
	Operator   OperatorNumber // of the same operator
	Name       string         // unique among the operator's own, whatever the letter case
	Scope      Scope
	CreatedAt  time.Time
	// ExpiresAt is when the access text of the current pair ends, RenewableUntil
	// after when no pair is good for anything. The first is never the later one.
	ExpiresAt, RenewableUntil time.Time
	Life                      time.Duration // of the access text of a renewed pair
	EndedAt                   time.Time     // zero while it lives
	EndReason                 TokenEndReason
	// the operator token it was made with; 0: its operator had logged in
	MakerID OperatorTokenID
}

// TokenEndReason says why an operator token ended before its time.
type TokenEndReason string

// The reasons.
const (
	TokenRevoked TokenEndReason = "revoked"
	TokenReused  TokenEndReason = "reused" // a renewing text was presented a second time
)

// StoredOperatorToken is an operator token as engines keep it.
type StoredOperatorToken struct {
	OperatorToken
	AccessDigest, RefreshDigest []byte // keyed digests of the current pair
}

// refreshWindow is how long after its access text ended a pair can be renewed.
const refreshWindow = 14 * 24 * time.Hour

// RefreshableUntil is when the current pair can be renewed no more.
func (t OperatorToken) RefreshableUntil() time.Time {
	if until := t.ExpiresAt.Add(refreshWindow); until.Before(t.RenewableUntil) {
		return until
	}
	return t.RenewableUntil
}

// ParseOperatorTokenID reads the bare number. Anything else is NotFound.
func ParseOperatorTokenID(text string) (OperatorTokenID, error) {
	n, err := parseNumber(text)
	if err != nil {
		return 0, problem.OperatorTokenNotFound()
	}
	return OperatorTokenID(n), nil
}

// Subject returns the number in a form that no id of a session or a signed token has.
func (id OperatorTokenID) Subject() string { return "operator-token/" + id.String() }
