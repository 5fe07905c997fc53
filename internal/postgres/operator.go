// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectOperator           = sqltext.Numbered(sqltext.SelectOperator + sqltext.ByID)
	lockOperator             = sqltext.Numbered(sqltext.SelectOperator + sqltext.ByID + forNoKeyUpdate)
	selectOperatorByUsername = sqltext.Numbered(sqltext.SelectOperatorByUsername)
	selectOperatorByNumber   = sqltext.Numbered(sqltext.SelectOperatorByNumber)
	updateOperator           = sqltext.Numbered(sqltext.UpdateOperator)
	deleteOperator           = sqltext.Numbered(sqltext.DeleteOperator)
	lockOperatorsOfRole      = sqltext.Numbered(sqltext.SelectOperatorsOfRole + forNoKeyUpdate)
	endSessionsOf            = sqltext.Numbered(sqltext.EndSessionsOf)
	endTokensOf              = sqltext.Numbered(sqltext.EndTokensOf)
	takeTOTPStep             = sqltext.Numbered(sqltext.TakeTOTPStep)
)

// Operator implements tenancy.OperatorReader.
func (t *tx) Operator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound, sqltext.ScanOperator, selectOperator, id)
}

// LockOperator implements tenancy.OperatorWriter; see LockOrganization.
func (t *tx) LockOperator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound, sqltext.ScanOperator, lockOperator, id)
}

// OperatorByUsername implements tenancy.OperatorReader.
func (t *tx) OperatorByUsername(ctx context.Context, username string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound,
		sqltext.ScanOperator, selectOperatorByUsername,
		filter.Fold(username), filter.FoldAll(username))
}

// OperatorByNumber implements tenancy.OperatorReader.
func (t *tx) OperatorByNumber(ctx context.Context, number tenancy.OperatorNumber) (tenancy.StoredOperator,
	error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound,
		sqltext.ScanOperator, selectOperatorByNumber, int64(number))
}

// CountOperators implements tenancy.OperatorReader.
func (t *tx) CountOperators(ctx context.Context) (int, error) {
	return one(ctx, t, "read operator", problem.RowNotFound, sqltext.Value[int], sqltext.CountOperators)
}

// InsertOperator implements tenancy.OperatorWriter.
func (t *tx) InsertOperator(ctx context.Context, o *tenancy.StoredOperator) error {
	number, err := t.insertID(ctx, "insert operator", `
		INSERT INTO operators (id, username, username_folded, role, organization_id, active, password_hash,
			totp_sealed, totp_step, created_at, display_name, updated_at, totp_pending, login_generation,
			recovery_digests)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT DO NOTHING RETURNING number`,
		o.ID, o.Username, filter.Fold(o.Username), string(o.Role), int64(o.OrganizationID), o.Active,
		o.PasswordHash, sqltext.Blob(o.TOTPSealed), o.TOTPStep, stamp(o.CreatedAt), o.DisplayName,
		stamp(o.UpdatedAt), sqltext.Blob(o.TOTPPending), o.LoginGeneration, sqltext.Blob(o.Recovery))
	switch {
	case err != nil:
		return err
	case number == 0:
		return problem.UsernameTaken()
	}
	o.Number = tenancy.OperatorNumber(number)
	return nil
}

// UpdateOperator implements tenancy.OperatorWriter.
func (t *tx) UpdateOperator(ctx context.Context, o tenancy.StoredOperator) error {
	n, err := t.exec(ctx, "update operator", updateOperator, sqltext.OperatorChange(o, stamps())...)
	if err == nil && n == 0 {
		return problem.OperatorNotFound()
	}
	return err
}

// TakeTOTPStep implements tenancy.OperatorWriter.
func (t *tx) TakeTOTPStep(ctx context.Context, id string, step int64) (bool, error) {
	n, err := t.exec(ctx, "take one-time code", takeTOTPStep, step, id)
	return n == 1, err
}

// LockOperators implements tenancy.OperatorWriter.
func (t *tx) LockOperators(ctx context.Context, id tenancy.OrganizationID, role tenancy.Role) ([]string,
	error) {
	return all(ctx, t, "lock operators", sqltext.Value[string], lockOperatorsOfRole, int64(id),
		string(role))
}

// DeleteOperator implements tenancy.OperatorWriter.
func (t *tx) DeleteOperator(ctx context.Context, id string, at time.Time) error {
	n, err := t.exec(ctx, "delete operator", deleteOperator, stamp(at), false, sqltext.Blob(nil), id)
	if err == nil && n == 0 {
		return problem.OperatorNotFound()
	}
	return err
}

// EndSessionsOf implements tenancy.SessionWriter.
func (t *tx) EndSessionsOf(ctx context.Context, operatorID string, at time.Time) error {
	_, err := t.exec(ctx, "end sessions", endSessionsOf, stamp(at), operatorID)
	return err
}

// EndTokensOf implements tenancy.OperatorTokenWriter.
func (t *tx) EndTokensOf(ctx context.Context, operatorID string, at time.Time,
	reason tenancy.TokenEndReason) error {
	_, err := t.exec(ctx, "end operator tokens", endTokensOf, stamp(at), string(reason), operatorID)
	return err
}
