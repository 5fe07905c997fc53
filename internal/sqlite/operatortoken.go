// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// OperatorTokens implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokens(ctx context.Context, operatorID string) ([]tenancy.OperatorToken, error) {
	return all(ctx, t, "list operator tokens", sqltext.ScanOperatorToken, sqltext.SelectOperatorTokens,
		operatorID)
}

// OperatorTokenByDigest implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokenByDigest(ctx context.Context, accessDigest []byte) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "read operator token", problem.OperatorTokenNotFound, sqltext.ScanStoredOperatorToken,
		sqltext.SelectOperatorTokenByDigest, sqltext.Blob(accessDigest))
}

// SpentRefreshToken implements tenancy.OperatorTokenReader.
func (t *tx) SpentRefreshToken(ctx context.Context, refreshDigest []byte) (tenancy.OperatorTokenID, error) {
	return one(ctx, t, "read operator token", problem.OperatorTokenNotFound,
		sqltext.Value[tenancy.OperatorTokenID],
		sqltext.SelectSpentRefreshToken, sqltext.Blob(refreshDigest))
}

// LockOperatorToken implements tenancy.OperatorTokenWriter; see LockOrganization.
func (t *tx) LockOperatorToken(ctx context.Context, id tenancy.OperatorTokenID) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "read operator token", problem.OperatorTokenNotFound,
		sqltext.ScanStoredOperatorToken, sqltext.SelectOperatorToken,
		int64(id))
}

// InsertOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) InsertOperatorToken(ctx context.Context, o *tenancy.StoredOperatorToken) error {
	result, err := t.insert(ctx, problem.OperatorTokenNameTaken(), "insert operator token",
		sqltext.InsertOperatorToken, o.OperatorID, o.Name, filter.Fold(o.Name), string(o.Scope.Kind),
		sqltext.PathPrefixes(o.Scope), sqltext.Blob(o.AccessDigest), sqltext.Blob(o.RefreshDigest),
		o.Life.Milliseconds(), stamp(o.CreatedAt), stamp(o.ExpiresAt), stamp(o.RenewableUntil),
		optional(o.EndedAt), string(o.EndReason), int64(o.MakerID))
	if err == nil {
		o.ID = tenancy.OperatorTokenID(newID(result))
	}
	return err
}

// UpdateOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) UpdateOperatorToken(ctx context.Context, o tenancy.OperatorToken) error {
	result, err := t.insert(ctx, problem.OperatorTokenNameTaken(), "update operator token",
		sqltext.UpdateOperatorToken, o.Name, filter.Fold(o.Name), string(o.Scope.Kind),
		sqltext.PathPrefixes(o.Scope), o.Life.Milliseconds(), stamp(o.ExpiresAt), stamp(o.RenewableUntil),
		int64(o.ID))
	if err == nil && changed(result) == 0 {
		return problem.OperatorTokenNotFound()
	}
	return err
}

// RenewOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) RenewOperatorToken(ctx context.Context, next, old tenancy.StoredOperatorToken,
	at time.Time) (bool, error) {
	n, err := t.exec(ctx, "renew operator token", sqltext.RenewOperatorToken, sqltext.Blob(next.AccessDigest),
		sqltext.Blob(next.RefreshDigest), stamp(next.ExpiresAt), int64(next.ID),
		sqltext.Blob(old.AccessDigest), sqltext.Blob(old.RefreshDigest))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec(ctx, "keep spent refresh token", sqltext.InsertSpentRefreshToken,
		sqltext.Blob(old.RefreshDigest), int64(next.ID), stamp(at))
	return err == nil, err
}

// EndOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) EndOperatorToken(ctx context.Context, id tenancy.OperatorTokenID, at time.Time,
	reason tenancy.TokenEndReason) (bool, error) {
	n, err := t.exec(ctx, "end operator token", sqltext.EndOperatorToken,
		stamp(at), string(reason), int64(id))
	return n == 1, err
}

// PruneOperatorTokens implements tenancy.OperatorTokenWriter.
func (t *tx) PruneOperatorTokens(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune ended operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE ended_at IS NOT NULL AND ended_at < ?
				ORDER BY ended_at, id LIMIT ?+0)`,
		stamp(before), limit)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "prune operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE renewable_until < ? ORDER BY renewable_until, id
				LIMIT ?+0)`,
		stamp(before), limit)
	return err
}
