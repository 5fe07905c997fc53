// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every method of Tx that writes must be sorted: can it make what is remembered
// of a caller, session or key wrong, and whose? A method that is not here fails.
func TestEveryWriterIsSorted(t *testing.T) {
	t.Parallel()
	const nobody = "" // new rows, of which nothing can be remembered, and what says nothing about callers
	sorted := map[string]string{
		"UpdateOrganization": "organization:or-0", "DecideRequest": "organization:or-0", "DeleteOrganization": "organization:or-0", "UpdateApplication": "application:", "DeleteApplication": "application:",
		"UpdateOperator": "operator:", "EndSession": "token:", "RevokeToken": "token:",
		"UpdateOperatorToken": "token:operator-token/0", "RenewOperatorToken": "token:operator-token/0", "EndOperatorToken": "token:operator-token/0",

		"InsertOrganization": nobody, "InsertContact": nobody, "InsertRequest": nobody,
		"UpdateRequest": nobody, "DeleteRequest": nobody, "UpdateContact": nobody, "DeleteContact": nobody,
		"InsertAuthCode": nobody, "EndPrimaryAuthCode": nobody, "ReplacePrimaryAuthCode": nobody, "InsertApplication": nobody, "InsertOperator": nobody, "TakeTOTPStep": nobody,
		"InsertSession": nobody, "TouchSession": nobody, "PruneSessions": nobody, "PutAttempt": nobody, "PruneAttempts": nobody,
		"InsertAuditEvent": nobody, "InsertSetting": nobody, "InsertOperatorToken": nobody, "PruneOperatorTokens": nobody,
	}
	readers, writers := reflect.TypeFor[Reader](), reflect.TypeFor[Tx]()
	for i := range writers.NumMethod() {
		m := writers.Method(i)
		_, reads := readers.MethodByName(m.Name)
		want, ok := sorted[m.Name]
		if delete(sorted, m.Name); !ok && !reads && !strings.HasPrefix(m.Name, "Lock") {
			t.Errorf("%s is not sorted: can it change who a caller is or what it may do?", m.Name)
		}
		if got := touchedBy(m.Name); strings.Join(got, ",") != want {
			t.Errorf("%s touches %q, want %q", m.Name, got, want)
		}
	}
	for name := range sorted {
		t.Errorf("%s is sorted but not there", name)
	}
}

// touchedBy calls a method, with nothing beneath it, and gives what it noted.
func touchedBy(method string) (names []string) {
	var touched []subject
	defer func() {
		_ = recover() // there is nothing beneath
		for _, s := range touched {
			names = append(names, string(s))
		}
	}()
	f := reflect.ValueOf(watchedTx{nil, &touched}).MethodByName(method)
	args := make([]reflect.Value, f.Type().NumIn())
	for i := range args {
		args[i] = reflect.Zero(f.Type().In(i))
	}
	f.Call(args)
	return nil
}

// An Update that panics may have done anything.
func TestPanicIsNoted(t *testing.T) {
	t.Parallel()
	c := newChanges()
	count, stripes := c.Count(), c.Stripes(Caller{Token: TokenInfo{ID: "a"}})
	func() {
		defer func() { _ = recover() }()
		_ = watchedStore{runs{}, c}.Update(context.Background(), func(tx Tx) error { return tx.RevokeToken(context.Background(), "a", time.Time{}) })
	}()
	if !c.Since(count, stripes) {
		t.Error("not noted")
	}
	if c.Since(c.Count(), stripes) {
		t.Error("noted for good")
	}
}

// runs is a Store that runs the function on nothing.
type runs struct{ Store }

func (runs) Update(_ context.Context, fn func(Tx) error) error { return fn(nil) }
