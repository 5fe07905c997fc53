// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	lockAttempt = sqltext.Numbered(sqltext.SelectAttempt + forNoKeyUpdate)
	putAttempt  = sqltext.Numbered(sqltext.PutAttempt)
)

// LockAttempt implements tenancy.AttemptWriter. A new subject has no row to lock, so one
// is inserted; it counts nothing, and pruning removes it. If two transactions insert it at
// once, the second waits for the first.
func (t *tx) LockAttempt(ctx context.Context, subject string) (tenancy.Attempt, error) {
	a, err := one(ctx, t, "read attempt", problem.RowNotFound, sqltext.ScanAttempt, lockAttempt, subject)
	if errors.Is(err, problem.NotFound) {
		return one(ctx, t, "read attempt", problem.RowNotFound, sqltext.ScanAttempt, `
			INSERT INTO attempts AS a (subject, failures, updated_at) VALUES ($1, 0, '0001-01-01 00:00:00+00')
			ON CONFLICT (subject) DO UPDATE SET failures = a.failures
			RETURNING `+sqltext.AttemptColumns, subject)
	}
	return a, err
}

// PutAttempt implements tenancy.AttemptWriter.
func (t *tx) PutAttempt(ctx context.Context, a tenancy.Attempt) error {
	_, err := t.exec(ctx, "put attempt", putAttempt,
		a.Subject, a.Failures, optional(a.LockedUntil), stamp(a.UpdatedAt))
	return err
}

// PruneAttempts implements tenancy.AttemptWriter. Rows in use are left alone.
func (t *tx) PruneAttempts(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune attempts", `
		DELETE FROM attempts WHERE subject IN
			(SELECT subject FROM attempts WHERE updated_at < $1 ORDER BY updated_at, subject
				LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	return err
}
