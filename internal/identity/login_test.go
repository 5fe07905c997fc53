// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

func login(k *tenancytest.Kit, username string, password secret.Secret, totp string) error {
	_, err := k.LoginWithPassword(context.Background(), k.Anyone(),
		identity.LoginParams{Username: username, Password: password, TOTPCode: totp, Audience: tree})
	return err
}

func TestLoginWithPassword(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	token := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "ADMIN",
		Password: k.AdminPassword, Audience: tree}))(t)
	if token.ExpiresIn != 15*time.Minute {
		t.Errorf("lives %v", token.ExpiresIn)
	}
	caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree))(t)
	if caller.Kind != tenancy.OperatorCaller || caller.Name != "admin" || !caller.May(tenancy.RevealCodes) {
		t.Errorf("caller %+v", caller)
	}
	_, err := k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), "/other/v1")
	wantKind(t, "on another tree", err, problem.Unauthenticated, problem.CodeInvalidToken)
	k.Clock.Advance(15*time.Minute - time.Second)
	must(k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree))(t)
	k.Clock.Advance(time.Second)
	_, err = k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree)
	wantKind(t, "expired", err, problem.Unauthenticated, problem.CodeInvalidToken)
}

// An application's token is good where its audience is lent, an operator's only on
// its own; and a refreshed one is good for no more than the first.
func TestLentAudiences(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	person := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "admin",
		Password: k.AdminPassword, Audience: "/a"}))(t)
	program := must(k.LoginWithKey(ctx, k.Anyone(), k.Application(t, "app").KeyText.Reveal(), "/a"))(t)
	refreshed := func(token identity.IssuedToken, at ...string) identity.IssuedToken {
		caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), at[0], at[1:]...))(t)
		return must(k.RefreshToken(ctx, caller))(t)
	}
	tokens := map[string]identity.IssuedToken{"person": person, "person, refreshed": refreshed(person, "/a"),
		"program": program, "program, refreshed": refreshed(program, "/a"),
		"program, refreshed elsewhere": refreshed(program, "/b", "/a")}
	for _, one := range []struct {
		at              []string // the audience, then those that lend to it
		person, program bool
	}{
		{[]string{"/a"}, true, true}, {[]string{"/a", "/b"}, true, true}, {[]string{"/b", "/a"}, false, true},
		{[]string{"/c", "/b", "/a"}, false, true},
		{[]string{"/b"}, false, false}, {[]string{"/b", "/c"}, false, false}, {[]string{"/b", ""}, false, false},
		{[]string{""}, false, false},
	} {
		for name, token := range tokens {
			want := one.program
			if strings.HasPrefix(name, "person") {
				want = one.person
			}
			for range 2 { // read, then remembered
				caller, err := k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), one.at[0], one.at[1:]...)
				if (err == nil) != want || err == nil && caller.Token.Audience != "/a" {
					t.Errorf("%s at %v: audience %q, %v; want taken: %v", name, one.at, caller.Token.Audience, err, want)
				}
			}
		}
	}
}

// Every access token names the program it was issued to: applications by their id,
// those that log in with a password by one name for all. A token of a former
// release, which named none, is good until it ends.
func TestClientOfTokens(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	app := k.Application(t, "app")
	person := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "admin",
		Password: k.AdminPassword, Audience: tree}))(t)
	program := must(k.LoginWithKey(ctx, k.Anyone(), app.KeyText.Reveal(), tree))(t)
	for _, one := range []struct {
		token identity.IssuedToken
		want  string
	}{{person, "gatehouse-login"}, {program, app.ID}} {
		caller := must(k.AuthenticateToken(ctx, k.Anyone().Origin, one.token.Text.Reveal(), tree))(t)
		for name, token := range map[string]identity.IssuedToken{"issued": one.token,
			"refreshed": must(k.RefreshToken(ctx, caller))(t)} {
			claims := must(k.Keys.VerifyAccess(token.Text.Reveal(), tree, k.Clock.Now()))(t)
			if claims.ClientID != one.want {
				t.Errorf("%s to %s: client_id is %q, want %q", name, caller.Kind, claims.ClientID, one.want)
			}
		}
		former := must(k.Keys.SignAccess(secret.AccessClaims{ID: secret.NewID(), SubjectKind: string(caller.Kind),
			SubjectID: caller.ID, Audience: tree,
			KeyID: caller.Token.KeyID, LoggedInAt: k.Clock.Now(), IssuedAt: k.Clock.Now(),
			ExpiresAt: k.Clock.Now().Add(time.Minute)}))(t)
		must(k.AuthenticateToken(ctx, k.Anyone().Origin, former.Reveal(), tree))(t)
	}
}

