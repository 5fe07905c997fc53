// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"strings"
	"testing"
)

const (
	edX = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" // RFC 8037, appendix A
	pX  = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4" // RFC 7517, appendix A.1
	pY  = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
)

func TestPublicKey(t *testing.T) {
	t.Parallel()
	ed, p256 := `"kty":"OKP","crv":"Ed25519","x":"`+edX+`"`, `"kty":"EC","crv":"P-256","x":"`+pX+`","y":"`+pY+`"`
	for text, want := range map[string][2]string{
		"{" + ed + "}": {"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "{" + ed + "}"}, // RFC 8037, appendix A.3
		`{"kid":"a","use":"sig","alg":"EdDSA",` + ed + "}": {"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
			"{" + ed + "}"},
		"{" + p256 + "}": {"cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s", "{" + p256 + "}"},
	} {
		k, err := ParsePublicKey([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if k.Thumbprint() != want[0] || k.String() != want[1] || k.Key() == nil {
			t.Errorf("%s: got %s, %s", text, k.Thumbprint(), k)
		}
		if again, err := ParsePublicKey([]byte(k.String())); err != nil || again.Thumbprint() != k.Thumbprint() {
			t.Errorf("%s cannot be read again: %v", k, err)
		}
	}
	for what, text := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "no members": "{}", "two values": "{" + ed + "}{}",
		"a private key":          `{` + ed + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,
		"a private member, null": `{` + ed + `,"d":null}`,
		"a symmetric key":        `{"kty":"oct","k":"AAAA"}`,
		"RSA":                    `{"kty":"RSA","n":"AQAB","e":"AQAB"}`,
		"P-384":                  `{"kty":"EC","crv":"P-384","x":"` + pX + `","y":"` + pY + `"}`,
		"not on the curve":       `{"kty":"EC","crv":"P-256","x":"` + pX + `","y":"` + pX + `"}`,
		"X25519":                 `{"kty":"OKP","crv":"X25519","x":"` + edX + `"}`,
		"a short one":            `{"kty":"OKP","crv":"Ed25519","x":"` + edX[:40] + `"}`,
		"for encryption":         `{` + ed + `,"use":"enc"}`,
		"a member twice":         `{` + ed + `,"x":"` + edX + `"}`,
		"too long":               `{` + ed + `,"kid":"` + strings.Repeat("x", 2048) + `"}`,
	} {
		if k, err := ParsePublicKey([]byte(text)); err == nil {
			t.Errorf("%s is taken: %s", what, k)
		}
	}
	var none *PublicKey
	if none.Thumbprint() != "" || none.String() != "" {
		t.Error("no key has a thumbprint")
	}
}

func TestClientKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		text := NewClientKey().Reveal()
		if got, err := ParseClientKey(text); err != nil || got.Reveal() != text ||
			!strings.HasPrefix(text, "GHK") || seen[text] {
			t.Fatalf("got %v, twice %v", err, seen[text])
		}
		seen[text] = true
	}
	good := NewClientKey().Reveal()
	access, _ := NewOperatorToken()
	for _, text := range []string{"", "GHK", good[1:], good + "0", strings.ToLower(good), access.Reveal(),
		NewAuthCode().Reveal()} {
		if _, err := ParseClientKey(text); err == nil {
			t.Error("another text is taken")
		}
	}
	for i := range good {
		changed := good[:i] + string(crockford[(strings.IndexByte(crockford, good[i])+1)%32]) + good[i+1:]
		if _, err := ParseClientKey(changed); err == nil {
			t.Errorf("changed at %d, it is taken", i)
		}
	}
}
