// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// enrol tries to enrol an installation with a code, from loopback.
func enrol(k *tenancytest.Kit, text, instance string, key ...*secret.PublicKey) (tenancy.IssuedClient,
	error) {
	p := tenancy.EnrolParams{AuthCode: text, Name: "name of " + instance, InstanceID: instance}
	if len(key) > 0 {
		p.PublicKey = key[0]
	}
	return k.Enrol(ctx, k.Anyone(), p)
}

// wantRefused fails unless the error is the one of every refusal by a code.
func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	wantKind(t, what, err, problem.Denied, problem.CodeEnrolmentRefused)
	if got := problem.As(orNone(err)); got.Message != "The authorization code does not let this client in. Ask for a new code." || len(got.Fields) > 0 {
		t.Errorf("%s: got %q, %v", what, got.Message, got.Fields)
	}
}

func publicKey(t *testing.T, x string) *secret.PublicKey {
	t.Helper()
	return must(secret.ParsePublicKey(fmt.Appendf(nil, `{"kty":"OKP","crv":"Ed25519","x":%q}`, x)))(t)
}

const (
	keyOne = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	keyTwo = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
)

func TestEnrol(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := newCode(t, k, o.ID, times(5), func(p *tenancy.AuthCodeParams) { p.Tags = []string{"lab"} })
	c := must(enrol(k, strings.ToLower(code.Text.Reveal()), " i ", publicKey(t, keyOne)))(t)
	want := tenancy.Client{ID: c.ID, OrganizationID: o.ID, AuthCodeID: code.ID, Name: "name of  i",
		InstanceID: "i",
		Thumbprint: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
		PublicKey:  `{"kty":"OKP","crv":"Ed25519","x":"` + keyOne + `"}`,
		Tags:       []string{"lab"}, State: tenancy.ClientActive, Address: "127.0.0.1", CreatedAt: k.Core.Now(),
		UpdatedAt: k.Core.Now()}
	if got := must(k.GetClient(ctx, k.Root(), c.ID))(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	if c.Repeated || c.Key.Empty() {
		t.Errorf("got %+v", c)
	}
	k.Clock.Advance(time.Minute)
	two := must(enrol(k, code.Text.Reveal(), "two"))(t)
	got := stored(t, k, code.AuthCode)
	if got.Uses != 2 || !got.LastUsedAt.Equal(k.Core.Now()) || !got.UpdatedAt.Equal(code.UpdatedAt) {
		t.Errorf("the code: %+v", got)
	}
	uses := must(k.ListAuthCodeUses(ctx, k.Root(), o.ID, code.ID, tenancy.CodeUseList{Limit: 10}))(t)
	if len(uses.Lines) != 2 || uses.Lines[0].ClientID != two.ID ||
		uses.Lines[0].Outcome != tenancy.UseAccepted ||
		uses.Lines[1].ClientID != c.ID || uses.Lines[1].Address != "127.0.0.1" ||
		!uses.Lines[0].At.Equal(k.Core.Now()) {
		t.Errorf("ledger: %+v", uses.Lines)
	}
	if got, want := k.Events(t, o.ID), []string{"organization.create", "auth_code.create", "client.enrol",
		"client.enrol"}; !slices.Equal(got, want) {
		t.Errorf("audit: got %v, want %v", got, want)
	}
	for what, p := range map[string]tenancy.EnrolParams{
		"no name":     {InstanceID: "i"},
		"no instance": {Name: "n"},
		"a megabyte":  {Name: "n", InstanceID: strings.Repeat("x", 1<<20)},
		"NUL":         {Name: "n", InstanceID: "a\x00b"},
		"no UTF-8":    {Name: "n", InstanceID: "\xff"},
	} {
		p.AuthCode = code.Text.Reveal()
		_, err := k.Enrol(ctx, k.Anyone(), p)
		wantKind(t, what, err, problem.Invalid, "")
	}
	_, err := k.Enrol(ctx, tenancy.Caller{}, tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "n",
		InstanceID: "i"})
	wantKind(t, "nobody", err, problem.Unauthenticated, "")
}