// Every refusal reads the same.
func TestLoginRefusalsAreAlike(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	org := k.Organization(t, "company001")
	tenant := k.Operator(t, "tenant", tenancy.Administrator, org.ID)
	if err := login(k, "tenant", tenant, ""); err != nil {
		t.Fatal(err)
	}
	caller := k.OperatorCaller(t, "tenant", tenant)
	off := false
	must(k.UpdateOrganization(ctx, k.Root(), org.ID, tenancy.UpdateOrganizationParams{Active: &off}))(t)
	totp := k.Operator(t, "totp", tenancy.Auditor, tenancy.RootID)
	k.Factor(t, "totp")
	refusals := map[string]error{
		"wrong password":          login(k, "admin", secret.NewPassword(), ""),
		"no password":             login(k, "admin", secret.Secret{}, ""),
		"no such user":            login(k, "nobody", k.AdminPassword, ""),
		"no user":                 login(k, "", k.AdminPassword, ""),
		"huge user":               login(k, strings.Repeat("a", 1<<16), k.AdminPassword, ""),
		"huge password":           login(k, "admin", secret.Of(strings.Repeat("a", 1<<16)), ""),
		"NUL in user":             login(k, "admin\x00", k.AdminPassword, ""),
		"inactive organization":   login(k, "tenant", tenant, ""),
		"code without enrolment":  login(k, "admin", k.AdminPassword, "123456"),
		"no code though enrolled": login(k, "totp", totp, ""),
		"wrong code":              login(k, "totp", totp, "000000"),
		"key of nobody":           errOf(k.LoginWithKey(ctx, k.Anyone(), "x.y.z", tree)),
	}
	for name, err := range refusals {
		if want := refusals["wrong password"]; err == nil || err.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	wantKind(t, "refusal", refusals["wrong password"], problem.Unauthenticated, problem.CodeInvalidCredentials)
	token := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "admin",
		Password: k.AdminPassword, Audience: tree}))(t)
	_, err := k.LoginWithKey(ctx, k.Anyone(), token.Text.Reveal(), tree)
	wantKind(t, "an access token as a key", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	_, err = k.AuthenticateToken(ctx, caller.Origin, k.Application(t, "a").KeyText.Reveal(), tree)
	wantKind(t, "a key as an access token", err, problem.Unauthenticated, problem.CodeInvalidToken)
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	factor := k.Factor(t, "Admin")
	code := must(secret.TOTPCode(factor, k.Clock.Now()))(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 { // at once, and afterwards: a code is good once
		wg.Go(func() {
			if login(k, "admin", k.AdminPassword, code) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if login(k, "admin", k.AdminPassword, code) == nil || won.Load() != 1 {
		t.Errorf("one code logged in %d times", won.Load())
	}
	k.Clock.Advance(30 * time.Second)
	if err := login(k, "admin", k.AdminPassword, must(secret.TOTPCode(factor, k.Clock.Now()))(t)); err != nil {
		t.Errorf("the next code: %v", err)
	}
	k.Clock.Advance(30 * time.Second)
	old := must(secret.TOTPCode(factor, k.Clock.Now()))(t)
	if err := login(k, "admin", k.AdminPassword, old); err != nil {
		t.Errorf("the code after: %v", err)
	}
	again := k.Factor(t, "admin")
	if login(k, "admin", k.AdminPassword, old) == nil {
		t.Error("the former factor still logs in")
	}
	// In the same step: which code was used last was the former factor's affair.
	if err := login(k, "admin", k.AdminPassword, must(secret.TOTPCode(again, k.Clock.Now()))(t)); err != nil {
		t.Errorf("the new factor: %v", err)
	}
}

// A wire that demands a code of everybody takes any six digits from an operator
// who has no second factor, and from one who has only the right ones.
func TestCodeDemanded(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	plain, factored := k.Operator(t, "plain", tenancy.Auditor, tenancy.RootID),
		k.Operator(t, "factored", tenancy.Auditor, tenancy.RootID)
	org, inactive := k.Organization(t, "company001"), false
	off := k.Operator(t, "off", tenancy.Auditor, org.ID)
	must(k.UpdateOrganization(ctx, k.Root(), org.ID, tenancy.UpdateOrganizationParams{Active: &inactive}))(t)
	factor := k.Factor(t, "factored")
	right := func() string { return must(secret.TOTPCode(factor, k.Clock.Now()))(t) }
	spaced := func() string { return " " + right()[:3] + "\u00a0" + right()[3:] + "\n" }
	wrong := func() string { return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, right()) }
	same := func(code string) func() string { return func() string { return code } }
	for _, one := range []struct {
		name, username string
		password       secret.Secret
		code           func() string
		demanded       bool
		want           problem.Kind // empty: logged in
	}{
		{"any six digits", "plain", plain, same("123456"), true, ""},
		{"the same again", "plain", plain, same("123456"), true, ""},
		{"other digits, with a blank", "plain", plain, same("000 000"), true, ""},
		{"wrong password", "plain", factored, same("123456"), true, problem.Unauthenticated},
		{"no such user", "nobody", plain, same("123456"), true, problem.Unauthenticated},
		{"inactive", "off", off, same("123456"), true, problem.Unauthenticated},
		{"five digits", "plain", plain, same("12345"), true, problem.Invalid},
		{"letters", "plain", plain, same("12345x"), true, problem.Invalid},
		{"blanks", "plain", plain, same("      "), true, problem.Invalid},
		{"none", "plain", plain, same(""), true, problem.Invalid},
		{"none of six, with a factor", "factored", factored, same("1234567"), true, problem.Invalid},
		{"none of six, of nobody", "nobody", plain, same("1234567"), true, problem.Invalid},
		{"wrong code", "factored", factored, wrong, true, problem.Unauthenticated},
		{"right code, wrong password", "factored", plain, right, true, problem.Unauthenticated},
		{"right code", "factored", factored, right, true, ""},
		{"right code with blanks", "factored", factored, spaced, true, ""},
		{"right code with blanks, not demanded", "factored", factored, spaced, false, ""},
		{"any six digits, not demanded", "plain", plain, same("123456"), false, problem.Unauthenticated},
		{"no code, not demanded", "plain", plain, same(""), false, ""},
	} {
		k.Clock.Advance(time.Minute) // a code is good once
		_, err := k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: one.username,
			Password: one.password, TOTPCode: one.code(), CodeDemanded: one.demanded, Audience: tree})
		if one.want == "" && err != nil || one.want != "" && !errors.Is(err, one.want) {
			t.Errorf("%s: got %v, want %q", one.name, err, one.want)
		}
	}
}

// A name that no operator can have is refused before it reaches the store.
func TestImpossibleNamesAreNoGuesses(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	for _, name := range []string{"", "admin\x00", strings.Repeat("x", 4*tenancy.MaxName+1)} {
		for range 30 {
			wantKind(t, fmt.Sprintf("%.9q", name), login(k, name, k.AdminPassword, ""), problem.Unauthenticated,
				problem.CodeInvalidCredentials)
		}
	}
	if n := k.Store.Calls("LockAttempt"); n != 0 {
		t.Errorf("%d guesses were counted", n)
	}
}

// A code that is none is refused before it counts as a guess.
func TestUnreadableCodesAreNoGuesses(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	try := func(code string) error {
		return errOf(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "admin",
			Password: k.AdminPassword, TOTPCode: code, CodeDemanded: true, Audience: tree}))
	}
	for range 30 {
		wantKind(t, "five digits", try("12345"), problem.Invalid, problem.CodeInvalidInput)
	}
	if err := try("123456"); err != nil {
		t.Errorf("six digits: %v", err)
	}
}

