// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// One-time codes as every authenticator app makes them by default: SHA-1, six
// digits, 30 seconds (RFC 6238).
const (
	totpPeriod = 30
	totpDigits = 6
	totpSecret = 20
	totpIssuer = "Gatehouse"
	totpWindow = 1 // steps before and after now, for clocks that are off
)

// NewTOTP mints the secret of a second factor, in base32 as apps take it.
func NewTOTP() Secret {
	return Secret{base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes(totpSecret))}
}

// TOTPURL returns the otpauth: URL that apps read from a QR code.
func TOTPURL(s Secret, account string) Secret {
	label := url.PathEscape(totpIssuer + ":" + account)
	return Secret{"otpauth://totp/" + label + "?" + url.Values{"secret": {s.text},
		"issuer": {totpIssuer}}.Encode()}
}

// TOTPCode returns the one-time code at a time.
func TOTPCode(s Secret, at time.Time) (string, error) {
	return hotp.GenerateCodeCustom(s.text, uint64(at.Unix()/totpPeriod), totpOptions())
}

// ReadTOTPCode returns the six digits of a one-time code as a person types it:
// apps show it in two groups, so blanks are ignored everywhere. ok reports whether
// exactly six digits remain.
func ReadTOTPCode(typed string) (code string, ok bool) {
	code = strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, typed)
	return code, len(code) == totpDigits && strings.Trim(code, "0123456789") == ""
}

// CutTOTPCode splits a text that is a password followed by a one-time code. The code is
// the last six digits, with blanks between and after them. Everything before its first
// digit is the password, blanks included. If the text does not end in a code, or has
// nothing before it, the whole text is returned with an empty code.
func CutTOTPCode(s Secret) (password Secret, code string) {
	rest, digits := s.text, 0
	for digits < totpDigits {
		c, size := utf8.DecodeLastRuneInString(rest)
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !unicode.IsSpace(c): // true at the beginning of the text, too
			return s, ""
		}
		rest = rest[:len(rest)-size]
	}
	if rest == "" {
		return s, ""
	}
	code, _ = ReadTOTPCode(s.text[len(rest):])
	return Secret{rest}, code
}

// VerifyTOTP reports whether the code is that of the current or a neighbouring step, and
// which step that is. A step must be used only once, so the caller stores it. All steps
// are tried, even after a match.
func VerifyTOTP(s Secret, code string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / totpPeriod
	for _, candidate := range []int64{current - totpWindow, current, current + totpWindow} {
		want, err := hotp.GenerateCodeCustom(s.text, uint64(candidate), totpOptions())
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = candidate, true
		}
	}
	return step, ok
}

func totpOptions() hotp.ValidateOpts {
	return hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
}
