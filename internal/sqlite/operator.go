// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const selectOperator = `SELECT id, number, username, role, organization_id, active, password_hash, totp_sealed, totp_step, created_at FROM operators`

func scanOperator(row scanner) (tenancy.StoredOperator, error) {
	var o tenancy.StoredOperator
	err := row.Scan(&o.ID, &o.Number, &o.Username, &o.Role, &o.OrganizationID, &o.Active,
		&o.PasswordHash, bytesOf{&o.TOTPSealed}, &o.TOTPStep, instant{&o.CreatedAt})
	return o, err
}

// Operator implements tenancy.OperatorReader.
func (t *tx) Operator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "operator", scanOperator, selectOperator+` WHERE id = ?`, id)
}

// LockOperator implements tenancy.OperatorWriter; see LockOrganization.
func (t *tx) LockOperator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	return t.Operator(ctx, id)
}

// OperatorByUsername implements tenancy.OperatorReader. One whose key could not be
// folded again, see package migration, is found by its name as it is written, and then
// the other one is not meant.
func (t *tx) OperatorByUsername(ctx context.Context, username string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "operator", scanOperator, selectOperator+`
		WHERE username_folded IN (?1, ?2) ORDER BY username_folded = ?2 DESC LIMIT 1`, filter.Fold(username), filter.FoldAll(username))
}

// OperatorByNumber implements tenancy.OperatorReader.
func (t *tx) OperatorByNumber(ctx context.Context, number tenancy.OperatorNumber) (tenancy.StoredOperator,
	error) {
	return one(ctx, t, "operator", scanOperator, selectOperator+` WHERE number = ?`, int64(number))
}

// CountOperators implements tenancy.OperatorReader.
func (t *tx) CountOperators(ctx context.Context) (int, error) {
	return one(ctx, t, "operator", value[int], `SELECT count(*) FROM operators`)
}

// InsertOperator implements tenancy.OperatorWriter.
// No row is ever taken away, so that no number is given twice.
func (t *tx) InsertOperator(ctx context.Context, o *tenancy.StoredOperator) error {
	_, err := t.insert(ctx, problem.UsernameTaken(), "insert operator", `
		INSERT INTO operators (id, number, username, username_folded, role, organization_id, active, password_hash, totp_sealed, totp_step, created_at)
		VALUES (?, (SELECT coalesce(max(number), 100000) + 1 FROM operators), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.Username, filter.Fold(o.Username), string(o.Role), int64(o.OrganizationID), o.Active,
		o.PasswordHash, blob(o.TOTPSealed), o.TOTPStep, stamp(o.CreatedAt))
	if err != nil {
		return err
	}
	o.Number, err = one(ctx, t, "operator", value[tenancy.OperatorNumber],
		`SELECT number FROM operators WHERE id = ?`, o.ID)
	return err
}

// UpdateOperator implements tenancy.OperatorWriter.
func (t *tx) UpdateOperator(ctx context.Context, o tenancy.StoredOperator) error {
	n, err := t.exec(ctx, "update operator",
		`UPDATE operators SET password_hash = ?1, role = ?2, active = ?3, totp_sealed = ?4,
			totp_step = CASE WHEN totp_sealed = ?4 THEN totp_step ELSE 0 END WHERE id = ?5`,
		o.PasswordHash, string(o.Role), o.Active, blob(o.TOTPSealed), o.ID)
	if err == nil && n == 0 {
		return problem.NoSuch("operator")
	}
	return err
}

// TakeTOTPStep implements tenancy.OperatorWriter.
func (t *tx) TakeTOTPStep(ctx context.Context, id string, step int64) (bool, error) {
	n, err := t.exec(ctx, "take one-time code",
		`UPDATE operators SET totp_step = ?1 WHERE id = ?2 AND totp_step < ?1`, step, id)
	return n == 1, err
}
