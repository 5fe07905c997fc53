// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about authorization codes.
const (
	AuthCodeColumns = `id, organization_id, is_primary, digest, sealed, created_at, created_by, ended_at,
		end_reason`
	SelectAuthCode         = `SELECT ` + AuthCodeColumns + ` FROM auth_codes`
	SelectAuthCodeByDigest = SelectAuthCode + ` WHERE digest = ?`
	InsertAuthCode         = `INSERT INTO auth_codes (` + AuthCodeColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// ScanAuthCode reads AuthCodeColumns.
func ScanAuthCode(row Row) (c tenancy.StoredAuthCode, err error) {
	err = row.Scan(&c.ID, &c.OrganizationID, &c.Primary, Bytes{&c.Digest}, Bytes{&c.Sealed},
		Time{&c.CreatedAt}, &c.CreatedBy, Time{&c.EndedAt}, &c.EndReason)
	return c, err
}
