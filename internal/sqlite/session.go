// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func scanSession(row scanner) (tenancy.Session, error) {
	var s tenancy.Session
	var idle int64
	err := row.Scan(&s.ID, &s.OperatorID, bytesOf{&s.Digest}, &s.DeviceID, &idle,
		instant{&s.CreatedAt}, instant{&s.LastUsedAt}, instant{&s.EndedAt})
	s.IdleTimeout = time.Duration(idle) * time.Millisecond
	return s, err
}

// SessionByDigest implements tenancy.SessionReader.
func (t *tx) SessionByDigest(ctx context.Context, digest []byte) (tenancy.Session, error) {
	return one(ctx, t, "session", scanSession, `
		SELECT id, operator_id, digest, device_id, idle_timeout_ms, created_at, last_used_at, ended_at
		FROM sessions WHERE digest = ?`, blob(digest))
}

// TokenRevoked implements tenancy.SessionReader.
func (t *tx) TokenRevoked(ctx context.Context, tokenID string) (bool, error) {
	return one(ctx, t, "revoked token", value[bool],
		`SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE token_id = ?)`, tokenID)
}

// InsertSession implements tenancy.SessionWriter.
func (t *tx) InsertSession(ctx context.Context, s tenancy.Session) error {
	_, err := t.insert(ctx, problem.SessionExists(), "insert session", `
		INSERT INTO sessions (id, operator_id, digest, device_id, idle_timeout_ms, created_at, last_used_at, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.OperatorID, blob(s.Digest), s.DeviceID, s.IdleTimeout.Milliseconds(),
		stamp(s.CreatedAt), stamp(s.LastUsedAt), optional(s.EndedAt))
	return err
}

// TouchSession implements tenancy.SessionWriter.
func (t *tx) TouchSession(ctx context.Context, id string, at time.Time) error {
	_, err := t.exec(ctx, "touch session",
		`UPDATE sessions SET last_used_at = ?1 WHERE id = ?2 AND ended_at IS NULL AND last_used_at < ?1`, stamp(at),
		id)
	return err
}

// EndSession implements tenancy.SessionWriter.
func (t *tx) EndSession(ctx context.Context, id string, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "end session", `UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL`,
		stamp(at), id)
	return n == 1, err
}

// RevokeToken implements tenancy.SessionWriter. Of two ends the later counts.
func (t *tx) RevokeToken(ctx context.Context, tokenID string, expiresAt time.Time) error {
	_, err := t.exec(ctx, "revoke token", `
		INSERT INTO revoked_tokens (token_id, expires_at) VALUES (?, ?)
		ON CONFLICT (token_id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`, tokenID, stamp(expiresAt))
	return err
}

// PruneSessions implements tenancy.SessionWriter.
func (t *tx) PruneSessions(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune revoked tokens", `
		DELETE FROM revoked_tokens WHERE token_id IN
			(SELECT token_id FROM revoked_tokens WHERE expires_at < ? ORDER BY expires_at, token_id LIMIT ?+0)`, stamp(before), limit)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "prune sessions", `
		DELETE FROM sessions WHERE id IN
			(SELECT id FROM sessions WHERE last_used_at < ? ORDER BY last_used_at, id LIMIT ?+0)`, stamp(before), limit)
	return err
}
