// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// keyUser is somebody who has a key, and an access token of it.
type keyUser struct {
	name, key, token string
	caller           tenancy.Caller
}

func newKeyUser(t *testing.T, k *tenancytest.Kit, name string, key secret.Secret) keyUser {
	t.Helper()
	token := must(k.LoginWithKey(context.Background(), k.Anyone(), key.Reveal(), tree))(t).Text.Reveal()
	caller := must(k.AuthenticateToken(context.Background(), k.Anyone().Origin, token, tree))(t)
	return keyUser{name, key.Reveal(), token, caller}
}

// wantKey fails unless the key, the log-in with an id, the token and its refreshing are all
// good, or all refused.
func wantKey(t *testing.T, k *tenancytest.Kit, s *identity.Service, where string, u keyUser, good bool) {
	t.Helper()
	ctx, id := context.Background(), u.caller.ID
	for what, err := range map[string]error{
		"key":                errOf(s.LoginWithKey(ctx, k.Anyone(), u.key, tree)),
		"id and key":         errOf(s.LoginApplication(ctx, k.Anyone(), id, u.key, tree)),
		"access token":       errOf(s.AuthenticateToken(ctx, k.Anyone().Origin, u.token, tree)),
		"refresh of a token": errOf(s.RefreshToken(ctx, u.caller)),
	} {
		if good && err != nil {
			t.Errorf("%s: %s, %s: %v", where, u.name, what, err)
		} else if !good {
			wantKind(t, where+": "+u.name+", "+what, err, problem.Unauthenticated, "")
		}
	}
}

// Both keys are good during the overlap. When it ends, and when it is ended, the former key
// and all that it got stop: at once here, and at another replica when it reads again.
func TestRotateApplicationKey(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, store tenancy.Store) {
		ctx, k := context.Background(), tenancytest.On(t, store)
		replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{NoLimits: true}).Identity
		app := k.Application(t, "app")
		former := newKeyUser(t, k, "the former", app.KeyText)
		rotate := func(caller tenancy.Caller, overlap time.Duration) (identity.IssuedApplication, error) {
			return k.RotateApplicationKey(ctx, caller, app.ID, identity.RotateKeyParams{Overlap: overlap})
		}
		issued := must(rotate(former.caller, time.Minute))(t)
		current := newKeyUser(t, k, "the current", issued.KeyText)
		if issued.Former.ID != app.Key.ID || issued.Key.ID == app.Key.ID || !issued.UpdatedAt.After(app.UpdatedAt) {
			t.Errorf("rotated: %+v", issued.Application)
		}
		_, err := rotate(former.caller, 0)
		wantKind(t, "rotation by the former key", err, problem.Unauthenticated, problem.CodeInvalidToken)
		_, err = k.EndKeyOverlap(ctx, former.caller, app.ID)
		wantKind(t, "end by the former key", err, problem.Unauthenticated, problem.CodeInvalidToken)
		_, err = rotate(current.caller, time.Second)
		wantKind(t, "a second overlap", err, problem.Conflict, problem.CodeKeyOverlap)
		for _, s := range []*identity.Service{k.Identity, replica} {
			wantKey(t, k, s, "in the overlap", former, true)
			wantKey(t, k, s, "in the overlap", current, true)
		}
		k.Clock.Advance(time.Minute - 100*time.Millisecond)
		wantKey(t, k, replica, "before its end", current, true)
		if err := errOf(replica.AuthenticateToken(ctx, k.Anyone().Origin, former.token, tree)); err != nil {
			t.Errorf("before its end: %v", err)
		}
		k.Clock.Advance(100 * time.Millisecond) // nothing was changed, and nothing is read again yet
		for _, s := range []*identity.Service{k.Identity, replica} {
			wantKey(t, k, s, "after the overlap", former, false)
			wantKey(t, k, s, "after the overlap", current, true)
		}
		_, err = k.EndKeyOverlap(ctx, k.Root(), app.ID)
		wantKind(t, "an overlap that is over", err, problem.Conflict, problem.CodeKeyNotRotated)

		next := newKeyUser(t, k, "the next", must(rotate(current.caller, time.Hour))(t).KeyText)
		wantKey(t, k, replica, "in the second overlap", current, true)
		must(k.EndKeyOverlap(ctx, next.caller, app.ID))(t)
		wantKey(t, k, k.Identity, "ended", current, false)
		k.Clock.Advance(time.Second)
		wantKey(t, k, replica, "ended, at a replica", current, false)
		last := newKeyUser(t, k, "the last", must(rotate(k.Root(), 0))(t).KeyText)
		wantKey(t, k, k.Identity, "without an overlap", next, false)
		wantKey(t, k, k.Identity, "without an overlap", last, true)
	})
}

