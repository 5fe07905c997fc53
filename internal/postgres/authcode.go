// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const selectAuthCode = `SELECT id, organization_id, is_primary, digest, sealed, created_at, created_by, ended_at, end_reason FROM auth_codes`

func scanAuthCode(row pgx.Row) (tenancy.StoredAuthCode, error) {
	var c tenancy.StoredAuthCode
	err := row.Scan(&c.ID, &c.OrganizationID, &c.Primary, bytesOf{&c.Digest}, bytesOf{&c.Sealed},
		instant{&c.CreatedAt}, &c.CreatedBy, instant{&c.EndedAt}, &c.EndReason)
	return c, err
}

// PrimaryAuthCode implements tenancy.AuthCodeReader.
func (t *tx) PrimaryAuthCode(ctx context.Context, id tenancy.OrganizationID) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "auth_code", scanAuthCode,
		selectAuthCode+` WHERE organization_id = $1 AND is_primary AND ended_at IS NULL`, int64(id))
}

// AuthCodeByDigest implements tenancy.AuthCodeReader.
func (t *tx) AuthCodeByDigest(ctx context.Context, digest []byte) (tenancy.StoredAuthCode, error) {
	return one(ctx, t, "auth_code", scanAuthCode, selectAuthCode+` WHERE digest = $1`, blob(digest))
}

const (
	insertAuthCode = `
	INSERT INTO auth_codes (id, organization_id, is_primary, digest, sealed, created_at, created_by, ended_at, end_reason)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	endPrimaryAuthCode = `
	UPDATE auth_codes SET ended_at = $1, end_reason = $2, sealed = ''
	WHERE organization_id = $3 AND is_primary AND ended_at IS NULL RETURNING id`
)

func authCodeArgs(c tenancy.StoredAuthCode) []any {
	return []any{c.ID, int64(c.OrganizationID), c.Primary, blob(c.Digest), blob(c.Sealed),
		stamp(c.CreatedAt), c.CreatedBy, optional(c.EndedAt), string(c.EndReason)}
}

// ReplacePrimaryAuthCode implements tenancy.AuthCodeWriter, in one round trip.
func (t *tx) ReplacePrimaryAuthCode(ctx context.Context, c tenancy.StoredAuthCode,
	reason tenancy.EndReason) (former string, err error) {
	var inserted int64
	end := statement{endPrimaryAuthCode, []any{stamp(c.CreatedAt), string(reason), int64(c.OrganizationID)}}
	err = t.run(ctx, "replace auth code", step{end, first(value[string], &former, nil)},
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
		[]any{stamp(at), string(reason), int64(id)}}, first(value[string], &ended, nil)})
	return ended, err
}
