// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

const (
	weakText   = "CBABAB761"                // as a vendor's page shows one
	strongText = "9f1c7Qz4TmWb2LkxVd8sRgYe" // as long as a random one should be
)

func importing(k *tenancytest.Kit, change ...func(*tenancy.AuthCodeParams)) tenancy.AuthCodeParams {
	p := tenancy.AuthCodeParams{Name: "old", Limits: tenancy.CodeLimits{AnyNumber: true,
		ExpiresAt: k.Core.Now().Add(tenancy.MaxImportedLife)}}
	for _, f := range change {
		f(&p)
	}
	return p
}

func importCode(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID,
	text string) tenancy.IssuedAuthCode {
	t.Helper()
	imported := tenancy.ImportedText{Text: secret.Of(text)}
	return must(k.ImportAuthCode(ctx, k.Root(), id, importing(k), imported))(t)
}

// An imported code lets in whoever has exactly its text, and is read back as it is.
func TestImport(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	for text, weak := range map[string]bool{weakText: true, strongText: false, `a<b>&"'%` + strongText: false} {
		code := importCode(t, k, o.ID, text)
		if code.Text.Reveal() != text || !code.Imported || code.Weak != weak || code.Primary {
			t.Errorf("%q: got %+v", text, code.AuthCode)
		}
		if got := stored(t, k, code.AuthCode); !got.Imported || got.Weak != weak {
			t.Errorf("%q: stored %+v", text, got)
		}
		if shown := must(k.RevealAuthCode(ctx, k.Root(), o.ID, code.ID))(t); shown.Text.Reveal() != text {
			t.Errorf("%q: another text is revealed", text)
		}
		client := must(enrol(k, text, "i"+text[:1]))(t)
		if client.AuthCodeID != code.ID || client.OrganizationID != o.ID {
			t.Errorf("%q: enrolled %+v", text, client.Client)
		}
		if v := must(k.VerifyAuthCode(ctx, k.Root(), text, local, true))(t); !v.Valid || v.Code.ID != code.ID {
			t.Errorf("%q: %+v", text, v)
		}
		for _, other := range []string{strings.ToLower(text), " " + text, text + " ", text + "0", text[1:]} {
			_, err := enrol(k, other, "j")
			wantRefused(t, other, err)
		}
	}
	if events := fmt.Sprint(auditOf(t, k, o.ID)); strings.Contains(events, weakText) {
		t.Errorf("the audit has the text: %s", events)
	}
}

