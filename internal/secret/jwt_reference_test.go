// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// golang-jwt is the reference: what we take it must take, and mean the same by.

type referenceClaims struct {
	jwt.RegisteredClaims
	ClientID string           `json:"client_id,omitempty"`
	Kind     string           `json:"kind"`
	KeyID    string           `json:"key,omitempty"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
}

func referenceVerify(k *Keyring, text, audience string, now time.Time) (AccessClaims, error) {
	var c referenceClaims
	token, err := jwt.NewParser(jwt.WithIssuer(accessIssuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != "at+jwt" {
			return nil, ErrMalformed
		}
		return k.signs[ForAccessToken].key, nil
	})
	if err != nil || !token.Valid || c.Subject == "" || c.ID == "" || c.IssuedAt == nil || c.AuthTime == nil {
		return AccessClaims{}, ErrMalformed
	}
	return AccessClaims{ID: c.ID, SubjectKind: c.Kind, SubjectID: c.Subject, Audience: audience, ClientID: c.ClientID, KeyID: c.KeyID,
		LoggedInAt: c.AuthTime.UTC(), IssuedAt: c.IssuedAt.UTC(), ExpiresAt: c.ExpiresAt.UTC()}, nil
}

// agree fails when we take what the reference refuses, or mean something else by it.
func agree(t *testing.T, k *Keyring, text, audience string) (taken bool) {
	t.Helper()
	got, err := k.VerifyAccess(text, audience, testNow)
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", text, err)
		}
		return false
	}
	want, err := referenceVerify(k, text, audience, testNow)
	if err != nil {
		t.Errorf("%q is taken, the reference refuses it", text)
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q: %s", text, diff)
	}
	return true
}

// What we sign the reference takes; what it signs, in its way, we take.
func TestTokensAsTheReference(t *testing.T) {
	t.Parallel()
	k := newTestKeyring(t)
	second := rapid.Int64Range(testNow.Unix()+1, 1<<40)
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`(?s)[\x00-\x7f"\\<>&é€😀\x{2028}]{1,40}`)
		moment := func(name string) time.Time { return time.Unix(second.Draw(rt, name), 0).UTC() }
		c := AccessClaims{ID: text.Draw(rt, "id"), SubjectKind: text.Draw(rt, "kind"), SubjectID: text.Draw(rt, "subject"), Audience: text.Draw(rt, "audience"),
			ClientID: rapid.OneOf(rapid.Just(""), text).Draw(rt, "client"), KeyID: text.Draw(rt, "key"), LoggedInAt: moment("login"), IssuedAt: moment("issued"), ExpiresAt: moment("expires")}
		ours, err := k.SignAccess(c)
		if err != nil {
			rt.Fatal(err)
		}
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, referenceClaims{
			RegisteredClaims: jwt.RegisteredClaims{Subject: c.SubjectID, Issuer: accessIssuer, ID: c.ID, Audience: jwt.ClaimStrings{c.Audience},
				IssuedAt: jwt.NewNumericDate(c.IssuedAt), ExpiresAt: jwt.NewNumericDate(c.ExpiresAt)},
			ClientID: c.ClientID, Kind: c.SubjectKind, KeyID: c.KeyID, AuthTime: jwt.NewNumericDate(c.LoggedInAt)})
		token.Header["typ"] = "at+jwt"
		theirs, err := token.SignedString(k.signs[ForAccessToken].key)
		if err != nil {
			rt.Fatal(err)
		}
		if theirs != ours.Reveal() { // keys made by earlier versions stay good
			rt.Fatalf("we sign %s, the reference %s", ours.Reveal(), theirs)
		}
		got, err := k.VerifyAccess(theirs, c.Audience, testNow)
		if diff := cmp.Diff(c, got); err != nil || diff != "" {
			rt.Fatal(err, diff)
		}
		if !agree(t, k, theirs, c.Audience) {
			rt.Fatal("refused")
		}
	})
}

// Whatever is signed with the real key, only our own form is taken.
func FuzzSignedToken(f *testing.F) {
	k := newTestKeyring(f)
	good := `{"iss":"gatehouse","sub":"me","aud":["/a"],"exp":4000000000,"iat":1,"jti":"id","kind":"operator","auth_time":1}`
	for _, header := range []string{`{"alg":"HS256","typ":"at+jwt"}`, `{"alg":"HS256","typ":"JWT"}`, `{"alg":"none","typ":"at+jwt"}`, `{"typ":"at+jwt","alg":"HS256"}`, `{"alg":"HS256", "typ":"at+jwt"}`} {
		f.Add(header, good)
	}
	withClient := `{"iss":"gatehouse","sub":"me","aud":["/a"],"exp":4000000000,"iat":1,"jti":"id","client_id":"me","kind":"operator","auth_time":1}`
	for _, payload := range []string{withClient, "", "null", "[]", "{}", good + " ", good + "{}", `{"iss":"gatehouse","sub":"me","aud":"/a","exp":4e9}`,
		`{"iss":"gatehouse","sub":"me","aud":["/a","/b"],"exp":4000000000,"iat":1,"jti":"id","auth_time":1}`,
		`{"iss":"gatehouse","sub":"me","aud":["/a"],"exp":4000000000,"iat":1,"jti":"id","auth_time":1,"nbf":4000000000}`} {
		f.Add(`{"alg":"HS256","typ":"at+jwt"}`, payload)
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		b64 := base64.RawURLEncoding
		text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
		signature := k.signature(ForAccessToken, text)
		taken := agree(t, k, text+"."+string(signature[:]), "/a")
		if taken && (header != `{"alg":"HS256","typ":"at+jwt"}` || !json.Valid([]byte(payload))) {
			t.Errorf("%q is taken", header)
		}
		if header == `{"alg":"HS256","typ":"at+jwt"}` && (payload == good || payload == withClient) && !taken {
			t.Error("the good one is refused")
		}
	})
}

// Whatever comes without the key is refused.
func FuzzForgedToken(f *testing.F) {
	k := newTestKeyring(f)
	token, err := k.SignAccess(AccessClaims{ID: "id", SubjectKind: "operator", SubjectID: "me", Audience: "/a", LoggedInAt: testNow, IssuedAt: testNow, ExpiresAt: testNow.Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	good := token.Reveal()
	for _, text := range []string{good, good + "\n", good[:len(good)-10] + "\r\n" + good[len(good)-10:], good[:len(good)-1], good + "=", "." + good, "a.b.c", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if agree(t, k, text, "/a") != (text == good) {
			t.Errorf("%q", text)
		}
	})
}
