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
	args, err := sqltext.AuthCodeArgs(c, stamps())
	if err != nil {
		return t.fail("insert auth code", err)
	}
	_, err = t.insert(ctx, problem.AuthCodeExists(), "insert auth code", sqltext.InsertAuthCode, args...)
	return err
}

// AuthCode implements tenancy.AuthCodeReader.
func (t *tx) AuthCode(ctx context.Context, id string) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "read auth code", problem.AuthCodeNotFound, sqltext.ScanAuthCode,
		sqltext.SelectAuthCode+sqltext.ByID, id)
}

// HasImportedAuthCodes implements tenancy.AuthCodeReader.
func (t *tx) HasImportedAuthCodes(ctx context.Context) (bool, error) {
	return one(ctx, t, "look for imported auth codes", problem.RowNotFound, sqltext.Value[bool],
		`SELECT EXISTS (SELECT 1 FROM auth_codes WHERE imported = 1)`)
}

// AuthCodes implements tenancy.AuthCodeReader.
func (t *tx) AuthCodes(ctx context.Context, id tenancy.OrganizationID,
	p tenancy.IDOrder) (tenancy.IDPage[tenancy.AuthCode], error) {
	return idPage(ctx, t, sqltext.AuthCodePage(dialect{}, id, p), p, sqltext.ScanBareAuthCode,
		func(c tenancy.AuthCode) string { return c.ID })
}

// UpdateAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) UpdateAuthCode(ctx context.Context, c tenancy.AuthCode) error {
	args, err := sqltext.AuthCodeChange(c, stamps())
	if err != nil {
		return t.fail("update auth code", err)
	}
	n, err := t.exec(ctx, "update auth code", sqltext.UpdateAuthCode, args...)
	if err == nil && n == 0 {
		return problem.AuthCodeNotFound()
	}
	return err
}

// ForgetAuthCodes implements tenancy.AuthCodeWriter.
func (t *tx) ForgetAuthCodes(ctx context.Context, id tenancy.OrganizationID) error {
	_, err := t.exec(ctx, "forget auth codes", sqltext.ForgetAuthCodes, sqltext.Blob(nil), int64(id))
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
		UPDATE auth_codes SET ended_at = ?1, updated_at = ?1, end_reason = ?2, sealed = x''
		WHERE organization_id = ?3 AND is_primary = 1 AND ended_at IS NULL RETURNING id`,
		stamp(at), string(reason), int64(id))
	if errors.Is(err, problem.NotFound) {
		return "", nil
	}
	return ended, err
}
