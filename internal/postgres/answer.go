// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	putAnswer    = sqltext.Numbered(sqltext.PutAnswer)
	deleteAnswer = sqltext.Numbered(sqltext.DeleteAnswer)
)

// lockAnswer inserts a row without an answer, for there to be something to lock. If two
// transactions insert it at once, the second waits for the first.
const lockAnswer = `INSERT INTO answers AS a (` + sqltext.AnswerColumns + `)
	VALUES ($1, '', '', '0001-01-01 00:00:00+00')
	ON CONFLICT (digest) DO UPDATE SET created_at = a.created_at
	RETURNING ` + sqltext.AnswerColumns

// LockAnswer implements tenancy.AnswerWriter.
func (t *tx) LockAnswer(ctx context.Context, digest []byte) (tenancy.StoredAnswer, error) {
	a, err := one(ctx, t, "lock answer", problem.RowNotFound, sqltext.ScanAnswer, lockAnswer,
		sqltext.Blob(digest))
	if err != nil || a.CreatedAt.IsZero() { // inserted by this statement
		return tenancy.StoredAnswer{}, err
	}
	return a, nil
}

// PutAnswer implements tenancy.AnswerWriter. The row is locked, so the statement cannot be
// refused, and it goes with the next one or with COMMIT.
func (t *tx) PutAnswer(_ context.Context, a tenancy.StoredAnswer) error {
	return t.sendLater(putAnswer, sqltext.AnswerArgs(a, stamps())...)
}

// DeleteAnswer implements tenancy.AnswerWriter. It goes as PutAnswer does.
func (t *tx) DeleteAnswer(_ context.Context, digest []byte) error {
	return t.sendLater(deleteAnswer, sqltext.Blob(digest))
}

// PruneAnswers implements tenancy.AnswerWriter. Rows in use are left alone.
func (t *tx) PruneAnswers(_ context.Context, before time.Time, limit int) error {
	return t.sendLater(`
		DELETE FROM answers WHERE digest IN
			(SELECT digest FROM answers WHERE created_at < $1 ORDER BY created_at, digest
				LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
}

// sendLater adds a statement that goes with the next one, or with COMMIT.
func (t *tx) sendLater(query string, args ...any) error {
	if t.lost != nil {
		return t.lost
	}
	t.unsent = append(t.unsent, statement{query, args})
	return nil
}
