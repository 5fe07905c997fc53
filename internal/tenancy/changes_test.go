// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every method of Tx that writes must be listed with the subject it changes: can a call
// make a cached caller, session, key or code wrong? A method that is missing fails the test.
func TestEveryWriterIsListed(t *testing.T) {
	t.Parallel()
	const nobody = "" // new rows, of which nothing can be remembered, and what says nothing about callers
	listed := map[string]string{
		"UpdateOrganization": "organization:or-0", "DecideRequest": "organization:or-0",
		"DeleteOrganization": "organization:or-0",
		"DeleteApplications": "organization:or-0", "EndOperators": "organization:or-0",
		"EndLogins": "organization:or-0", "EndApplicationKeys": "organization:or-0",
		"EndSessions": "organization:or-0", "EndOperatorTokens": "organization:or-0",
		"UpdateApplication": "application:", "DeleteApplication": "application:",
		"UpdateOperator": "operator:", "DeleteOperator": "operator:", "EndSessionsOf": "operator:",
		"EndTokensOf": "operator:", "EndSession": "token:", "RevokeToken": "token:",
		"UpdateOperatorToken": "token:operator-token/0", "RenewOperatorToken": "token:operator-token/0",
		"EndOperatorToken": "token:operator-token/0",

		"EndClients": "organization:or-0", "UpdateClient": "client:", "ReplaceClientKey": "client:",

		"UpdateAuthCode": "auth-code:", "InsertClient": "auth-code:",
		"EndPrimaryAuthCode": "auth-codes:or-0", "EndAuthCodes": "auth-codes:or-0",
		"ReplacePrimaryAuthCode": "auth-codes:or-0",
		"ForgetAuthCodes":        nobody, "InsertCodeUse": nobody, "FoldCodeUses": nobody,
		"TouchClient": nobody, "TouchApplicationKey": nobody,
		"InsertOrganization": nobody, "InsertContact": nobody, "InsertRequest": nobody,
		"UpdateRequest": nobody, "DeleteRequest": nobody, "UpdateContact": nobody, "DeleteContact": nobody,
		"InsertAuthCode": nobody, "DeactivateContacts": nobody, "InsertApplication": nobody,
		"InsertOperator": nobody, "TakeTOTPStep": nobody,
		"InsertSession": nobody, "TouchSession": nobody, "PruneSessions": nobody, "PutAttempt": nobody,
		"PruneAttempts": nobody, "PutAnswer": nobody, "DeleteAnswer": nobody, "PruneAnswers": nobody,
		"InsertAuditEvent": nobody, "SealAuditHead": nobody, "InsertMasterKey": nobody, "UpdateMasterKey": nobody,
		"ReplaceSealed": nobody, "InsertSetting": nobody, "InsertOperatorToken": nobody,
		"PruneOperatorTokens": nobody,
	}
	readers, writers := reflect.TypeFor[Reader](), reflect.TypeFor[Tx]()
	for i := range writers.NumMethod() {
		m := writers.Method(i)
		_, reads := readers.MethodByName(m.Name)
		want, ok := listed[m.Name]
		if delete(listed, m.Name); !ok && !reads && !strings.HasPrefix(m.Name, "Lock") {
			t.Errorf("%s is not listed: can it change who a caller is or what it may do?", m.Name)
		}
		if got := touchedBy(m.Name); strings.Join(got, ",") != want {
			t.Errorf("%s touches %q, want %q", m.Name, got, want)
		}
	}
	for name := range listed {
		t.Errorf("%s is listed but does not exist", name)
	}
}

// touchedBy calls a method, with nothing beneath it, and returns what it recorded.
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
	count, shards := c.Count(), c.Shards(Caller{Token: TokenInfo{ID: "a"}})
	func() {
		defer func() { _ = recover() }()
		_ = watchedStore{runs{}, c}.Update(context.Background(),
			func(tx Tx) error { return tx.RevokeToken(context.Background(), "a", time.Time{}) })
	}()
	if !c.Since(count, shards[:]) {
		t.Error("not noted")
	}
	if c.Since(c.Count(), shards[:]) {
		t.Error("noted for good")
	}
}

// runs is a Store that runs the function on nothing.
type runs struct{ Store }

func (runs) Update(_ context.Context, fn func(Tx) error) error { return fn(nil) }
