// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// proof is a credential and the use case that takes it.
type proof struct {
	name string
	use  func(s *identity.Service) error
}

// proofs are credentials of every sort, of an operator and an application.
type proofs struct {
	k   *tenancytest.Kit
	org tenancy.Organization
	app identity.IssuedApplication

	tenant, session, program                   tenancy.Caller // who came with the first three
	token, inSession, programToken, key, renew proof
	operatorToken, lent                        proof // lent: the program's token on another tree
	operatorTokenID                            tenancy.OperatorTokenID
	renewToken                                 func() error
}

func (p proofs) all() []proof {
	return []proof{p.token, p.inSession, p.programToken, p.key, p.renew, p.operatorToken, p.lent}
}

// newProofs makes an operator of an organization and an application, logged in.
func newProofs(t *testing.T, k *tenancytest.Kit) proofs {
	t.Helper()
	ctx, origin := context.Background(), k.Anyone().Origin
	p := proofs{k: k, org: k.Organization(t, "company001"), app: k.Application(t, "app")}
	password := k.Operator(t, "tenant", tenancy.Administrator, p.org.ID)
	text := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "tenant",
		Password: password, Audience: tree}))(t).Text.Reveal()
	session := must(k.StartSession(ctx, k.Anyone(), identity.StartSessionParams{Username: "tenant",
		Password: password}))(t).Text.Reveal()
	key := p.app.KeyText.Reveal()
	programText := must(k.LoginWithKey(ctx, k.Anyone(), key, tree))(t).Text.Reveal()
	p.tenant = must(k.AuthenticateToken(ctx, origin, text, tree))(t)
	p.session = must(k.AuthenticateSession(ctx, origin, session))(t)
	p.program = must(k.AuthenticateToken(ctx, origin, programText, tree))(t)
	p.token = proof{"token", func(s *identity.Service) error {
		return errOf(s.AuthenticateToken(ctx, origin,
			text, tree))
	}}
	p.inSession = proof{"session", func(s *identity.Service) error {
		return errOf(s.AuthenticateSession(ctx,
			origin, session))
	}}
	p.programToken = proof{"program's token",
		func(s *identity.Service) error { return errOf(s.AuthenticateToken(ctx, origin, programText, tree)) }}
	p.lent = proof{"program's token elsewhere", func(s *identity.Service) error {
		return errOf(s.AuthenticateToken(ctx, origin, programText, "/lent/v1", tree))
	}}
	p.key = proof{"key", func(s *identity.Service) error {
		return errOf(s.LoginWithKey(ctx, k.Anyone(), key,
			tree))
	}}
	p.renew = proof{"refresh", func(s *identity.Service) error { return errOf(s.RefreshToken(ctx, p.program)) }}
	made := issueToken(t, k, p.session, "deploy")
	p.operatorTokenID = made.ID
	p.renewToken = func() error { return errOf(renewToken(k, made)) }
	p.operatorToken = proof{"operator token", func(s *identity.Service) error {
		return errOf(use(s, made,
			"plan"))
	}}
	return p
}

// calls counts how often the store was asked for anything.
func calls(k *tenancytest.Kit) int {
	return k.Store.Calls("View") + k.Store.Calls("Read") + k.Store.Calls("Update")
}

func mustPass(t *testing.T, s *identity.Service, p proof) {
	t.Helper()
	if err := p.use(s); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
}

func TestRememberedNeedsNoStore(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	for _, p := range newProofs(t, k).all() {
		mustPass(t, k.Identity, p)
		before := calls(k)
		for range 3 {
			mustPass(t, k.Identity, p)
		}
		if n := calls(k) - before; n != 0 {
			t.Errorf("%s: the store was asked %d times", p.name, n)
		}
		k.Clock.Advance(500 * time.Millisecond)
		mustPass(t, k.Identity, p)
		if calls(k) == before {
			t.Errorf("%s: after half a second the store was not asked", p.name)
		}
	}
}

