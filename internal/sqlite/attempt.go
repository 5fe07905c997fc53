// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// LockAttempt implements tenancy.AttemptWriter; see LockOrganization.
func (t *tx) LockAttempt(ctx context.Context, subject string) (tenancy.Attempt, error) {
	a, err := one(ctx, t, "read attempt", problem.RowNotFound,
		sqltext.ScanAttempt, sqltext.SelectAttempt, subject)
	if errors.Is(err, problem.NotFound) {
		return tenancy.Attempt{Subject: subject}, nil
	}
	return a, err
}

// PutAttempt implements tenancy.AttemptWriter.
func (t *tx) PutAttempt(ctx context.Context, a tenancy.Attempt) error {
	_, err := t.exec(ctx, "put attempt", sqltext.PutAttempt,
		a.Subject, a.Failures, optional(a.LockedUntil), stamp(a.UpdatedAt))
	return err
}

// PruneAttempts implements tenancy.AttemptWriter.
func (t *tx) PruneAttempts(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune attempts", `
		DELETE FROM attempts WHERE subject IN
			(SELECT subject FROM attempts WHERE updated_at < ? ORDER BY updated_at, subject LIMIT ?+0)`,
		stamp(before), limit)
	return err
}