func TestGuessesLockTheName(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	from := func(address string, password secret.Secret, username string) error {
		_, err := k.LoginWithPassword(ctx, tenancy.Anonymous(tenancy.Origin{Address: address}),
			identity.LoginParams{Username: username, Password: password, Audience: tree})
		return err
	}
	bad := secret.NewPassword()
	for i := range 5 {
		wantKind(t, "free guess", from("127.0.0.1", bad, []string{"admin", "ADMIN"}[i%2]), problem.Unauthenticated,
			"")
	}
	err := from("127.0.0.1", k.AdminPassword, "admin")
	wantKind(t, "the right password while locked", err, problem.Exhausted, problem.CodeTooManyAttempts)
	if e := problem.As(err); e.RetryAfter != 15*time.Second {
		t.Errorf("locked for %v", e.RetryAfter)
	}
	wantKind(t, "from elsewhere", from("127.0.0.9", k.AdminPassword, "admin"), problem.Exhausted, "")
	for i := range 5 { // who does not exist is locked alike
		wantKind(t, "nobody", from("127.0.1."+string(rune('1'+i)), bad, "nobody"), problem.Unauthenticated, "")
	}
	wantKind(t, "nobody, locked", from("127.0.2.1", bad, "nobody"), problem.Exhausted, "")
	k.Clock.Advance(15 * time.Second)
	wantKind(t, "wrong again", from("127.0.0.1", bad, "admin"), problem.Unauthenticated, "")
	err = from("127.0.0.1", k.AdminPassword, "admin")
	if e := problem.As(err); e.RetryAfter != 30*time.Second {
		t.Errorf("the second lock lasts %v, want twice the first", e.RetryAfter)
	}
	k.Clock.Advance(30 * time.Second)
	if err := from("127.0.0.1", k.AdminPassword, "admin"); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	for range 4 {
		wantKind(t, "the count starts anew", from("127.0.0.1", bad, "admin"), problem.Unauthenticated, "")
	}
	if err := from("127.0.0.1", k.AdminPassword, "admin"); err != nil {
		t.Errorf("below the limit: %v", err)
	}
}

