// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func start(t *testing.T, k *tenancytest.Kit, device string, idle time.Duration) identity.IssuedSession {
	t.Helper()
	return must(k.StartSession(context.Background(), k.Anyone(),
		identity.StartSessionParams{Username: "admin", Password: k.AdminPassword, DeviceID: device,
			IdleTimeout: idle}))(t)
}

func auth(k *tenancytest.Kit, s identity.IssuedSession) error {
	return errOf(k.AuthenticateSession(context.Background(), k.Anyone().Origin, s.Text.Reveal()))
}

func TestSessionLivesWhileUsed(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	s, short := start(t, k, "", 0), start(t, k, "", time.Minute)
	if s.IdleTimeout != 30*time.Minute || s.Organization.ID != tenancy.RootID {
		t.Errorf("session %+v", s.Session)
	}
	if err := auth(k, s); err != nil || k.Store.Calls("TouchSession") != 0 {
		t.Errorf("a new session: %v, %d writes of its last use", err, k.Store.Calls("TouchSession"))
	}
	k.Clock.Advance(time.Minute)
	wantKind(t, "a minute's session after a minute", auth(k, short), problem.Unauthenticated,
		problem.CodeInvalidToken)
	if err := auth(k, s); err != nil {
		t.Fatalf("half an hour's session after a minute: %v", err)
	}
	for range 10 { // five hours in steps below the idle time
		k.Clock.Advance(29 * time.Minute)
		if err := auth(k, s); err != nil {
			t.Fatalf("in use: %v", err)
		}
	}
	k.Clock.Advance(30 * time.Minute)
	wantKind(t, "after half an hour idle", auth(k, s), problem.Unauthenticated, problem.CodeInvalidToken)
	for _, bad := range []string{"", "x", secret.NewSessionToken().Reveal(), s.Text.Reveal()[:70]} {
		wantKind(t, "token "+bad, errOf(k.AuthenticateSession(context.Background(), tenancy.Origin{}, bad)),
			problem.Unauthenticated, problem.CodeInvalidToken)
	}
}

func TestRenewSession(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	renew := func(s identity.IssuedSession, device string) (identity.IssuedSession, error) {
		return k.RenewSession(ctx, k.Anyone(), s.Text.Reveal(), device)
	}
	s := start(t, k, "laptop", 10*time.Minute)
	k.Clock.Advance(time.Hour) // long expired
	_, err := renew(s, "other")
	wantKind(t, "from another device", err, problem.Unauthenticated, problem.CodeInvalidToken)
	_, err = renew(identity.IssuedSession{Text: secret.NewSessionToken()}, "laptop")
	wantKind(t, "nobody's", err, problem.Unauthenticated, problem.CodeInvalidToken)
	for _, method := range []string{"SessionByDigest", "EndSession", "InsertSession"} {
		k.Store.Fail(method, problem.New(problem.Unavailable, "away", "Away."))
		_, err = renew(s, "laptop")
		wantKind(t, method, err, problem.Unavailable, "away")
		k.Store.Heal()
	}
	var won atomic.Int32
	var next identity.IssuedSession
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if n, err := renew(s, "laptop"); err == nil && won.Add(1) == 1 {
				next = n
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("one session was renewed %d times", won.Load())
	}
	if err := auth(k, next); err != nil || next.IdleTimeout != 10*time.Minute {
		t.Errorf("the new one: %v, %v", err, next.IdleTimeout)
	}
	wantKind(t, "the old one", auth(k, s), problem.Unauthenticated, "")
	k.Clock.Advance(25*time.Hour - 10*time.Minute)
	_, err = renew(next, "laptop")
	wantKind(t, "a day after its end", err, problem.Unauthenticated, "")
	out := start(t, k, "laptop", 0)
	caller := must(k.AuthenticateSession(ctx, k.Anyone().Origin, out.Text.Reveal()))(t)
	if err := k.Logout(ctx, caller); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "after the log-out", auth(k, out), problem.Unauthenticated, "")
	_, err = renew(out, "laptop")
	wantKind(t, "renewed after the log-out", err, problem.Unauthenticated, "")
	_, err = k.RefreshToken(ctx, caller)
	wantKind(t, "a session refreshed as a token", err, problem.Unauthenticated, "")
}

