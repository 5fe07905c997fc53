// SPDX-License-Identifier: Apache-2.0

package apitype

import (
	"encoding/json"
	"errors"
	"time"
)

// Never and Unlimited are the words for a limit that is none.
const (
	Never     = "never"
	Unlimited = "unlimited"
)

// Expiry is a time (RFC 3339), or "never". The zero value is never.
type Expiry struct{ At time.Time }

// MarshalJSON implements json.Marshaler.
func (e Expiry) MarshalJSON() ([]byte, error) {
	if e.At.IsZero() {
		return json.Marshal(Never)
	}
	return json.Marshal(e.At.UTC().Format(time.RFC3339Nano))
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Expiry) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return ErrExpiry
	}
	if text == Never {
		e.At = time.Time{}
		return nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.IsZero() {
		return ErrExpiry
	}
	e.At = at
	return nil
}

// Uses is a number of uses, or "unlimited". The zero value is unlimited.
type Uses struct{ Count int64 }

// MarshalJSON implements json.Marshaler.
func (u Uses) MarshalJSON() ([]byte, error) {
	if u.Count == 0 {
		return json.Marshal(Unlimited)
	}
	return json.Marshal(u.Count)
}

// UnmarshalJSON implements json.Unmarshaler. A number below 1 is an error: it would read
// as unlimited.
func (u *Uses) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil && text == Unlimited {
		u.Count = 0
		return nil
	}
	if err := json.Unmarshal(b, &u.Count); err != nil || u.Count < 1 {
		return ErrUses
	}
	return nil
}

// The errors of the two.
var (
	ErrExpiry = errors.New(`write a time such as 2006-01-02T15:04:05Z, or "never"`)
	ErrUses   = errors.New(`write a number of at least 1, or "unlimited"`)
)