// Refusals are not remembered, and a caller is remembered for one tree only.
func TestRefusalsAreNotRemembered(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := k.Application(t, "a")
	text := must(k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree))(t).Text.Reveal()
	for _, bad := range []string{text + "x", text[:len(text)-1], "", "x", text + string(make([]byte, 1<<16))} {
		for range 2 {
			wantKind(t, "bad", errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, bad, tree)), problem.Unauthenticated,
				problem.CodeInvalidToken)
		}
	}
	for _, origin := range []tenancy.Origin{{Address: "192.0.2.1", RequestID: "1"},
		{Address: "192.0.2.2", RequestID: "2"}} {
		if c := must(k.AuthenticateToken(ctx, origin, text, tree))(t); c.Origin != origin || c.ID != app.ID ||
			c.Name != "a" {
			t.Errorf("from %v it is %+v", origin, c)
		}
	}
	wantKind(t, "on another tree", errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, text, "/other/v1")),
		problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "as a session", errOf(k.AuthenticateSession(ctx, k.Anyone().Origin, text)),
		problem.Unauthenticated, problem.CodeInvalidToken)
	wantKind(t, "as a key", errOf(k.LoginWithKey(ctx, k.Anyone(), text, tree)), problem.Unauthenticated,
		problem.CodeInvalidCredentials)
}

// ending is a change that ends some proofs and leaves the others.
type ending struct {
	name string
	do   func(p proofs) error
	ends func(p proofs) []proof
}

func endings() []ending {
	ctx, off := context.Background(), false
	ofOperator := func(p proofs) []proof { return []proof{p.token, p.inSession, p.operatorToken} }
	return []ending{
		{"log-out", func(p proofs) error { return p.k.Logout(ctx, p.tenant) },
			func(p proofs) []proof { return []proof{p.token} }},
		{"end of the session", func(p proofs) error { return p.k.Logout(ctx, p.session) },
			func(p proofs) []proof { return []proof{p.inSession} }},
		{"log-out of the program", func(p proofs) error { return p.k.Logout(ctx, p.program) },
			func(p proofs) []proof { return []proof{p.programToken, p.lent} }},
		{"new key", func(p proofs) error { return errOf(p.k.RenewApplicationKey(ctx, p.program, p.app.ID)) },
			func(p proofs) []proof { return []proof{p.key, p.renew} }},
		{"no application", func(p proofs) error { return p.k.DeleteApplication(ctx, p.k.Root(), p.app.ID) },
			func(p proofs) []proof { return []proof{p.programToken, p.lent, p.key, p.renew} }},
		{"operator token revoked", func(p proofs) error {
			return p.k.RevokeOperatorToken(ctx, p.session,
				p.operatorTokenID)
		}, func(p proofs) []proof { return []proof{p.operatorToken} }},
		{"operator token renewed", func(p proofs) error { return p.renewToken() },
			func(p proofs) []proof { return []proof{p.operatorToken} }},
		{"organization off", func(p proofs) error {
			return errOf(p.k.UpdateOrganization(ctx, p.k.Root(), p.org.ID,
				tenancy.UpdateOrganizationParams{Active: &off}))
		}, func(p proofs) []proof { return []proof{p.token, p.inSession, p.operatorToken} }},
		{"operator disabled", func(p proofs) error {
			return errOf(p.k.DisableOperator(ctx, p.k.Root(),
				p.tenant.ID))
		}, ofOperator},
		{"operator disabled and enabled", func(p proofs) error {
			return errors.Join(errOf(p.k.DisableOperator(ctx, p.k.Root(), p.tenant.ID)),
				errOf(p.k.EnableOperator(ctx, p.k.Root(), p.tenant.ID)))
		}, ofOperator},
		{"operator deleted", func(p proofs) error { return p.k.DeleteOperator(ctx, p.k.Root(), p.tenant.ID) },
			ofOperator},
		{"sessions ended", func(p proofs) error {
			return errOf(p.k.EndOperatorSessions(ctx, p.tenant,
				identity.Self))
		}, ofOperator},
		{"password reset", func(p proofs) error {
			return p.k.ChangePassword(ctx, p.k.Root(), p.tenant.ID,
				identity.ChangePasswordParams{New: secret.NewPassword()})
		}, ofOperator},
		{"key rotated", func(p proofs) error {
			return errOf(p.k.RotateApplicationKey(ctx, p.program, p.app.ID, identity.RotateKeyParams{}))
		}, func(p proofs) []proof { return []proof{p.programToken, p.lent, p.key, p.renew} }},
		{"operator off", func(p proofs) error { // no use case does this yet; the Tx a use case gets is watched
			return p.k.Change(ctx, func(tx tenancy.Tx) error {
				o, err := tx.LockOperator(ctx, p.tenant.ID)
				o.Active = false
				if err != nil {
					return err
				}
				return tx.UpdateOperator(ctx, o)
			})
		}, func(p proofs) []proof { return []proof{p.token, p.inSession, p.operatorToken} }},
	}
}

