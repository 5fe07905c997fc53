// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// rotations are services on one database, each with the master key of its number.
type rotations struct {
	store   tenancy.Store
	masters [][]byte
	ids     []string
}

func newRotations(t *testing.T, n int) *rotations {
	r := &rotations{store: storetest.SQLite(t)}
	for range n {
		master := secret.NewMasterKey()
		r.masters, r.ids = append(r.masters, master), append(r.ids, must(secret.MasterKeyID(master))(t))
	}
	return r
}

// start returns what a server that is started with one of the keys has.
func (r *rotations) start(t *testing.T, i int) tenancytest.Services {
	t.Helper()
	keys := must(secret.NewKeyring(r.masters[i]))(t)
	s := tenancytest.Over(r.store, keys, nil, tenancytest.Options{})
	if err := s.Identity.LearnMasterKeys(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// rotate puts the next key in place of one.
func (r *rotations) rotate(t *testing.T, i int) {
	t.Helper()
	ctx, s := context.Background(), r.start(t, i).Identity
	if _, _, err := s.PrepareMasterKey(ctx, r.masters[i+1]); err != nil {
		t.Fatal(err)
	}
	if err := s.ActivateMasterKey(ctx); err != nil {
		t.Fatal(err)
	}
	must(s.Reseal(ctx))(t)
	if err := s.FinishMasterKey(ctx); err != nil {
		t.Fatal(err)
	}
}

// wantUnbroken wants a server with a key to verify every event.
func (r *rotations) wantUnbroken(t *testing.T, i int) {
	t.Helper()
	if report, err := r.start(t, i).VerifyAudits(context.Background()); err != nil || report.Err() != nil {
		t.Errorf("with key %d: %v, %v", i, err, report.Broken)
	}
}

func (r *rotations) states(t *testing.T) (states []tenancy.MasterKeyState) {
	t.Helper()
	for _, k := range must(r.start(t, len(r.masters)-1).Identity.MasterKeys(context.Background()))(t) {
		states = append(states, k.State)
	}
	return states
}

// A dropped key verifies the audit and recognises nothing. Keys that were sealed under it are read
// as before, whatever is dropped in which order, and through later rotations.
func TestDropMasterKey(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), newRotations(t, 4)
	first := r.start(t, 0).Identity
	password := secret.NewPassword()
	must(first.Start(ctx, password))(t)
	from := tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1", RequestID: "test"})
	old := must(first.StartSession(ctx, from, identity.StartSessionParams{Username: "admin",
		Password: password}))(t)
	wantKind(t, "of the only key", errorOf(first.DropMasterKey(ctx, r.ids[0], true)), problem.NotFound,
		problem.CodeRowNotFound)
	r.rotate(t, 0)
	r.rotate(t, 1)
	s := r.start(t, 2).Identity
	for id, code := range map[string]problem.Code{r.ids[2]: problem.CodeMasterKeyNotRetired,
		r.ids[3]: problem.CodeRowNotFound} {
		_, dropped, err := s.DropMasterKey(ctx, id, true)
		if dropped || problem.As(err).Code != code {
			t.Errorf("%s: %t, %v, want %s", id, dropped, err, code)
		}
	}
	made, dropped, err := s.DropMasterKey(ctx, r.ids[1], false)
	if err != nil || !dropped || len(made) > 0 { // nothing was made under the second
		t.Fatalf("%v, %t, %v", made, dropped, err)
	}
	r.wantUnbroken(t, 2)
	session := old.Text.Reveal()
	if _, err := r.start(t, 2).Identity.AuthenticateSession(ctx, tenancy.Origin{}, session); err != nil {
		t.Errorf("the session of the first key, which was sealed under the second: %v", err)
	}
	made, dropped, err = s.DropMasterKey(ctx, r.ids[0], false)
	if err != nil || dropped || len(made) != 1 || made[0] != (identity.MadeUnder{Kind: tenancy.Sessions,
		Count: 1}) {
		t.Fatalf("with a session: %v, %t, %v", made, dropped, err)
	}
	if _, err := r.start(t, 2).Identity.AuthenticateSession(ctx, tenancy.Origin{}, session); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
	for range 2 {
		if _, dropped, err = s.DropMasterKey(ctx, r.ids[0], true); err != nil || !dropped {
			t.Fatalf("%t, %v", dropped, err)
		}
	}
	for _, running := range []*identity.Service{s, r.start(t, 2).Identity} {
		_, err := running.AuthenticateSession(ctx, tenancy.Origin{}, session)
		wantKind(t, "the session of a dropped key", err, problem.Unauthenticated, problem.CodeInvalidToken)
	}
	r.wantUnbroken(t, 2)
	r.rotate(t, 2)
	r.wantUnbroken(t, 3)
	must(r.start(t, 3).Identity.StartSession(ctx, from, identity.StartSessionParams{Username: "admin",
		Password: password}))(t)
	want := []tenancy.MasterKeyState{tenancy.MasterKeyDropped, tenancy.MasterKeyDropped,
		tenancy.MasterKeyRetired, tenancy.MasterKeyActive}
	if got := r.states(t); len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] ||
		got[3] != want[3] {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, dropped, err = r.start(t, 3).Identity.DropMasterKey(ctx, r.ids[2], true); err != nil || !dropped {
		t.Fatalf("%t, %v", dropped, err)
	}
	r.wantUnbroken(t, 3)
	wantKind(t, "a dropped key at a start", r.start(t, 3).Identity.OpensWith(ctx, r.masters[0]),
		problem.Conflict,
		problem.CodeMasterKeyRetired)
}

// During a rotation nothing is dropped, and a server that has a dropped key learns that.
func TestDropDuringARotation(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), newRotations(t, 3)
	first := r.start(t, 0).Identity
	must(first.Start(ctx, secret.NewPassword()))(t)
	r.rotate(t, 0)
	s := r.start(t, 1).Identity
	if _, _, err := s.PrepareMasterKey(ctx, r.masters[2]); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "with a next key", errorOf(s.DropMasterKey(ctx, r.ids[0], true)), problem.Conflict,
		problem.CodeMasterKeyRotating)
	if err := s.ActivateMasterKey(ctx); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "before finish", errorOf(s.DropMasterKey(ctx, r.ids[0], true)), problem.Conflict,
		problem.CodeMasterKeyRotating)
	if err := s.FinishMasterKey(ctx); err != nil {
		t.Fatal(err)
	}
	running := r.start(t, 2)
	if _, dropped, err := r.start(t, 2).Identity.DropMasterKey(ctx, r.ids[0], true); err != nil || !dropped {
		t.Fatalf("%t, %v", dropped, err)
	}
	if err := running.Identity.LearnMasterKeys(ctx); err != nil {
		t.Fatal(err)
	}
	if report, err := running.VerifyAudits(ctx); err != nil || report.Err() != nil {
		t.Errorf("%v, %v", err, report.Broken)
	}
}

func errorOf(_ []identity.MadeUnder, _ bool, err error) error { return err }
