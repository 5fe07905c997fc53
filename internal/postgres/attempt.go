// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func scanAttempt(row pgx.Row) (tenancy.Attempt, error) {
	var a tenancy.Attempt
	err := row.Scan(&a.Subject, &a.Failures, instant{&a.LockedUntil}, instant{&a.UpdatedAt})
	return a, err
}

// LockAttempt implements tenancy.AttemptWriter. A new subject has no row to lock, so one
// is inserted; it counts nothing, and pruning removes it. If two transactions insert it at
// once, the second waits for the first.
func (t *tx) LockAttempt(ctx context.Context, subject string) (tenancy.Attempt, error) {
	a, err := one(ctx, t, "attempt", scanAttempt,
		`SELECT subject, failures, locked_until, updated_at FROM attempts WHERE subject = $1 FOR NO KEY UPDATE`,
		subject)
	if errors.Is(err, problem.NotFound) {
		return one(ctx, t, "attempt", scanAttempt, `
			INSERT INTO attempts AS a (subject, failures, updated_at) VALUES ($1, 0, '0001-01-01 00:00:00+00')
			ON CONFLICT (subject) DO UPDATE SET failures = a.failures
			RETURNING subject, failures, locked_until, updated_at`, subject)
	}
	return a, err
}

// PutAttempt implements tenancy.AttemptWriter.
func (t *tx) PutAttempt(ctx context.Context, a tenancy.Attempt) error {
	_, err := t.exec(ctx, "put attempt", `
		INSERT INTO attempts (subject, failures, locked_until, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until, updated_at = excluded.updated_at`,
		a.Subject, a.Failures, optional(a.LockedUntil), stamp(a.UpdatedAt))
	return err
}

// PruneAttempts implements tenancy.AttemptWriter. Rows in use are left alone.
func (t *tx) PruneAttempts(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune attempts", `
		DELETE FROM attempts WHERE subject IN
			(SELECT subject FROM attempts WHERE updated_at < $1 ORDER BY updated_at, subject LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	return err
}
