// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"sync"
	"testing"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var errBroken = errors.New("broken on purpose")

// Every method of a transaction fails on demand.
func TestBrokenFailsEveryMethod(t *testing.T) {
	t.Parallel()
	b := storetest.NewBroken(storetest.SQLite(t))
	for typ, run := range map[reflect.Type]func(call func(tx any)) error{
		reflect.TypeFor[tenancy.Tx](): func(call func(tx any)) error {
			return b.Update(context.Background(), func(tx tenancy.Tx) error { call(tx); return nil })
		},
		reflect.TypeFor[tenancy.Reader](): func(call func(tx any)) error {
			return b.View(context.Background(), func(tx tenancy.Reader) error { call(tx); return nil })
		},
	} {
		for i := range typ.NumMethod() {
			method := typ.Method(i)
			b.Fail(method.Name, errBroken)
			err := run(func(tx any) {
				args := []reflect.Value{reflect.ValueOf(context.Background())}
				for n := 1; n < method.Type.NumIn(); n++ {
					args = append(args, reflect.Zero(method.Type.In(n)))
				}
				results := reflect.ValueOf(tx).MethodByName(method.Name).Call(args)
				if got := results[len(results)-1].Interface(); got != errBroken {
					t.Errorf("%s: got %v, want %v", method.Name, got, errBroken)
				}
			})
			if err != nil {
				t.Errorf("%s: the transaction itself: %v", method.Name, err)
			}
			b.Heal()
		}
	}
}

func TestBrokenStore(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, s tenancy.Store) {
		ctx := context.Background()
		b := storetest.NewBroken(s)
		put := func() error {
			return b.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertSetting(ctx, "name", nil) })
		}
		see := func() error { return b.View(ctx, func(tx tenancy.Reader) error { return nil }) }
		for method, call := range map[string]func() error{
			"Update": put, "Commit": put, "InsertSetting": put, "View": see,
			"Read":  func() error { return b.Read(ctx, func(tx tenancy.Reader) error { return nil }) },
			"Ready": func() error { return b.Ready(ctx) },
		} {
			b.Fail(method, errBroken)
			if err := call(); err != errBroken {
				t.Errorf("%s: got %v, want %v", method, err, errBroken)
			}
			b.Heal()
		}
		if err := put(); err != nil {
			t.Errorf("healed, and nothing stayed of what failed, but: %v", err)
		}
		if got := b.Calls("InsertSetting"); got < 3 { // an Update may run more than once
			t.Errorf("got %d calls, want 3 at least", got)
		}
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func TestBrokenTogether(t *testing.T) {
	t.Parallel()
	b := storetest.NewBroken(storetest.SQLite(t))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				b.Fail("Commit", errBroken)
				_ = b.Update(context.Background(), func(tenancy.Tx) error { return nil })
				b.Heal()
			}
		})
	}
	group.Wait()
}

func TestBrokenUnknownMethod(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	storetest.NewBroken(nil).Fail("Nonsense", errBroken)
}
