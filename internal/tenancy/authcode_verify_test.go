// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

var local = netip.MustParseAddr("127.0.0.1")

// canary makes a canary.
func canary(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID) tenancy.IssuedAuthCode {
	t.Helper()
	p := tenancy.AuthCodeParams{Name: "bird", Limits: tenancy.Unlimited()}
	return must(k.CreateAuthCode(ctx, k.Root(), id, p, true))(t)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	mine := k.OperatorCaller(t, "mine", k.Operator(t, "mine", tenancy.Administrator, o.ID))
	foreign := k.OperatorCaller(t, "foreign", k.Operator(t, "foreign", tenancy.Administrator, other.ID))
	code := newCode(t, k, o.ID, only("127.0.0.0/8"))
	for what, test := range map[string]struct {
		caller  tenancy.Caller
		text    string
		from    netip.Addr
		refusal tenancy.CodeRefusal
		known   bool
	}{
		"good":        {mine, code.Text.Reveal(), local, "", true},
		"by the root": {k.Root(), code.Text.Reveal(), local, "", true},
		"from elsewhere": {mine, code.Text.Reveal(), netip.MustParseAddr("192.0.2.1"), tenancy.RefusedSource,
			true}, "another organization": {foreign, code.Text.Reveal(), local, tenancy.RefusedUnknown, false},
		"unknown":               {mine, secret.NewAuthCode().Reveal(), local, tenancy.RefusedUnknown, false},
		"unknown to the root":   {k.Root(), secret.NewAuthCode().Reveal(), local, tenancy.RefusedUnknown, false},
		"mistyped":              {mine, code.Text.Reveal()[1:], local, tenancy.RefusedUnknown, false},
		"nothing at all":        {mine, "", local, tenancy.RefusedUnknown, false},
		"a megabyte of nothing": {mine, string(make([]byte, 1<<20)), local, tenancy.RefusedUnknown, false},
	} {
		v := must(k.VerifyAuthCode(ctx, test.caller, test.text, test.from, true))(t)
		if v.Valid != (test.refusal == "") || v.Refusal != test.refusal || (v.Code.ID == code.ID) != test.known {
			t.Errorf("%s: got %+v", what, v)
		}
		plain := must(k.VerifyAuthCode(ctx, test.caller, test.text, test.from, false))(t)
		if plain.Valid != v.Valid || plain.Refusal != "" || plain.Code.ID != "" {
			t.Errorf("%s, not explained: got %+v", what, plain)
		}
	}
	if got := stored(t, k, code.AuthCode); got.Uses != 0 || !got.LastUsedAt.IsZero() {
		t.Errorf("a verification used the code: %+v", got)
	}
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	if v := must(k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local,
		true))(t); v.Refusal != tenancy.RefusedOrganization {
		t.Errorf("inactive: %+v", v)
	}
}

// A verification may need one permission and its explanation another.
func TestVerifyPermissions(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	verifier := tenancy.Caller{Kind: tenancy.OperatorCaller, ID: "v"}.Grant(tenancy.VerifyCodes)
	explainer := tenancy.Caller{Kind: tenancy.OperatorCaller, ID: "e"}.Grant(tenancy.ExplainCodes)
	text := secret.NewAuthCode().Reveal()
	must(k.VerifyAuthCode(ctx, verifier, text, local, false))(t)
	for _, explain := range []bool{true, false} {
		_, err := k.VerifyAuthCode(ctx, explainer, text, local, explain)
		wantKind(t, "without codes:verify", err, "denied", "")
	}
	_, err := k.VerifyAuthCode(ctx, verifier, text, local, true)
	wantKind(t, "without codes:explain", err, "denied", "")
}

// Who mistypes a code costs the store nothing.
func TestMistypedReadsNothing(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	code := newCode(t, k, k.Organization(t, "o").ID).Text.Reveal()
	count := func() int { return k.Store.Calls("View") + k.Store.Calls("Update") + k.Store.Calls("Read") }
	before := count()
	for _, text := range []string{"", "x y", "é", code[:len(code)-1] + "!", code + "0", code[:9]} {
		must(k.VerifyAuthCode(ctx, k.Root(), text, local, true))(t)
		if _, err := enrol(k, text, "i"); err == nil {
			t.Errorf("%q lets a client in", text)
		}
	}
	if got := count() - before; got != 0 {
		t.Errorf("the store was asked %d times", got)
	}
}

// Whoever shows a canary, and in whatever state it is: it grants nothing and leaves a mark.
func TestCanary(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	foreign := k.OperatorCaller(t, "foreign", k.Operator(t, "foreign", tenancy.Administrator, other.ID))
	bird := canary(t, k, o.ID)
	marks := func() int {
		return len(slices.DeleteFunc(k.Events(t, o.ID),
			func(action string) bool { return action != "auth_code.canary" }))
	}
	want := 0
	try := func(what string) {
		t.Helper()
		v := must(k.VerifyAuthCode(ctx, k.Root(), bird.Text.Reveal(), local, true))(t)
		if v.Valid || v.Refusal != tenancy.RefusedCanary {
			t.Errorf("%s: %+v", what, v)
		}
		if v := must(k.VerifyAuthCode(ctx, foreign, bird.Text.Reveal(), local, true))(t); v.Valid ||
			v.Refusal != tenancy.RefusedUnknown || v.Code.ID != "" {
			t.Errorf("%s, by a foreigner: %+v", what, v)
		}
		_, err := enrol(k, bird.Text.Reveal(), "thief")
		wantRefused(t, what, err)
		if want += 3; marks() != want {
			t.Errorf("%s: %d marks in the audit, want %d", what, marks(), want)
		}
	}
	try("living")
	k.Clock.Advance(time.Hour)
	must(k.SwitchOffAuthCode(ctx, k.Root(), o.ID, bird.ID))(t)
	try("switched off")
	must(k.RotateAuthCode(ctx, k.Root(), o.ID, bird.ID, 0))(t)
	try("rotated")
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	try("of an organization that is not active")
	uses := must(k.ListAuthCodeUses(ctx, k.Root(), o.ID, bird.ID, tenancy.CodeUseList{Limit: 10}))(t)
	if len(uses.Lines) != 4 || uses.Lines[0].Refusal != tenancy.RefusedCanary ||
		uses.Lines[0].InstanceID != "thief" {
		t.Errorf("ledger: %+v", uses.Lines)
	}
	if clients := must(k.ListClients(ctx, k.Root(),
		tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 10}}))(t); len(clients.Items) != 0 {
		t.Errorf("clients: %+v", clients)
	}
}

