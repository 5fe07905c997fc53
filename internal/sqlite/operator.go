// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Operator implements tenancy.OperatorReader.
func (t *tx) Operator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound,
		sqltext.ScanOperator, sqltext.SelectOperator+sqltext.ByID, id)
}

// LockOperator implements tenancy.OperatorWriter; see LockOrganization.
func (t *tx) LockOperator(ctx context.Context, id string) (tenancy.StoredOperator, error) {
	return t.Operator(ctx, id)
}

// OperatorByUsername implements tenancy.OperatorReader.
func (t *tx) OperatorByUsername(ctx context.Context, username string) (tenancy.StoredOperator, error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound,
		sqltext.ScanOperator, sqltext.SelectOperatorByUsername,
		filter.Fold(username), filter.FoldAll(username))
}

// OperatorByNumber implements tenancy.OperatorReader.
func (t *tx) OperatorByNumber(ctx context.Context, number tenancy.OperatorNumber) (tenancy.StoredOperator,
	error) {
	return one(ctx, t, "read operator", problem.OperatorNotFound,
		sqltext.ScanOperator, sqltext.SelectOperatorByNumber, int64(number))
}

// CountOperators implements tenancy.OperatorReader.
func (t *tx) CountOperators(ctx context.Context) (int, error) {
	return one(ctx, t, "read operator", problem.RowNotFound, sqltext.Value[int], sqltext.CountOperators)
}

// InsertOperator implements tenancy.OperatorWriter.
// No row is ever taken away, so that no number is given twice.
func (t *tx) InsertOperator(ctx context.Context, o *tenancy.StoredOperator) error {
	_, err := t.insert(ctx, problem.UsernameTaken(), "insert operator", `
		INSERT INTO operators (id, number, username, username_folded, role, organization_id, active,
			password_hash, totp_sealed, totp_step, created_at, display_name, updated_at, totp_pending,
			login_generation, recovery_digests)
		VALUES (?, (SELECT coalesce(max(number), 100000) + 1 FROM operators), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
			?, ?, ?)`,
		o.ID, o.Username, filter.Fold(o.Username), string(o.Role), int64(o.OrganizationID), o.Active,
		o.PasswordHash, sqltext.Blob(o.TOTPSealed), o.TOTPStep, stamp(o.CreatedAt), o.DisplayName,
		stamp(o.UpdatedAt), sqltext.Blob(o.TOTPPending), o.LoginGeneration, sqltext.Blob(o.Recovery))
	if err != nil {
		return err
	}
	o.Number, err = one(ctx, t, "read operator", problem.OperatorNotFound,
		sqltext.Value[tenancy.OperatorNumber],
		`SELECT number FROM operators WHERE id = ?`, o.ID)
	return err
}

// UpdateOperator implements tenancy.OperatorWriter.
func (t *tx) UpdateOperator(ctx context.Context, o tenancy.StoredOperator) error {
	n, err := t.exec(ctx, "update operator", sqltext.UpdateOperator, sqltext.OperatorChange(o, stamps())...)
	if err == nil && n == 0 {
		return problem.OperatorNotFound()
	}
	return err
}

// TakeTOTPStep implements tenancy.OperatorWriter.
func (t *tx) TakeTOTPStep(ctx context.Context, id string, step int64) (bool, error) {
	n, err := t.exec(ctx, "take one-time code", sqltext.TakeTOTPStep, step, id)
	return n == 1, err
}

// LockOperators implements tenancy.OperatorWriter.
func (t *tx) LockOperators(ctx context.Context, id tenancy.OrganizationID, role tenancy.Role) ([]string,
	error) {
	return all(ctx, t, "lock operators", sqltext.Value[string], sqltext.SelectOperatorsOfRole, int64(id),
		string(role))
}

// DeleteOperator implements tenancy.OperatorWriter.
func (t *tx) DeleteOperator(ctx context.Context, id string, at time.Time) error {
	n, err := t.exec(ctx, "delete operator", sqltext.DeleteOperator, stamp(at), false, sqltext.Blob(nil), id)
	if err == nil && n == 0 {
		return problem.OperatorNotFound()
	}
	return err
}

// EndSessionsOf implements tenancy.SessionWriter.
func (t *tx) EndSessionsOf(ctx context.Context, operatorID string, at time.Time) error {
	_, err := t.exec(ctx, "end sessions", sqltext.EndSessionsOf, stamp(at), operatorID)
	return err
}

// EndTokensOf implements tenancy.OperatorTokenWriter.
func (t *tx) EndTokensOf(ctx context.Context, operatorID string, at time.Time,
	reason tenancy.TokenEndReason) error {
	_, err := t.exec(ctx, "end operator tokens", sqltext.EndTokensOf, stamp(at), string(reason), operatorID)
	return err
}
