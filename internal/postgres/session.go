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
	selectSession      = sqltext.Numbered(sqltext.SelectSession)
	selectSessionsOf   = sqltext.Numbered(sqltext.SelectSessionsOf)
	insertSession      = sqltext.Numbered(sqltext.InsertSession + sqltext.DoNothing)
	touchSession       = sqltext.Numbered(sqltext.TouchSession)
	endSession         = sqltext.Numbered(sqltext.EndSession)
	selectTokenRevoked = sqltext.Numbered(sqltext.SelectTokenRevoked)
	revokeToken        = sqltext.Numbered(sqltext.RevokeToken)
)

// SessionByDigest implements tenancy.SessionReader.
func (t *tx) SessionByDigest(ctx context.Context, digest []byte) (tenancy.Session, error) {
	return one(ctx, t, "read session", problem.SessionNotFound,
		sqltext.ScanSession, selectSession, sqltext.Blob(digest))
}

// SessionsOf implements tenancy.SessionReader.
func (t *tx) SessionsOf(ctx context.Context, operatorID string, limit int) ([]tenancy.Session, error) {
	return all(ctx, t, "list sessions", sqltext.ScanSession, selectSessionsOf, operatorID, max(limit, 0))
}

// TokenRevoked implements tenancy.SessionReader.
func (t *tx) TokenRevoked(ctx context.Context, tokenID string) (bool, error) {
	return one(ctx, t, "read revoked token", problem.RowNotFound,
		sqltext.Value[bool], selectTokenRevoked, tokenID)
}

// InsertSession implements tenancy.SessionWriter.
func (t *tx) InsertSession(ctx context.Context, s tenancy.Session) error {
	return t.insert(ctx, problem.SessionExists(), "insert session", insertSession,
		s.ID, s.OperatorID, sqltext.Blob(s.Digest), s.DeviceID, s.IdleTimeout.Milliseconds(),
		stamp(s.CreatedAt), stamp(s.LastUsedAt), optional(s.EndedAt), stamp(s.LoggedInAt))
}

// TouchSession implements tenancy.SessionWriter.
func (t *tx) TouchSession(ctx context.Context, id string, at time.Time) error {
	_, err := t.exec(ctx, "touch session", touchSession, stamp(at), id)
	return err
}

// EndSession implements tenancy.SessionWriter.
func (t *tx) EndSession(ctx context.Context, id string, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "end session", endSession, stamp(at), id)
	return n == 1, err
}

// RevokeToken implements tenancy.SessionWriter.
func (t *tx) RevokeToken(ctx context.Context, tokenID string, expiresAt time.Time) error {
	_, err := t.exec(ctx, "revoke token", revokeToken, tokenID, stamp(expiresAt))
	return err
}

// PruneSessions implements tenancy.SessionWriter. Rows another replica is at are
// left to it.
func (t *tx) PruneSessions(ctx context.Context, before time.Time, limit int) error {
	_, err := t.exec(ctx, "prune revoked tokens", `
		DELETE FROM revoked_tokens WHERE token_id IN
			(SELECT token_id FROM revoked_tokens WHERE expires_at < $1 ORDER BY expires_at, token_id
				LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "prune sessions", `
		DELETE FROM sessions WHERE id IN
			(SELECT id FROM sessions WHERE last_used_at < $1 ORDER BY last_used_at, id
				LIMIT $2 FOR UPDATE SKIP LOCKED)`, stamp(before), limit)
	return err
}
