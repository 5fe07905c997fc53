// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
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
		"good":                  {mine, code.Text.Reveal(), local, "", true},
		"by the root":           {k.Root(), code.Text.Reveal(), local, "", true},
		"from elsewhere":        {mine, code.Text.Reveal(), netip.MustParseAddr("192.0.2.1"), tenancy.RefusedSource, true},
		"another organization":  {foreign, code.Text.Reveal(), local, tenancy.RefusedUnknown, false},
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
	if v := must(k.VerifyAuthCode(ctx, k.Root(), code.Text.Reveal(), local, true))(t); v.Refusal != tenancy.RefusedOrganization {
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
	for _, text := range []string{"", "x", code[:len(code)-1] + "!", code + "0", code[1:]} {
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
		return len(slices.DeleteFunc(k.Events(t, o.ID), func(action string) bool { return action != "auth_code.canary" }))
	}
	want := 0
	try := func(what string) {
		t.Helper()
		v := must(k.VerifyAuthCode(ctx, k.Root(), bird.Text.Reveal(), local, true))(t)
		if v.Valid || v.Refusal != tenancy.RefusedCanary {
			t.Errorf("%s: %+v", what, v)
		}
		if v := must(k.VerifyAuthCode(ctx, foreign, bird.Text.Reveal(), local, true))(t); v.Valid || v.Refusal != tenancy.RefusedUnknown || v.Code.ID != "" {
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
	uses := must(k.ListAuthCodeUses(ctx, k.Root(), o.ID, bird.ID, 0, 10))(t)
	if len(uses.Lines) != 4 || uses.Lines[0].Refusal != tenancy.RefusedCanary || uses.Lines[0].InstanceID != "thief" {
		t.Errorf("ledger: %+v", uses.Lines)
	}
	if clients := must(k.ListClients(ctx, k.Root(), tenancy.ClientList{Limit: 10}))(t); len(clients) != 0 {
		t.Errorf("clients: %+v", clients)
	}
}
