// SPDX-License-Identifier: Apache-2.0

package tenancy

import "time"

// Session is an access token that lives as long as it is used: its state is
// kept in the store, unlike that of signed tokens, which carry their end.
type Session struct {
	ID          string // UUID
	OperatorID  string
	Digest      []byte // keyed digest of the token's text
	DeviceID    string // what the client called itself; needed to renew
	IdleTimeout time.Duration
	CreatedAt   time.Time
	LoggedInAt  time.Time // time of the log-in, which renewed sessions keep
	LastUsedAt  time.Time
	EndedAt     time.Time // zero while it lives
}

// Expired reports whether the session has been idle for too long.
func (s Session) Expired(now time.Time) bool { return !now.Before(s.LastUsedAt.Add(s.IdleTimeout)) }

// Attempt counts the failed guesses of one subject.
type Attempt struct {
	Subject     string // keyed digest in hex: people type passwords into name fields
	Failures    int
	LockedUntil time.Time
	UpdatedAt   time.Time
}
