// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// DeleteOrganization implements tenancy.OrganizationWriter. No user name begins
// with a blank, so that what is put in the place of one is nobody's.
func (t *tx) DeleteOrganization(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	n, err := t.exec(ctx, "delete organization", `
		UPDATE organizations SET state = 'rejected', listed = false, deleted_at = $1, updated_at = $1,
			contact_persons = '[]', contact_names_folded = '', contact_emails_folded = '' WHERE id = $2`, stamp(at), int64(id))
	switch {
	case err != nil:
		return err
	case n == 0:
		return problem.NoSuch("organization")
	}
	for _, s := range []struct {
		doing, sql string
		args       []any
	}{
		{"end auth codes", `UPDATE auth_codes SET ended_at = $1, end_reason = 'disabled', sealed = '' WHERE organization_id = $2 AND ended_at IS NULL`,
			[]any{stamp(at), int64(id)}},
		{"end sessions", `UPDATE sessions SET ended_at = $1 WHERE ended_at IS NULL AND operator_id IN (SELECT id FROM operators WHERE organization_id = $2)`,
			[]any{stamp(at), int64(id)}},
		{"end operator tokens", `UPDATE operator_tokens SET ended_at = $1, end_reason = 'revoked' WHERE ended_at IS NULL
			AND operator_id IN (SELECT id FROM operators WHERE organization_id = $2)`, []any{stamp(at), int64(id)}},
		{"end operators", `UPDATE operators SET active = false, username_folded = ' ' || id, password_hash = '', totp_sealed = '', totp_step = 0
			WHERE organization_id = $1`, []any{int64(id)}},
		{"end contacts", `UPDATE contacts SET active = false WHERE organization_id = $1`, []any{int64(id)}},
	} {
		if _, err := t.exec(ctx, s.doing, s.sql, s.args...); err != nil {
			return err
		}
	}
	return nil
}
