// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Application implements tenancy.ApplicationReader.
func (t *tx) Application(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	return one(ctx, t, "read application", problem.ApplicationNotFound, sqltext.ScanStoredApplication,
		sqltext.SelectApplication+sqltext.ByID, id)
}

// LockApplication implements tenancy.ApplicationWriter; see LockOrganization.
func (t *tx) LockApplication(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	h := prefetchedHead{valid: true}
	scan := func(row sqltext.Row) (a tenancy.StoredApplication, err error) {
		err = row.Scan(append(sqltext.ApplicationTargets(&a), &h.Seq, sqltext.Bytes{To: &h.Hash})...)
		return a, err
	}
	a, err := one(ctx, t, "read application", problem.ApplicationNotFound,
		scan, `SELECT `+sqltext.ApplicationColumns+`, coalesce(seq, 0), hash
		FROM applications LEFT JOIN audit_heads USING (organization_id) WHERE id = ?`, id)
	if h.OrganizationID = a.OrganizationID; err == nil {
		t.head = h
	}
	return a, err
}

// Applications implements tenancy.ApplicationReader.
func (t *tx) Applications(ctx context.Context, scope tenancy.OrganizationID,
	kind tenancy.ApplicationType) ([]tenancy.Application, error) {
	if scope == tenancy.RootID {
		return all(ctx, t, "list applications", sqltext.ScanApplication,
			sqltext.SelectApplications, string(kind))
	}
	return all(ctx, t, "list applications", sqltext.ScanApplication, sqltext.SelectApplicationsOf,
		string(kind), int64(scope))
}

// ApplicationPage implements tenancy.ApplicationReader.
func (t *tx) ApplicationPage(ctx context.Context, r tenancy.ApplicationRange) ([]tenancy.Application, error) {
	query, args := sqltext.ApplicationPage(r, stamps())
	return all(ctx, t, "list applications", sqltext.ScanApplication, query, args...)
}

// InsertApplication implements tenancy.ApplicationWriter.
func (t *tx) InsertApplication(ctx context.Context, a tenancy.StoredApplication) error {
	_, err := t.insert(ctx, problem.ApplicationExists(), "insert application", sqltext.InsertApplication,
		sqltext.ApplicationArgs(a, stamps())...)
	return err
}

// UpdateApplication implements tenancy.ApplicationWriter.
func (t *tx) UpdateApplication(ctx context.Context, a tenancy.StoredApplication) error {
	n, err := t.exec(ctx, "update application", sqltext.UpdateApplication,
		sqltext.ApplicationChange(a, stamps())...)
	if err == nil && n == 0 {
		return problem.ApplicationNotFound()
	}
	return err
}

// TouchApplicationKey implements tenancy.ApplicationWriter.
func (t *tx) TouchApplicationKey(ctx context.Context, id, keyID string, at time.Time) error {
	_, err := t.exec(ctx, "touch application key", sqltext.TouchApplicationKey, stamp(at), id, keyID)
	return err
}

// DeleteApplication implements tenancy.ApplicationWriter.
func (t *tx) DeleteApplication(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "delete application", sqltext.DeleteApplication, id)
	if err == nil && n == 0 {
		return problem.ApplicationNotFound()
	}
	return err
}
