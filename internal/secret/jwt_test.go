// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

func part(t *testing.T, token string, i int) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestKeyClaims(t *testing.T) {
	t.Parallel()
	k := newTestKeyring(t)
	for _, expires := range []time.Time{{}, testNow.Add(time.Hour)} {
		want := KeyClaims{Issuer: "applicationAuth", ApplicationID: "app", ID: "jti", IssuedAt: testNow,
			ExpiresAt: expires}
		key, err := k.SignKey(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.VerifyKey(key.Reveal(), "applicationAuth", testNow)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "JWT"}, part(t, key.Reveal(), 0)); diff != "" {
			t.Error("header:", diff)
		}
		names := []string{"iat", "iss", "jti", "sub"}
		if !expires.IsZero() {
			names = []string{"exp", "iat", "iss", "jti", "sub"}
		}
		if got := slices.Sorted(maps.Keys(part(t, key.Reveal(), 1))); !slices.Equal(got, names) {
			t.Errorf("claims: got %v, want %v", got, names)
		}
	}
}

func TestVerifyAccess(t *testing.T) {
	t.Parallel()
	k := newTestKeyring(t)
	want := AccessClaims{ID: "jti", SubjectKind: "operator", SubjectID: "me", Audience: "/a",
		ClientID: "program", KeyID: "key", LoggedInAt: testNow.Add(-time.Hour), IssuedAt: testNow,
		ExpiresAt: testNow.Add(time.Minute)}
	token, err := k.SignAccess(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.VerifyAccess(token.Reveal(), "/a", testNow.Add(59*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := k.VerifyAccess(token.Reveal(), "/b", testNow); !errors.Is(err, ErrMalformed) {
		t.Errorf("for another audience: got %v", err)
	}
	if got, err := k.VerifyAccess(token.Reveal(), "/b", testNow, "/c", "/a"); err != nil ||
		got.Audience != "/a" {
		t.Errorf("for one of several audiences: got %q, %v", got.Audience, err)
	}
	if _, err := k.VerifyAccess(token.Reveal(), "/b", testNow, "/c", "", "/a/"); !errors.Is(err, ErrMalformed) {
		t.Errorf("for none of several audiences: got %v", err)
	}
	if _, err := k.VerifyAccess(token.Reveal(), "/a", testNow.Add(time.Minute)); !errors.Is(err, ErrMalformed) {
		t.Errorf("at its end: got %v", err)
	}
	if _, err := k.VerifyKey(token.Reveal(), "applicationAuth", testNow); !errors.Is(err, ErrMalformed) {
		t.Errorf("an access token was taken for a key: %v", err)
	}
}

// RFC 9068 §2.2 demands seven claims. Tokens in flight when a server is upgraded
// from a release that left one of them out, client_id, are still good.
func TestAccessClaims(t *testing.T) {
	t.Parallel()
	k := newTestKeyring(t)
	c := AccessClaims{ID: "jti", SubjectKind: "operator", SubjectID: "me", Audience: "/a", LoggedInAt: testNow,
		IssuedAt: testNow, ExpiresAt: testNow.Add(time.Minute)}
	for _, client := range []string{"program", ""} {
		c.ClientID = client
		token, err := k.SignAccess(c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "at+jwt"},
			part(t, token.Reveal(), 0)); diff != "" {
			t.Error("header:", diff)
		}
		want := []string{"aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "kind", "sub"}
		if client == "" {
			want = slices.DeleteFunc(want, func(name string) bool { return name == "client_id" })
		}
		if got := slices.Sorted(maps.Keys(part(t, token.Reveal(), 1))); !slices.Equal(got, want) {
			t.Errorf("claims: got %v, want %v", got, want)
		}
		if got, err := k.VerifyAccess(token.Reveal(), "/a", testNow); err != nil || got.ClientID != client {
			t.Errorf("client_id %q: read as %q, %v", client, got.ClientID, err)
		}
	}
}

// Each of these has one thing wrong and everything else right, as a holder of the
// real signing key could make it; so only the one check refuses it.
func TestVerifyKeyRefuses(t *testing.T) {
	t.Parallel()
	k := newTestKeyring(t)
	right := jwt.MapClaims{"sub": "app", "iss": "applicationAuth", "jti": "id", "iat": testNow.Unix()}
	header := map[string]any{}
	sign := func(method jwt.SigningMethod, typ string, key any, change jwt.MapClaims) string {
		claims := maps.Clone(right)
		for name, v := range change {
			if v == nil {
				delete(claims, name)
				continue
			}
			claims[name] = v
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["typ"] = typ
		maps.Copy(token.Header, header)
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	mac := k.active().signs[ForApplicationKey].key
	good := sign(jwt.SigningMethodHS256, "JWT", mac, nil)
	if _, err := k.VerifyKey(good, "applicationAuth", testNow); err != nil {
		t.Fatalf("the right one is refused: %v", err)
	}
	header["crit"] = []string{"exp"}
	critical := sign(jwt.SigningMethodHS256, "JWT", mac, nil)
	clear(header)
	cases := map[string]string{
		"a critical header": critical,
		"line end within":   good[:len(good)-10] + "\n" + good[len(good)-10:],
		"no signature":      sign(jwt.SigningMethodNone, "JWT", jwt.UnsafeAllowNoneSignatureType, nil),
		"another algorithm": sign(jwt.SigningMethodHS384, "JWT", mac, nil),
		"another key":       sign(jwt.SigningMethodHS256, "JWT", k.active().signs[ForAccessToken].key, nil),
		"the digest's key":  sign(jwt.SigningMethodHS256, "JWT", k.active().macs[ForApplicationKey].key, nil),
		"another type":      sign(jwt.SigningMethodHS256, "at+jwt", mac, nil),
		"valid later": sign(jwt.SigningMethodHS256, "JWT", mac,
			jwt.MapClaims{"nbf": testNow.Unix() + 1}),
		"another issuer":          sign(jwt.SigningMethodHS256, "JWT", mac, jwt.MapClaims{"iss": "admin"}),
		"no issuer":               sign(jwt.SigningMethodHS256, "JWT", mac, jwt.MapClaims{"iss": nil}),
		"expired":                 sign(jwt.SigningMethodHS256, "JWT", mac, jwt.MapClaims{"exp": testNow.Unix()}),
		"no subject":              sign(jwt.SigningMethodHS256, "JWT", mac, jwt.MapClaims{"sub": nil}),
		"no id":                   sign(jwt.SigningMethodHS256, "JWT", mac, jwt.MapClaims{"jti": nil}),
		"expiry that is no time":  sign(jwt.SigningMethodHS256, "JWT", mac, jwt.MapClaims{"exp": "never"}),
		"empty":                   "",
		"one dot":                 good[:strings.LastIndex(good, ".")],
		"signature cut":           good[:len(good)-1],
		"no claims":               strings.Split(good, ".")[0] + ".." + strings.Split(good, ".")[2],
		"padding added":           good + "=",
		"huge":                    good + strings.Repeat("A", 1<<20),
		"with the none signature": strings.Join(strings.Split(good, ".")[:2], ".") + ".",
	}
	for name, text := range cases {
		if c, err := k.VerifyKey(text, "applicationAuth", testNow); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %+v, %v; want ErrMalformed", name, c, err)
		}
	}
	for _, text := range []string{good, cases["no issuer"]} {
		if c, err := k.VerifyKey(text, "", testNow); !errors.Is(err, ErrMalformed) {
			t.Errorf("without an expected issuer: got %+v, %v; want ErrMalformed", c, err)
		}
	}
	for i := range len(good) {
		if _, err := k.VerifyKey(good[:i], "applicationAuth", testNow); !errors.Is(err, ErrMalformed) {
			t.Errorf("cut to %d characters: got %v", i, err)
		}
	}
}
