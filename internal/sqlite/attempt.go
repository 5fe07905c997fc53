// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func scanAttempt(row scanner) (tenancy.Attempt, error) {
	var a tenancy.Attempt
	err := row.Scan(&a.Subject, &a.Failures, instant{&a.LockedUntil}, instant{&a.UpdatedAt})
	return a, err
}

// LockAttempt implements tenancy.AttemptWriter; see LockOrganization.
func (t *tx) LockAttempt(ctx context.Context, subject string) (tenancy.Attempt, error) {
	a, err := one(ctx, t, "attempt", scanAttempt,
		`SELECT subject, failures, locked_until, updated_at FROM attempts WHERE subject = ?`, subject)
	if errors.Is(err, problem.NotFound) {
		return tenancy.Attempt{Subject: subject}, nil
	}
	return a, err
}

// PutAttempt implements tenancy.AttemptWriter.
func (t *tx) PutAttempt(ctx context.Context, a tenancy.Attempt) error {
	_, err := t.exec(ctx, "put attempt", `
		INSERT INTO attempts (subject, failures, locked_until, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until, updated_at = excluded.updated_at`,
		a.Subject, a.Failures, optional(a.LockedUntil), stamp(a.UpdatedAt))
	return err
}

// PruneAttempts implements tenancy.AttemptWriter.
func (t *tx) PruneAttempts(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune attempts", `
		DELETE FROM attempts WHERE subject IN
			(SELECT subject FROM attempts WHERE updated_at < ? ORDER BY updated_at, subject LIMIT ?+0)`, stamp(before), limit)
	return err
}
