// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"gatehouse/internal/secret"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// signer is a client that is bound to a key.
type signer struct {
	client
	method jwt.SigningMethod
	key    any
	public crypto.PublicKey
}

func (d *door) signer(t *testing.T, method jwt.SigningMethod, key crypto.Signer) signer {
	t.Helper()
	c := clientOf(want(t, d.register(t, d.code, map[string]any{"jwks": keySet(t, key.Public())}), 201))
	return signer{c, method, key, key.Public()}
}

func newSigners(t *testing.T, d *door) (ed, ec signer) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return d.signer(t, jwt.SigningMethodEdDSA, private), d.signer(t, jwt.SigningMethodES256, p256)
}

// claims are good ones, with changes; a nil value takes a claim away.
func (d *door) claims(s signer, change jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{"iss": s.id, "sub": s.id, "aud": base, "jti": secret.NewID(),
		"exp": d.Clock.Now().Add(time.Minute).Unix()}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func sign(t *testing.T, s signer, claims jwt.MapClaims, header ...string) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, claims)
	for i := 0; i < len(header); i += 2 {
		token.Header[header[i]] = header[i+1]
	}
	text, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d *door) assert(t *testing.T, assertion string, pairs ...string) answer {
	t.Helper()
	return d.form(t, "/oauth2/token", tokenForm(append(pairs, "client_assertion", assertion,
		"client_assertion_type", assertionType)...))
}

func TestAssertion(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		ed, ec := newSigners(t, d)
		for _, s := range []signer{ed, ec} {
			first := sign(t, s, d.claims(s, nil))
			a := want(t, d.assert(t, first), 200)
			if c, err := d.GetClient(t.Context(), d.Root(), s.id); err != nil || c.LastSeenAt.IsZero() {
				t.Errorf("the log-in was not noted: %v, %v", c.LastSeenAt, err)
			}
			if d.introspect(t, a.text("access_token")) != "true" {
				t.Error("the token is not active")
			}
			wantError(t, "twice", d.assert(t, first), 401, "invalid_client")
			jti := jwt.MapClaims{"jti": "the same"}
			want(t, d.assert(t, sign(t, s, d.claims(s, jti)), "client_id", s.id), 200)
			wantError(t, "another with its jti", d.assert(t, sign(t, s, d.claims(s, jti))), 401, "invalid_client")
			if s.method == jwt.SigningMethodEdDSA { // by its other name
				want(t, d.assert(t, sign(t, s, d.claims(s, nil), "alg", "Ed25519")), 200)
			}
			for _, aud := range []any{base + "/oauth2/token", []string{"https://example.test", base}} {
				want(t, d.assert(t, sign(t, s, d.claims(s, jwt.MapClaims{"aud": aud}))), 200)
			}
		}
	})
}

func TestAssertionRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ed, ec := newSigners(t, d)
	keyed := d.client(t)
	in := func(d2 time.Duration) int64 { return d.Clock.Now().Add(d2).Unix() }
	for what, change := range map[string]jwt.MapClaims{
		"no audience": {"aud": nil}, "other audience": {"aud": "https://example.test"},
		"audience with a slash": {"aud": base + "/"}, "empty audience": {"aud": ""},
		"no issuer": {"iss": nil}, "other issuer": {"iss": ec.id}, "no subject": {"sub": nil},
		"other subject": {"sub": ec.id}, "both another": {"iss": ec.id, "sub": ec.id},
		"unknown client": {"iss": "00000000-0000-7000-8000-000000000000",
			"sub": "00000000-0000-7000-8000-000000000000"},
		"NUL": {"iss": "\x00", "sub": "\x00"}, "client without a key": {"iss": keyed.id,
			"sub": keyed.id},
		"no end": {"exp": nil}, "ended": {"exp": in(-time.Second)}, "ends now": {"exp": in(0)},
		"ends late": {"exp": in(11 * time.Minute)}, "end as text": {"exp": "x"},
		"not yet": {"nbf": in(time.Minute)}, "no jti": {"jti": nil}, "empty jti": {"jti": ""},
		"long": {"x": strings.Repeat("x", 5000)},
	} {
		wantError(t, what, d.assert(t, sign(t, ed, d.claims(ed, change))), 401, "invalid_client")
	}
	good := sign(t, ed, d.claims(ed, nil))
	parts := strings.Split(good, ".")
	der, err := x509.MarshalPKIXPublicKey(ed.public)
	if err != nil {
		t.Fatal(err)
	}
	hmac := func(key []byte) string {
		return sign(t, signer{client: ed.client, method: jwt.SigningMethodHS256, key: key}, d.claims(ed, nil))
	}
	none := sign(t, signer{client: ed.client, method: jwt.SigningMethodNone,
		key: jwt.UnsafeAllowNoneSignatureType}, d.claims(ed, nil))
	for what, text := range map[string]string{
		"none": none, "HS256 with the public key": hmac(ed.public.(ed25519.PublicKey)),
		"HS256 with the key as DER": hmac(der),
		"HS256 with nothing":        hmac([]byte{}), "key of another": sign(t, ec, d.claims(ed, nil)),
		"no signature": parts[0] + "." + parts[1] + ".",
		"cut":          good[:len(good)-4], "junk": "a.b.c", "empty": "",
		"name of another algorithm": sign(t, ed, d.claims(ed, nil), "alg", "ES256"),
		"no algorithm":              sign(t, ed, d.claims(ed, nil), "alg", ""),
		"extension":                 sign(t, ed, d.claims(ed, nil), "crit", "exp"),
	} {
		wantError(t, what, d.assert(t, text), 401, "invalid_client")
	}
	wantError(t, "id of another", d.assert(t, good, "client_id", ec.id), 401, "invalid_client")
	wantError(t, "its key alone", d.form(t, "/oauth2/token",
		tokenForm("client_id", ed.id, "client_secret", ed.manage)), 401, "invalid_client")
	want(t, d.assert(t, good), 200) // none of this has spent it
	if _, err := d.RevokeClient(t.Context(), d.Root(), ed.id); err != nil {
		t.Fatal(err)
	}
	wantError(t, "revoked", d.assert(t, sign(t, ed, d.claims(ed, nil))), 401, "invalid_client")
}

// Of many requests with one assertion one gets a token.
func TestAssertionAtOnce(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		ed, _ := newSigners(t, d)
		text := sign(t, ed, d.claims(ed, nil))
		results := make(chan int)
		for range 16 {
			go func() { results <- d.assert(t, text).status }()
		}
		good := 0
		for range 16 {
			if <-results == 200 {
				good++
			}
		}
		if good != 1 {
			t.Errorf("%d tokens for one assertion", good)
		}
	})
}