func auditOf(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID) (events []tenancy.AuditEvent) {
	t.Helper()
	err := k.Store.View(ctx, func(tx tenancy.Reader) (err error) {
		events, err = tx.AuditEvents(ctx, id, 0, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// The audit says that a weak code was brought, and which one it replaced, but not its text.
func TestImportIsAudited(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	_, former, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	code := must(k.ImportAuthCode(ctx, k.Root(), o.ID, importing(k), tenancy.ImportedText{
		Text: secret.Of(weakText), Primary: true}))(t)
	events := auditOf(t, k, o.ID)
	last := events[len(events)-1]
	want := `{"name":"old","supersedes":"` + former.ID + `","weak":"true"}`
	if last.Action != "auth_code.import" || last.Target != code.ID || last.Detail != want {
		t.Errorf("got %+v", last)
	}
	_, shown, err := k.RevealPrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil || shown.Text.Reveal() != weakText {
		t.Errorf("the primary code is another one (%v)", err)
	}
	if got := stored(t, k, former.AuthCode); got.Living() || got.EndReason != tenancy.Superseded {
		t.Errorf("the former one: %+v", got)
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	importCode(t, k, other.ID, strongText)
	try := func(id tenancy.OrganizationID, p tenancy.AuthCodeParams, text string) error {
		return errOf(k.ImportAuthCode(ctx, k.Root(), id, p, tenancy.ImportedText{Text: secret.Of(text)}))
	}
	code := newCode(t, k, o.ID).Text.Reveal()
	for text, want := range map[string]problem.Code{"": problem.CodeBadImportedCode,
		"a b" + strongText: problem.CodeBadImportedCode, strongText + "\n": problem.CodeBadImportedCode,
		strings.Repeat("x1", 129): problem.CodeBadImportedCode, "é" + strongText: problem.CodeBadImportedCode,
		code: problem.CodeOwnForm, "ghc" + strongText: problem.CodeOwnForm, "12345678": problem.CodeTooGuessable,
		"aaaaaaaaaaaaaaaa": problem.CodeTooGuessable} {
		err := try(o.ID, importing(k), text)
		wantKind(t, text, err, problem.Invalid, problem.CodeInvalidInput)
		if f := problem.As(orNone(err)).Fields; len(f) != 1 || f[0].Phrase.Code != want ||
			f[0].Field != tenancy.FieldAuthorizationCode || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: got %+v, want %s", text, f, want)
		}
	}
	for name, l := range map[string]tenancy.CodeLimits{"never": tenancy.Unlimited(),
		"late": {AnyNumber: true, ExpiresAt: k.Core.Now().Add(tenancy.MaxImportedLife + time.Millisecond)}} {
		err := try(o.ID, tenancy.AuthCodeParams{Name: "n", Limits: l}, weakText)
		if f := problem.As(orNone(err)).Fields; len(f) != 1 || f[0].Phrase.Code != problem.CodeImportedLife {
			t.Errorf("%s: got %v", name, err)
		}
	}
	wantKind(t, "another organization's text", try(o.ID, importing(k), strongText), problem.Conflict,
		problem.CodeAuthCodeExists)
	wantKind(t, "no organization", try(7, importing(k), weakText), problem.NotFound, "")
	must(k.UpdateOrganization(ctx, k.Root(), other.ID, tenancy.UpdateOrganizationParams{
		Active: pointer(false)}))(t)
	wantKind(t, "an inactive one", try(other.ID, importing(k), weakText), problem.Conflict,
		problem.CodeOrganizationInactive)
	policy := tenancy.Policy{MaxCodeLife: time.Hour}
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Policy: &policy}))(t)
	if f := problem.As(orNone(try(o.ID, importing(k), weakText))).Fields; len(f) != 1 ||
		f[0].Phrase.Code != problem.CodeExpiryNeeded {
		t.Errorf("beyond the policy: got %v", f)
	}
}

// Whoever gives a text to an organization gets the clients that have it, and learns whether another
// has the text already. So only the server's own administrators may.
func TestWhoMayImport(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	operator := func(role tenancy.Role, id tenancy.OrganizationID) tenancy.Caller {
		name := fmt.Sprint(role, id)
		return k.OperatorCaller(t, name, k.Operator(t, name, role, id))
	}
	try := func(c tenancy.Caller) error {
		return errOf(k.ImportAuthCode(ctx, c, o.ID, importing(k), tenancy.ImportedText{Text: secret.Of(weakText)}))
	}
	for name, c := range map[string]tenancy.Caller{"account manager": operator(tenancy.AccountManager, 0),
		"auditor": operator(tenancy.Auditor, 0), "its administrator": operator(tenancy.Administrator, o.ID),
		"application": k.ApplicationCaller(t, k.Application(t, "a").KeyText)} {
		wantKind(t, name, try(c), problem.Denied, "")
	}
	wantKind(t, "nobody", try(k.Anyone()), problem.Unauthenticated, "")
	if err := try(operator(tenancy.Administrator, 0)); err != nil {
		t.Error(err)
	}
}

// An imported code never lives longer than it may, and what takes its place is of this server.
func TestImportedChangesAndRotates(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := importCode(t, k, o.ID, weakText)
	k.Clock.Advance(24 * time.Hour)
	change := func(e tenancy.CodeExpiry) error {
		return errOf(k.UpdateAuthCode(ctx, k.Root(), o.ID, code.ID, tenancy.AuthCodeUpdate{Expiry: &e}))
	}
	for _, e := range []tenancy.CodeExpiry{{Never: true}, {At: code.Limits.ExpiresAt.Add(time.Second)}} {
		if f := problem.As(orNone(change(e))).Fields; len(f) != 1 || f[0].Phrase.Code != problem.CodeImportedLife {
			t.Errorf("%+v: got %v", e, f)
		}
	}
	if err := change(tenancy.CodeExpiry{At: k.Core.Now().Add(time.Hour)}); err != nil {
		t.Error(err)
	}
	if err := change(tenancy.CodeExpiry{At: code.Limits.ExpiresAt}); err != nil {
		t.Error(err)
	}
	next := must(k.RotateAuthCode(ctx, k.Root(), o.ID, code.ID, time.Hour))(t)
	if _, err := secret.ParseAuthCode(next.Text.Reveal()); err != nil || next.Imported || next.Weak {
		t.Errorf("after it: %+v (%v)", next.AuthCode, err)
	}
	must(enrol(k, weakText, "in the overlap"))(t)
	k.Clock.Advance(time.Hour)
	_, err := enrol(k, weakText, "after the overlap")
	wantRefused(t, "after the overlap", err)
	wantKind(t, "the same text again", errOf(k.ImportAuthCode(ctx, k.Root(), o.ID, importing(k),
		tenancy.ImportedText{Text: secret.Of(weakText)})), problem.Conflict, problem.CodeAuthCodeExists)
}

// A canary may have a text that was lost with the other system.
func TestImportedCanary(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	must(k.ImportAuthCode(ctx, k.Root(), o.ID, importing(k), tenancy.ImportedText{Text: secret.Of(weakText),
		Canary: true}))(t)
	_, err := enrol(k, weakText, "thief")
	wantRefused(t, "a canary", err)
	if events := k.Events(t, o.ID); events[len(events)-1] != "auth_code.canary" {
		t.Errorf("got %v", events)
	}
}

// Without imported codes no text of another form is looked up; with them each is, once. A mistyped code
// of this server never is.
func TestOtherFormsAreLookedUpOnlyIfNeeded(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	asked := func(text string) int {
		count := func() int {
			return k.Store.Calls("LockEnrolment") + k.Store.Calls("AuthCodeByDigest") + k.Store.Calls("LockAttempt")
		}
		before := count()
		_, _ = enrol(k, text, "i")
		_, _ = k.VerifyAuthCode(ctx, k.Root(), text, local, true)
		return count() - before
	}
	if n := asked(weakText); n != 0 {
		t.Errorf("without imported codes the store is asked %d times", n)
	}
	importCode(t, k, o.ID, strongText)
	mistyped := newCode(t, k, o.ID).Text.Reveal()[:30]
	if n := asked(mistyped); n != 0 {
		t.Errorf("for a mistyped code of ours the store is asked %d times", n)
	}
	if n := asked(weakText); n == 0 {
		t.Error("with imported codes the store is not asked")
	}
}

// A code that another replica imported holds here within a second.
func TestImportedElsewhere(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	_, err := enrol(k, strongText, "i")
	wantRefused(t, "before", err)
	replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{})
	must(replica.ImportAuthCode(ctx, k.Root(), o.ID, importing(k), tenancy.ImportedText{
		Text: secret.Of(strongText)}))(t)
	k.Clock.Advance(time.Second)
	must(enrol(k, strongText, "i"))(t)
}