// A code that lets in is remembered for a moment, and every change that ends that holds
// when it is answered: for the one that made it at once, for another replica within a
// second.
func TestVerifyRemembers(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	replica := tenancytest.Over(k.Store, k.Keys, k.Clock.Now, tenancytest.Options{NoLimits: true})
	inactive := false
	for what, change := range map[string]func(s tenancytest.Services, c tenancy.AuthCode, text string) error{
		"switched off": func(s tenancytest.Services, c tenancy.AuthCode, _ string) error {
			_, err := s.SwitchOffAuthCode(ctx, k.Root(), c.OrganizationID, c.ID)
			return err
		},
		"rotated": func(s tenancytest.Services, c tenancy.AuthCode, _ string) error {
			_, err := s.RotateAuthCode(ctx, k.Root(), c.OrganizationID, c.ID, 0)
			return err
		},
		"used up": func(s tenancytest.Services, _ tenancy.AuthCode, text string) error {
			_, err := s.Enrol(ctx, k.Anyone(), tenancy.EnrolParams{AuthCode: text, Name: "n", InstanceID: "i"})
			return err
		},
		"deactivated": func(s tenancytest.Services, c tenancy.AuthCode, _ string) error {
			_, err := s.UpdateOrganization(ctx, k.Root(), c.OrganizationID,
				tenancy.UpdateOrganizationParams{Active: &inactive})
			return err
		},
	} {
		for n, doer := range []tenancytest.Services{k.Services, replica} {
			o := k.Organization(t, fmt.Sprint(what, " ", n))
			code := newCode(t, k, o.ID, times(1))
			valid := func(s tenancytest.Services) bool {
				return must(s.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local, false))(t).Valid
			}
			if !valid(k.Services) || !valid(replica) {
				t.Fatalf("%s: refused before", what)
			}
			if err := change(doer, code.AuthCode, code.Text.Reveal()); err != nil {
				t.Fatal(what, err)
			}
			if valid(doer) {
				t.Errorf("%s: it is valid when the change was answered", what)
			}
			k.Clock.Advance(900 * time.Millisecond)
			if valid(k.Services) || valid(replica) {
				t.Errorf("%s: it is valid on another replica after 0.9 s", what)
			}
		}
	}
}

// The primary code that a vendor's wire replaces is refused at once, too.
func TestVerifyForgetsTheFormerPrimary(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	issue := func() tenancy.IssuedAuthCode {
		_, code, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code := issue()
	for _, want := range []bool{true, false} {
		if got := must(k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local, false))(t); got.Valid != want {
			t.Errorf("got %+v, want valid %v", got, want)
		}
		issue()
	}
}

// What is remembered is judged each time: by the caller, the address and the time. A refusal is
// not remembered.
func TestVerifyJudgesWhatItRemembers(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	foreign := k.OperatorCaller(t, "foreign", k.Operator(t, "foreign", tenancy.Administrator, other.ID))
	code := newCode(t, k, o.ID, only("127.0.0.0/8"), func(p *tenancy.AuthCodeParams) {
		p.Limits.Never, p.Limits.ExpiresAt = false, k.Clock.Now().Add(2*time.Minute)
	})
	k.Clock.Advance(2*time.Minute - 300*time.Millisecond)
	off := newCode(t, k, o.ID)
	must(k.SwitchOffAuthCode(ctx, k.Root(), o.ID, off.ID))(t)
	verify := func(caller tenancy.Caller, text secret.Secret, from netip.Addr) bool {
		return must(k.VerifyAuthCode(ctx, caller, text.Reveal(), from, false))(t).Valid
	}
	if !verify(k.Root(), code.Text, local) || verify(k.Root(), off.Text, local) {
		t.Fatal("the verdicts are wrong from the start")
	}
	k.Store.Fail("AuthCodeByDigest", errors.New("broken"))
	if !verify(k.Root(), code.Text, local) {
		t.Error("a good one is not remembered")
	}
	for what, ask := range map[string]func() (tenancy.Verdict, error){
		"by a stranger": func() (tenancy.Verdict, error) {
			return k.VerifyAuthCode(ctx, foreign, code.Text.Reveal(), local, false)
		},
		"from elsewhere": func() (tenancy.Verdict, error) {
			return k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), netip.MustParseAddr("192.0.2.1"), false)
		},
		"explained": func() (tenancy.Verdict, error) {
			return k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local, true)
		},
		"a refused one": func() (tenancy.Verdict, error) {
			return k.VerifyAuthCode(ctx, k.Root(), off.Text.Reveal(), local, false)
		},
	} {
		if v, err := ask(); err == nil {
			t.Errorf("%s: got %+v without a look-up", what, v)
		}
	}
	k.Store.Heal()
	k.Clock.Advance(300 * time.Millisecond)
	if verify(k.Root(), code.Text, local) {
		t.Error("it is valid when it has expired")
	}
}
