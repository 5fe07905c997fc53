// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"time"

	"gatehouse/internal/tenancy"
)

func (t brokenTx) LockOperators(ctx context.Context, id tenancy.OrganizationID, role tenancy.Role) ([]string,
	error) {
	if err := t.broken.check("LockOperators"); err != nil {
		return nil, err
	}
	return t.tx.LockOperators(ctx, id, role)
}

func (t brokenTx) DeleteOperator(ctx context.Context, id string, at time.Time) error {
	if err := t.broken.check("DeleteOperator"); err != nil {
		return err
	}
	return t.tx.DeleteOperator(ctx, id, at)
}

func (t brokenTx) EndSessionsOf(ctx context.Context, operatorID string, at time.Time) error {
	if err := t.broken.check("EndSessionsOf"); err != nil {
		return err
	}
	return t.tx.EndSessionsOf(ctx, operatorID, at)
}

func (t brokenTx) EndTokensOf(ctx context.Context, operatorID string, at time.Time,
	reason tenancy.TokenEndReason) error {
	if err := t.broken.check("EndTokensOf"); err != nil {
		return err
	}
	return t.tx.EndTokensOf(ctx, operatorID, at, reason)
}

func (t brokenTx) EndLogins(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	if err := t.broken.check("EndLogins"); err != nil {
		return err
	}
	return t.tx.EndLogins(ctx, id, at)
}

func (t brokenTx) EndApplicationKeys(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	if err := t.broken.check("EndApplicationKeys"); err != nil {
		return err
	}
	return t.tx.EndApplicationKeys(ctx, id, at)
}

func (r brokenReader) SessionsOf(ctx context.Context, operatorID string, limit int) ([]tenancy.Session,
	error) {
	if err := r.broken.check("SessionsOf"); err != nil {
		return nil, err
	}
	return r.Reader.SessionsOf(ctx, operatorID, limit)
}
