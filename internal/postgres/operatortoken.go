// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectOperatorTokens        = sqltext.Numbered(sqltext.SelectOperatorTokens)
	selectOperatorTokenByDigest = sqltext.Numbered(sqltext.SelectOperatorTokenByDigest)
	lockOperatorToken           = sqltext.Numbered(sqltext.SelectOperatorToken + forNoKeyUpdate)
	insertOperatorToken         = sqltext.Numbered(sqltext.InsertOperatorToken + sqltext.DoNothing +
		returningID)
	updateOperatorToken     = sqltext.Numbered(sqltext.UpdateOperatorToken)
	renewOperatorToken      = sqltext.Numbered(sqltext.RenewOperatorToken)
	endOperatorToken        = sqltext.Numbered(sqltext.EndOperatorToken)
	selectSpentRefreshToken = sqltext.Numbered(sqltext.SelectSpentRefreshToken)
	insertSpentRefreshToken = sqltext.Numbered(sqltext.InsertSpentRefreshToken)
)

// OperatorTokens implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokens(ctx context.Context, operatorID string) ([]tenancy.OperatorToken, error) {
	if !storable(operatorID) {
		return nil, nil
	}
	return all(ctx, t, "list operator tokens", sqltext.ScanOperatorToken, selectOperatorTokens, operatorID)
}

// OperatorTokenByDigest implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokenByDigest(ctx context.Context, accessDigest []byte) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "read operator token", problem.OperatorTokenNotFound,
		sqltext.ScanStoredOperatorToken, selectOperatorTokenByDigest,
		sqltext.Blob(accessDigest))
}

// SpentRefreshToken implements tenancy.OperatorTokenReader.
func (t *tx) SpentRefreshToken(ctx context.Context, refreshDigest []byte) (tenancy.OperatorTokenID, error) {
	return one(ctx, t, "read operator token", problem.OperatorTokenNotFound,
		sqltext.Value[tenancy.OperatorTokenID],
		selectSpentRefreshToken, sqltext.Blob(refreshDigest))
}

// LockOperatorToken implements tenancy.OperatorTokenWriter; see LockOrganization.
func (t *tx) LockOperatorToken(ctx context.Context, id tenancy.OperatorTokenID) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "read operator token", problem.OperatorTokenNotFound,
		sqltext.ScanStoredOperatorToken, lockOperatorToken, int64(id))
}

// InsertOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) InsertOperatorToken(ctx context.Context, o *tenancy.StoredOperatorToken) error {
	id, err := t.insertID(ctx, "insert operator token", insertOperatorToken, o.OperatorID, o.Name,
		filter.Fold(o.Name), string(o.Scope.Kind), sqltext.PathPrefixes(o.Scope),
		sqltext.Blob(o.AccessDigest), sqltext.Blob(o.RefreshDigest), o.Life.Milliseconds(),
		stamp(o.CreatedAt), stamp(o.ExpiresAt), stamp(o.RenewableUntil), optional(o.EndedAt),
		string(o.EndReason), int64(o.MakerID))
	switch {
	case err != nil:
		return err
	case id == 0:
		return problem.OperatorTokenNameTaken()
	}
	o.ID = tenancy.OperatorTokenID(id)
	return nil
}

// UpdateOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) UpdateOperatorToken(ctx context.Context, o tenancy.OperatorToken) error {
	args := []any{o.Name, filter.Fold(o.Name), string(o.Scope.Kind), sqltext.PathPrefixes(o.Scope),
		o.Life.Milliseconds(), stamp(o.ExpiresAt), stamp(o.RenewableUntil), int64(o.ID)}
	var n int64
	taken, err := t.undoable(ctx, "update operator token",
		step{statement{updateOperatorToken, args}, changed(&n)})
	switch {
	case err != nil:
		return err
	case taken:
		return problem.OperatorTokenNameTaken()
	case n == 0:
		return problem.OperatorTokenNotFound()
	}
	return nil
}

// RenewOperatorToken implements tenancy.OperatorTokenWriter. Of two at once, the second
// waits for the first and then finds other digests.
func (t *tx) RenewOperatorToken(ctx context.Context, next, old tenancy.StoredOperatorToken,
	at time.Time) (bool, error) {
	n, err := t.exec(ctx, "renew operator token", renewOperatorToken, sqltext.Blob(next.AccessDigest),
		sqltext.Blob(next.RefreshDigest), stamp(next.ExpiresAt), int64(next.ID),
		sqltext.Blob(old.AccessDigest), sqltext.Blob(old.RefreshDigest))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec(ctx, "keep spent refresh token", insertSpentRefreshToken,
		sqltext.Blob(old.RefreshDigest), int64(next.ID), stamp(at))
	return err == nil, err
}

// EndOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) EndOperatorToken(ctx context.Context, id tenancy.OperatorTokenID, at time.Time,
	reason tenancy.TokenEndReason) (bool, error) {
	n, err := t.exec(ctx, "end operator token", endOperatorToken,
		stamp(at), string(reason), int64(id))
	return n == 1, err
}

// PruneOperatorTokens implements tenancy.OperatorTokenWriter. Rows another
// replica is at are left to it.
func (t *tx) PruneOperatorTokens(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune ended operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE ended_at < $1 ORDER BY ended_at, id
				LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "prune operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE renewable_until < $1 ORDER BY renewable_until, id
				LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	return err
}