// A change holds when its answer arrives, and at other replicas half a second
// later. Nothing else stops.
func TestChangesHold(t *testing.T) {
	t.Parallel()
	for _, e := range endings() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			k := tenancytest.New(t)
			p := newProofs(t, k)
			replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{NoLimits: true}).Identity
			for _, proof := range p.all() {
				mustPass(t, k.Identity, proof)
				mustPass(t, replica, proof)
			}
			if err := e.do(p); err != nil {
				t.Fatal(err)
			}
			check := func(where string, s *identity.Service) {
				for _, proof := range p.all() {
					err, ended := proof.use(s), false
					for _, x := range e.ends(p) {
						ended = ended || x.name == proof.name
					}
					if ended {
						wantKind(t, where+": "+proof.name, err, problem.Unauthenticated, "")
					} else if err != nil {
						t.Errorf("%s: %s: %v", where, proof.name, err)
					}
				}
			}
			check("here", k.Identity)
			k.Clock.Advance(499 * time.Millisecond)
			for _, proof := range p.all() {
				mustPass(t, replica, proof) // remembered: nothing tells the replica
			}
			k.Clock.Advance(time.Millisecond)
			check("at the replica", replica)
			check("at the replica again", replica)
		})
	}
}

// The bound holds by the real clock.
func TestReplicaSeesLogoutWithinASecond(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Services = tenancytest.Over(k.Store, k.Keys, nil, tenancytest.Options{})
	replica := tenancytest.Over(k.Store, k.Keys, nil, tenancytest.Options{}).Identity
	text := must(k.LoginWithKey(ctx, k.Anyone(), k.Application(t, "a").KeyText.Reveal(), tree))(t).Text.Reveal()
	caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, text, tree))(t)
	must(replica.AuthenticateToken(ctx, k.Anyone().Origin, text, tree))(t)
	if err := k.Logout(ctx, caller); err != nil {
		t.Fatal(err)
	}
	out := time.Now()
	for {
		asked := time.Since(out)
		if errOf(replica.AuthenticateToken(ctx, k.Anyone().Origin, text, tree)) != nil {
			return
		}
		if asked >= 900*time.Millisecond {
			t.Fatalf("still taken after %v", asked)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// When the store is away, what must be read anew is not taken, nor refused for good.
func TestStoreIsAway(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	p := newProofs(t, k)
	for _, proof := range p.all() {
		mustPass(t, k.Identity, proof)
	}
	away := problem.New(problem.Unavailable, "away", "Away.")
	k.Store.Fail("View", away)
	k.Store.Fail("Read", away)
	for _, proof := range p.all() {
		mustPass(t, k.Identity, proof)
	}
	for _, d := range []time.Duration{500 * time.Millisecond, time.Second} {
		k.Clock.Advance(d)
		for _, proof := range p.all() {
			for range 2 {
				wantKind(t, proof.name, proof.use(k.Identity), problem.Unavailable, "away")
			}
		}
	}
	k.Store.Heal()
	for _, proof := range p.all() {
		mustPass(t, k.Identity, proof)
	}
}

// A key whose application cannot be read is neither taken nor refused.
func TestKeyOfAnUnreadableApplication(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	key := k.Application(t, "a").KeyText.Reveal()
	k.Store.Fail("Application", problem.New(problem.Unavailable, "away", "Away."))
	err := errOf(k.LoginWithKey(context.Background(), k.Anyone(), key, tree))
	wantKind(t, "log-in", err, problem.Unavailable, "away")
}

// What is remembered ends when it should, though nothing is read anew.
func TestRememberedEnds(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	origin := k.Anyone().Origin
	text := must(k.LoginWithKey(ctx, k.Anyone(), k.Application(t, "a").KeyText.Reveal(), tree))(t).Text.Reveal()
	caller := must(k.AuthenticateToken(ctx, origin, text, tree))(t)
	k.Clock.Advance(caller.Token.ExpiresAt.Sub(k.Clock.Now()) - 400*time.Millisecond)
	must(k.AuthenticateToken(ctx, origin, text, tree))(t)
	k.Clock.Advance(399 * time.Millisecond)
	must(k.AuthenticateToken(ctx, origin, text, tree))(t)
	k.Clock.Advance(time.Millisecond)
	wantKind(t, "at its end", errOf(k.AuthenticateToken(ctx, origin, text, tree)), problem.Unauthenticated,
		problem.CodeInvalidToken)

	s := start(t, k, "", 300*time.Millisecond)
	must(k.AuthenticateSession(ctx, origin, s.Text.Reveal()))(t)
	views, touches := k.Store.Calls("View"), k.Store.Calls("TouchSession")
	k.Clock.Advance(200 * time.Millisecond)
	must(k.AuthenticateSession(ctx, origin, s.Text.Reveal()))(t)
	k.Clock.Advance(200 * time.Millisecond) // 400 after the log-in, 200 after the last use
	must(k.AuthenticateSession(ctx, origin, s.Text.Reveal()))(t)
	if v, n := k.Store.Calls("View")-views, k.Store.Calls("TouchSession")-touches; v != 0 || n == 0 {
		t.Errorf("read %d times, its use written %d times", v, n)
	}
	k.Clock.Advance(100 * time.Millisecond)
	must(k.AuthenticateSession(ctx, origin, s.Text.Reveal()))(t) // read anew
	k.Clock.Advance(299 * time.Millisecond)
	must(k.AuthenticateSession(ctx, origin, s.Text.Reveal()))(t)
	k.Clock.Advance(300 * time.Millisecond)
	wantKind(t, "idle", auth(k, s), problem.Unauthenticated, problem.CodeInvalidToken)
}

// hooked is a store with something to do in the middle.
type hooked struct {
	tenancy.Store
	mu                                     sync.Mutex
	afterLookup, beforeCommit, afterCommit func() error
}

func (h *hooked) hook(of *func() error) error {
	h.mu.Lock()
	f := *of
	*of = nil // once
	h.mu.Unlock()
	if f == nil {
		return nil
	}
	return f()
}

func (h *hooked) set(of *func() error, f func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*of = f
}

func (h *hooked) Read(ctx context.Context, fn func(tenancy.Reader) error) error {
	err := h.Store.Read(ctx, fn)
	return errors.Join(err, h.hook(&h.afterLookup))
}

func (h *hooked) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	err := h.Store.Update(ctx, func(tx tenancy.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return h.hook(&h.beforeCommit)
	})
	if err != nil {
		return err
	}
	return h.hook(&h.afterCommit)
}

func loggedInOn(t *testing.T) (k *tenancytest.Kit, h *hooked, caller tenancy.Caller, use func() error) {
	t.Helper()
	h = &hooked{Store: storetest.SQLite(t)}
	k = tenancytest.On(t, h)
	ctx := context.Background()
	text := must(k.LoginWithKey(ctx, k.Anyone(), k.Application(t, "a").KeyText.Reveal(), tree))(t).Text.Reveal()
	use = func() error { return errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, text, tree)) }
	other := tenancytest.Over(k.Store, k.Keys, k.Clock.Now,
		tenancytest.Options{}).Identity // so that k remembers nothing yet
	return k, h, must(other.AuthenticateToken(ctx, k.Anyone().Origin, text, tree))(t), use
}

