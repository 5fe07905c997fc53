// SPDX-License-Identifier: Apache-2.0

package sqltext

// The statements of an organization's deletion.
// No user name begins with a blank, so the text that replaces one cannot be somebody's name.
const (
	DeleteOrganization = `UPDATE organizations SET state = ?, listed = ?, deleted_at = ?, updated_at = ?,
		contact_persons = '[]', contact_names_folded = '', contact_emails_folded = '' WHERE id = ?`
	EndAuthCodes = `UPDATE auth_codes SET ended_at = ?1, updated_at = ?1, end_reason = ?2, sealed = ?3
		WHERE organization_id = ?4 AND ended_at IS NULL`
	DeleteApplications = `DELETE FROM applications WHERE organization_id = ?`
	EndSessions        = `UPDATE sessions SET ended_at = ? WHERE ended_at IS NULL
		AND operator_id IN (SELECT id FROM operators WHERE organization_id = ?)`
	EndOperatorTokens = `UPDATE operator_tokens SET ended_at = ?, end_reason = ? WHERE ended_at IS NULL
		AND operator_id IN (SELECT id FROM operators WHERE organization_id = ?)`
	// EndApplicationKeys takes the time, no bytes and the organization. The times of the key
	// stay: the next one lives as long.
	EndApplicationKeys = `UPDATE applications SET updated_at = ?1, key_id = '', key_digest = ?2,
		former_key_id = '', former_key_digest = ?2 WHERE organization_id = ?3 AND key_id <> ''`
	EndGenerations = `UPDATE operators SET login_generation = login_generation + 1 WHERE organization_id = ?`
	EndOperators   = `UPDATE operators SET active = ?1, username_folded = ' ' || id, password_hash = '',
		totp_sealed = ?2, totp_pending = ?2, totp_step = 0, recovery_digests = ?2 WHERE organization_id = ?3`
	DeactivateContacts = `UPDATE contacts SET active = ? WHERE organization_id = ?`
)
