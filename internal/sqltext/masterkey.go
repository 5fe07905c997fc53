// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"time"

	"gatehouse/internal/tenancy"
)

// Statements about master keys.
const (
	SelectMasterKeys = `SELECT id, state, created_at, sealed, sealed_by, retired_at FROM master_keys
		ORDER BY created_at, id`
	SelectActiveKeyID = `SELECT id FROM master_keys WHERE state = 'active'`
	InsertMasterKey   = `INSERT INTO master_keys (state, created_at, sealed, sealed_by, retired_at, id)
		VALUES (?, ?, ?, ?, ?, ?)`
	UpdateMasterKey = `UPDATE master_keys
		SET state = ?, created_at = ?, sealed = ?, sealed_by = ?, retired_at = ? WHERE id = ?`
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

// CountSecrets returns the statement that counts secrets of a kind, with the arguments that s makes.
func CountSecrets(kind tenancy.SecretKind, r tenancy.SecretRange, s Stamps) (query string, args []any) {
	from, to, now := s.Time(r.From), s.Time(r.To), s.Time(r.Now)
	switch kind {
	case tenancy.ApplicationKeys:
		return `SELECT (SELECT count(*) FROM applications
				WHERE length(key_digest) > 0 AND key_issued_at >= ? AND key_issued_at < ?)
			+ (SELECT count(*) FROM applications
				WHERE length(former_key_digest) > 0 AND former_key_issued_at >= ? AND former_key_issued_at < ?
				AND overlap_until > ?)`, []any{from, to, from, to, now}
	case tenancy.ClientKeys: // an installation that lost the answer has a later key for a quarter of an hour
		return `SELECT count(*) FROM clients
			WHERE state IN ('pending', 'active') AND created_at >= ? AND created_at < ?`, []any{from, to}
	case tenancy.CodesShownOnce:
		return `SELECT count(*) FROM auth_codes
			WHERE length(sealed) = 0 AND ended_at IS NULL AND created_at >= ? AND created_at < ?`,
			[]any{from, to}
	case tenancy.RecoveryCodes: // when they were made is not stored
		return `SELECT count(*) FROM operators WHERE length(recovery_digests) > 0 AND created_at < ?`,
			[]any{to}
	case tenancy.OperatorTokens: // each may have been renewed since
		return `SELECT count(*) FROM operator_tokens
			WHERE ended_at IS NULL AND created_at < ? AND renewable_until > ?`, []any{to, now}
	case tenancy.Sessions:
		return `SELECT count(*) FROM sessions
			WHERE ended_at IS NULL AND created_at >= ? AND created_at < ? AND last_used_at > ?`,
			[]any{from, to, s.Time(r.Now.Add(-sessionKept))}
	}
	return `SELECT count(*) FROM answers WHERE created_at >= ? AND created_at < ? AND created_at > ?`,
		[]any{from, to, s.Time(r.Now.Add(-answerKept))}
}

// A session can be renewed for so long after its last use, and an answer is given again for so long.
const (
	sessionKept = 48 * time.Hour
	answerKept  = 24 * time.Hour
)

// ScanMasterKey reads the columns of SelectMasterKeys.
func ScanMasterKey(row Row) (k tenancy.StoredMasterKey, err error) {
	err = row.Scan(&k.ID, &k.State, Time{&k.CreatedAt}, Bytes{&k.Sealed}, &k.SealedBy, Time{&k.RetiredAt})
	return k, err
}