// guesser returns callers with an address of their own each, so that only the bound over all addresses
// counts.
func guesser() func() tenancy.Caller {
	var n atomic.Int64
	return func() tenancy.Caller {
		i := n.Add(1)
		return tenancy.Anonymous(tenancy.Origin{Address: fmt.Sprintf("10.0.%d.%d", i/250, i%250)})
	}
}

// Wrong texts are counted over all addresses and replicas, also those that come at once. After 60 of them
// no weak code lets in, and an unknown text has the same answer; other codes go on. One is forgiven every
// ten seconds.
func TestGuessesAreBounded(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, s tenancy.Store) {
		k := tenancytest.On(t, s, tenancytest.Limits)
		replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{})
		o := k.Organization(t, "o")
		importCode(t, k, o.ID, weakText)
		importCode(t, k, o.ID, strongText)
		own := newCode(t, k, o.ID).Text.Reveal()
		from := guesser()
		try := func(on tenancytest.Services, text string) error {
			return errOf(on.Enrol(ctx, from(), tenancy.EnrolParams{AuthCode: text, Name: "n",
				InstanceID: secret.NewID()}))
		}
		if err := try(k.Services, weakText); err != nil { // costs nothing
			t.Fatal(err)
		}
		var looked, told atomic.Int64
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				switch err := try([]tenancytest.Services{k.Services, replica}[i%2], fmt.Sprint("guess-", i)); {
				case errors.Is(err, problem.Denied):
					looked.Add(1)
				case errors.Is(err, problem.Exhausted):
					told.Add(1)
				default:
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		if looked.Load() != 60 || told.Load() != 40 {
			t.Errorf("%d guesses were looked up, and %d were not", looked.Load(), told.Load())
		}
		wantKind(t, "a weak code", try(replica, weakText), problem.Exhausted, problem.CodeTooManyAttempts)
		wantKind(t, "an unknown text", try(replica, "guess-x"), problem.Exhausted, problem.CodeTooManyAttempts)
		for _, text := range []string{strongText, own} {
			if err := try(replica, text); err != nil {
				t.Errorf("a code that nobody guesses: %v", err)
			}
		}
		k.Clock.Advance(10 * time.Second)
		if err := try(replica, weakText); err != nil {
			t.Errorf("ten seconds later: %v", err)
		}
		wantRefused(t, "one guess more", try(replica, "guess-y"))
		wantKind(t, "and then", try(k.Services, weakText), problem.Exhausted, problem.CodeTooManyAttempts)
	})
}

