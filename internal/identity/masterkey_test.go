// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"slices"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A server is ready while it can read the active master key, and OpensWith tells one that could
// not be started again.
func TestReadyInARotation(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), storetest.SQLite(t)
	old, next, other := secret.NewMasterKey(), secret.NewMasterKey(), secret.NewMasterKey()
	service := func(master []byte) *identity.Service {
		return tenancytest.Over(store, must(secret.NewKeyring(master))(t), nil, tenancytest.Options{}).Identity
	}
	s := service(old)
	must(s.Start(ctx, secret.NewPassword()))(t)
	holds := func(when string, isOld bool) {
		t.Helper()
		if err := s.Ready(ctx); err != nil {
			t.Errorf("%s: a server that has learned the keys is not ready: %v", when, err)
		}
		for _, master := range [][]byte{old, next} {
			opens, ready := s.OpensWith(ctx, master), service(master).Ready(ctx)
			if isOld && &master[0] == &old[0] {
				wantKind(t, when+", the old key", opens, problem.Conflict, problem.CodeMasterKeyRetired)
				wantKind(t, when+", ready with it", ready, problem.Conflict, problem.CodeMasterKeyRetired)
			} else if opens != nil || ready != nil {
				t.Errorf("%s: %v, %v", when, opens, ready)
			}
		}
		wantKind(t, when+", another key", s.OpensWith(ctx, other), problem.Conflict, problem.CodeWrongMasterKey)
		wantKind(t, when+", ready with another", service(other).Ready(ctx), problem.Conflict,
			problem.CodeWrongMasterKey)
	}
	if err := s.OpensWith(ctx, old); err != nil {
		t.Errorf("before any rotation: %v", err)
	}
	if _, made, err := s.PrepareMasterKey(ctx, next); err != nil || string(made) != string(next) {
		t.Fatalf("prepare: another key, or %v", err)
	}
	holds("prepared", false)
	if err := s.ActivateMasterKey(ctx); err != nil {
		t.Fatal(err)
	}
	holds("activated", false)
	for range 2 {
		if err := s.FinishMasterKey(ctx); err != nil {
			t.Fatal(err)
		}
		holds("finished", true)
	}
}

// A rotation that has begun is gone on with, whatever key is handed over again, and cannot be
// finished before the new key is in use.
func TestOneRotationAtATime(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), newRotations(t, 3)
	s := r.start(t, 0).Identity
	must(s.Start(ctx, secret.NewPassword()))(t)
	if _, _, err := s.PrepareMasterKey(ctx, r.masters[1]); err != nil {
		t.Fatal(err)
	}
	k, made, err := r.start(t, 0).Identity.PrepareMasterKey(ctx, r.masters[2])
	if err != nil || k.ID != r.ids[1] || string(made) != string(r.masters[1]) {
		t.Errorf("a second rotation: key %s, not %s, or %v", k.ID, r.ids[1], err)
	}
	if err := s.FinishMasterKey(ctx); err != nil {
		t.Fatal(err)
	}
	states := func() (states []tenancy.MasterKeyState) {
		for _, k := range must(s.MasterKeys(ctx))(t) {
			if states = append(states, k.State); len(k.Sealed) == 0 {
				t.Errorf("the key %s cannot be read any more", k.ID)
			}
		}
		return states
	}
	if got := states(); !slices.Equal(got, []tenancy.MasterKeyState{tenancy.MasterKeyActive,
		tenancy.MasterKeyNext}) {
		t.Errorf("finished too early: %v", got)
	}
	wantKind(t, "the third key", s.OpensWith(ctx, r.masters[2]), problem.Conflict, problem.CodeWrongMasterKey)
}
