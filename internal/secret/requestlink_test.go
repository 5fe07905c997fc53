// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"math"
	"strings"
	"testing"
)

// A link is that of one request alone, and only the master key makes it.
func TestRequestLink(t *testing.T) {
	t.Parallel()
	k, err := NewKeyring(NewMasterKey())
	other, err2 := NewKeyring(NewMasterKey())
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, id := range []int64{1, 100001, math.MaxInt64} {
		text := k.RequestLink(id, "made", "then").Reveal()
		if got, err := ParseRequestLink(text); err != nil || got != id {
			t.Errorf("%s is of %d, %v, want %d", text, got, err, id)
		}
		if !k.IsRequestLink(text, id, "made", "then") {
			t.Errorf("%s is not its own", text)
		}
		for what, is := range map[string]bool{"another id": k.IsRequestLink(text, id-1, "made", "then"),
			"another part": k.IsRequestLink(text, id, "made", "now"),
			"joined parts": k.IsRequestLink(text, id, "madethen"),
			"another key":  other.IsRequestLink(text, id, "made", "then"),
			"nothing":      k.IsRequestLink("", id, "made", "then"),
			"more":         k.IsRequestLink(text+"0", id, "made", "then")} {
			if is {
				t.Errorf("%s is good for %s", text, what)
			}
		}
		for i := range text { // every mistyped one is refused before any look-up
			if _, err := ParseRequestLink(text[:i] + "U" + text[i+1:]); err == nil {
				t.Errorf("%s is read with U at %d", text, i)
			}
		}
	}
	zero := linkOf(0, make([]byte, 32)).Reveal()
	for _, bad := range []string{"", "GHJ", zero, strings.Repeat("0", linkLength), NewAuthCode().Reveal()} {
		if _, err := ParseRequestLink(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