// A program that verifies what strangers type guesses for them, so it is bounded, too; who may read
// codes anyway is not.
func TestVerifiedGuessesAreBounded(t *testing.T) {
	t.Parallel()
	k := tenancytest.On(t, storetest.SQLite(t), tenancytest.Limits)
	o := k.Organization(t, "o")
	importCode(t, k, o.ID, weakText)
	program := k.ApplicationCaller(t, k.Application(t, "a").KeyText)
	verify := func(c tenancy.Caller, text string) (tenancy.Verdict, error) {
		return k.VerifyAuthCode(ctx, c, text, local, false)
	}
	for i := range 60 {
		if v := must(verify(program, fmt.Sprint("guess-", i)))(t); v.Valid {
			t.Fatalf("%d: %+v", i, v)
		}
	}
	for _, text := range []string{"guess-x", weakText} {
		wantKind(t, text, errOf(verify(program, text)), problem.Exhausted, problem.CodeTooManyAttempts)
	}
	if v := must(verify(k.Root(), weakText))(t); !v.Valid {
		t.Errorf("for one that may read codes: %+v", v)
	}
}

// Who has the text of a code that nobody guesses is no guesser, even if the code does not let in.
func TestStrongTextsAreNoGuesses(t *testing.T) {
	t.Parallel()
	k := tenancytest.On(t, storetest.SQLite(t), tenancytest.Limits)
	o := k.Organization(t, "o")
	importCode(t, k, o.ID, weakText)
	must(k.ImportAuthCode(ctx, k.Root(), o.ID, importing(k, only("192.0.2.0/24")), tenancy.ImportedText{
		Text: secret.Of(strongText)}))(t)
	from := guesser()
	try := func(text string) error {
		return errOf(k.Enrol(ctx, from(), tenancy.EnrolParams{AuthCode: text, Name: "n", InstanceID: "i"}))
	}
	for i := range 70 {
		wantRefused(t, fmt.Sprint(i), try(strongText))
	}
	if err := try(weakText); err != nil {
		t.Error(err)
	}
}

// An organization that shows codes once keeps no text of an imported one either.
func TestImportedIsShownOnce(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	policy := tenancy.Policy{ShowCodesOnce: true}
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Policy: &policy}))(t)
	code := importCode(t, k, o.ID, weakText)
	wantKind(t, "reveal", errOf(k.RevealAuthCode(ctx, k.Root(), o.ID, code.ID)), problem.Denied,
		problem.CodeAuthCodeShownOnce)
	must(enrol(k, weakText, "i"))(t)
}

// A text is taken also if its digest is under a former master key.
func TestImportedUnderAFormerMasterKey(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	importCode(t, k, o.ID, weakText)
	if err := k.Keys.Use(secret.NewMasterKey(), k.Keys.Masters()...); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the same text", errOf(k.ImportAuthCode(ctx, k.Root(), o.ID, importing(k),
		tenancy.ImportedText{Text: secret.Of(weakText)})), problem.Conflict, problem.CodeAuthCodeExists)
	must(enrol(k, weakText, "i"))(t)
}
