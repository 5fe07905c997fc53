// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectRequest = sqltext.Numbered(sqltext.SelectRequest)
	lockRequest   = sqltext.Numbered(sqltext.SelectRequest + ` FOR UPDATE`)
	insertRequest = sqltext.Numbered(sqltext.InsertRequest + returningID)
	decideRequest = sqltext.Numbered(sqltext.DecideRequest)
	updateRequest = sqltext.Numbered(sqltext.UpdateRequest)
	deleteRequest = sqltext.Numbered(sqltext.DeleteRequest)
)

// Request implements tenancy.RequestReader.
func (t *tx) Request(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	return one(ctx, t, "read organization request", problem.RequestNotFound,
		sqltext.ScanRequest, selectRequest, int64(id))
}

// LockRequest implements tenancy.RequestWriter.
func (t *tx) LockRequest(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	return one(ctx, t, "read organization request", problem.RequestNotFound,
		sqltext.ScanRequest, lockRequest, int64(id))
}

// LockApplicant implements tenancy.RequestWriter, in one round trip. The organization of a
// request never changes, so the subquery needs no lock of its own.
func (t *tx) LockApplicant(ctx context.Context, id tenancy.RequestID) (r tenancy.Request,
	o tenancy.Organization, err error) {
	var found bool
	request := step{statement{lockRequest, []any{int64(id)}}, first(sqltext.ScanRequest, &r, &found)}
	of := `(SELECT organization_id FROM requests WHERE requests.id = $1)`
	err = t.lockOrganization(ctx, &o, locking{id: of, arg: int64(id), before: []step{request}})
	if !found && (err == nil || errors.Is(err, problem.NotFound)) {
		err = problem.RequestNotFound()
	}
	return r, o, err
}

func requests() listing {
	return listing{
		table:      "requests",
		columns:    sqltext.RequestColumns,
		scope:      "organization_id",
		properties: sqltext.RequestPropertyColumns(),
		countedBy:  tenancy.PropertyStatus,
		stateCounts: []stateCount{{"new", "requests_new"}, {"review", "requests_review"},
			{"moreinfoneeded", "requests_more_info"},
			{"approved", "requests_approved"}, {"rejected", "requests_rejected"}},
		version: "requests_version",
	}
}

// Requests implements tenancy.RequestReader.
func (t *tx) Requests(ctx context.Context, p tenancy.ListParams) ([]tenancy.Request, int, error) {
	return list(ctx, t, requests(), p, sqltext.ScanRequest,
		func(r tenancy.Request) int64 { return int64(r.ID) })
}

// InsertRequest implements tenancy.RequestWriter.
func (t *tx) InsertRequest(ctx context.Context, r *tenancy.Request) error {
	id, err := t.insertID(ctx, "insert organization request", insertRequest,
		r.Name, filter.Fold(r.Name), filter.Likeness(r.Name), string(r.Status), filter.Fold(string(r.Status)),
		r.RequesterComments, r.ApproverComments, r.RelatedOrganization,
		int64(r.OrganizationID), int64(r.ContactID), r.Email, filter.Fold(r.Email),
		stamp(r.CreatedAt), stamp(r.UpdatedAt), optional(r.DecidedAt), r.DecidedBy)
	if err == nil {
		r.ID = tenancy.RequestID(id)
	}
	return err
}

// DecideRequest implements tenancy.RequestWriter, in one round trip.
func (t *tx) DecideRequest(ctx context.Context, r tenancy.Request, o tenancy.Organization,
	contactActive bool) (bool, error) {
	organization, err := updateOrganizationStatement(o)
	if err != nil {
		return false, t.fail("update organization", err)
	}
	decide := statement{decideRequest, []any{string(r.Status), filter.Fold(string(r.Status)),
		r.ApproverComments, stamp(r.UpdatedAt), optional(r.DecidedAt), r.DecidedBy, int64(r.ID)}}
	contact := statement{setContactActive, []any{contactActive, int64(r.ContactID)}}
	var decided int64
	taken, err := t.undoable(ctx, "decide organization request", step{decide, changed(&decided)},
		step{contact, ignore}, step{organization, ignore})
	switch {
	case err != nil:
		return false, err
	case decided == 0 && !taken:
		return false, t.undo(ctx)
	case decided == 0:
		return false, nil
	case taken:
		return false, problem.OrganizationNameTaken()
	}
	return true, nil
}

// UpdateRequest implements tenancy.RequestWriter.
func (t *tx) UpdateRequest(ctx context.Context, r tenancy.Request) (bool, error) {
	n, err := t.exec(ctx, "update organization request", updateRequest,
		r.Name, filter.Fold(r.Name), filter.Likeness(r.Name), string(r.Status), filter.Fold(string(r.Status)),
		r.RequesterComments, r.ApproverComments, r.RelatedOrganization,
		r.Email, filter.Fold(r.Email), stamp(r.UpdatedAt), int64(r.ID))
	return n == 1, err
}

// DeleteRequest implements tenancy.RequestWriter.
func (t *tx) DeleteRequest(ctx context.Context, id tenancy.RequestID) error {
	n, err := t.exec(ctx, "delete organization request", deleteRequest, int64(id))
	if err == nil && n == 0 {
		return problem.RequestNotFound()
	}
	return err
}
