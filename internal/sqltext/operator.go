// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about operators.
const (
	SelectOperator = `SELECT id, number, username, role, organization_id, active, password_hash, totp_sealed,
		totp_step, created_at FROM operators`
	SelectOperatorByNumber = SelectOperator + ` WHERE number = ?`
	// SelectOperatorByUsername finds an operator by the folded name, ?1. If a migration could
	// not fold the name again (see package migration), the row has the key ?2, and another
	// operator has the key ?1: then the row with ?2 is the right one.
	SelectOperatorByUsername = SelectOperator +
		` WHERE username_folded IN (?1, ?2) ORDER BY username_folded = ?2 DESC LIMIT 1`
	CountOperators = `SELECT count(*) FROM operators`
	UpdateOperator = `UPDATE operators SET password_hash = ?1, role = ?2, active = ?3, totp_sealed = ?4,
		totp_step = CASE WHEN totp_sealed = ?4 THEN totp_step ELSE 0 END WHERE id = ?5`
	TakeTOTPStep = `UPDATE operators SET totp_step = ?1 WHERE id = ?2 AND totp_step < ?1`
)

// ScanOperator reads the columns of SelectOperator.
func ScanOperator(row Row) (o tenancy.StoredOperator, err error) {
	err = row.Scan(&o.ID, &o.Number, &o.Username, &o.Role, &o.OrganizationID, &o.Active, &o.PasswordHash,
		Bytes{&o.TOTPSealed}, &o.TOTPStep, Time{&o.CreatedAt})
	return o, err
}

// Parts of the list of operators: those of members and of the root.
const (
	ListedOperatorColumns = `id, number, username, role, organization_id, active, created_at,
		(SELECT name FROM organizations WHERE organizations.id = operators.organization_id)`
	ListedOperatorsOnly = `EXISTS (SELECT 1 FROM organizations
		WHERE organizations.id = operators.organization_id AND state IN ('active', 'inactive'))`
)

// ScanListedOperator reads ListedOperatorColumns.
func ScanListedOperator(row Row) (o tenancy.ListedOperator, err error) {
	err = row.Scan(&o.ID, &o.Number, &o.Username, &o.Role, &o.OrganizationID, &o.Active, Time{&o.CreatedAt},
		&o.OrganizationName)
	return o, err
}
