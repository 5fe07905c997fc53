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
	endPrimaryAuthCode = `UPDATE auth_codes SET ended_at = $1, end_reason = $2, sealed = ''
		WHERE organization_id = $3 AND is_primary AND ended_at IS NULL RETURNING id`
)

var (
	selectAuthCodeByDigest = sqltext.Numbered(sqltext.SelectAuthCodeByDigest)
	insertAuthCode         = sqltext.Numbered(sqltext.InsertAuthCode + sqltext.DoNothing)
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

func authCodeArgs(c tenancy.StoredAuthCode) []any {
	return []any{c.ID, int64(c.OrganizationID), c.Primary, sqltext.Blob(c.Digest), sqltext.Blob(c.Sealed),
		stamp(c.CreatedAt), c.CreatedBy, optional(c.EndedAt), string(c.EndReason)}
}

// ReplacePrimaryAuthCode implements tenancy.AuthCodeWriter, in one round trip.
func (t *tx) ReplacePrimaryAuthCode(ctx context.Context, c tenancy.StoredAuthCode,
	reason tenancy.EndReason) (former string, err error) {
	var inserted int64
	end := statement{endPrimaryAuthCode, []any{stamp(c.CreatedAt), string(reason), int64(c.OrganizationID)}}
	err = t.run(ctx, "replace auth code", step{end, first(sqltext.Value[string], &former, nil)},
		step{statement{insertAuthCode, authCodeArgs(c)}, changed(&inserted)})
	if err == nil && inserted == 0 {
		return "", problem.AuthCodeExists()
	}
	return former, err
}

// InsertAuthCode implements tenancy.AuthCodeWriter.
func (t *tx) InsertAuthCode(ctx context.Context, c tenancy.StoredAuthCode) error {
	n, err := t.exec(ctx, "insert auth code", insertAuthCode, authCodeArgs(c)...)
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
