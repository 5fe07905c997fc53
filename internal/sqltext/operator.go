// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about operators.
const (
	SelectOperator = `SELECT id, number, username, role, organization_id, active, password_hash, totp_sealed,
		totp_step, created_at, display_name, updated_at, deleted_at, totp_pending, login_generation,
		recovery_digests FROM operators`
	SelectOperatorByNumber = SelectOperator + ` WHERE number = ?`
	// SelectOperatorByUsername finds an operator by the folded name, ?1. If a migration could
	// not fold the name again (see package migration), the row has the key ?2, and another
	// operator has the key ?1: then the row with ?2 is the right one.
	SelectOperatorByUsername = SelectOperator +
		` WHERE username_folded IN (?1, ?2) ORDER BY username_folded = ?2 DESC LIMIT 1`
	CountOperators = `SELECT count(*) FROM operators`
	// UpdateOperator takes OperatorChange.
	UpdateOperator = `UPDATE operators SET password_hash = ?1, role = ?2, active = ?3, totp_sealed = ?4,
		totp_step = CASE WHEN totp_sealed = ?4 THEN totp_step ELSE 0 END, organization_id = ?5,
		display_name = ?6, updated_at = ?7, totp_pending = ?8, login_generation = ?9,
		recovery_digests = ?10 WHERE id = ?11`
	// DeleteOperator takes the time, false, no bytes and the id. See EndOperators for the name.
	DeleteOperator = `UPDATE operators SET deleted_at = ?1, updated_at = ?1, active = ?2,
		username_folded = ' ' || id, password_hash = '', totp_sealed = ?3, totp_pending = ?3, totp_step = 0,
		recovery_digests = ?3, login_generation = login_generation + 1 WHERE id = ?4 AND deleted_at IS NULL`
	// SelectOperatorsOfRole takes the organization and the role. They are in one order, in
	// which engines lock them.
	SelectOperatorsOfRole = `SELECT id FROM operators WHERE organization_id = ? AND role = ? AND active
		ORDER BY id`
	EndSessionsOf = `UPDATE sessions SET ended_at = ? WHERE operator_id = ? AND ended_at IS NULL`
	EndTokensOf   = `UPDATE operator_tokens SET ended_at = ?, end_reason = ? WHERE operator_id = ?
		AND ended_at IS NULL`
	TakeTOTPStep = `UPDATE operators SET totp_step = ?1 WHERE id = ?2 AND totp_step < ?1`
)

// ScanOperator reads the columns of SelectOperator.
func ScanOperator(row Row) (o tenancy.StoredOperator, err error) {
	err = row.Scan(&o.ID, &o.Number, &o.Username, &o.Role, &o.OrganizationID, &o.Active, &o.PasswordHash,
		Bytes{&o.TOTPSealed}, &o.TOTPStep, Time{&o.CreatedAt}, &o.DisplayName, Time{&o.UpdatedAt},
		Time{&o.DeletedAt}, Bytes{&o.TOTPPending}, &o.LoginGeneration, Bytes{&o.Recovery})
	return o, err
}

// OperatorChange returns the arguments of UpdateOperator.
func OperatorChange(o tenancy.StoredOperator, s Stamps) []any {
	return []any{o.PasswordHash, string(o.Role), o.Active, Blob(o.TOTPSealed), int64(o.OrganizationID),
		o.DisplayName, s.Time(o.UpdatedAt), Blob(o.TOTPPending), o.LoginGeneration,
		Blob(o.Recovery), o.ID}
}

// Parts of the list of operators: those of members and of the root.
const (
	ListedOperatorColumns = `id, number, username, role, organization_id, active, created_at,
		display_name, updated_at, length(totp_sealed) > 0,
		(SELECT name FROM organizations WHERE organizations.id = operators.organization_id)`
	ListedOperatorsOnly = `EXISTS (SELECT 1 FROM organizations
		WHERE organizations.id = operators.organization_id AND state IN ('active', 'inactive'))
		AND deleted_at IS NULL`
)

// ListedOperatorTargets returns where ListedOperatorColumns are read to.
func ListedOperatorTargets(o *tenancy.ListedOperator) []any {
	return []any{&o.ID, &o.Number, &o.Username, &o.Role, &o.OrganizationID, &o.Active, Time{&o.CreatedAt},
		&o.DisplayName, Time{&o.UpdatedAt}, &o.SecondFactor, &o.OrganizationName}
}

// ScanListedOperator reads ListedOperatorColumns.
func ScanListedOperator(row Row) (o tenancy.ListedOperator, err error) {
	err = row.Scan(ListedOperatorTargets(&o)...)
	return o, err
}