// A rotation without an overlap, and a renewal, end both keys of an overlap.
func TestRotateInAnOverlap(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(k *tenancytest.Kit, id string) error{
		"rotate": func(k *tenancytest.Kit, id string) error {
			return errOf(k.RotateApplicationKey(context.Background(), k.Root(), id, identity.RotateKeyParams{}))
		},
		"renew": func(k *tenancytest.Kit, id string) error {
			return errOf(k.RenewApplicationKey(context.Background(), k.Root(), id))
		},
	} {
		ctx, k := context.Background(), tenancytest.New(t)
		app := k.Application(t, "app")
		former := newKeyUser(t, k, "the former", app.KeyText)
		rotated := must(k.RotateApplicationKey(ctx, k.Root(), app.ID,
			identity.RotateKeyParams{Overlap: time.Hour}))(t)
		current := newKeyUser(t, k, "the current", rotated.KeyText)
		if err := end(k, app.ID); err != nil {
			t.Fatal(err)
		}
		wantKey(t, k, k.Identity, name, former, false)
		if name == "rotate" {
			wantKey(t, k, k.Identity, name, current, false)
		}
		_, err := k.LoginWithKey(ctx, k.Anyone(), current.key, tree)
		wantKind(t, name+": the current key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	}
}

// What was got with a key that was renewed lives out its few minutes, and no longer.
func TestTokensOfARenewedKey(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := k.Application(t, "app")
	u := newKeyUser(t, k, "the former", app.KeyText)
	must(k.RenewApplicationKey(ctx, k.Root(), app.ID))(t)
	use := func() error { return errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, u.token, tree)) }
	k.Clock.Advance(identity.ApplicationTokenLife - 2*time.Second)
	if err := use(); err != nil {
		t.Errorf("before its end: %v", err)
	}
	must(k.RenewApplicationKey(ctx, k.Root(), app.ID))(t)
	wantKind(t, "after a second renewal", use(), problem.Unauthenticated, problem.CodeInvalidToken)
}

func TestRotateRefuses(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app, other := k.Application(t, "app"), k.Application(t, "other")
	extension := must(k.CreateExtension(ctx, k.Root(), "e"))(t)
	mine := newKeyUser(t, k, "mine", app.KeyText).caller
	day := 24 * time.Hour
	for _, c := range []struct {
		what   string
		caller tenancy.Caller
		id     string
		p      identity.RotateKeyParams
		kind   problem.Kind
		code   problem.Code
	}{
		{"nobody", k.Anyone(), app.ID, identity.RotateKeyParams{}, problem.Unauthenticated,
			problem.CodeLoginRequired},
		{"another's", mine, other.ID, identity.RotateKeyParams{}, problem.Denied, problem.CodePermissionMissing},
		{"no id", k.Root(), "x", identity.RotateKeyParams{}, problem.NotFound, problem.CodeApplicationNotFound},
		{"an extension", k.Root(), extension.ID, identity.RotateKeyParams{}, problem.Invalid, problem.CodeNoKey},
		{"before now", k.Root(), app.ID, identity.RotateKeyParams{Overlap: -1}, problem.Invalid,
			problem.CodeInvalidInput},
		{"too long", k.Root(), app.ID, identity.RotateKeyParams{Overlap: 366*day + 1}, problem.Invalid,
			problem.CodeInvalidInput},
		{"no expiry", k.Root(), app.ID, identity.RotateKeyParams{Expiry: &identity.KeyExpiry{}}, problem.Invalid,
			problem.CodeInvalidInput},
	} {
		_, err := k.RotateApplicationKey(ctx, c.caller, c.id, c.p)
		wantKind(t, c.what, err, c.kind, c.code)
	}
	for _, method := range []string{"UpdateApplication", "InsertAuditEvent", "Commit"} {
		k.Store.Fail(method, errors.New("broken"))
		if _, err := k.RotateApplicationKey(ctx, k.Root(), app.ID, identity.RotateKeyParams{}); !errors.Is(err,
			problem.Internal) {
			t.Errorf("%s failed: got %v", method, err)
		}
		k.Store.Heal()
		k.ApplicationCaller(t, app.KeyText) // the key still holds
	}
}

// When a key was last used is written at its first log-in, and then once an hour.
func TestKeyLastUsed(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := k.Application(t, "app")
	used := func() tenancy.Application { return must(k.GetApplication(ctx, k.Root(), app.ID))(t) }
	if a := used(); !a.Key.LastUsedAt.IsZero() {
		t.Errorf("used at %v before it was", a.Key.LastUsedAt)
	}
	first := k.Core.Now()
	for range 3 {
		k.ApplicationCaller(t, app.KeyText)
		k.Clock.Advance(19 * time.Minute)
	}
	if a := used(); !a.Key.LastUsedAt.Equal(first) {
		t.Errorf("within an hour: %v, want %v", a.Key.LastUsedAt, first)
	}
	must(k.RotateApplicationKey(ctx, k.Root(), app.ID, identity.RotateKeyParams{Overlap: 3 * time.Hour}))(t)
	k.Clock.Advance(time.Hour)
	second := k.Core.Now()
	k.ApplicationCaller(t, app.KeyText)
	if a := used(); !a.Former.LastUsedAt.Equal(second) || !a.Key.LastUsedAt.IsZero() {
		t.Errorf("the former key: %v, want %v; the current: %v", a.Former.LastUsedAt, second, a.Key.LastUsedAt)
	}
	k.Clock.Advance(time.Hour)
	k.Store.Fail("TouchApplicationKey", errors.New("broken"))
	if _, err := k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree); !errors.Is(err, problem.Internal) {
		t.Errorf("the use could not be written: %v", err)
	}
}

