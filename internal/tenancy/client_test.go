// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"slices"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// enrolled makes a client with a code.
func enrolled(t *testing.T, k *tenancytest.Kit, code tenancy.IssuedAuthCode,
	instance string) tenancy.IssuedClient {
	t.Helper()
	return must(enrol(k, code.Text.Reveal(), instance))(t)
}

func TestApproveEnrolments(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	setPolicy(t, k, o.ID, tenancy.Policy{ApproveEnrolments: true})
	code := newCode(t, k, o.ID, times(3))
	in, out := enrolled(t, k, code, "in"), enrolled(t, k, code, "out")
	if in.State != tenancy.ClientPending || in.Key.Empty() {
		t.Errorf("got %+v", in)
	}
	_, err := k.LoginClient(ctx, k.Anyone(), in.ID, in.Key, tenancy.KeyInHeader, tree)
	wantKind(t, "while it waits", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	in = enrolled(t, k, code, "in") // its answer was lost
	if !in.Repeated || in.State != tenancy.ClientPending {
		t.Errorf("again: %+v", in)
	}
	approved := must(k.ApproveClient(ctx, k.Root(), in.ID))(t)
	refused := must(k.RefuseClient(ctx, k.Root(), out.ID))(t)
	if approved.State != tenancy.ClientActive || approved.DecidedBy != k.Root().Ref() ||
		refused.State != tenancy.ClientRefused {
		t.Errorf("got %+v, %+v", approved, refused)
	}
	must(k.LoginClient(ctx, k.Anyone(), in.ID, in.Key, tenancy.KeyInHeader, tree))(t)
	_, err = k.LoginClient(ctx, k.Anyone(), out.ID, out.Key, tenancy.KeyInHeader, tree)
	wantKind(t, "refused", err, problem.Unauthenticated, problem.CodeInvalidCredentials)
	for what, decide := range map[string]func(id string) error{
		"approve": func(id string) error { return errOf(k.ApproveClient(ctx, k.Root(), id)) },
		"refuse":  func(id string) error { return errOf(k.RefuseClient(ctx, k.Root(), id)) },
	} {
		for _, id := range []string{in.ID, out.ID} {
			wantKind(t, what+" twice", decide(id), problem.Conflict, problem.CodeClientDecided)
		}
	}
	if got := stored(t, k, code.AuthCode).Uses; got != 2 {
		t.Errorf("%d uses, want 2", got)
	}
	// One that was refused is another client when it asks again.
	if again := enrolled(t, k, code, "out"); again.ID == out.ID {
		t.Errorf("got %+v", again)
	}
}

func TestClients(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o, other := k.Organization(t, "o"), k.Organization(t, "other")
	mine := k.OperatorCaller(t, "mine", k.Operator(t, "mine", tenancy.Administrator, o.ID))
	code, second, theirs := newCode(t, k, o.ID), newCode(t, k, o.ID), newCode(t, k, other.ID)
	a, b, foreign := enrolled(t, k, code, "a"), enrolled(t, k, second, "b"), enrolled(t, k, theirs, "foreign")
	for what, test := range map[string]struct {
		caller tenancy.Caller
		list   tenancy.ClientList
		want   []string
	}{
		"all of the root": {k.Root(), tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 9}},
			[]string{foreign.ID, b.ID, a.ID}},
		"of one": {k.Root(), tenancy.ClientList{Organization: o.ID,
			IDOrder: tenancy.IDOrder{Limit: 9}}, []string{b.ID, a.ID}},
		"mine": {mine, tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 9}}, []string{b.ID, a.ID}},
		"mine by name": {mine, tenancy.ClientList{Organization: o.ID, IDOrder: tenancy.IDOrder{Limit: 9}},
			[]string{b.ID, a.ID}},
		"of a code": {mine, tenancy.ClientList{AuthCodeID: code.ID, IDOrder: tenancy.IDOrder{Limit: 9}},
			[]string{a.ID}},
		"of another's code": {mine, tenancy.ClientList{AuthCodeID: theirs.ID, IDOrder: tenancy.IDOrder{Limit: 9}},
			nil},
		"waiting": {mine, tenancy.ClientList{State: tenancy.ClientPending,
			IDOrder: tenancy.IDOrder{Limit: 9}}, nil},
		"a page": {mine, tenancy.ClientList{IDOrder: tenancy.IDOrder{After: b.ID, Limit: 1}},
			[]string{a.ID}},
		"no number means all": {mine, tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: -1}}, []string{b.ID}},
	} {
		var got []string
		for _, c := range must(k.ListClients(ctx, test.caller, test.list))(t).Items {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
	_, err := k.ListClients(ctx, mine, tenancy.ClientList{Organization: other.ID,
		IDOrder: tenancy.IDOrder{Limit: 9}})
	wantKind(t, "another's", err, problem.NotFound, problem.CodeOrganizationNotFound)
	name := "x"
	for what, err := range map[string]error{
		"read":    errOf(k.GetClient(ctx, mine, foreign.ID)),
		"update":  errOf(k.UpdateClient(ctx, mine, foreign.ID, tenancy.UpdateClientParams{Name: &name})),
		"approve": errOf(k.ApproveClient(ctx, mine, foreign.ID)),
		"revoke":  errOf(k.RevokeClient(ctx, mine, foreign.ID)),
		"none":    errOf(k.RevokeClient(ctx, mine, "none")),
	} {
		wantKind(t, what, err, problem.NotFound, problem.CodeClientNotFound)
	}
}

func TestUpdateClient(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	o := k.Organization(t, "o")
	c := enrolled(t, k, newCode(t, k, o.ID), "i")
	events := len(k.Events(t, o.ID))
	name, tags := " new ", []string{"z", "a", "z"}
	got := must(k.UpdateClient(ctx, k.Root(), c.ID, tenancy.UpdateClientParams{Name: &name, Tags: &tags}))(t)
	if got.Name != "new" || !slices.Equal(got.Tags, []string{"a", "z"}) || got.DecidedBy != "" ||
		!got.UpdatedAt.After(c.UpdatedAt) {
		t.Errorf("got %+v", got)
	}
	again := must(k.UpdateClient(ctx, k.Root(), c.ID, tenancy.UpdateClientParams{Name: &name}))(t)
	if !again.UpdatedAt.Equal(got.UpdatedAt) || len(k.Events(t, o.ID)) != events+1 {
		t.Errorf("no difference is a change: %+v, %v", again, k.Events(t, o.ID)[events:])
	}
	empty, many := "", make([]string, 1000)
	_, err := k.UpdateClient(ctx, k.Root(), c.ID, tenancy.UpdateClientParams{Name: &empty, Tags: &many})
	wantWrong(t, "bad", err, "name required", "tags too_many_tags")
	must(k.RevokeClient(ctx, k.Root(), c.ID))(t)
	if twice := must(k.RevokeClient(ctx, k.Root(), c.ID))(t); twice.State != tenancy.ClientRevoked {
		t.Errorf("got %+v", twice)
	}
}

// A change of a client locks its organization first, as an enrolment does. The other order
// ends in deadlocks.
func TestClientIsLockedAfterItsOrganization(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	c := enrolled(t, k, newCode(t, k, k.Organization(t, "o").ID), "i")
	before := k.Store.Calls("LockOrganization")
	k.Store.Fail("LockClient", problem.New(problem.Internal, problem.CodeInternal))
	_, err := k.RevokeClient(ctx, k.Root(), c.ID)
	wantKind(t, "revoke", err, problem.Internal, "")
	if k.Store.Calls("LockOrganization") == before {
		t.Error("the client was locked before its organization")
	}
}
