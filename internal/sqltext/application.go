// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about applications.
const (
	ApplicationColumns = `id, organization_id, name, type, lifetime_days, created_at, created_by,
		key_id, key_issued_at, key_expires_at, key_digest, updated_at, key_used_at, former_key_id,
		former_key_issued_at, former_key_expires_at, former_key_digest, former_key_used_at, overlap_until,
		former_tokens_until`
	SelectApplication  = `SELECT ` + ApplicationColumns + ` FROM applications`
	SelectApplications = SelectApplication +
		` WHERE CAST(?1 AS text) = '' OR type = ?1 ORDER BY created_at, id`
	SelectApplicationsOf = SelectApplication +
		` WHERE organization_id = ?2 AND (CAST(?1 AS text) = '' OR type = ?1) ORDER BY created_at, id`
	InsertApplication = `INSERT INTO applications (` + ApplicationColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// UpdateApplication takes ApplicationChange.
	UpdateApplication = `UPDATE applications SET name = ?, key_id = ?, key_issued_at = ?, key_expires_at = ?,
		key_digest = ?, updated_at = ?, key_used_at = ?, former_key_id = ?, former_key_issued_at = ?,
		former_key_expires_at = ?, former_key_digest = ?, former_key_used_at = ?, overlap_until = ?,
		former_tokens_until = ? WHERE id = ?`
	// TouchApplicationKey takes the time, the application and the key.
	TouchApplicationKey = `UPDATE applications SET
		key_used_at = CASE WHEN key_id = ?3 AND (key_used_at IS NULL OR key_used_at < ?1)
			THEN ?1 ELSE key_used_at END,
		former_key_used_at = CASE WHEN former_key_id = ?3
			AND (former_key_used_at IS NULL OR former_key_used_at < ?1) THEN ?1 ELSE former_key_used_at END
		WHERE id = ?2 AND ?3 IN (key_id, former_key_id)`
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
		Time{&a.UpdatedAt},
		Time{&a.Key.LastUsedAt},
		&a.Former.ID,
		Time{&a.Former.IssuedAt},
		Time{&a.Former.ExpiresAt},
		Bytes{&a.FormerDigest},
		Time{&a.Former.LastUsedAt},
		Time{&a.Former.OverlapUntil},
		Time{&a.Former.TokensUntil},
	}
}

// ScanStoredApplication reads ApplicationColumns.
func ScanStoredApplication(row Row) (a tenancy.StoredApplication, err error) {
	err = row.Scan(ApplicationTargets(&a)...)
	return a, err
}

// ScanApplication reads ApplicationColumns without the digests.
func ScanApplication(row Row) (tenancy.Application, error) {
	a, err := ScanStoredApplication(row)
	return a.Application, err
}

// ApplicationArgs returns the arguments of InsertApplication.
func ApplicationArgs(a tenancy.StoredApplication, s Stamps) []any {
	return append([]any{a.ID, int64(a.OrganizationID), a.Name, string(a.Type), StoredDays(a.LifetimeDays),
		s.Time(a.CreatedAt), a.CreatedBy}, keyArgs(a, s)...)
}

// ApplicationChange returns the arguments of UpdateApplication.
func ApplicationChange(a tenancy.StoredApplication, s Stamps) []any {
	return append(append([]any{a.Name}, keyArgs(a, s)...), a.ID)
}

func keyArgs(a tenancy.StoredApplication, s Stamps) []any {
	return []any{a.Key.ID, s.Optional(a.Key.IssuedAt), s.Optional(a.Key.ExpiresAt), Blob(a.KeyDigest),
		s.Time(a.UpdatedAt), s.Optional(a.Key.LastUsedAt), a.Former.ID, s.Optional(a.Former.IssuedAt),
		s.Optional(a.Former.ExpiresAt), Blob(a.FormerDigest), s.Optional(a.Former.LastUsedAt),
		s.Optional(a.Former.OverlapUntil), s.Optional(a.Former.TokensUntil)}
}

// ApplicationPage returns the statement of a part of the list of applications, and its
// arguments. There are few statements, so that each is prepared once.
func ApplicationPage(r tenancy.ApplicationRange, s Stamps) (string, []any) {
	query, args := SelectApplication+` WHERE true`, []any{}
	add := func(wanted bool, condition string, values ...any) {
		if wanted {
			query += ` AND ` + condition
			args = append(args, values...)
		}
	}
	sign, direction := `<`, ` DESC`
	if r.Oldest {
		sign, direction = `>`, ``
	}
	add(r.Organization != tenancy.RootID, `organization_id = ?`, int64(r.Organization))
	add(r.Type != "", `type = ?`, string(r.Type))
	if r.After != nil {
		add(true, `(created_at, id) `+sign+` (?, ?)`, s.Time(r.After.CreatedAt), r.After.ID)
	}
	return query + ` ORDER BY created_at` + direction + `, id` + direction + ` LIMIT ?`, append(args, r.Limit)
}