// Who reads the old state must not remember it past the change, whenever the
// read began and ended.
func TestReadBesideLogout(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("read before, remembered after", func(t *testing.T) {
		t.Parallel()
		k, h, caller, use := loggedInOn(t)
		h.set(&h.afterLookup, func() error { return k.Logout(ctx, caller) })
		_ = use() // at the same time: either is right
		wantKind(t, "after the log-out", use(), problem.Unauthenticated, problem.CodeInvalidToken)
	})
	t.Run("read before the commit", func(t *testing.T) {
		t.Parallel()
		k, h, caller, use := loggedInOn(t)
		h.set(&h.beforeCommit, use)
		if err := k.Logout(ctx, caller); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "after the log-out", use(), problem.Unauthenticated, problem.CodeInvalidToken)
	})
	t.Run("committed, and the answer lost", func(t *testing.T) {
		t.Parallel()
		k, h, caller, use := loggedInOn(t)
		if err := use(); err != nil {
			t.Fatal(err)
		}
		h.set(&h.afterCommit, func() error { return problem.New(problem.Unavailable, "lost", "Lost.") })
		wantKind(t, "log-out", k.Logout(ctx, caller), problem.Unavailable, "lost")
		wantKind(t, "after it", use(), problem.Unauthenticated, problem.CodeInvalidToken)
	})
}

