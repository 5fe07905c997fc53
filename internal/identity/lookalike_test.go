// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// spellings look like Acme and are the same name.
func spellings() []string {
	return []string{"ACME", "Acme\u200b", "\u200bAcme", "Ac\u00adme", "Ac\u034fme", "Acme\u200e", "\u200fAcme",
		"\u061cAcme", "A\u200cc\u200dm\u2060e", "Acme\ufe0f",
		"Acme\ufeff", "Acme\u3164", "\u115fAcme\uffa0", "Ac\u180eme", "Acme\U000e0020", "Acme\U000e0100",
		"Acme \u200b", "\u00ad \u200b Acme\u200b \u200b ", "Acme \u3164"}
}

func TestNamesThatLookAlike(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Organization(t, "Acme")
	other := k.Organization(t, "Birch")
	password := k.Operator(t, "Acme", tenancy.Administrator, tenancy.RootID)
	caller := sessionCaller(t, k, "Acme", password)
	issueToken(t, k, caller, "Acme")
	for _, name := range spellings() {
		_, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: name})
		wantKind(t, "create "+name, err, problem.Conflict, problem.CodeOrganizationNameTaken)
		_, err = k.UpdateOrganization(ctx, k.Root(), other.ID, tenancy.UpdateOrganizationParams{Name: &name})
		wantKind(t, "rename to "+name, err, problem.Conflict, problem.CodeOrganizationNameTaken)
		_, err = k.CreateOperator(ctx, k.Root(), identity.CreateOperatorParams{Username: name,
			Password: secret.NewPassword(), Role: tenancy.Auditor})
		wantKind(t, "operator "+name, err, problem.Conflict, problem.CodeUsernameTaken)
		_, err = k.IssueOperatorToken(ctx, caller, identity.IssueOperatorTokenParams{Name: name, Scope: allCalls()})
		wantKind(t, "token "+name, err, problem.Conflict, problem.CodeOperatorTokenNameTaken)
	}
	for _, name := range []string{"A\u00adcme", "ACME\u200e"} {
		if got := sessionCaller(t, k, name, password); got.ID != caller.ID {
			t.Errorf("%+q logs in as %s", name, got.Name)
		}
	}
	applicant := k.Submit(t, "Acme\u200b")
	_, err := k.ApproveRequest(ctx, k.Root(), applicant.ID, "")
	wantKind(t, "approve", err, problem.Conflict, problem.CodeOrganizationNameTaken)
}

// An operator's user name that imitates another one with letters of another script, or with
// full-width letters, is refused.
func TestUsernamesThatImitate(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Operator(t, "paula", tenancy.Auditor, tenancy.RootID)
	for name, refused := range map[string]bool{"p\u0430ula": true, "\uff50\uff41\uff55\uff4c\uff41": true,
		"paul\u03b1": true,
		"паула":      false, "Paula M\u00fcller": false, "山田taro": false} {
		_, err := k.CreateOperator(ctx, k.Root(), identity.CreateOperatorParams{Username: name,
			Password: secret.NewPassword(), Role: tenancy.Auditor})
		e := problem.As(err)
		if refused && (e.Kind != problem.Invalid || len(e.Fields) != 1 ||
			e.Fields[0].Phrase.Code != problem.CodeMixedScripts) ||
			!refused && err != nil {
			t.Errorf("%+q: got %v", name, err)
		}
	}
}

// Names are stored as they were typed, but for blanks at their ends; aliases made
// from them have only what is seen.
func TestNamesKeepWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	for name, want := range map[string][2]string{
		"שלום \u200fABC\u200e":                {"שלום \u200fABC\u200e", "שלום-abc"},
		"\u200fשלום!\u200f":                   {"\u200fשלום!\u200f", "שלום"},
		"مرحبا\u061c (1)":                     {"مرحبا\u061c (1)", "مرحبا-1"},
		"می\u200cخواهم":                       {"می\u200cخواهم", "میخواهم"},
		"\U0001F469\u200d\U0001F4BB\ufe0f 24": {"\U0001F469\u200d\U0001F4BB\ufe0f 24", "24"},
		"Co\u00adop \u200b":                   {"Co\u00adop", "coop"},
		"\u200b \u200eLtr":                    {"\u200eLtr", "ltr"},
	} {
		if o := k.Organization(t, name); o.Name != want[0] || o.Alias != want[1] {
			t.Errorf("%+q: got %+q with the alias %+q, want %+q", name, o.Name, o.Alias, want)
		}
	}
}

// What nobody can see is no name, and what turns the text around it is refused.
func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "Acme")
	for _, name := range []string{"\u200b", "\u00ad\u00ad", "\u200e \u200f", "\u3164", "\u115f\u1160", "\uffa0",
		"\u034f", "\u180e", "\ufe0f", "\U000e0041", " \u2060 ",
		"a\u202ab", "a\u202bb", "a\u202cb", "a\u202db", "a\u202eb", "a\u2066b", "a\u2067b", "a\u2068b",
		"a\u2069b"} {
		_, err := k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{Name: name})
		wantKind(t, "create "+name, err, problem.Invalid, problem.CodeInvalidInput)
		_, err = k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Name: &name})
		wantKind(t, "rename to "+name, err, problem.Invalid, problem.CodeInvalidInput)
		_, err = k.CreateOperator(ctx, k.Root(), identity.CreateOperatorParams{Username: name,
			Password: secret.NewPassword(), Role: tenancy.Auditor})
		wantKind(t, "operator "+name, err, problem.Invalid, problem.CodeInvalidInput)
		_, err = k.CreateApplication(ctx, k.Root(), identity.CreateApplicationParams{Name: name,
			Type: tenancy.TypeApplication})
		wantKind(t, "application "+name, err, problem.Invalid, problem.CodeInvalidInput)
	}
	none := "\u200b"
	changed := must(k.UpdateOrganization(ctx, k.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Alias: &none, ExternalID: &none}))(t)
	if changed.Alias != "acme" || changed.ExternalID != "" {
		t.Errorf("got alias %+q, external id %+q", changed.Alias, changed.ExternalID)
	}
}

// Guesses are counted for the name, however it is spelt.
func TestSpellingsShareTheirGuesses(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, tenancytest.Limits)
	password := k.Operator(t, "ann", tenancy.Auditor, tenancy.RootID)
	for _, name := range []string{"ann\u200b", "\u200eann", "an\u00adn", "a\u200dnn", "ann\ufe0f", "ANN\u034f"} {
		if login(k, name, secret.NewPassword(), "") == nil {
			t.Fatal("a wrong password is right")
		}
	}
	wantKind(t, "after six guesses", login(k, "ann", password, ""), problem.Exhausted,
		problem.CodeTooManyAttempts)
}
