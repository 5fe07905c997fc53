// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

var errOnPurpose = errors.New("on purpose")

func transactionTopic() topic {
	return topic{
		methods: []string{"Update", "View", "Read", "Ready", "Close"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"an error undoes":           transactionError,
			"a panic undoes":            transactionPanic,
			"an exit undoes":            transactionExit,
			"neighbours are not undone": transactionNeighbours,
			"a swallowed error":         transactionSwallowed,
			"view gives errors back":    transactionView,
			"one state":                 transactionOneState,
			"done context":              transactionDone,
			"context done on the way":   transactionCancelled,
			"view done on the way":      transactionViewCancelled,
			"close waits":               transactionClose,
		},
	}
}

// setting reports whether there is a setting.
func setting(t testing.TB, s tenancy.Store, name string) bool {
	t.Helper()
	found := false
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.Setting(context.Background(), name)
		found = err == nil
		return nil
	})
	return found
}

func transactionError(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for _, want := range []error{errOnPurpose, problem.New(problem.Denied, "code", "No."),
		problem.New(problem.Unavailable, "code", "Later.")} {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			if err := tx.InsertSetting(ctx, "name", nil); err != nil {
				t.Error(err)
			}
			return want
		})
		if err != want { // not wrapped, not converted
			t.Errorf("got %v, want %v itself", err, want)
		}
		if setting(t, s, "name") {
			t.Error("what was undone is there")
		}
	}
	if err := s.Ready(ctx); err != nil {
		t.Errorf("ready: %v", err)
	}
}

func transactionPanic(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	for i := range 20 { // more often than there are connections
		func() {
			defer func() {
				if got := recover(); got != i {
					t.Errorf("got panic %v, want %d", got, i)
				}
			}()
			_ = s.Update(ctx, func(tx tenancy.Tx) error {
				if err := tx.InsertSetting(ctx, "name", nil); err != nil {
					t.Error(err)
				}
				panic(i)
			})
		}()
		func() {
			defer func() {
				if recover() != i {
					t.Error("the panic of a view is lost")
				}
			}()
			_ = s.View(ctx, func(tx tenancy.Reader) error {
				if _, err := tx.Organization(ctx, tenancy.RootID); err != nil {
					t.Error(err)
				}
				panic(i)
			})
		}()
		func() {
			defer func() {
				if recover() != i {
					t.Error("the panic of a read is lost")
				}
			}()
			_ = s.Read(ctx, func(tx tenancy.Reader) error {
				if _, err := tx.Organization(ctx, tenancy.RootID); err != nil {
					t.Error(err)
				}
				panic(i)
			})
		}()
	}
	if setting(t, s, "name") {
		t.Error("what was undone is there")
	}
}

// A test that fails within an Update ends its goroutine there.
func transactionExit(t *testing.T, s tenancy.Store) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Update(context.Background(), func(tx tenancy.Tx) error {
			if err := tx.InsertSetting(context.Background(), "name", nil); err != nil {
				t.Error(err)
			}
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	if setting(t, s, "name") {
		t.Error("what was undone is there")
	}
}

// Some fail, some panic, some work, all at once: each gets what is its own.
func transactionNeighbours(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	const all = 90
	together(all, func(i int) {
		defer func() {
			if got := recover(); (got != nil) != (i%3 == 2) {
				t.Errorf("%d: got panic %v", i, got)
			}
		}()
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			if err := tx.InsertSetting(ctx, fmt.Sprint(i), []byte{byte(i)}); err != nil {
				return err
			}
			switch i % 3 {
			case 1:
				return errOnPurpose
			case 2:
				panic("on purpose")
			}
			return nil
		})
		if (i%3 == 0) != (err == nil) {
			t.Errorf("%d: got %v", i, err)
		}
	})
	for i := range all {
		if got := setting(t, s, fmt.Sprint(i)); got != (i%3 == 0) {
			t.Errorf("%d: there: %v", i, got)
		}
	}
}

// A function may go on after NotFound and Conflict. After any other error the transaction
// fails, even if the function ignores the error.
func transactionSwallowed(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		if err := tx.InsertSetting(ctx, "before", nil); err != nil {
			t.Error(err)
		}
		first := tx.InsertContact(ctx, &tenancy.Contact{OrganizationID: 7})
		wantError(t, first, problem.Internal, problem.CodeInternal)
		wantError(t, tx.InsertSetting(ctx, "after", nil), problem.Internal, problem.CodeInternal)
		_, err := tx.Organization(ctx, tenancy.RootID)
		wantError(t, err, problem.Internal, problem.CodeInternal)
		_, _, err = tx.Organizations(ctx, tenancy.ListParams{Limit: 1})
		wantError(t, err, problem.Internal, problem.CodeInternal)
		return nil
	})
	wantError(t, err, problem.Internal, problem.CodeInternal)
	if setting(t, s, "before") || setting(t, s, "after") {
		t.Error("what was undone is there")
	}
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.Setting(ctx, "none")
		wantError(t, err, problem.NotFound, problem.CodeSettingNotFound)
		if err := tx.InsertSetting(ctx, "name", nil); err != nil {
			return err
		}
		wantError(t, tx.InsertSetting(ctx, "name", nil), problem.Conflict, problem.CodeSettingExists)
		return nil
	})
	if !setting(t, s, "name") {
		t.Error("what was stored before a conflict is not there")
	}
}

func transactionView(t *testing.T, s tenancy.Store) {
	for range 20 {
		if err := s.View(context.Background(),
			func(tenancy.Reader) error { return errOnPurpose }); err != errOnPurpose {
			t.Errorf("got %v, want %v itself", err, errOnPurpose)
		}
		if err := s.Read(context.Background(),
			func(tenancy.Reader) error { return errOnPurpose }); err != errOnPurpose {
			t.Errorf("read: got %v, want %v itself", err, errOnPurpose)
		}
	}
}

