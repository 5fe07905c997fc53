// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const selectOperatorToken = `SELECT id, operator_id, (SELECT number FROM operators WHERE operators.id = operator_id), name, scope, endpoints, access_digest, refresh_digest, life_ms,
	created_at, expires_at, renewable_until, ended_at, end_reason, maker_id FROM operator_tokens`

func scanOperatorToken(row scanner) (tenancy.StoredOperatorToken, error) {
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
	scan := func(row scanner) (tenancy.OperatorToken, error) {
		o, err := scanOperatorToken(row)
		return o.OperatorToken, err
	}
	return all(ctx, t, "list operator tokens", scan,
		selectOperatorToken+` WHERE operator_id = ? AND ended_at IS NULL ORDER BY id`, operatorID)
}

// OperatorTokenByDigest implements tenancy.OperatorTokenReader.
func (t *tx) OperatorTokenByDigest(ctx context.Context, accessDigest []byte) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "operator_token", scanOperatorToken, selectOperatorToken+` WHERE access_digest = ?`,
		blob(accessDigest))
}

// SpentRefreshToken implements tenancy.OperatorTokenReader.
func (t *tx) SpentRefreshToken(ctx context.Context, refreshDigest []byte) (tenancy.OperatorTokenID, error) {
	return one(ctx, t, "operator_token", value[tenancy.OperatorTokenID],
		`SELECT token_id FROM spent_refresh_tokens WHERE digest = ?`, blob(refreshDigest))
}

// LockOperatorToken implements tenancy.OperatorTokenWriter; see LockOrganization.
func (t *tx) LockOperatorToken(ctx context.Context, id tenancy.OperatorTokenID) (tenancy.StoredOperatorToken,
	error) {
	return one(ctx, t, "operator_token", scanOperatorToken, selectOperatorToken+` WHERE id = ?`, int64(id))
}

// InsertOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) InsertOperatorToken(ctx context.Context, o *tenancy.StoredOperatorToken) error {
	result, err := t.insert(ctx, problem.OperatorTokenNameTaken(), "insert operator token", `
		INSERT INTO operator_tokens (operator_id, name, name_folded, scope, endpoints, access_digest, refresh_digest, life_ms,
			created_at, expires_at, renewable_until, ended_at, end_reason, maker_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.OperatorID, o.Name, filter.Fold(o.Name), string(o.Scope.Kind), endpointsOf(o.Scope), blob(o.AccessDigest),
		blob(o.RefreshDigest), o.Life.Milliseconds(),
		stamp(o.CreatedAt), stamp(o.ExpiresAt), stamp(o.RenewableUntil), optional(o.EndedAt), string(o.EndReason),
		int64(o.MakerID))
	if err == nil {
		o.ID = tenancy.OperatorTokenID(newID(result))
	}
	return err
}

// UpdateOperatorToken implements tenancy.OperatorTokenWriter. The folded form of an
// unchanged name stays, see UpdateOrganization.
func (t *tx) UpdateOperatorToken(ctx context.Context, o tenancy.OperatorToken) error {
	result, err := t.insert(ctx, problem.OperatorTokenNameTaken(), "update operator token", `
		UPDATE operator_tokens SET name = ?1, name_folded = CASE WHEN name = ?1 THEN name_folded ELSE ?2 END, scope = ?, endpoints = ?, life_ms = ?, expires_at = ?, renewable_until = ?
		WHERE id = ? AND ended_at IS NULL`,
		o.Name, filter.Fold(o.Name), string(o.Scope.Kind), endpointsOf(o.Scope), o.Life.Milliseconds(),
		stamp(o.ExpiresAt), stamp(o.RenewableUntil), int64(o.ID))
	if err == nil && changed(result) == 0 {
		return problem.NoSuch("operator_token")
	}
	return err
}

// RenewOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) RenewOperatorToken(ctx context.Context, next, old tenancy.StoredOperatorToken,
	at time.Time) (bool, error) {
	n, err := t.exec(ctx, "renew operator token", `
		UPDATE operator_tokens SET access_digest = ?, refresh_digest = ?, expires_at = ?
		WHERE id = ? AND access_digest = ? AND refresh_digest = ? AND ended_at IS NULL`,
		blob(next.AccessDigest), blob(next.RefreshDigest), stamp(next.ExpiresAt), int64(next.ID),
		blob(old.AccessDigest), blob(old.RefreshDigest))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec(ctx, "keep spent refresh token",
		`INSERT INTO spent_refresh_tokens (digest, token_id, spent_at) VALUES (?, ?, ?)`,
		blob(old.RefreshDigest), int64(next.ID), stamp(at))
	return err == nil, err
}

// EndOperatorToken implements tenancy.OperatorTokenWriter.
func (t *tx) EndOperatorToken(ctx context.Context, id tenancy.OperatorTokenID, at time.Time,
	reason tenancy.TokenEndReason) (bool, error) {
	n, err := t.exec(ctx, "end operator token",
		`UPDATE operator_tokens SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL`,
		stamp(at), string(reason), int64(id))
	return n == 1, err
}

// PruneOperatorTokens implements tenancy.OperatorTokenWriter.
func (t *tx) PruneOperatorTokens(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune ended operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at, id LIMIT ?+0)`, stamp(before), limit)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "prune operator tokens", `
		DELETE FROM operator_tokens WHERE id IN
			(SELECT id FROM operator_tokens WHERE renewable_until < ? ORDER BY renewable_until, id LIMIT ?+0)`, stamp(before), limit)
	return err
}
