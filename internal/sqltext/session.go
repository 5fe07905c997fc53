// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"time"

	"gatehouse/internal/tenancy"
)

// Statements about sessions and revoked tokens.
const (
	sessionColumns = `id, operator_id, digest, device_id, idle_timeout_ms, created_at, last_used_at, ended_at,
		logged_in_at`
	SelectSession    = `SELECT ` + sessionColumns + ` FROM sessions WHERE digest = ?`
	SelectSessionsOf = `SELECT ` + sessionColumns + ` FROM sessions WHERE operator_id = ? AND ended_at IS NULL
		ORDER BY last_used_at DESC, id LIMIT ?+0`
	InsertSession = `INSERT INTO sessions (` + sessionColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	TouchSession  = `UPDATE sessions SET last_used_at = ?1
		WHERE id = ?2 AND ended_at IS NULL AND last_used_at < ?1`
	EndSession         = `UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL`
	SelectTokenRevoked = `SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE token_id = ?)`
	// RevokeToken stores the later of two ends.
	RevokeToken = `INSERT INTO revoked_tokens (token_id, expires_at) VALUES (?, ?)
		ON CONFLICT (token_id) DO UPDATE SET expires_at = excluded.expires_at
		WHERE revoked_tokens.expires_at < excluded.expires_at`
)

// ScanSession reads the columns of SelectSession.
func ScanSession(row Row) (tenancy.Session, error) {
	var s tenancy.Session
	var idle int64
	err := row.Scan(&s.ID, &s.OperatorID, Bytes{&s.Digest}, &s.DeviceID, &idle,
		Time{&s.CreatedAt}, Time{&s.LastUsedAt}, Time{&s.EndedAt},
		Time{&s.LoggedInAt})
	s.IdleTimeout = time.Duration(idle) * time.Millisecond
	return s, err
}