// Updates leave two organizations equal. No View may see them differ, however it reads
// them and however long it takes.
func transactionOneState(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a"), member(t, s, "b")
	var stop atomic.Bool
	together(6, func(i int) {
		if i > 1 {
			defer stop.Store(true)
			for range 15 {
				view(t, s, func(tx tenancy.Reader) error { return alike(t, tx, a.ID, b.ID) })
			}
			return
		}
		for n := 0; !stop.Load(); n++ {
			err := s.Update(ctx, func(tx tenancy.Tx) error {
				a, err := tx.LockOrganization(ctx, a.ID)
				if err != nil {
					return err
				}
				a.Description = fmt.Sprint(i, n)
				c := b
				c.Description = a.Description
				extra := tenancy.Organization{Name: fmt.Sprint("extra ", i, n), State: tenancy.OrganizationActive,
					Description: a.Description}
				return errors.Join(tx.UpdateOrganization(ctx, a), tx.UpdateOrganization(ctx, c),
					tx.InsertOrganization(ctx, &extra))
			})
			if err != nil {
				t.Errorf("update: %v", err)
				return
			}
		}
	})
}

func alike(t testing.TB, tx tenancy.Reader, a, b tenancy.OrganizationID) error {
	ctx := context.Background()
	first, err := tx.Organization(ctx, a)
	if err != nil {
		return err
	}
	list, total, err := tx.Organizations(ctx, tenancy.ListParams{Limit: 1000})
	if err != nil {
		return err
	}
	second, err := tx.Organization(ctx, b)
	if err != nil {
		return err
	}
	_, again, err := tx.Organizations(ctx, tenancy.ListParams{})
	if first.Description != second.Description || total != again || total < 1000 && total != len(list) {
		t.Errorf("got %q and %q; %d in all, then %d, and a page of %d", first.Description, second.Description,
			total, again, len(list))
	}
	return err
}

func transactionDone(t *testing.T, s tenancy.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ran := false
	for name, err := range map[string]error{
		"update": s.Update(ctx, func(tenancy.Tx) error { ran = true; return nil }),
		"view":   s.View(ctx, func(tenancy.Reader) error { ran = true; return nil }),
		"read":   s.Read(ctx, func(tenancy.Reader) error { ran = true; return nil }),
	} {
		if ran || !errors.Is(err, problem.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: ran: %v, got %v", name, ran, err)
		}
	}
}

// If the caller gives up during an Update, all of it is done or nothing, and the answer
// says which.
func transactionCancelled(t *testing.T, s tenancy.Store) {
	together(40, func(i int) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if i%2 == 0 {
			go func() {
				time.Sleep(time.Duration(i) * 50 * time.Microsecond)
				cancel()
			}()
		}
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			if err := tx.InsertSetting(ctx, fmt.Sprint("first ", i), nil); err != nil {
				return err
			}
			if i%2 == 1 && i < 20 {
				cancel()
			}
			return tx.InsertSetting(ctx, fmt.Sprint("second ", i), nil)
		})
		if err != nil && !errors.Is(err, problem.Unavailable) {
			t.Errorf("%d: got %v", i, err)
		}
		first, second := setting(t, s, fmt.Sprint("first ", i)), setting(t, s, fmt.Sprint("second ", i))
		if first != second || first != (err == nil) {
			t.Errorf("%d: first %v, second %v, but the answer was %v", i, first, second, err)
		}
	})
}

// A caller that gives up during a View leaves nothing that would harm the next one.
func transactionViewCancelled(t *testing.T, s tenancy.Store) {
	together(30, func(i int) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		see := s.View
		if i >= 15 {
			see = s.Read
		}
		err := see(ctx, func(tx tenancy.Reader) error {
			if i%2 == 0 {
				cancel()
			}
			_, _, err := tx.Organizations(ctx, tenancy.ListParams{Limit: 5})
			return err
		})
		if i%2 == 0 && (!errors.Is(err, problem.Unavailable) || !errors.Is(err, context.Canceled)) || i%2 == 1 &&
			err != nil {
			t.Errorf("%d: got %v", i, err)
		}
	})
}

func transactionClose(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	entered, leave := make(chan struct{}, 3), make(chan struct{})
	results := make(chan error, 3)
	go func() {
		results <- s.Update(ctx, func(tx tenancy.Tx) error {
			entered <- struct{}{}
			<-leave
			return tx.InsertSetting(ctx, "name", nil)
		})
	}()
	for _, see := range []func(context.Context, func(tenancy.Reader) error) error{s.View, s.Read} {
		go func() {
			results <- see(ctx, func(tx tenancy.Reader) error {
				entered <- struct{}{}
				<-leave
				_, err := tx.Organization(ctx, tenancy.RootID)
				return err
			})
		}()
	}
	for range 3 {
		<-entered
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case <-closed:
		t.Error("closed while work was running")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	for range 3 {
		if err := <-results; err != nil {
			t.Errorf("work that was running: %v", err)
		}
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	for name, err := range map[string]error{
		"update": s.Update(ctx, func(tenancy.Tx) error { return nil }),
		"view":   s.View(ctx, func(tenancy.Reader) error { return nil }),
		"read":   s.Read(ctx, func(tenancy.Reader) error { return nil }),
		"ready":  s.Ready(ctx),
	} {
		if !errors.Is(err, problem.Unavailable) {
			t.Errorf("%s after close: got %v", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}