// While one reads anew others go on, but not for longer than the bound.
func TestOneReadsAnew(t *testing.T) {
	t.Parallel()
	k, h, _, use := loggedInOn(t)
	if err := use(); err != nil {
		t.Fatal(err)
	}
	k.Clock.Advance(500 * time.Millisecond)
	reading, goOn := make(chan struct{}), make(chan struct{})
	h.set(&h.afterLookup, func() error { close(reading); <-goOn; return nil })
	var wg sync.WaitGroup
	wg.Go(func() { // the one
		if err := use(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-reading:
	case <-time.After(time.Minute):
		t.Fatal("after half a second nobody reads anew")
	}
	before := calls(k)
	for _, d := range []time.Duration{0, 399 * time.Millisecond} {
		k.Clock.Advance(d)
		if err := use(); err != nil || calls(k) != before {
			t.Errorf("another: %v, %d calls", err, calls(k)-before)
		}
	}
	k.Clock.Advance(time.Millisecond)
	if err := use(); err != nil || calls(k) == before {
		t.Errorf("past the bound: %v, %d calls", err, calls(k)-before)
	}
	close(goOn)
	wg.Wait()
}

// Of many who use a token none gets through after the log-out was answered.
func TestLogoutBesideUse(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.On(t, storetest.SQLite(t))
	app := k.Application(t, "a")
	for range 10 {
		text := must(k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree))(t).Text.Reveal()
		caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, text, tree))(t)
		var out atomic.Bool
		var late, passed atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for last := false; !last; {
					last = out.Load()
					err := errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, text, tree))
					switch {
					case err == nil && last:
						late.Add(1)
					case err == nil:
						passed.Add(1)
					}
				}
			})
		}
		wg.Go(func() { // has everything read anew all the time
			for !out.Load() {
				if _, err := k.RenameApplication(ctx, k.Root(), app.ID, secret.NewID()); err != nil {
					t.Error(err)
				}
			}
		})
		for passed.Load() < 50 {
			time.Sleep(time.Millisecond)
		}
		if err := k.Logout(ctx, caller); err != nil {
			t.Error(err)
		}
		out.Store(true)
		wg.Wait()
		if late.Load() > 0 {
			t.Fatalf("%d got through after the log-out", late.Load())
		}
	}
}
