// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancytest"
)

// The use cases over the real embedded store, without HTTP.

func newBench(b *testing.B) *tenancytest.Kit {
	b.Helper()
	return tenancytest.On(b, storetest.SQLite(b))
}

func token(b *testing.B, k *tenancytest.Kit, key secret.Secret) string {
	b.Helper()
	issued, err := k.LoginWithKey(context.Background(), k.Anyone(), key.Reveal(), tree)
	if err != nil {
		b.Fatal(err)
	}
	return issued.Text.Reveal()
}

// each runs fn once per iteration and fails the benchmark when fn fails.
func each(b *testing.B, fn func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := fn(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticateToken(b *testing.B) {
	ctx, k := context.Background(), newBench(b)
	text, origin := token(b, k, k.Application(b, "a").KeyText), k.Anyone().Origin
	b.Run("again", func(b *testing.B) {
		each(b, func() error { return errOf(k.AuthenticateToken(ctx, origin, text, tree)) })
	})
	caller, err := k.AuthenticateToken(ctx, origin, text, tree)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first", func(b *testing.B) { // of a token signed here, the signing included
		each(b, func() error {
			now := k.Clock.Now()
			t, err := k.Keys.SignAccess(secret.AccessClaims{ID: secret.NewID(), SubjectKind: string(caller.Kind),
				SubjectID: caller.ID,
				Audience:  tree, KeyID: caller.Token.KeyID, LoggedInAt: now, IssuedAt: now,
				ExpiresAt: now.Add(time.Minute)})
			if err != nil {
				return err
			}
			return errOf(k.AuthenticateToken(ctx, origin, t.Reveal(), tree))
		})
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := errOf(k.AuthenticateToken(ctx, origin, text, tree)); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkAuthenticateSession(b *testing.B) {
	ctx, k := context.Background(), newBench(b)
	s, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: k.Admin,
		Password: k.AdminPassword})
	if err != nil {
		b.Fatal(err)
	}
	text, origin := s.Text.Reveal(), k.Anyone().Origin
	each(b, func() error { return errOf(k.AuthenticateSession(ctx, origin, text)) })
}

func BenchmarkLoginWithKey(b *testing.B) {
	ctx, k := context.Background(), newBench(b)
	key, anyone := k.Application(b, "a").KeyText.Reveal(), k.Anyone()
	each(b, func() error { return errOf(k.LoginWithKey(ctx, anyone, key, tree)) })
}

func BenchmarkRefreshToken(b *testing.B) {
	ctx, k := context.Background(), newBench(b)
	caller, err := k.AuthenticateToken(ctx, k.Anyone().Origin, token(b, k, k.Application(b, "a").KeyText), tree)
	if err != nil {
		b.Fatal(err)
	}
	each(b, func() error { return errOf(k.RefreshToken(ctx, caller)) })
}

func BenchmarkAuthCode(b *testing.B) {
	ctx, k := context.Background(), newBench(b)
	org, root := k.Organization(b, "company001"), k.Root()
	issue := func() error { _, _, err := k.IssuePrimaryAuthCode(ctx, root, org.ID); return err }
	b.Run("issue", func(b *testing.B) { each(b, issue) })
	b.Run("reveal", func(b *testing.B) {
		if err := issue(); err != nil {
			b.Fatal(err)
		}
		each(b, func() error { _, _, err := k.RevealPrimaryAuthCode(ctx, root, org.ID); return err })
	})
}

func BenchmarkRenewApplicationKey(b *testing.B) {
	ctx, k := context.Background(), newBench(b)
	a, root := k.Application(b, "a"), k.Root()
	each(b, func() error { return errOf(k.RenewApplicationKey(ctx, root, a.ID)) })
}

// Reads while many log in with passwords, compared with reads alone.
func BenchmarkReadsBesideLogins(b *testing.B) {
	ctx, k := context.Background(), tenancytest.On(b, storetest.SQLite(b))
	org, origin := k.Organization(b, "company001"), k.Anyone().Origin
	text := token(b, k, k.Application(b, "a").KeyText)
	reads := func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				caller, err := k.AuthenticateToken(ctx, origin, text, tree)
				if err == nil {
					_, err = k.GetOrganization(ctx, caller, org.ID)
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.Run("alone", reads)
	b.Run("storm", func(b *testing.B) {
		storm, stop := context.WithCancel(ctx)
		var logins atomic.Int64
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				for storm.Err() == nil {
					_, _ = k.LoginWithPassword(storm, k.Anyone(), identity.LoginParams{Username: strconv.Itoa(i),
						Password: k.AdminPassword, Audience: tree})
					logins.Add(1)
				}
			})
		}
		reads(b)
		b.ReportMetric(float64(logins.Load())/b.Elapsed().Seconds(), "logins/s")
		stop()
		wg.Wait()
	})
}
