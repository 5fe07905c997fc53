// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"gatehouse/internal/tenancy"
)

// requireLiving refuses an operator whose log-ins were ended, or that was moved, since it was
// found out who the caller is: Unauthenticated. A request may have waited since then, and
// another replica remembers callers for most of a second. Whatever outlives the log-in asks
// this in its transaction.
func requireLiving(ctx context.Context, tx tenancy.Reader, caller tenancy.Caller) error {
	if caller.Kind != tenancy.OperatorCaller {
		return nil
	}
	o, err := tx.Operator(ctx, caller.ID)
	if err != nil {
		return asBadToken(err)
	}
	if !livesAs(caller, o.Operator) {
		return badToken()
	}
	return nil
}

// livesAs reports whether the caller's log-in is one of the operator's that have not ended.
func livesAs(caller tenancy.Caller, o tenancy.Operator) bool {
	return o.Active && o.DeletedAt.IsZero() && o.LoginGeneration == caller.Token.Generation &&
		(caller.Limited || o.OrganizationID == caller.Organization)
}
