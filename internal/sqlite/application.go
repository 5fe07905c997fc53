// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const (
	applicationColumns = `id, organization_id, name, type, lifetime_days, created_at, created_by,
	key_id, key_issued_at, key_expires_at, key_digest`
	selectApplication = `SELECT ` + applicationColumns + ` FROM applications`
)

func scanApplication(row scanner) (tenancy.StoredApplication, error) {
	var a tenancy.StoredApplication
	err := row.Scan(&a.ID, &a.OrganizationID, &a.Name, &a.Type, &a.LifetimeDays, instant{&a.CreatedAt},
		&a.CreatedBy,
		&a.Key.ID, instant{&a.Key.IssuedAt}, instant{&a.Key.ExpiresAt}, bytesOf{&a.KeyDigest})
	return a, err
}

// Application implements tenancy.ApplicationReader.
func (t *tx) Application(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	return one(ctx, t, "application", scanApplication, selectApplication+` WHERE id = ?`, id)
}

// LockApplication implements tenancy.ApplicationWriter; see LockOrganization.
func (t *tx) LockApplication(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	h := prefetchedHead{valid: true}
	scan := func(row scanner) (a tenancy.StoredApplication, err error) {
		err = row.Scan(&a.ID, &a.OrganizationID, &a.Name, &a.Type, &a.LifetimeDays, instant{&a.CreatedAt},
			&a.CreatedBy,
			&a.Key.ID, instant{&a.Key.IssuedAt}, instant{&a.Key.ExpiresAt}, bytesOf{&a.KeyDigest}, &h.seq,
			bytesOf{&h.hash})
		return a, err
	}
	a, err := one(ctx, t, "application", scan, `SELECT `+applicationColumns+`, coalesce(seq, 0), hash
		FROM applications LEFT JOIN audit_heads USING (organization_id) WHERE id = ?`, id)
	if h.id = a.OrganizationID; err == nil {
		t.head = h
	}
	return a, err
}

// Applications implements tenancy.ApplicationReader.
func (t *tx) Applications(ctx context.Context, scope tenancy.OrganizationID,
	kind tenancy.ApplicationType) ([]tenancy.Application, error) {
	scan := func(row scanner) (tenancy.Application, error) {
		a, err := scanApplication(row)
		return a.Application, err
	}
	if scope == tenancy.RootID {
		return all(ctx, t, "list applications", scan,
			selectApplication+` WHERE ?1 = '' OR type = ?1 ORDER BY created_at, id`, string(kind))
	}
	return all(ctx, t, "list applications", scan,
		selectApplication+` WHERE organization_id = ?2 AND (?1 = '' OR type = ?1) ORDER BY created_at, id`,
		string(kind), int64(scope))
}

// InsertApplication implements tenancy.ApplicationWriter.
func (t *tx) InsertApplication(ctx context.Context, a tenancy.StoredApplication) error {
	_, err := t.insert(ctx, problem.ApplicationExists(), "insert application", `
		INSERT INTO applications (id, organization_id, name, type, lifetime_days, created_at, created_by,
			key_id, key_issued_at, key_expires_at, key_digest)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, int64(a.OrganizationID), a.Name, string(a.Type), a.LifetimeDays, stamp(a.CreatedAt), a.CreatedBy,
		a.Key.ID, optional(a.Key.IssuedAt), optional(a.Key.ExpiresAt), blob(a.KeyDigest))
	return err
}

// UpdateApplication implements tenancy.ApplicationWriter.
func (t *tx) UpdateApplication(ctx context.Context, a tenancy.StoredApplication) error {
	n, err := t.exec(ctx, "update application", `
		UPDATE applications SET name = ?, key_id = ?, key_issued_at = ?, key_expires_at = ?, key_digest = ? WHERE id = ?`,
		a.Name, a.Key.ID, optional(a.Key.IssuedAt), optional(a.Key.ExpiresAt), blob(a.KeyDigest), a.ID)
	if err == nil && n == 0 {
		return problem.NoSuch("application")
	}
	return err
}

// DeleteApplication implements tenancy.ApplicationWriter.
func (t *tx) DeleteApplication(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "delete application", `DELETE FROM applications WHERE id = ?`, id)
	if err == nil && n == 0 {
		return problem.NoSuch("application")
	}
	return err
}