// Every refusal by a code is the same error, and is in the ledger if the code exists.
func TestEnrolRefusals(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	inactive, gone := k.Organization(t, "inactive"), k.Organization(t, "gone")
	id := k.Organization(t, "o").ID
	off, rotated, used, late := newCode(t, k, id), newCode(t, k, id), newCode(t, k, id, times(1)),
		newCode(t, k, id, expiring(k, time.Hour))
	must(k.SwitchOffAuthCode(ctx, k.Root(), id, off.ID))(t)
	must(k.RotateAuthCode(ctx, k.Root(), id, rotated.ID, 0))(t)
	must(enrol(k, used.Text.Reveal(), "first"))(t)
	sleeping, dead := newCode(t, k, inactive.ID), newCode(t, k, gone.ID)
	for _, o := range []tenancy.Organization{inactive, gone} {
		must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: pointer(false)}))(t)
	}
	if err := k.DeleteOrganization(ctx, k.Root(), gone.ID); err != nil {
		t.Fatal(err)
	}
	k.Clock.Advance(time.Hour)
	for refusal, code := range map[tenancy.CodeRefusal]tenancy.IssuedAuthCode{
		tenancy.RefusedDisabled: off, tenancy.RefusedSuperseded: rotated, tenancy.RefusedExhausted: used,
		tenancy.RefusedExpired:      late,
		tenancy.RefusedOrganization: sleeping, tenancy.RefusedSource: newCode(t, k, id, only("192.0.2.0/24")),
	} {
		_, err := enrol(k, code.Text.Reveal(), "i")
		wantRefused(t, string(refusal), err)
		uses := must(k.ListAuthCodeUses(ctx, k.Root(), code.OrganizationID, code.ID,
			tenancy.CodeUseList{Limit: 1}))(t)
		if len(uses.Lines) != 1 || uses.Lines[0].Outcome != tenancy.UseRefused ||
			uses.Lines[0].Refusal != refusal || uses.Lines[0].ClientID != "" {
			t.Errorf("%s: ledger %+v", refusal, uses.Lines)
		}
	}
	for what, text := range map[string]string{"unknown": secret.NewAuthCode().Reveal(),
		"mistyped": off.Text.Reveal()[2:], "deleted": dead.Text.Reveal()} {
		_, err := enrol(k, text, "i")
		wantRefused(t, what, err)
	}
	if n := len(must(k.ListClients(ctx, k.Root(),
		tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 10}}))(t).Items); n != 1 {
		t.Errorf("%d clients, want 1", n)
	}
}

func TestEnrolAgain(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := newCode(t, k, o.ID, times(3), only("127.0.0.0/8"))
	first := must(enrol(k, code.Text.Reveal(), "i", publicKey(t, keyOne)))(t)
	usesAre := func(what string, want int64) {
		t.Helper()
		if got := stored(t, k, code.AuthCode).Uses; got != want {
			t.Errorf("%s: %d uses, want %d", what, got, want)
		}
	}
	k.Clock.Advance(15*time.Minute - time.Millisecond)
	again := must(enrol(k, code.Text.Reveal(), "i", publicKey(t, keyOne)))(t)
	if again.ID != first.ID || !again.Repeated || again.Key == first.Key {
		t.Errorf("again: %+v", again)
	}
	usesAre("again", 1)
	if line := must(k.ListAuthCodeUses(ctx, k.Root(), o.ID, code.ID,
		tenancy.CodeUseList{Limit: 1}))(t).Lines[0]; line.Outcome != tenancy.UseRepeated ||
		line.ClientID != first.ID {
		t.Errorf("ledger: %+v", line)
	}
	if got := k.Events(t, o.ID); got[len(got)-1] != "client.enrol_again" {
		t.Errorf("audit: %v", got)
	}
	k.Clock.Advance(time.Millisecond) // a repeat does not make the window longer
	if late := must(enrol(k, code.Text.Reveal(), "i", publicKey(t, keyOne)))(t); late.ID == first.ID ||
		late.Repeated {
		t.Errorf("after the window: %+v", late)
	}
	usesAre("after the window", 2)
	if other := must(enrol(k, code.Text.Reveal(), "i", publicKey(t, keyTwo)))(t); other.Repeated {
		t.Errorf("another key: %+v", other)
	}
	usesAre("another key", 3)
	same := must(enrol(k, code.Text.Reveal(), "i", publicKey(t, keyTwo)))(t)
	if !same.Repeated { // the code is exhausted
		t.Errorf("after the last use: %+v", same)
	}
	for what, try := range map[string]func() (tenancy.IssuedClient, error){
		"another instance": func() (tenancy.IssuedClient, error) {
			return enrol(k, code.Text.Reveal(), "j",
				publicKey(t, keyTwo))
		},
		"no key": func() (tenancy.IssuedClient, error) { return enrol(k, code.Text.Reveal(), "i") },
		"from elsewhere": func() (tenancy.IssuedClient, error) {
			return k.Enrol(ctx, tenancy.Anonymous(tenancy.Origin{Address: "192.0.2.1"}),
				tenancy.EnrolParams{AuthCode: code.Text.Reveal(),
					Name: "n", InstanceID: "i", PublicKey: publicKey(t, keyTwo)})
		},
	} {
		_, err := try()
		wantRefused(t, what, err)
	}
	usesAre("at last", 3)
	must(k.RevokeClient(ctx, k.Root(), same.ID))(t)
	_, err := enrol(k, code.Text.Reveal(), "i", publicKey(t, keyTwo))
	wantRefused(t, "a revoked one", err)
}