// A guess that cannot be counted is not checked: the answer does not depend on the password.
func TestGuessesAreCountedOrRefused(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	away := problem.New(problem.Unavailable, "away", "Away.")
	for _, method := range []string{"LockAttempt", "PutAttempt", "PruneAttempts"} {
		k.Store.Fail(method, away)
		wantKind(t, method, login(k, "admin", k.AdminPassword, ""), problem.Unavailable, "away")
		wantKind(t, method+", wrong", login(k, "admin", secret.NewPassword(), ""), problem.Unavailable, "away")
		k.Store.Heal()
	}
	if err := login(k, "admin", k.AdminPassword, ""); err != nil {
		t.Errorf("with a store again: %v", err)
	}
}

func TestGuessesLockTheSource(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	guess := func(address, username string, password secret.Secret) error {
		_, err := k.LoginWithPassword(ctx, tenancy.Anonymous(tenancy.Origin{Address: address}),
			identity.LoginParams{Username: username, Password: password, Audience: tree})
		return err
	}
	for i := range 20 { // another name each time, from all over one /64
		address := "2001:db8::" + string(rune('a'+i%6))
		wantKind(t, "free guess", guess(address, strings.Repeat("x", i+1), secret.NewPassword()),
			problem.Unauthenticated, "")
	}
	wantKind(t, "source locked", guess("2001:db8::ffff", "admin", k.AdminPassword), problem.Exhausted, "")
	if err := guess("2001:db8:0:1::1", "admin", k.AdminPassword); err != nil {
		t.Errorf("another network is locked too: %v", err)
	}
}

// Guesses made at once are counted before they are checked, so that no more
// than the free ones are looked at.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	var looked atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if err := login(k, "admin", secret.NewPassword(), ""); errors.Is(err, problem.Unauthenticated) {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if looked.Load() != 5 {
		t.Errorf("%d guesses were looked at, want 5", looked.Load())
	}
}

