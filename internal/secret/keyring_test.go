// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 4, 2, 7, 53, 28, 0, time.UTC)

func newTestKeyring(t testing.TB) *Keyring {
	t.Helper()
	k, err := NewKeyring(NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSecretNeverPrintsItself(t *testing.T) {
	t.Parallel()
	s := NewPassword()
	type holder struct{ S Secret }
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "holder", holder{s})
	js, err := json.Marshal(holder{s})
	if err != nil {
		t.Fatal(err)
	}
	out := log.String() + string(js)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		out += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, holder{s}) + fmt.Sprintf(verb, &s)
	}
	out += fmt.Sprint(s, &s, []Secret{s}, map[string]Secret{"k": s}) + s.String()
	for _, form := range []string{s.Reveal(), fmt.Sprintf("%x", s.Reveal()),
		base64.StdEncoding.EncodeToString([]byte(s.Reveal()))} {
		if strings.Contains(strings.ToLower(out), strings.ToLower(form)) {
			t.Errorf("the secret shows in %q", out)
		}
	}
	if !strings.Contains(string(js), `"***"`) {
		t.Errorf("got %s, want a mask", js)
	}
}

func TestSealOpensForItsRowOnly(t *testing.T) {
	t.Parallel()
	k, text := newTestKeyring(t), NewAuthCode()
	sealed := k.Seal(ForAuthCode, text, "or-100001/1")
	if bytes.Contains(sealed, []byte(text.Reveal())) {
		t.Fatal("the sealed value shows the text")
	}
	if bytes.Equal(sealed, k.Seal(ForAuthCode, text, "or-100001/1")) {
		t.Fatal("sealing twice gives the same: the nonce is not random")
	}
	got, err := k.Open(ForAuthCode, sealed, "or-100001/1")
	if err != nil || got != text {
		t.Fatalf("open: %v", err)
	}
	if _, err := k.Open(ForAuthCode, sealed, "or-100002/1"); err == nil {
		t.Error("opened in another place")
	}
	if _, err := k.Open(ForTOTP, sealed, "or-100001/1"); err == nil {
		t.Error("opened for another purpose")
	}
	if _, err := newTestKeyring(t).Open(ForAuthCode, sealed, "or-100001/1"); err == nil {
		t.Error("opened with another master key")
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := k.Open(ForAuthCode, bad, "or-100001/1"); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
	}
	for i := range sealed {
		if _, err := k.Open(ForAuthCode, sealed[:i], "or-100001/1"); err == nil {
			t.Errorf("opened when cut to %d bytes", i)
		}
	}
}

// A value that was sealed with a text needs the text, the row and the master key.
func TestSealWithATextNeedsIt(t *testing.T) {
	t.Parallel()
	k, with, text := newTestKeyring(t), NewPassword(), NewAuthCode()
	sealed := k.SealWith(ForAnswer, with, text, "row")
	if got, err := k.OpenWith(ForAnswer, with, sealed, "row"); err != nil || got != text {
		t.Fatalf("open: %v", err)
	}
	if bytes.Contains(sealed, []byte(text.Reveal())) || bytes.Contains(sealed, []byte(with.Reveal())) {
		t.Error("the sealed value shows a text")
	}
	for what, open := range map[string]func() (Secret, error){
		"another text": func() (Secret, error) { return k.OpenWith(ForAnswer, NewPassword(), sealed, "row") },
		"no text":      func() (Secret, error) { return k.OpenWith(ForAnswer, Secret{}, sealed, "row") },
		"another row":  func() (Secret, error) { return k.OpenWith(ForAnswer, with, sealed, "other") },
		"another master key": func() (Secret, error) {
			return newTestKeyring(t).OpenWith(ForAnswer, with, sealed,
				"row")
		},
		"a part": func() (Secret, error) { return k.OpenWith(ForAnswer, with, sealed[:20], "row") },
	} {
		if _, err := open(); err == nil {
			t.Errorf("opened with %s", what)
		}
	}
}

// Gob is how answers are written before they are sealed.
func TestSecretComesBackFromGob(t *testing.T) {
	t.Parallel()
	type holder struct{ S, Empty Secret }
	var b bytes.Buffer
	want, got := holder{S: NewPassword()}, holder{}
	if err := gob.NewEncoder(&b).Encode(want); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&b).Decode(&got); err != nil || got != want {
		t.Errorf("got another secret: %v", err)
	}
}

func TestDigestsAreKeyedPerPurpose(t *testing.T) {
	t.Parallel()
	k, s := newTestKeyring(t), NewAuthCode()
	d := k.Digest(ForAuthCode, s)
	if !Equal(d, k.Digest(ForAuthCode, s)) {
		t.Error("digests of the same differ")
	}
	if Equal(d, k.Digest(ForSession, s)) {
		t.Error("two purposes have one digest")
	}
	if Equal(d, newTestKeyring(t).Digest(ForAuthCode, s)) {
		t.Error("two master keys have one digest")
	}
	if Equal(k.MAC(ForAudit, "ab", "c"), k.MAC(ForAudit, "a", "bc")) {
		t.Error("two lists of parts have one MAC")
	}
	if !Equal(k.Check(), k.Check()) || Equal(k.Check(), newTestKeyring(t).Check()) {
		t.Error("Check is the same for two master keys")
	}
}

func TestFingerprintsAreOfTheWholeParts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2000)
	want := FingerprintOf("ab", "c", long)
	if FingerprintOf("ab", "c", long) != want {
		t.Error("the same parts have two fingerprints")
	}
	for name, parts := range map[string][]string{
		"another text of the same length": {"ab", "d", long},
		"another long text":               {"ab", "c", long[1:] + "y"},
		"another boundary":                {"a", "bc", long},
		"an empty part more":              {"ab", "c", long, ""},
	} {
		if FingerprintOf(parts...) == want {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
}

func TestNewKeyringNeedsAWholeKey(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 16, 31, 33, 64} {
		if _, err := NewKeyring(make([]byte, n)); err == nil {
			t.Errorf("a master key of %d bytes was taken", n)
		}
	}
}
