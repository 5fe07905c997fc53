// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const selectApplication = `SELECT id, organization_id, name, type, lifetime_days, created_at, created_by,
	key_id, key_issued_at, key_expires_at, key_digest FROM applications`

// scanApplication reads a row that has the columns of selectApplication, in that order.
func scanApplication(row pgx.Row) (tenancy.StoredApplication, error) {
	var a tenancy.StoredApplication
	err := row.Scan(&a.ID, &a.OrganizationID, &a.Name, &a.Type, &a.LifetimeDays, instant{&a.CreatedAt},
		&a.CreatedBy,
		&a.Key.ID, instant{&a.Key.IssuedAt}, instant{&a.Key.ExpiresAt}, bytesOf{&a.KeyDigest})
	return a, err
}

// Application implements tenancy.ApplicationReader.
func (t *tx) Application(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	return one(ctx, t, "application", scanApplication, selectApplication+` WHERE id = $1`, id)
}

// LockApplication implements tenancy.ApplicationWriter; see LockOrganization.
func (t *tx) LockApplication(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	return one(ctx, t, "application", scanApplication, selectApplication+` WHERE id = $1 FOR NO KEY UPDATE`, id)
}

// Applications implements tenancy.ApplicationReader.
func (t *tx) Applications(ctx context.Context, scope tenancy.OrganizationID,
	kind tenancy.ApplicationType) ([]tenancy.Application, error) {
	scan := func(row pgx.Row) (tenancy.Application, error) {
		a, err := scanApplication(row)
		return a.Application, err
	}
	if scope == tenancy.RootID {
		return all(ctx, t, "list applications", scan,
			selectApplication+` WHERE $1::text = '' OR type = $1 ORDER BY created_at, id`, string(kind))
	}
	return all(ctx, t, "list applications", scan,
		selectApplication+` WHERE organization_id = $2 AND ($1::text = '' OR type = $1) ORDER BY created_at, id`,
		string(kind), int64(scope))
}

// InsertApplication implements tenancy.ApplicationWriter.
func (t *tx) InsertApplication(ctx context.Context, a tenancy.StoredApplication) error {
	return t.insert(ctx, problem.ApplicationExists(), "insert application", `
		INSERT INTO applications (id, organization_id, name, type, lifetime_days, created_at, created_by,
			key_id, key_issued_at, key_expires_at, key_digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, int64(a.OrganizationID), a.Name, string(a.Type), a.LifetimeDays, stamp(a.CreatedAt), a.CreatedBy,
		a.Key.ID, optional(a.Key.IssuedAt), optional(a.Key.ExpiresAt), blob(a.KeyDigest))
}

// UpdateApplication implements tenancy.ApplicationWriter. The head of the audit in which
// the change is recorded is locked in the same round trip.
func (t *tx) UpdateApplication(ctx context.Context, a tenancy.StoredApplication) error {
	const update = `UPDATE applications SET name = $1, key_id = $2, key_issued_at = $3, key_expires_at = $4, key_digest = $5 WHERE id = $6`
	args := []any{a.Name, a.Key.ID, optional(a.Key.IssuedAt), optional(a.Key.ExpiresAt), blob(a.KeyDigest), a.ID}
	var n int64
	var h head
	var begun bool
	err := t.run(ctx, "update application", step{statement{update, args}, changed(&n)},
		step{statement{lockHead, []any{int64(a.OrganizationID)}}, first(scanHead, &h, &begun)})
	switch {
	case err != nil:
		return err
	case n == 0:
		return problem.NoSuch("application")
	case begun:
		t.locked(a.OrganizationID, h)
	}
	return nil
}

// DeleteApplication implements tenancy.ApplicationWriter.
func (t *tx) DeleteApplication(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "delete application", `DELETE FROM applications WHERE id = $1`, id)
	if err == nil && n == 0 {
		return problem.NoSuch("application")
	}
	return err
}