// The expiry of a key is judged at each use, and a later one may be set unless the key
// states its end.
func TestKeyExpiry(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	in := func(d time.Duration) *identity.KeyExpiry { return &identity.KeyExpiry{At: k.Clock.Now().Add(d)} }
	never := &identity.KeyExpiry{Never: true}
	create := func(days *int, e *identity.KeyExpiry) (identity.IssuedApplication, error) {
		return k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: "a",
			Type: tenancy.TypeApplication, LifetimeDays: days, Expiry: e})
	}
	set := func(id string, e *identity.KeyExpiry) error {
		return errOf(k.UpdateApplication(ctx, k.Root(), id, identity.UpdateApplicationParams{Expiry: e}))
	}
	app := must(create(nil, in(time.Hour)))(t)
	u := newKeyUser(t, k, "it", app.KeyText)
	if err := set(app.ID, in(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	k.Clock.Advance(2 * time.Minute)
	wantKey(t, k, k.Identity, "expired", u, false)
	for _, e := range []*identity.KeyExpiry{in(time.Hour), never} {
		if err := set(app.ID, e); err != nil {
			t.Fatal(err)
		}
		wantKey(t, k, k.Identity, "longer again", newKeyUser(t, k, "it", app.KeyText), true)
	}
	if err := set(app.ID, in(time.Hour)); err != nil {
		t.Fatal(err)
	}
	next := must(k.RotateApplicationKey(ctx, k.Root(), app.ID, identity.RotateKeyParams{}))(t)
	if left := next.Key.ExpiresAt.Sub(k.Clock.Now()); left < time.Hour || left > time.Hour+3*time.Minute {
		t.Errorf("the next key lives for %v", left) // as long as the one before, from its making on
	}
	days := 2
	stated := must(create(&days, nil))(t)
	wantFields := func(what string, err error, code problem.Code) {
		t.Helper()
		if e := problem.As(err); e.Kind != problem.Invalid || len(e.Fields) != 1 ||
			e.Fields[0].Field != "expiresAt" ||
			e.Fields[0].Phrase.Code != code {
			t.Errorf("%s: got %v, want %s", what, err, code)
		}
	}
	wantFields("beyond the days", set(stated.ID, in(49*time.Hour)), problem.CodeKeyLife)
	wantFields("never", set(stated.ID, never), problem.CodeKeyLife)
	wantFields("the past", set(app.ID, in(0)), problem.CodeNotInFuture)
	wantFields("far ahead", set(app.ID, in(101*366*24*time.Hour)), problem.CodeTooFarAhead)
	wantFields("both", set(app.ID, &identity.KeyExpiry{At: k.Clock.Now(), Never: true}), problem.CodeExpiryTwice)
	wantFields("neither", set(app.ID, &identity.KeyExpiry{}), problem.CodeNotInFuture)
	if err := set(stated.ID, in(time.Hour)); err != nil {
		t.Errorf("within the days: %v", err)
	}
	for what, e := range map[string]*identity.KeyExpiry{"an hour": in(time.Hour), "never": never} {
		if _, err := k.RotateApplicationKey(ctx, k.Root(), stated.ID,
			identity.RotateKeyParams{Expiry: e}); (err == nil) != (what == "an hour") {
			t.Errorf("rotated to %s: %v", what, err)
		}
	}
	extension := must(k.CreateExtension(ctx, k.Root(), "e"))(t)
	wantFields("of an extension", set(extension.ID, never), problem.CodeNoKey)
}

func TestUpdateApplication(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := k.Application(t, "app")
	name, blank := " other ", " "
	update := func(p identity.UpdateApplicationParams) (tenancy.Application, error) {
		return k.UpdateApplication(ctx, k.Root(), app.ID, p)
	}
	a := must(update(identity.UpdateApplicationParams{Name: &name,
		Expected: tenancy.SomeVersions(app.UpdatedAt)}))(t)
	if a.Name != "other" || name != " other " || !a.UpdatedAt.After(app.UpdatedAt) {
		t.Errorf("changed: %+v", a)
	}
	again := must(update(identity.UpdateApplicationParams{Name: &name}))(t)
	if !again.UpdatedAt.Equal(a.UpdatedAt) {
		t.Error("no difference is a change")
	}
	_, err := update(identity.UpdateApplicationParams{Name: &name,
		Expected: tenancy.SomeVersions(app.UpdatedAt)})
	wantKind(t, "changed meanwhile", err, problem.Conflict, problem.CodeApplicationChanged)
	_, err = update(identity.UpdateApplicationParams{Name: &blank})
	wantKind(t, "no name", err, problem.Invalid, problem.CodeInvalidInput)
}
