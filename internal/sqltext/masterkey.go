// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about master keys.
const (
	SelectMasterKeys = `SELECT id, state, created_at, sealed, sealed_by FROM master_keys ORDER BY created_at, id`
	InsertMasterKey  = `INSERT INTO master_keys (state, created_at, sealed, sealed_by, id) VALUES (?, ?, ?, ?, ?)`
	UpdateMasterKey  = `UPDATE master_keys SET state = ?, created_at = ?, sealed = ?, sealed_by = ? WHERE id = ?`
)

// SelectSealed returns the statement for sealed values of a column with greater ids. Its arguments
// are an id, which is a number for SealedAuditHeads, and a limit.
func SelectSealed(c tenancy.SealedColumn) string {
	switch c {
	case tenancy.SealedAuthCodes:
		return `SELECT id, organization_id, sealed, digest, 0 FROM auth_codes
			WHERE id > ? AND length(sealed) > 0 ORDER BY id LIMIT ?`
	case tenancy.SealedTOTP:
		return `SELECT id, organization_id, totp_sealed, totp_sealed, 0 FROM operators
			WHERE id > ? AND length(totp_sealed) > 0 ORDER BY id LIMIT ?`
	case tenancy.SealedPendingTOTP:
		return `SELECT id, organization_id, totp_pending, totp_pending, 0 FROM operators
			WHERE id > ? AND length(totp_pending) > 0 ORDER BY id LIMIT ?`
	}
	return `SELECT CAST(organization_id AS text) AS id, organization_id, seal, hash, seq FROM audit_heads
		WHERE organization_id > ? AND length(seal) > 0 ORDER BY audit_heads.organization_id LIMIT ?`
}

// UpdateSealed returns the statement that replaces a sealed value, if it is still the same. Its
// arguments are the new value, the id, the old value, and for codes the new digest.
func UpdateSealed(c tenancy.SealedColumn) string {
	switch c {
	case tenancy.SealedAuthCodes:
		return `UPDATE auth_codes SET sealed = ?1, digest = ?4 WHERE id = ?2 AND sealed = ?3`
	case tenancy.SealedTOTP:
		return `UPDATE operators SET totp_sealed = ?1 WHERE id = ?2 AND totp_sealed = ?3`
	case tenancy.SealedPendingTOTP:
		return `UPDATE operators SET totp_pending = ?1 WHERE id = ?2 AND totp_pending = ?3`
	}
	return `UPDATE audit_heads SET seal = ?1 WHERE organization_id = ?2 AND seal = ?3`
}

// SealedArgs returns the arguments of UpdateSealed.
func SealedArgs(c tenancy.SealedColumn, old, v tenancy.SealedValue) []any {
	id := any(v.ID)
	if c == tenancy.SealedAuditHeads {
		id = int64(v.OrganizationID)
	}
	args := []any{Blob(v.Sealed), id, Blob(old.Sealed)}
	if c == tenancy.SealedAuthCodes {
		args = append(args, Blob(v.Digest))
	}
	return args
}

// SealedAfter returns the argument of SelectSealed.
func SealedAfter(c tenancy.SealedColumn, after *tenancy.SealedValue) any {
	switch {
	case c == tenancy.SealedAuditHeads && after == nil:
		return int64(tenancy.RootID - 1)
	case c == tenancy.SealedAuditHeads:
		return int64(after.OrganizationID)
	case after == nil:
		return ""
	}
	return after.ID
}

// ScanSealed reads the columns of SelectSealed.
func ScanSealed(row Row) (v tenancy.SealedValue, err error) {
	err = row.Scan(&v.ID, &v.OrganizationID, Bytes{&v.Sealed}, Bytes{&v.Digest}, &v.Seq)
	return v, err
}

// ScanMasterKey reads the columns of SelectMasterKeys.
func ScanMasterKey(row Row) (k tenancy.StoredMasterKey, err error) {
	err = row.Scan(&k.ID, &k.State, Time{&k.CreatedAt}, Bytes{&k.Sealed}, &k.SealedBy)
	return k, err
}
