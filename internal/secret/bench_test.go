// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"context"
	"testing"
	"time"
)

func BenchmarkDigest(b *testing.B) {
	k, text := newTestKeyring(b), NewAuthCode()
	b.ReportAllocs()
	for b.Loop() {
		k.Digest(ForAuthCode, text)
	}
}

// The number and the length of the parts of an audit event.
func BenchmarkMAC(b *testing.B) {
	k, part := newTestKeyring(b), "0123456789abcdef0123456789abcdef"
	b.ReportAllocs()
	for b.Loop() {
		k.MAC(ForAudit, part, part, part, part, part, part, part, part, part, part, part, part)
	}
}

func BenchmarkSealOpen(b *testing.B) {
	k, text := newTestKeyring(b), NewAuthCode()
	sealed := k.Seal(ForAuthCode, text, "or-100001/id")
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.Seal(ForAuthCode, text, "or-100001/id")
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.Open(ForAuthCode, sealed, "or-100001/id"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAuthCode(b *testing.B) {
	text := NewAuthCode().Reveal()
	b.Run("mint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewAuthCode()
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseAuthCode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSessionToken(b *testing.B) {
	text := NewSessionToken().Reveal()
	b.Run("mint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewSessionToken()
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseSessionToken(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAccessToken(b *testing.B) {
	k := newTestKeyring(b)
	claims := AccessClaims{ID: NewID(), SubjectKind: "application",
		SubjectID: "3f1c8a52-9c53-4c39-8f0a-6f3a1c9a4d11", Audience: "/ccadmin/v1",
		KeyID: NewID(), LoggedInAt: testNow, IssuedAt: testNow, ExpiresAt: testNow.Add(time.Minute)}
	token, err := k.SignAccess(claims)
	if err != nil {
		b.Fatal(err)
	}
	text := token.Reveal()
	b.Run("sign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.SignAccess(claims); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.VerifyAccess(text, "/ccadmin/v1", testNow); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("refuse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.VerifyAccess(text[:len(text)-1]+"_", "/ccadmin/v1", testNow); err == nil {
				b.Fatal("a wrong signature was taken")
			}
		}
	})
}

func BenchmarkPassword(b *testing.B) {
	h := NewHasher()
	hash, err := h.Hash(context.Background(), Of("correct horse battery"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !h.Verify(hash, Of("correct horse battery")) {
			b.Fatal("refused")
		}
	}
}
