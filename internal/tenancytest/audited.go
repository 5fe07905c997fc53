// SPDX-License-Identifier: Apache-2.0

package tenancytest

import (
	"context"
	"slices"
	"testing"

	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
)

// unaudited returns the methods of a Tx that need no event, with the reason.
func unaudited() map[string]string {
	return map[string]string{
		"TouchSession": "a use, not a change", "TouchClient": "a use, not a change",
		"TouchApplicationKey": "a use, not a change",
		"PutAttempt":          "a guess, whose log-in has an event",
		"PruneAttempts":       "housekeeping", "PruneSessions": "housekeeping",
		"PruneOperatorTokens": "housekeeping", "ReplaceSealed": "the same secret, sealed under another master key",
		"InsertSetting": "the first start", "InsertCodeUse": "a line of a ledger, which is a record itself",
		"FoldCodeUses": "housekeeping of a ledger",
		"PutAnswer":    "the result of a change, which has its event", "DeleteAnswer": "housekeeping",
		"PruneAnswers": "housekeeping",
	}
}

// wantEvent fails if a use case committed a change without an event in the audit.
func wantEvent(t testing.TB, called []string) {
	if slices.Contains(called, "InsertAuditEvent") || spendsAssertion(called) {
		return
	}
	for _, method := range called {
		if storetest.Writes(method) && unaudited()[method] == "" {
			t.Errorf("%s was committed without an event in the audit: %v", method, called)
		}
	}
}

// spendsAssertion reports whether a transaction noted that a signed assertion was used: a
// log-in by a key, which has no event.
func spendsAssertion(called []string) bool {
	return slices.Contains(called, "LockClient") && slices.Contains(called, "TokenRevoked") &&
		!slices.Contains(called, "UpdateClient")
}

// Change runs a change that no use case makes, and records it as a use case would.
func (k *Kit) Change(ctx context.Context, fn func(tx tenancy.Tx) error) error {
	now := k.Core.Now()
	return k.Core.Update(ctx, func(tx tenancy.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return k.Core.Record(ctx, tx, k.Root(), now, tenancy.Change{Action: "test.change"})
	})
}
