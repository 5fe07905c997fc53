// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"unicode/utf8"
)

// ErrMalformed says that a text cannot be a secret of the expected kind: its length,
// alphabet, check characters, signature or claims are wrong. It never says which, and
// never contains the text.
var ErrMalformed = errors.New("malformed secret")

const mask = "***"

// Secret has a text that must not be seen. Printed, logged or marshalled in any way, it is
// ***. Only Reveal returns the text.
type Secret struct{ text string }

// Of wraps a text that came from outside, such as a password from a request.
func Of(text string) Secret { return Secret{text} }

// Reveal returns the text. Its callers are the wires and the command line, which must show
// it once, and this package.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.text == "" }

// Len is the length in bytes.
func (s Secret) Len() int { return len(s.text) }

// Characters is the length in characters.
func (s Secret) Characters() int { return utf8.RuneCountInString(s.text) }

// String implements fmt.Stringer, masked.
func (s Secret) String() string { return mask }

// Format implements fmt.Formatter, so that no verb shows the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// LogValue implements slog.LogValuer, masked.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText implements encoding.TextMarshaler (JSON and XML use it), masked.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// GobEncode implements gob.GobEncoder, and returns the text. It is for the answers that
// package tenancy seals at once. Nothing else encodes with gob: a floors test holds that.
func (s Secret) GobEncode() ([]byte, error) { return []byte(s.text), nil }

// GobDecode implements gob.GobDecoder.
func (s *Secret) GobDecode(b []byte) error {
	s.text = string(b)
	return nil
}

// randomBytes never fails: crypto/rand ends the process if the system has no random
// source.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// NewPassword makes a password with 128 random bits, safe to type and to paste.
func NewPassword() Secret {
	return Secret{base64.RawURLEncoding.EncodeToString(randomBytes(16))}
}

// NewID makes an identifier with 128 random bits that is no secret: a request
// id, the jti of a token.
func NewID() string { return base64.RawURLEncoding.EncodeToString(randomBytes(16)) }
