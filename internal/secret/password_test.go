// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	h, ctx, password := NewHasher(), context.Background(), NewPassword()
	hash, err := h.Hash(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash has the wrong form: %s", hash[:40])
	}
	if again, _ := h.Hash(ctx, password); again == hash {
		t.Error("the same hash twice: the salt is not random")
	}
	cheap, err := NewCheapHasher().Hash(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, hash string
		password   Secret
		want       bool
	}{
		{"right", hash, password, true},
		{"wrong", hash, NewPassword(), false},
		{"empty password", hash, Secret{}, false},
		{"no such user", "", password, false},
		{"no such user, nothing typed", "", Secret{}, false},
		{"hash of other costs", strings.Replace(hash, "m=19456", "m=1048576", 1), password, false},
		{"hash of a test", cheap, password, false},
		{"hash cut", hash[:len(hash)-4], password, false},
	}
	for _, c := range cases {
		if got := h.Verify(c.hash, c.password); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestHasherWaitsForASlotOrTheContext(t *testing.T) {
	t.Parallel()
	h := NewHasher()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Hash(ctx, Secret{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	<-h.slots
	if _, err := h.Hash(context.Background(), Secret{}); err != nil {
		t.Errorf("with a free slot: %v", err)
	}
	if n := len(h.slots); n != cap(h.slots)-1 {
		t.Errorf("%d slots are taken, want %d", n, cap(h.slots)-1)
	}
}

// A quarter of the cores is for hashing, one at least.
func TestHasherSlots(t *testing.T) {
	t.Parallel()
	for cores, want := range map[int]int{1: 1, 2: 1, 4: 1, 7: 1, 8: 2, 16: 4, 32: 8, 64: 8} {
		if got := cap(newHasher(cores).slots); got != want {
			t.Errorf("%d cores: %d slots, want %d", cores, got, want)
		}
	}
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	s := NewTOTP()
	code, err := TOTPCode(s, testNow)
	if err != nil || len(code) != 6 {
		t.Fatalf("got %d figures, %v", len(code), err)
	}
	step := testNow.Unix() / 30
	for _, c := range []struct {
		name string
		at   time.Time
		ok   bool
	}{
		{"now", testNow, true}, {"a step late", testNow.Add(30 * time.Second), true},
		{"a step early", testNow.Add(-30 * time.Second), true},
		{"two steps late", testNow.Add(60 * time.Second), false},
		{"two steps early", testNow.Add(-60 * time.Second), false},
	} {
		got, ok := VerifyTOTP(s, code, c.at)
		if ok != c.ok || ok && got != step {
			t.Errorf("%s: got step %d, %v; want %d, %v", c.name, got, ok, step, c.ok)
		}
	}
	for _, bad := range []string{"", "12345", "1234567", "abcdef", code + " "} {
		if _, ok := VerifyTOTP(s, bad, testNow); ok {
			t.Errorf("%q was taken", bad)
		}
	}
	u, err := url.Parse(TOTPURL(s, "admin").Reveal())
	if err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != s.Reveal() {
		t.Errorf("the URL for apps is wrong: %v", err)
	}
}

// A code is read as people type it. What is not six digits is none.
func TestReadTOTPCode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"123456": "123456", "123 456": "123456", " 123456": "123456", "123456\r\n": "123456",
		"1 2 3 4 5 6":  "123456",
		"123\u00a0456": "123456", "123\u202f456": "123456", "\t000000 ": "000000",
		"": "", " ": "", "12345": "", "1234567": "", "12345x": "", "123-456": "", "+12345": "", "１２３４５６": "",
		"123456\x00": "", "12345\xff": "",
	} {
		got, ok := ReadTOTPCode(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %v; want %q", typed, got, ok, want)
		}
	}
}

// The password before a code is returned to the byte: only the code is cut.
func TestCutTOTPCode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][2]string{
		"birch123456": {"birch", "123456"}, "birch123 456": {"birch", "123456"}, "birch123456 ": {"birch",
			"123456"},
		"birch1 2 3 4 5 6\n": {"birch", "123456"}, "birch123\u202f456": {"birch", "123456"},
		"birch 123456": {"birch ", "123456"}, " birch 123 456": {" birch ", "123456"}, "99123456": {"99", "123456"},
		"birch9 123456": {"birch9 ", "123456"},
		"123456":        {"123456", ""}, "123 456": {"123 456", ""}, " 123456": {" ", "123456"}, "": {"", ""},
		"birch": {"birch", ""}, "birch12345": {"birch12345", ""},
		"birch12345x6": {"birch12345x6", ""}, "birch123456x": {"birch123456x", ""}, "birch１２３４５６": {"birch１２３４５６",
			""},
	} {
		password, code := CutTOTPCode(Of(typed))
		if got := [2]string{password.Reveal(), code}; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

// The published test values of RFC 6238, appendix B (SHA-1), cut to six digits.
func TestTOTPPublishedValues(t *testing.T) {
	t.Parallel()
	s := Of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") // "12345678901234567890"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924",
		20000000000: "353130"} {
		if got, err := TOTPCode(s, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: got %s, %v; want %s", at, got, err, want)
		}
	}
}