func TestKeyFailuresLimitTheSource(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	key := k.Application(t, "app").KeyText.Reveal()
	for range 10 { // the right key costs nothing of it
		must(k.LoginWithKey(ctx, k.Anyone(), key, tree))(t)
	}
	var last error
	for range 60 {
		last = errOf(k.LoginWithKey(ctx, k.Anyone(), "wrong", tree))
	}
	wantKind(t, "too many", last, problem.Exhausted, problem.CodeTooManyAttempts)
	wantKind(t, "another source", errOf(k.LoginWithKey(ctx,
		tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.2"}), "wrong", tree)), problem.Unauthenticated, "")
	must(k.LoginWithKey(ctx, k.Anyone(), key, tree))(t) // the right key works whatever others do
}

func TestLogoutAndRefresh(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	key := k.Application(t, "app").KeyText
	first, err := k.LoginWithKey(ctx, k.Anyone(), key.Reveal(), tree)
	if err != nil || first.ExpiresIn != 5*time.Minute {
		t.Fatalf("%v, %v", first.ExpiresIn, err)
	}
	auth := func(token identity.IssuedToken) (tenancy.Caller, error) {
		return k.AuthenticateToken(ctx, k.Anyone().Origin, token.Text.Reveal(), tree)
	}
	caller := must(auth(first))(t)
	k.Clock.Advance(4 * time.Minute)
	second := must(k.RefreshToken(ctx, caller))(t)
	k.Clock.Advance(2 * time.Minute)
	_, err = auth(first)
	wantKind(t, "the first, after its own end", err, problem.Unauthenticated, "")
	caller = must(auth(second))(t)
	third := must(k.RefreshToken(ctx, caller))(t)
	if err := k.Logout(ctx, caller); err != nil {
		t.Fatal(err)
	}
	_, err = auth(second)
	wantKind(t, "after the log-out", err, problem.Unauthenticated, problem.CodeInvalidToken)
	_, err = auth(third)
	wantKind(t, "of the same log-in", err, problem.Unauthenticated, problem.CodeInvalidToken)
	third = must(k.LoginWithKey(ctx, k.Anyone(), key.Reveal(), tree))(t)
	_, err = k.RefreshToken(ctx, tenancy.Caller{})
	wantKind(t, "refresh by nobody", err, problem.Unauthenticated, "")
	k.Store.Fail("RevokeToken", errors.New("broken"))
	wantKind(t, "log-out that could not be kept", k.Logout(ctx, must(auth(third))(t)), problem.Internal, "")
}

// Failures are forgiven with time, at the moment of use and whatever a cleaner
// does: who mistypes now and then is not locked out.
func TestFailuresAreForgiven(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	for day := range 40 { // a wrong one and a right one each day, from one source
		wantKind(t, "wrong", login(k, "admin", secret.NewPassword(), ""), problem.Unauthenticated, "")
		if err := login(k, "admin", k.AdminPassword, ""); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
		k.Clock.Advance(24 * time.Hour)
	}
	for range 5 {
		wantKind(t, "wrong", login(k, "admin", secret.NewPassword(), ""), problem.Unauthenticated, "")
	}
	wantKind(t, "locked", login(k, "admin", k.AdminPassword, ""), problem.Exhausted, "")
	k.Clock.Advance(5 * 15 * time.Minute)
	for range 4 {
		wantKind(t, "after the time for five", login(k, "admin", secret.NewPassword(), ""), problem.Unauthenticated,
			"")
	}
	if err := login(k, "admin", k.AdminPassword, ""); err != nil {
		t.Errorf("the count did not start anew: %v", err)
	}
}

// What changes while a password is being checked counts: a log-in that began
// before a second factor was enrolled does not end after it.
func TestLoginSeesChanges(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	k.Store.Fail("LockOperator", errors.New("stop"))
	if err := login(k, "admin", k.AdminPassword, ""); !errors.Is(err, problem.Internal) {
		t.Fatalf("a log-in does not look at the operator again: %v", err)
	}
	k.Store.Heal()
	var late sync.WaitGroup
	var enrolled atomic.Bool
	for range 6 {
		late.Go(func() {
			before := enrolled.Load()
			if err := login(k, "admin", k.AdminPassword, ""); err == nil && before {
				t.Error("a password alone logged in after the second factor was enrolled")
			}
		})
	}
	k.Factor(t, "admin")
	enrolled.Store(true)
	late.Wait()
	wantKind(t, "password alone", login(k, "admin", k.AdminPassword, ""), problem.Unauthenticated, "")
}

// A token can be refreshed for so long only after its log-in.
func TestRefreshEndsWithTheDay(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	caller := k.OperatorCaller(t, "admin", k.AdminPassword)
	for range 71 { // 71 times ten minutes: just under twelve hours
		k.Clock.Advance(10 * time.Minute)
		token := must(k.RefreshToken(ctx, caller))(t)
		caller = must(k.AuthenticateToken(ctx, caller.Origin, token.Text.Reveal(), tree))(t)
	}
	k.Clock.Advance(9 * time.Minute)
	if token := must(k.RefreshToken(ctx, caller))(t); token.ExpiresIn > time.Minute {
		t.Errorf("the last token lives %v, past the end", token.ExpiresIn)
	}
	k.Clock.Advance(caller.Token.LoggedInAt.Add(12*time.Hour - time.Second).Sub(k.Clock.Now()))
	if token := must(k.RefreshToken(ctx, caller))(t); token.ExpiresIn != time.Second {
		t.Errorf("a second before the end, the token lives %v", token.ExpiresIn)
	}
	k.Clock.Advance(time.Millisecond)
	_, err := k.RefreshToken(ctx, caller)
	wantKind(t, "less than a second before the end", err, problem.Unauthenticated, problem.CodeInvalidToken)
}

// Who is right several times at once is not locked out by that.
func TestRightPasswordsAtOnce(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			err := login(k, "admin", k.AdminPassword, "")
			for tries := 0; errors.Is(err, problem.Unavailable) &&
				tries < 10; tries++ { // a slow machine: come again, as we are told
				err = login(k, "admin", k.AdminPassword, "")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// The table of sources is bounded: when it is full, newcomers share a limit,
// and room is made when others have come to rest.
func TestSourcesAreBounded(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t, tenancytest.Limits)
	submit := func(address string) error { // refused as empty, but only after the limit
		_, err := k.SubmitRequest(ctx, tenancy.Anonymous(tenancy.Origin{Address: address}),
			tenancy.SubmitRequestParams{})
		return err
	}
	for i := range 8192 {
		wantKind(t, "filling", submit(fmt.Sprintf("10.0.%d.%d", i/256, i%256)), problem.Invalid, "")
	}
	for range 10 {
		wantKind(t, "a newcomer", submit("192.0.2.1"), problem.Invalid, "")
	}
	wantKind(t, "another newcomer, on the shared limit", submit("192.0.2.2"), problem.Exhausted,
		problem.CodeTooManyAttempts)
	wantKind(t, "one of the table", submit("10.0.0.0"), problem.Invalid, "")
	k.Clock.Advance(time.Minute)
	for range 10 {
		wantKind(t, "with room made", submit("192.0.2.1"), problem.Invalid, "")
	}
	wantKind(t, "on a limit of its own", submit("192.0.2.2"), problem.Invalid, "")
}

// Of a storm of log-ins as many wait as can be served; the others are told at once.
func TestLoginsQueueIsBounded(t *testing.T) {
	t.Parallel()
	h := &hooked{Store: storetest.SQLite(t)}
	k := tenancytest.On(t, h)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	busy, goOn := make(chan struct{}), make(chan struct{})
	h.set(&h.afterLookup, func() error { close(busy); <-goOn; return nil })
	errs := make(chan error)
	try := func(i int) {
		errs <- errOf(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: fmt.Sprint("nobody", i),
			Password: k.AdminPassword, Audience: tree}))
	}
	go try(0)
	<-busy // with the slot, or one of them
	for i := range 163 {
		go try(i + 1)
	}
	for range 100 {
		err := <-errs
		wantKind(t, "past the bound", err, problem.Unavailable, problem.CodeTooManyLogins)
		if problem.As(err).RetryAfter <= 0 {
			t.Error("not told when to come again")
		}
	}
	cancel()
	close(goOn)
	for range 64 {
		if err := <-errs; err == nil || problem.As(err).Code == problem.CodeTooManyLogins {
			t.Errorf("gone while waiting: %v", err)
		}
	}
	if err := login(k, "admin", k.AdminPassword, ""); err != nil {
		t.Errorf("after the storm: %v", err)
	}
}