// An installation that has used its key did get its answer. Another that knows the code
// and its name does not take its place.
func TestEnrolAgainAfterUse(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	code := newCode(t, k, k.Organization(t, "o").ID)
	first := must(enrol(k, code.Text.Reveal(), "i"))(t)
	must(k.LoginClient(ctx, k.Anyone(), first.ID, first.Key, tenancy.KeyInHeader, tree))(t)
	if other := must(enrol(k, code.Text.Reveal(), "i"))(t); other.ID == first.ID || other.Repeated {
		t.Errorf("got %+v", other)
	}
	must(k.LoginClient(ctx, k.Anyone(), first.ID, first.Key, tenancy.KeyInHeader, tree))(t)
}

// When the clock is set back, codes still let in, within their uses, and the window of a repeat
// does not become longer.
func TestEnrolWhenTheClockJumpsBack(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := newCode(t, k, o.ID, times(3))
	first := must(enrol(k, code.Text.Reveal(), "i"))(t)
	k.Clock.Advance(-3 * time.Hour)
	if again := must(enrol(k, code.Text.Reveal(), "i"))(t); again.ID != first.ID || !again.Repeated {
		t.Errorf("within the window: %+v", again)
	}
	if got := must(k.GetClient(ctx, k.Root(), first.ID))(t); !got.UpdatedAt.After(first.UpdatedAt) {
		t.Errorf("the version went from %v to %v", first.UpdatedAt, got.UpdatedAt)
	}
	k.Clock.Advance(16 * time.Minute)
	if other := must(enrol(k, code.Text.Reveal(), "i"))(t); other.ID == first.ID || other.Repeated {
		t.Errorf("after the window: %+v", other)
	}
	must(enrol(k, code.Text.Reveal(), "j"))(t)
	_, err := enrol(k, code.Text.Reveal(), "k")
	wantRefused(t, "a fourth", err)
	if got := stored(t, k, code.AuthCode).Uses; got != 3 {
		t.Errorf("%d uses, want 3", got)
	}
}

// A failure at any step leaves nothing: no client, no use, no line.
func TestEnrolIsOneTransaction(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	code := newCode(t, k, o.ID, times(1))
	events := len(k.Events(t, o.ID))
	for _, method := range []string{"LockEnrolment", "InsertClient", "LockAuditHead", "InsertAuditEvent",
		"Commit"} {
		k.Store.Fail(method, errors.New("broken"))
		_, err := enrol(k, code.Text.Reveal(), "i")
		wantKind(t, method, err, problem.Internal, "")
		k.Store.Heal()
	}
	uses := must(k.ListAuthCodeUses(ctx, k.Root(), o.ID, code.ID, tenancy.CodeUseList{Limit: 10}))(t)
	if got := stored(t, k, code.AuthCode); got.Uses != 0 || len(uses.Lines) > 0 ||
		len(k.Events(t, o.ID)) != events {
		t.Errorf("left: %+v, %+v", got, uses.Lines)
	}
	must(enrol(k, code.Text.Reveal(), "i"))(t)
}

// An address that was refused too often is told to wait; others are not, and a good code
// still lets in.
func TestEnrolLimit(t *testing.T) {
	t.Parallel()
	k := tenancytest.On(t, storetest.SQLite(t), tenancytest.Limits)
	id := k.Organization(t, "o").ID
	code, off := newCode(t, k, id), newCode(t, k, id)
	must(k.SwitchOffAuthCode(ctx, k.Root(), id, off.ID))(t)
	for i := range 60 {
		text := []string{"mistyped", secret.NewAuthCode().Reveal(), off.Text.Reveal()}[i%3]
		_, err := enrol(k, text, "i")
		wantRefused(t, fmt.Sprint(i), err)
	}
	for _, text := range []string{"mistyped", secret.NewAuthCode().Reveal(), off.Text.Reveal()} {
		_, err := enrol(k, text, "i")
		wantKind(t, "too many", err, problem.Exhausted, problem.CodeTooManyAttempts)
	}
	must(enrol(k, code.Text.Reveal(), "i"))(t)
	_, err := k.Enrol(ctx, tenancy.Anonymous(tenancy.Origin{Address: "192.0.2.1"}),
		tenancy.EnrolParams{AuthCode: "x", Name: "n", InstanceID: "i"})
	wantRefused(t, "another address", err)
	k.Clock.Advance(time.Second)
	_, err = enrol(k, "mistyped", "i")
	wantRefused(t, "a second later", err)
}
