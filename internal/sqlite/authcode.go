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

// PrimaryAuthCode implements tenancy.AuthCodeReader.
func (t *tx) PrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "read auth code", problem.AuthCodeNotFound, sqltext.ScanAuthCode,
		sqltext.SelectAuthCode+` WHERE organization_id = ? AND is_primary = 1 AND ended_at IS NULL`,
		int64(id))
}

// AuthCodeByDigest implements tenancy.AuthCodeReader.
func (t *tx) AuthCodeByDigest(ctx context.Context, digest []byte) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "read auth code", problem.AuthCodeNotFound,
		sqltext.ScanAuthCode, sqltext.SelectAuthCodeByDigest,
		sqltext.Blob(digest))
}

// InsertAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) InsertAuthCode(ctx context.Context, c tenancy.StoredAuthCode) error {
	_, err := t.insert(ctx, problem.AuthCodeExists(), "insert auth code", sqltext.InsertAuthCode,
		c.ID, int64(c.OrganizationID), c.Primary, sqltext.Blob(c.Digest), sqltext.Blob(c.Sealed),
		stamp(c.CreatedAt), c.CreatedBy, optional(c.EndedAt), string(c.EndReason))
	return err
}

// ReplacePrimaryAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) ReplacePrimaryAuthCode(ctx context.Context, c tenancy.StoredAuthCode,
	reason tenancy.EndReason) (string, error) {
	former, err := t.EndPrimaryAuthCode(ctx, c.OrganizationID, c.CreatedAt, reason)
	if err != nil {
		return "", err
	}
	return former, t.InsertAuthCode(ctx, c)
}

// EndPrimaryAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) EndPrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.EndReason) (string, error) {
	ended, err := one(ctx, t, "read auth code", problem.AuthCodeNotFound, sqltext.Value[string], `
		UPDATE auth_codes SET ended_at = ?, end_reason = ?, sealed = x''
		WHERE organization_id = ? AND is_primary = 1 AND ended_at IS NULL RETURNING id`,
		stamp(at), string(reason), int64(id))
	if errors.Is(err, problem.NotFound) {
		return "", nil
	}
	return ended, err
}
