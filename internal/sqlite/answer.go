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

// LockAnswer implements tenancy.AnswerWriter; see LockOrganization.
func (t *tx) LockAnswer(ctx context.Context, digest []byte) (tenancy.StoredAnswer, error) {
	a, err := one(ctx, t, "read answer", problem.RowNotFound, sqltext.ScanAnswer, sqltext.SelectAnswer,
		sqltext.Blob(digest))
	if errors.Is(err, problem.NotFound) {
		return tenancy.StoredAnswer{}, nil
	}
	return a, err
}

// PutAnswer implements tenancy.AnswerWriter.
func (t *tx) PutAnswer(ctx context.Context, a tenancy.StoredAnswer) error {
	_, err := t.exec(ctx, "put answer", sqltext.PutAnswer, sqltext.AnswerArgs(a, stamps())...)
	return err
}

// DeleteAnswer implements tenancy.AnswerWriter.
func (t *tx) DeleteAnswer(ctx context.Context, digest []byte) error {
	_, err := t.exec(ctx, "delete answer", sqltext.DeleteAnswer, sqltext.Blob(digest))
	return err
}

// PruneAnswers implements tenancy.AnswerWriter.
func (t *tx) PruneAnswers(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune answers", `
		DELETE FROM answers WHERE digest IN
			(SELECT digest FROM answers WHERE created_at < ? ORDER BY created_at, digest LIMIT ?+0)`,
		stamp(before), limit)
	return err
}
