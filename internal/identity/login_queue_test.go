// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// A log-in that gives up, wherever it waits, leaves its place in the queue and the turn of
// its name.
func TestLoginsThatGiveUpLeaveTheQueue(t *testing.T) {
	t.Parallel()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	s := New(tenancy.NewCore(nil, keys, nil), Options{Hasher: secret.NewCheapHasher()})
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	enter := func(what string) {
		t.Helper()
		if _, err := s.enterLogin(soon(), "ada"); !errors.Is(err, problem.Unavailable) {
			t.Errorf("%s: got %v, want Unavailable", what, err)
		}
		if n := s.logins.Load(); n != 1 {
			t.Errorf("%s: %d log-ins are counted, want the one that waits for nothing", what, n)
		}
	}
	leave, err := s.enterLogin(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	enter("the turn of the name is taken")
	leave()
	if n := s.logins.Load(); n != 0 {
		t.Errorf("%d log-ins are counted after the last one left", n)
	}

	// Another name takes the last slot of the hasher. The turn of the first name is free.
	var slots []func()
	for {
		release, err := s.hasher.Take(soon())
		if err != nil {
			break
		}
		slots = append(slots, release)
	}
	s.logins.Add(1)
	enter("every slot of the hasher is taken")
	enter("again: the first attempt has given the turn back")
	s.logins.Add(-1)
	for _, release := range slots {
		release()
	}
	leave, err = s.enterLogin(t.Context(), "ada")
	if err != nil {
		t.Fatalf("nobody is in the queue: %v", err)
	}
	leave()
}
