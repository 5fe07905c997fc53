// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// go-jose is the reference: every token that we accept it accepts, too, and reads
// the same from it.

type referenceClaims struct {
	Issuer   string           `json:"iss"`
	Subject  string           `json:"sub"`
	Audience jwt.ClaimStrings `json:"aud"`
	Expires  *json.Number     `json:"exp"`
	IssuedAt *json.Number     `json:"iat"`
	ID       string           `json:"jti"`
	ClientID string           `json:"client_id,omitempty"`
	Kind     string           `json:"kind"`
	KeyID    string           `json:"key,omitempty"`
	AuthTime *json.Number     `json:"auth_time"`
}

func number(t time.Time) *json.Number {
	n := json.Number(strconv.FormatInt(t.Unix(), 10))
	return &n
}

func moment(n *json.Number) time.Time {
	seconds, _ := n.Float64() // encoding/json has read it as a number
	return time.Unix(int64(seconds), 0).UTC()
}

func referenceVerify(k *Keyring, text, audience string, now time.Time) (AccessClaims, error) {
	token, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil || token.Signatures[0].Header.ExtraHeaders[jose.HeaderType] != "at+jwt" {
		return AccessClaims{}, ErrMalformed
	}
	payload, err := token.Verify(k.active().signs[ForAccessToken].key)
	if err != nil {
		return AccessClaims{}, ErrMalformed
	}
	var c referenceClaims
	if err := json.Unmarshal(payload, &c); err != nil || c.Issuer != Issuer || len(c.Audience) != 1 ||
		c.Audience[0] != audience ||
		c.Expires == nil || !now.Before(moment(c.Expires)) || c.Subject == "" || c.ID == "" || c.IssuedAt == nil ||
		c.AuthTime == nil {
		return AccessClaims{}, ErrMalformed
	}
	return AccessClaims{ID: c.ID, SubjectKind: c.Kind, SubjectID: c.Subject, Audience: audience,
		ClientID: c.ClientID, KeyID: c.KeyID,
		LoggedInAt: moment(c.AuthTime), IssuedAt: moment(c.IssuedAt), ExpiresAt: moment(c.Expires)}, nil
}

func referenceSign(k *Keyring, c AccessClaims) (string, error) {
	payload, err := json.Marshal(referenceClaims{Issuer: Issuer, Subject: c.SubjectID,
		Audience: jwt.ClaimStrings{c.Audience}, ID: c.ID,
		Expires: number(c.ExpiresAt), IssuedAt: number(c.IssuedAt), ClientID: c.ClientID, Kind: c.SubjectKind,
		KeyID: c.KeyID, AuthTime: number(c.LoggedInAt)})
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256,
		Key: k.active().signs[ForAccessToken].key}, new(jose.SignerOptions).WithType("at+jwt"))
	if err != nil {
		return "", err
	}
	token, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return token.CompactSerialize()
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
		draw := func(name string) time.Time { return time.Unix(second.Draw(rt, name), 0).UTC() }
		c := AccessClaims{ID: text.Draw(rt, "id"), SubjectKind: text.Draw(rt, "kind"),
			SubjectID: text.Draw(rt, "subject"), Audience: text.Draw(rt, "audience"),
			ClientID: rapid.OneOf(rapid.Just(""), text).Draw(rt, "client"), KeyID: text.Draw(rt, "key"),
			LoggedInAt: draw("login"), IssuedAt: draw("issued"), ExpiresAt: draw("expires")}
		ours, err := k.SignAccess(c)
		if err != nil {
			rt.Fatal(err)
		}
		theirs, err := referenceSign(k, c)
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
	for _, header := range []string{`{"alg":"HS256","typ":"at+jwt"}`, `{"alg":"HS256","typ":"JWT"}`,
		`{"alg":"none","typ":"at+jwt"}`, `{"typ":"at+jwt","alg":"HS256"}`, `{"alg":"HS256", "typ":"at+jwt"}`,
		`{"alg":"HS256","typ":"at+jwt","crit":["exp"]}`, `{"alg":"HS256","typ":"at+jwt","typ":"at+jwt"}`} {
		f.Add(header, good)
	}
	withClient := `{"iss":"gatehouse","sub":"me","aud":["/a"],"exp":4000000000,"iat":1,"jti":"id","client_id":"me","kind":"operator","auth_time":1}`
	for _, payload := range []string{withClient, "", "null", "[]", "{}", good + " ", good + "{}",
		`{"iss":"gatehouse","sub":"me","aud":"/a","exp":4e9}`,
		`{"iss":"gatehouse","sub":"me","aud":["/a","/b"],"exp":4000000000,"iat":1,"jti":"id","auth_time":1}`,
		`{"iss":"gatehouse","sub":"me","aud":["/a"],"exp":4000000000,"iat":1,"jti":"id","auth_time":1,"nbf":4000000000}`} {
		f.Add(`{"alg":"HS256","typ":"at+jwt"}`, payload)
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		b64 := base64.RawURLEncoding
		text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
		mac := hmac.New(sha256.New, k.active().signs[ForAccessToken].key)
		mac.Write([]byte(text))
		text += "." + b64.EncodeToString(mac.Sum(nil))
		_, err := k.VerifyAccess(text, "/a", testNow)
		taken := err == nil
		var members map[string]any
		if taken && (json.Unmarshal([]byte(header), &members) != nil || len(members) != 2 ||
			members["alg"] != "HS256" || members["typ"] != "at+jwt" || !json.Valid([]byte(payload))) {
			t.Errorf("%q is taken", header)
		}
		// RFC 7515 §4 lets a reader refuse a member that is there twice, as go-jose
		// does, or take the last, as golang-jwt does.
		if strings.Count(header, ":") == 2 {
			agree(t, k, text, "/a")
		}
		if header == `{"alg":"HS256","typ":"at+jwt"}` && (payload == good || payload == withClient) && !taken {
			t.Error("the good one is refused")
		}
	})
}

// Whatever comes without the key is refused.
func FuzzForgedToken(f *testing.F) {
	k := newTestKeyring(f)
	token, err := k.SignAccess(AccessClaims{ID: "id", SubjectKind: "operator", SubjectID: "me", Audience: "/a",
		LoggedInAt: testNow, IssuedAt: testNow, ExpiresAt: testNow.Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	good := token.Reveal()
	for _, text := range []string{good, good + "\n", good[:len(good)-10] + "\r\n" + good[len(good)-10:],
		good[:len(good)-1], good + "=", "." + good, "a.b.c", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if agree(t, k, text, "/a") != (text == good) {
			t.Errorf("%q", text)
		}
	})
}
