// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"reflect"
	"sync"

	"gatehouse/internal/tenancy"
)

// Broken is a store that fails on demand, for code paths that a healthy store does not
// reach. It is safe for concurrent use.
type Broken struct {
	inner  tenancy.Store
	mu     sync.Mutex
	faults map[string]error
	calls  map[string]int
}

var _ tenancy.Store = (*Broken)(nil)

// NewBroken wraps a store; at first nothing fails.
func NewBroken(inner tenancy.Store) *Broken {
	return &Broken{inner: inner, faults: map[string]error{}, calls: map[string]int{}}
}

// Fail makes a method fail with err instead of doing anything, until Heal. The
// method is one of Store, Reader or Tx ("View", "Organizations",
// "InsertAuthCode"), or "Commit": then an Update runs its function, nothing of
// it stays, and err comes back. It panics when there is no such method.
func (b *Broken) Fail(method string, err error) {
	b.must(method)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[method] = err
}

// Heal makes everything work again.
func (b *Broken) Heal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.faults)
}

// Calls returns how often a method was called, failures included.
func (b *Broken) Calls(method string) int {
	b.must(method)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[method]
}

func (b *Broken) must(method string) {
	for _, name := range append(methodsOf[tenancy.Store](), append(methodsOf[tenancy.Tx](), "Commit")...) {
		if name == method {
			return
		}
	}
	panic("storetest: a store has no method " + method)
}

// methodsOf names the methods of an interface, in order.
func methodsOf[I any]() []string {
	typ := reflect.TypeFor[I]()
	names := make([]string, typ.NumMethod())
	for i := range names {
		names[i] = typ.Method(i).Name
	}
	return names
}

// check counts a call and returns the error that it must fail with.
func (b *Broken) check(method string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[method]++
	return b.faults[method]
}

// Update implements tenancy.Store.
func (b *Broken) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	return b.update(ctx, fn, func([]string) {})
}

// update is Update. After a commit it passes on the methods that were called and, if they
// report whether they did something, did it.
func (b *Broken) update(ctx context.Context, fn func(tenancy.Tx) error,
	committed func(called []string)) error {
	if err := b.check("Update"); err != nil {
		return err
	}
	var last *calls
	err := b.inner.Update(ctx, func(tx tenancy.Tx) error {
		last = &calls{Broken: b} // of this run: the function may run more than once
		if err := fn(brokenTx{brokenReader{tx, last}, tx}); err != nil {
			return err
		}
		return b.check("Commit")
	})
	if err == nil {
		committed(last.called)
	}
	return err
}

// View implements tenancy.Store.
func (b *Broken) View(ctx context.Context, fn func(tenancy.Reader) error) error {
	if err := b.check("View"); err != nil {
		return err
	}
	return b.inner.View(ctx, func(tx tenancy.Reader) error { return fn(brokenReader{tx, &calls{Broken: b}}) })
}

// Read implements tenancy.Store.
func (b *Broken) Read(ctx context.Context, fn func(tenancy.Reader) error) error {
	if err := b.check("Read"); err != nil {
		return err
	}
	return b.inner.Read(ctx, func(tx tenancy.Reader) error { return fn(brokenReader{tx, &calls{Broken: b}}) })
}

// ChangesElsewhere implements tenancy.Store. Told to fail, it does not know.
func (b *Broken) ChangesElsewhere() (uint64, bool) {
	if b.check("ChangesElsewhere") != nil {
		return 0, false
	}
	return b.inner.ChangesElsewhere()
}

// Ready implements tenancy.Store.
func (b *Broken) Ready(ctx context.Context) error {
	if err := b.check("Ready"); err != nil {
		return err
	}
	return b.inner.Ready(ctx)
}

// Close implements tenancy.Store. Told to fail, it closes the store all the same.
func (b *Broken) Close() error {
	if err := b.check("Close"); err != nil {
		_ = b.inner.Close()
		return err
	}
	return b.inner.Close()
}
