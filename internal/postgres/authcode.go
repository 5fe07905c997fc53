// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

const (
	selectPrimaryAuthCode = sqltext.SelectAuthCode +
		` WHERE organization_id = $1 AND is_primary AND ended_at IS NULL`
	endPrimaryAuthCode = `UPDATE auth_codes SET ended_at = $1, updated_at = $1, end_reason = $2, sealed = ''
		WHERE organization_id = $3 AND is_primary AND ended_at IS NULL RETURNING id`
)

var (
	selectAuthCodeByDigest = sqltext.Numbered(sqltext.SelectAuthCodeByDigest)
	insertAuthCode         = sqltext.Numbered(sqltext.InsertAuthCode + sqltext.DoNothing)
	selectAuthCode         = sqltext.Numbered(sqltext.SelectAuthCode + sqltext.ByID)
	updateAuthCode         = sqltext.Numbered(sqltext.UpdateAuthCode)
	forgetAuthCodes        = sqltext.Numbered(sqltext.ForgetAuthCodes)
)

// PrimaryAuthCode implements tenancy.AuthCodeReader.
func (t *tx) PrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "read auth code", problem.AuthCodeNotFound,
		sqltext.ScanAuthCode, selectPrimaryAuthCode, int64(id))
}

// AuthCodeByDigest implements tenancy.AuthCodeReader.
func (t *tx) AuthCodeByDigest(ctx context.Context, digest []byte) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "read auth code", problem.AuthCodeNotFound,
		sqltext.ScanAuthCode, selectAuthCodeByDigest, sqltext.Blob(digest))
}

// AuthCode implements tenancy.AuthCodeReader.
func (t *tx) AuthCode(ctx context.Context, id string) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "read auth code", problem.AuthCodeNotFound, sqltext.ScanAuthCode, selectAuthCode, id)
}

// HasImportedAuthCodes implements tenancy.AuthCodeReader.
func (t *tx) HasImportedAuthCodes(ctx context.Context) (bool, error) {
	return one(ctx, t, "look for imported auth codes", problem.RowNotFound, sqltext.Value[bool],
		`SELECT EXISTS (SELECT 1 FROM auth_codes WHERE imported)`)
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
	n, err := t.exec(ctx, "update auth code", updateAuthCode, args...)
	if err == nil && n == 0 {
		return problem.AuthCodeNotFound()
	}
	return err
}

// ForgetAuthCodes implements tenancy.AuthCodeWriter.
func (t *tx) ForgetAuthCodes(ctx context.Context, id tenancy.OrganizationID) error {
	_, err := t.exec(ctx, "forget auth codes", forgetAuthCodes, sqltext.Blob(nil), int64(id))
	return err
}

// ReplacePrimaryAuthCode implements tenancy.AuthCodeWriter, in one round trip.
func (t *tx) ReplacePrimaryAuthCode(ctx context.Context, c tenancy.StoredAuthCode,
	reason tenancy.EndReason) (former string, err error) {
	args, err := sqltext.AuthCodeArgs(c, stamps())
	if err != nil {
		return "", t.fail("replace auth code", err)
	}
	var inserted int64
	end := statement{endPrimaryAuthCode, []any{stamp(c.CreatedAt), string(reason), int64(c.OrganizationID)}}
	err = t.run(ctx, "replace auth code", step{end, first(sqltext.Value[string], &former, nil)},
		step{statement{insertAuthCode, args}, changed(&inserted)})
	if err == nil && inserted == 0 {
		return "", problem.AuthCodeExists()
	}
	return former, err
}

// InsertAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) InsertAuthCode(ctx context.Context, c tenancy.StoredAuthCode) error {
	args, err := sqltext.AuthCodeArgs(c, stamps())
	if err != nil {
		return t.fail("insert auth code", err)
	}
	n, err := t.exec(ctx, "insert auth code", insertAuthCode, args...)
	if err == nil && n == 0 {
		return problem.AuthCodeExists()
	}
	return err
}

// EndPrimaryAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) EndPrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.EndReason) (ended string, err error) {
	err = t.run(ctx, "end auth code", step{statement{endPrimaryAuthCode,
		[]any{stamp(at), string(reason), int64(id)}}, first(sqltext.Value[string], &ended, nil)})
	return ended, err
}
