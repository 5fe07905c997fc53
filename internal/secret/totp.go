// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// One-time codes as every authenticator app makes them by default: SHA-1, six
// digits, 30 seconds (RFC 6238).
const (
	totpPeriod = 30
	totpSecret = 20
	totpIssuer = "Gatehouse"
	totpWindow = 1 // steps before and after now, for clocks that are off
)

// NewTOTP mints the secret of a second factor, in base32 as apps take it.
func NewTOTP() Secret {
	return Secret{base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes(totpSecret))}
}

// TOTPURL gives the otpauth: URL that apps read from a QR code.
func TOTPURL(s Secret, account string) Secret {
	label := url.PathEscape(totpIssuer + ":" + account)
	return Secret{"otpauth://totp/" + label + "?" + url.Values{"secret": {s.text}, "issuer": {totpIssuer}}.Encode()}
}

// TOTPCode gives the one-time code of a moment.
func TOTPCode(s Secret, at time.Time) (string, error) {
	return hotp.GenerateCodeCustom(s.text, uint64(at.Unix()/totpPeriod), totpOptions())
}

// VerifyTOTP tells whether the code is the one of now, or of a neighbouring
// step, and which step that is. A step must be used once only: the caller
// remembers it. All steps are tried whatever the first says.
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
