// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectApplication    = sqltext.Numbered(sqltext.SelectApplication + sqltext.ByID)
	lockApplication      = sqltext.Numbered(sqltext.SelectApplication + sqltext.ByID + forNoKeyUpdate)
	selectApplications   = sqltext.Numbered(sqltext.SelectApplications)
	selectApplicationsOf = sqltext.Numbered(sqltext.SelectApplicationsOf)
	insertApplication    = sqltext.Numbered(sqltext.InsertApplication + sqltext.DoNothing)
	updateApplication    = sqltext.Numbered(sqltext.UpdateApplication)
	touchApplicationKey  = sqltext.Numbered(sqltext.TouchApplicationKey)
	deleteApplication    = sqltext.Numbered(sqltext.DeleteApplication)
)

// Application implements tenancy.ApplicationReader.
func (t *tx) Application(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	return one(ctx, t, "read application", problem.ApplicationNotFound,
		sqltext.ScanStoredApplication, selectApplication, id)
}

// LockApplication implements tenancy.ApplicationWriter; see LockOrganization.
func (t *tx) LockApplication(ctx context.Context, id string) (tenancy.StoredApplication, error) {
	return one(ctx, t, "read application", problem.ApplicationNotFound,
		sqltext.ScanStoredApplication, lockApplication, id)
}

// Applications implements tenancy.ApplicationReader.
func (t *tx) Applications(ctx context.Context, scope tenancy.OrganizationID,
	kind tenancy.ApplicationType) ([]tenancy.Application, error) {
	if scope == tenancy.RootID {
		return all(ctx, t, "list applications", sqltext.ScanApplication, selectApplications, string(kind))
	}
	return all(ctx, t, "list applications", sqltext.ScanApplication, selectApplicationsOf,
		string(kind), int64(scope))
}

// ApplicationPage implements tenancy.ApplicationReader.
func (t *tx) ApplicationPage(ctx context.Context, r tenancy.ApplicationRange) ([]tenancy.Application, error) {
	query, args := sqltext.ApplicationPage(r, stamps())
	return all(ctx, t, "list applications", sqltext.ScanApplication, sqltext.Numbered(query), args...)
}

// InsertApplication implements tenancy.ApplicationWriter.
func (t *tx) InsertApplication(ctx context.Context, a tenancy.StoredApplication) error {
	return t.insert(ctx, problem.ApplicationExists(), "insert application", insertApplication,
		sqltext.ApplicationArgs(a, stamps())...)
}

// TouchApplicationKey implements tenancy.ApplicationWriter.
func (t *tx) TouchApplicationKey(ctx context.Context, id, keyID string, at time.Time) error {
	_, err := t.exec(ctx, "touch application key", touchApplicationKey, stamp(at), id, keyID)
	return err
}

// UpdateApplication implements tenancy.ApplicationWriter. The head of the audit in which
// the change is recorded is locked in the same round trip.
func (t *tx) UpdateApplication(ctx context.Context, a tenancy.StoredApplication) error {
	args := sqltext.ApplicationChange(a, stamps())
	var n int64
	var h tenancy.AuditHead
	var begun bool
	err := t.run(ctx, "update application", step{statement{updateApplication, args}, changed(&n)},
		step{statement{lockHead, []any{int64(a.OrganizationID)}}, first(sqltext.ScanAuditHead, &h, &begun)})
	switch {
	case err != nil:
		return err
	case n == 0:
		return problem.ApplicationNotFound()
	case begun:
		t.locked(h)
	}
	return nil
}

// DeleteApplication implements tenancy.ApplicationWriter.
func (t *tx) DeleteApplication(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "delete application", deleteApplication, id)
	if err == nil && n == 0 {
		return problem.ApplicationNotFound()
	}
	return err
}
