// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"gatehouse/internal/tenancy"
)

// calls collects the methods that one run of a transaction's function calls.
type calls struct {
	*Broken
	called []string
}

func (c *calls) check(method string) error {
	c.called = append(c.called, method)
	return c.Broken.check(method)
}

// ifDone takes the method's last call back if the method did nothing.
func (c *calls) ifDone(method string) func(done bool, err error) (bool, error) {
	return func(done bool, err error) (bool, error) {
		if i := slices.Index(c.called, method); i >= 0 && !done {
			c.called = slices.Delete(c.called, i, i+1)
		}
		return done, err
	}
}

// Watched returns the store with a function that is called after each Update that
// committed, with the methods of Tx that did something. An Update of the Broken itself
// calls nothing.
func (b *Broken) Watched(committed func(called []string)) tenancy.Store { return watched{b, committed} }

type watched struct {
	*Broken
	committed func(called []string)
}

// Update implements tenancy.Store.
func (w watched) Update(ctx context.Context, fn func(tenancy.Tx) error) error {
	return w.update(ctx, fn, w.committed)
}

// Writes reports whether a method of Tx changes something.
func Writes(method string) bool {
	_, reads := reflect.TypeFor[tenancy.Reader]().MethodByName(method)
	_, there := reflect.TypeFor[tenancy.Tx]().MethodByName(method)
	return there && !reads && !strings.HasPrefix(method, "Lock")
}
