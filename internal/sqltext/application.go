// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about applications.
const (
	ApplicationColumns = `id, organization_id, name, type, lifetime_days, created_at, created_by,
		key_id, key_issued_at, key_expires_at, key_digest`
	SelectApplication  = `SELECT ` + ApplicationColumns + ` FROM applications`
	SelectApplications = SelectApplication +
		` WHERE CAST(?1 AS text) = '' OR type = ?1 ORDER BY created_at, id`
	SelectApplicationsOf = SelectApplication +
		` WHERE organization_id = ?2 AND (CAST(?1 AS text) = '' OR type = ?1) ORDER BY created_at, id`
	InsertApplication = `INSERT INTO applications (` + ApplicationColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	UpdateApplication = `UPDATE applications SET name = ?, key_id = ?, key_issued_at = ?, key_expires_at = ?,
		key_digest = ? WHERE id = ?`
	DeleteApplication = `DELETE FROM applications WHERE id = ?`
)

// ApplicationTargets returns where ApplicationColumns are read to.
func ApplicationTargets(a *tenancy.StoredApplication) []any {
	return []any{
		&a.ID,
		&a.OrganizationID,
		&a.Name,
		&a.Type,
		Days{&a.LifetimeDays},
		Time{&a.CreatedAt},
		&a.CreatedBy,
		&a.Key.ID,
		Time{&a.Key.IssuedAt},
		Time{&a.Key.ExpiresAt},
		Bytes{&a.KeyDigest},
	}
}

// ScanStoredApplication reads ApplicationColumns.
func ScanStoredApplication(row Row) (a tenancy.StoredApplication, err error) {
	err = row.Scan(ApplicationTargets(&a)...)
	return a, err
}

// ScanApplication reads ApplicationColumns without the key.
func ScanApplication(row Row) (tenancy.Application, error) {
	a, err := ScanStoredApplication(row)
	return a.Application, err
}
