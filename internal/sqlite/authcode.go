// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const selectAuthCode = `SELECT id, organization_id, is_primary, digest, sealed, created_at, created_by, ended_at, end_reason FROM auth_codes`

func scanAuthCode(row scanner) (tenancy.StoredAuthCode, error) {
	var c tenancy.StoredAuthCode
	err := row.Scan(&c.ID, &c.OrganizationID, &c.Primary, bytesOf{&c.Digest}, bytesOf{&c.Sealed},
		instant{&c.CreatedAt}, &c.CreatedBy, instant{&c.EndedAt}, &c.EndReason)
	return c, err
}

// PrimaryAuthCode implements tenancy.AuthCodeReader.
func (t *tx) PrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "auth_code", scanAuthCode,
		selectAuthCode+` WHERE organization_id = ? AND is_primary = 1 AND ended_at IS NULL`, int64(id))
}

// AuthCodeByDigest implements tenancy.AuthCodeReader.
func (t *tx) AuthCodeByDigest(ctx context.Context, digest []byte) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "auth_code", scanAuthCode, selectAuthCode+` WHERE digest = ?`, blob(digest))
}

// InsertAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) InsertAuthCode(ctx context.Context, c tenancy.StoredAuthCode) error {
	_, err := t.insert(ctx, problem.AuthCodeExists(), "insert auth code", `
		INSERT INTO auth_codes (id, organization_id, is_primary, digest, sealed, created_at, created_by, ended_at, end_reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, int64(c.OrganizationID), c.Primary, blob(c.Digest), blob(c.Sealed),
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
	scan := func(row scanner) (ended string, err error) {
		err = row.Scan(&ended)
		return ended, err
	}
	ended, err := one(ctx, t, "auth_code", scan, `
		UPDATE auth_codes SET ended_at = ?, end_reason = ?, sealed = x''
		WHERE organization_id = ? AND is_primary = 1 AND ended_at IS NULL RETURNING id`,
		stamp(at), string(reason), int64(id))
	if errors.Is(err, problem.NotFound) {
		return "", nil
	}
	return ended, err
}
