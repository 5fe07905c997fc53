// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"strings"
	"time"

	"gatehouse/internal/tenancy"
)

// Statements about operator tokens.
const (
	selectOperatorToken = `SELECT id, operator_id,
		(SELECT number FROM operators WHERE operators.id = operator_id),
		name, scope, endpoints, access_digest, refresh_digest, life_ms, created_at, expires_at,
		renewable_until, ended_at, end_reason, maker_id FROM operator_tokens`
	SelectOperatorToken  = selectOperatorToken + ByID
	SelectOperatorTokens = selectOperatorToken +
		` WHERE operator_id = ? AND ended_at IS NULL ORDER BY id`
	SelectOperatorTokenByDigest = selectOperatorToken + ` WHERE access_digest = ?`
	SelectSpentRefreshToken     = `SELECT token_id FROM spent_refresh_tokens WHERE digest = ?`
	InsertSpentRefreshToken     = `INSERT INTO spent_refresh_tokens (digest, token_id, spent_at)
		VALUES (?, ?, ?)`
	InsertOperatorToken = `INSERT INTO operator_tokens (operator_id, name, name_folded, scope,
		endpoints, access_digest, refresh_digest, life_ms, created_at, expires_at, renewable_until, ended_at,
		end_reason, maker_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// UpdateOperatorToken leaves the folded form of an unchanged name, see UpdateOrganization.
	UpdateOperatorToken = `UPDATE operator_tokens SET
		name = ?1, name_folded = CASE WHEN name = ?1 THEN name_folded ELSE ?2 END,
		scope = ?, endpoints = ?, life_ms = ?, expires_at = ?, renewable_until = ?
		WHERE id = ? AND ended_at IS NULL`
	RenewOperatorToken = `UPDATE operator_tokens SET access_digest = ?, refresh_digest = ?, expires_at = ?
		WHERE id = ? AND access_digest = ? AND refresh_digest = ? AND ended_at IS NULL`
	EndOperatorToken = `UPDATE operator_tokens SET ended_at = ?, end_reason = ?
		WHERE id = ? AND ended_at IS NULL`
)

// ScanStoredOperatorToken reads the columns of SelectOperatorToken.
func ScanStoredOperatorToken(row Row) (tenancy.StoredOperatorToken, error) {
	var o tenancy.StoredOperatorToken
	var prefixes string
	var life int64
	err := row.Scan(&o.ID, &o.OperatorID, &o.Operator, &o.Name, &o.Scope.Kind, &prefixes,
		Bytes{&o.AccessDigest}, Bytes{&o.RefreshDigest}, &life, Time{&o.CreatedAt}, Time{&o.ExpiresAt},
		Time{&o.RenewableUntil}, Time{&o.EndedAt}, &o.EndReason, &o.MakerID)
	o.Life = time.Duration(life) * time.Millisecond
	if prefixes != "" {
		o.Scope.PathPrefixes = strings.Split(prefixes, "\n")
	}
	return o, err
}

// ScanOperatorToken reads the columns of SelectOperatorToken without the digests.
func ScanOperatorToken(row Row) (tenancy.OperatorToken, error) {
	o, err := ScanStoredOperatorToken(row)
	return o.OperatorToken, err
}

// PathPrefixes returns the path prefixes of a scope as they are stored.
func PathPrefixes(s tenancy.Scope) string { return strings.Join(s.PathPrefixes, "\n") }
