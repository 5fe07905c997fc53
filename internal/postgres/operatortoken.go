// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const selectOperatorToken = `SELECT id, operator_id, (SELECT number FROM operators WHERE operators.id = operator_id), name, scope, endpoints, access_digest, refresh_digest, life_ms,
	created_at, expires_at, renewable_until, ended_at, end_reason, maker_id FROM operator_tokens`

func scanOperatorToken(row pgx.Row) (tenancy.StoredOperatorToken, error) {
	var o tenancy.StoredOperatorToken
	var endpoints string
	var life int64
	err := row.Scan(&o.ID, &o.OperatorID, &o.Operator, &o.Name, &o.Scope.Kind, &endpoints,
		bytesOf{&o.AccessDigest}, bytesOf{&o.RefreshDigest}, &life,
		instant{&o.CreatedAt}, instant{&o.ExpiresAt}, instant{&o.RenewableUntil}, instant{&o.EndedAt}, &o.EndReason,
		&o.MakerID)
	o.Life = time.Duration(life) * time.Millisecond
	if endpoints != "" {
		o.Scope.PathPrefixes = strings.Split(endpoints, "\n")
	}
	return o, err
}

func endpointsOf(s tenancy.Scope) string { return strings.Join(s.PathPrefixes, "\n") }

// OperatorTokens implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokens(ctx context.Context, operatorID string) ([]tenancy.OperatorToken, error) {
	if !storable(operatorID) {
		return nil, nil
	}
	scan := func(row pgx.Row) (tenancy.OperatorToken, error) {
		o, err := scanOperatorToken(row)
		return o.OperatorToken, err
	}
	return all(ctx, t, "list operator tokens", scan,
		selectOperatorToken+` WHERE operator_id = $1 AND ended_at IS NULL ORDER BY id`, operatorID)
}

// OperatorTokenByDigest implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokenByDigest(ctx context.Context, accessDigest []byte) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "operator_token", scanOperatorToken, selectOperatorToken+` WHERE access_digest = $1`,
		blob(accessDigest))
}

// SpentRefreshToken implements tenancy.OperatorTokenReader.
func (t *tx) SpentRefreshToken(ctx context.Context, refreshDigest []byte) (tenancy.OperatorTokenID, error) {
	return one(ctx, t, "operator_token", value[tenancy.OperatorTokenID],
		`SELECT token_id FROM spent_refresh_tokens WHERE digest = $1`, blob(refreshDigest))
}

// LockOperatorToken implements tenancy.OperatorTokenWriter; see LockOrganization.
func (t *tx) LockOperatorToken(ctx context.Context, id tenancy.OperatorTokenID) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "operator_token", scanOperatorToken,
		selectOperatorToken+` WHERE id = $1 FOR NO KEY UPDATE`, int64(id))
}

// InsertOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) InsertOperatorToken(ctx context.Context, o *tenancy.StoredOperatorToken) error {
	id, err := t.insertID(ctx, "insert operator token", `
		INSERT INTO operator_tokens (operator_id, name, name_folded, scope, endpoints, access_digest, refresh_digest, life_ms,
			created_at, expires_at, renewable_until, ended_at, end_reason, maker_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING RETURNING id`,
		o.OperatorID, o.Name, filter.Fold(o.Name), string(o.Scope.Kind), endpointsOf(o.Scope), blob(o.AccessDigest),
		blob(o.RefreshDigest), o.Life.Milliseconds(),
		stamp(o.CreatedAt), stamp(o.ExpiresAt), stamp(o.RenewableUntil), optional(o.EndedAt), string(o.EndReason),
		int64(o.MakerID))
	switch {
	case err != nil:
		return err
	case id == 0:
		return problem.OperatorTokenNameTaken()
	}
	o.ID = tenancy.OperatorTokenID(id)
	return nil
}

// updateOperatorToken leaves the folded form of an unchanged name, see updateOrganization.
const updateOperatorToken = `
	UPDATE operator_tokens SET name = $1, name_folded = CASE WHEN name = $1 THEN name_folded ELSE $2 END, scope = $3, endpoints = $4, life_ms = $5, expires_at = $6, renewable_until = $7
	WHERE id = $8 AND ended_at IS NULL`

// UpdateOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) UpdateOperatorToken(ctx context.Context, o tenancy.OperatorToken) error {
	args := []any{o.Name, filter.Fold(o.Name), string(o.Scope.Kind), endpointsOf(o.Scope), o.Life.Milliseconds(),
		stamp(o.ExpiresAt), stamp(o.RenewableUntil), int64(o.ID)}
	var n int64
	taken, err := t.undoable(ctx, "update operator token",
		step{statement{updateOperatorToken, args}, changed(&n)})
	switch {
	case err != nil:
		return err
	case taken:
		return problem.OperatorTokenNameTaken()
	case n == 0:
		return problem.NoSuch("operator_token")
	}
	return nil
}

// RenewOperatorToken implements tenancy.OperatorTokenWriter. Of two at once, the second
// waits for the first and then finds other digests.
func (t *tx) RenewOperatorToken(ctx context.Context, next, old tenancy.StoredOperatorToken,
	at time.Time) (bool, error) {
	n, err := t.exec(ctx, "renew operator token", `
		UPDATE operator_tokens SET access_digest = $1, refresh_digest = $2, expires_at = $3
		WHERE id = $4 AND access_digest = $5 AND refresh_digest = $6 AND ended_at IS NULL`,
		blob(next.AccessDigest), blob(next.RefreshDigest), stamp(next.ExpiresAt), int64(next.ID),
		blob(old.AccessDigest), blob(old.RefreshDigest))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec(ctx, "keep spent refresh token",
		`INSERT INTO spent_refresh_tokens (digest, token_id, spent_at) VALUES ($1, $2, $3)`,
		blob(old.RefreshDigest), int64(next.ID), stamp(at))
	return err == nil, err
}

// EndOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) EndOperatorToken(ctx context.Context, id tenancy.OperatorTokenID, at time.Time,
	reason tenancy.TokenEndReason) (bool, error) {
	n, err := t.exec(ctx, "end operator token",
		`UPDATE operator_tokens SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL`,
		stamp(at), string(reason), int64(id))
	return n == 1, err
}

// PruneOperatorTokens implements tenancy.OperatorTokenWriter. Rows another
// replica is at are left to it.
func (t *tx) PruneOperatorTokens(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune ended operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE ended_at < $1 ORDER BY ended_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "prune operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE renewable_until < $1 ORDER BY renewable_until, id LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	return err
}