// A session in use and a session that is renewed again and again end when the life of the log-in
// is over, at that moment.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]time.Duration{"default": 0, "shorter": 2 * time.Hour,
		"longer": 30 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, k := context.Background(), tenancytest.New(t, func(o *tenancytest.Options) { o.LoginLife = life })
			if life == 0 {
				life = 12 * time.Hour
			}
			used, renewed := start(t, k, "laptop", 0), start(t, k, "laptop", 0)
			began := k.Clock.Now()
			const step = 20 * time.Minute // within the idle time
			for k.Clock.Now().Add(step).Before(began.Add(life)) {
				k.Clock.Advance(step)
				if err := auth(k, used); err != nil {
					t.Fatalf("in use, after %s: %v", k.Clock.Now().Sub(began), err)
				}
				next, err := k.RenewSession(ctx, k.Anyone(), renewed.Text.Reveal(), "laptop")
				if err != nil {
					t.Fatalf("renewed, after %s: %v", k.Clock.Now().Sub(began), err)
				}
				renewed = next
			}
			k.Clock.Advance(began.Add(life).Sub(k.Clock.Now()) - time.Second)
			for what, s := range map[string]identity.IssuedSession{"in use": used, "renewed": renewed} {
				if err := auth(k, s); err != nil {
					t.Errorf("%s, a second before the end: %v", what, err)
				}
			}
			k.Clock.Advance(time.Second + time.Millisecond)
			for what, s := range map[string]identity.IssuedSession{"in use": used, "renewed": renewed} {
				wantKind(t, what, auth(k, s), problem.Unauthenticated, problem.CodeInvalidToken)
				_, err := k.RenewSession(ctx, k.Anyone(), s.Text.Reveal(), "laptop")
				wantKind(t, what+": renewed", err, problem.Unauthenticated, problem.CodeInvalidToken)
			}
		})
	}
}

func TestSessionSecondFactor(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	factor := k.Factor(t, "admin")
	attempt := func(password string) error {
		return errOf(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: "admin",
			Password: secret.Of(password)}))
	}
	code := must(secret.TOTPCode(factor, k.Clock.Now()))(t)
	wantKind(t, "password alone", attempt(k.AdminPassword.Reveal()), problem.Unauthenticated, "")
	wantKind(t, "code alone", attempt(code), problem.Unauthenticated, "")
	wantKind(t, "code before", attempt(code+k.AdminPassword.Reveal()), problem.Unauthenticated, "")
	if err := attempt(k.AdminPassword.Reveal() + code); err != nil {
		t.Errorf("password and code: %v", err)
	}
	wantKind(t, "the code again", attempt(k.AdminPassword.Reveal()+code), problem.Unauthenticated, "")
	for name, format := range map[string]string{"a blank inside": "%s%s %s", "one after it": "%s%s%s ",
		"narrow blanks": "%s%s\u202f%s\u202f"} {
		k.Clock.Advance(time.Minute)
		code = must(secret.TOTPCode(factor, k.Clock.Now()))(t)
		if err := attempt(fmt.Sprintf(format, k.AdminPassword.Reveal(), code[:3], code[3:])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	k.Clock.Advance(time.Minute)
	code = must(secret.TOTPCode(factor, k.Clock.Now()))(t)
	wantKind(t, "a blank before it, which is the password's", attempt(k.AdminPassword.Reveal()+" "+code),
		problem.Unauthenticated, "")
}

// Who never logs out leaves sessions behind; log-ins take them away.
func TestOldSessionsArePruned(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	old := start(t, k, "", 0)
	k.Clock.Advance(49 * time.Hour)
	recent := start(t, k, "", 0)
	err := k.Store.View(ctx, func(tx tenancy.Reader) error {
		_, err := tx.SessionByDigest(ctx, old.Digest)
		wantKind(t, "two days old", err, problem.NotFound, "")
		_, err = tx.SessionByDigest(ctx, recent.Digest)
		return err
	})
	if err != nil {
		t.Errorf("of now: %v", err)
	}
}

// Of many who end one session at once, one does, and one event tells of it.
func TestLogoutAtOnce(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	s := start(t, k, "", 0)
	caller := must(k.AuthenticateSession(ctx, k.Anyone().Origin, s.Text.Reveal()))(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := k.Logout(ctx, caller); err == nil {
				won.Add(1)
			} else {
				wantKind(t, "too late", err, problem.Unauthenticated, problem.CodeInvalidToken)
			}
		})
	}
	wg.Wait()
	told := 0
	for _, action := range k.Events(t, tenancy.RootID) {
		if action == "access_token.revoke" {
			told++
		}
	}
	if won.Load() != 1 || told != 1 {
		t.Errorf("%d ended it, %d events tell of it", won.Load(), told)
	}
}

func TestDevicesThatAreNone(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	for name, device := range map[string]string{"too long": strings.Repeat("d", 257), "NUL": "a\x00b"} {
		_, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: k.Admin,
			Password: k.AdminPassword, DeviceID: device})
		wantKind(t, name, err, problem.Invalid, problem.CodeInvalidInput)
	}
	_, err := k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: k.Admin,
		Password: k.AdminPassword, DeviceID: strings.Repeat("d", 256)})
	if err != nil {
		t.Errorf("the longest: %v", err)
	}
}
