// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// refusals returns the events of refused log-ins, of all chains by time.
func refusals(t *testing.T, k *tenancytest.Kit) (list []tenancy.AuditEvent) {
	t.Helper()
	for p := (tenancy.AuditList{Oldest: true, Limit: 100}); ; {
		page := must(k.ListAudit(context.Background(), k.Root(), p))(t)
		for _, e := range page.Items {
			if e.Outcome() == tenancy.OutcomeFailure {
				list = append(list, e)
			}
		}
		if p.After = page.Next; p.After == nil {
			return list
		}
	}
}

func TestRefusedLoginsAreAudited(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "company001")
	k.Operator(t, "ada", tenancy.Auditor, o.ID)
	login := func(name, address string) error {
		t.Helper()
		_, err := k.LoginWithPassword(ctx, tenancy.Anonymous(tenancy.Origin{Address: address, RequestID: "r1"}),
			identity.LoginParams{Username: name, Password: secret.Of("wrong"), Audience: tree})
		return err
	}
	for range 7 { // locked after five
		if err := login("ADA", "192.0.2.1"); err == nil {
			t.Fatal("a wrong password is right")
		}
	}
	wantKind(t, "unknown", login("hunter2", "192.0.2.1"), problem.Unauthenticated,
		problem.CodeInvalidCredentials)
	_, err := k.LoginWithKey(ctx, k.Anyone(), "no key", tree)
	wantKind(t, "a key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	_, err = k.LoginClient(ctx, k.Anyone(), "nobody", secret.Of("x"), tenancy.KeyInBody, tree)
	wantKind(t, "a client", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	got := refusals(t, k)
	if len(got) != 4 {
		t.Fatalf("got %d events, want one for each name: %+v", len(got), got)
	}
	if e := got[len(got)-1]; e.OrganizationID != o.ID || e.Action != "operator.login_refused" ||
		e.Address != "192.0.2.1" ||
		e.RequestID != "r1" || e.ActorKind != tenancy.AnonymousCaller || e.Target == "" ||
		e.Detail != `{"name":"ada"}` {
		t.Errorf("got %+v", e)
	}
	for _, e := range got[:3] {
		if e.OrganizationID != tenancy.RootID || strings.Contains(fmt.Sprint(e), "hunter2") ||
			!strings.Contains(e.Detail, `"unknown:`) {
			t.Errorf("a name of nobody: got %+v", e)
		}
	}
	must(0, k.WriteRefusals(ctx, false))(t)
	if n := len(refusals(t, k)); n != 4 {
		t.Errorf("within the window: got %d events", n)
	}
	k.Clock.Advance(11 * time.Minute)
	k.Store.Fail("InsertAuditEvent", errors.New("broken"))
	if err := k.WriteRefusals(ctx, false); err == nil {
		t.Error("what was not written was reported as written")
	}
	k.Store.Heal()
	for range 2 {
		must(0, k.WriteRefusals(ctx, false))(t)
	}
	got = refusals(t, k)
	if e := got[len(got)-1]; len(got) != 5 || !strings.Contains(e.Detail, `"count":"6"`) ||
		!strings.Contains(e.Detail, `"name":"ada"`) {
		t.Errorf("after the window: got %d events, the last %+v", len(got), e)
	}
	login("ada", "192.0.2.1")
	if n := len(refusals(t, k)); n != 6 {
		t.Errorf("a new window: got %d events, want 6", n)
	}
}

// A flood from many sources with many names costs a bounded number of events, and none of it
// is lost.
func TestRefusedLoginsAreBounded(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	const many = 600
	for i := range many {
		_, err := k.LoginWithKey(ctx, tenancy.Anonymous(tenancy.Origin{Address: fmt.Sprintf("192.0.%d.%d", i/200,
			i%200)}), "no key", tree)
		wantKind(t, "a key", err, problem.Unauthenticated, "")
	}
	if n := len(refusals(t, k)); n != 256 {
		t.Errorf("got %d events, want 256", n)
	}
	must(0, k.WriteRefusals(ctx, true))(t)
	got := refusals(t, k)
	if e := got[len(got)-1]; len(got) != 257 || !strings.Contains(e.Detail,
		fmt.Sprintf(`"count":"%d"`, many-256)) {
		t.Errorf("got %d events, the last %+v", len(got), e)
	}
}

// An event that cannot be written at first is written later.
func TestRefusedLoginIsNotLost(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Store.Fail("InsertAuditEvent", errors.New("broken"))
	_, err := k.LoginWithKey(ctx, k.Anyone(), "no key", tree)
	wantKind(t, "a key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	k.Store.Heal()
	must(0, k.WriteRefusals(ctx, true))(t)
	if got := refusals(t, k); len(got) != 1 || !strings.Contains(got[0].Detail, `"count":"1"`) {
		t.Errorf("got %+v", got)
	}
}

// A name that could not be looked up is still told from others, and belongs to no operator.
func TestRefusedLoginOfANameThatIsNotRead(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Store.Fail("Application", errors.New("broken"))
	_, err := k.LoginApplication(ctx, k.Anyone(), "shop", "no key", tree)
	wantKind(t, "a key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	k.Store.Heal()
	must(0, k.WriteRefusals(ctx, true))(t)
	if got := refusals(t, k); len(got) != 1 || !strings.Contains(got[0].Detail, `"name":"unknown:`) {
		t.Errorf("got %+v", got)
	}
}

// A count is not written while the first event of its window is: both would tell of one refusal.
func TestRefusalsAreCountedOnce(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	started, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	var once sync.Once
	go func() {
		done <- k.Core.Update(ctx,
			func(tenancy.Tx) error { once.Do(func() { close(started) }); <-release; return nil })
	}()
	<-started
	before := k.Store.Calls("Update")
	go func() { done <- errOf(k.LoginWithKey(ctx, k.Anyone(), "no key", tree)) }()
	for k.Store.Calls("Update") == before {
		time.Sleep(time.Millisecond)
	}
	go func() { time.Sleep(100 * time.Millisecond); close(release) }()
	must(0, k.WriteRefusals(ctx, true))(t)
	for range 2 {
		if err := <-done; err != nil && !errors.Is(err, problem.Unauthenticated) {
			t.Error(err)
		}
	}
	must(0, k.WriteRefusals(ctx, true))(t)
	if got := refusals(t, k); len(got) != 1 {
		t.Errorf("one refusal, and %d events: %+v", len(got), got)
	}
}

// The key of one application with the id of another is a refusal, and no log-in of its owner.
func TestLoginWithTheIDOfAnother(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	shop, other := k.Application(t, "shop"), k.Application(t, "other")
	for _, id := range []string{other.ID, ""} {
		before := len(k.Events(t, tenancy.RootID))
		_, err := k.LoginApplication(ctx, k.Anyone(), id, shop.KeyText.Reveal(), tree)
		wantKind(t, "with the id "+id, err, problem.Unauthenticated, problem.CodeInvalidCredentials)
		if got := k.Events(t, tenancy.RootID)[before:]; len(got) != 1 || got[0] != "application.login_refused" {
			t.Errorf("with the id %q: %q", id, got)
		}
	}
}
