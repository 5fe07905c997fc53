// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Request implements tenancy.RequestReader.
func (t *tx) Request(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	return one(ctx, t, "read organization request", problem.RequestNotFound,
		sqltext.ScanRequest, sqltext.SelectRequest, int64(id))
}

// LockRequest implements tenancy.RequestWriter. The writer has the whole database to
// itself, so reading is locking.
func (t *tx) LockRequest(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	return t.Request(ctx, id)
}

func requests() listing {
	return listing{
		table:      "requests",
		columns:    sqltext.RequestColumns,
		scope:      "organization_id",
		properties: sqltext.RequestPropertyColumns(),
		countedBy:  tenancy.PropertyStatus,
		countsQuery: `SELECT status_folded, n, (SELECT version FROM list_versions WHERE list = 'requests')
			FROM request_counts`,
		search:   "request_search",
		searched: "name_folded",
	}
}

// Requests implements tenancy.RequestReader.
func (t *tx) Requests(ctx context.Context, p tenancy.ListParams) ([]tenancy.Request, int, error) {
	return list(ctx, t, requests(), p, sqltext.FillRequest,
		func(r tenancy.Request) int64 { return int64(r.ID) })
}

// InsertRequest implements tenancy.RequestWriter.
func (t *tx) InsertRequest(ctx context.Context, r *tenancy.Request) error {
	result, err := t.run(ctx, "insert request", sqltext.InsertRequest,
		r.Name, filter.Fold(r.Name), filter.Likeness(r.Name), string(r.Status), filter.Fold(string(r.Status)),
		r.RequesterComments, r.ApproverComments, r.RelatedOrganization,
		int64(r.OrganizationID), int64(r.ContactID), r.Email, filter.Fold(r.Email),
		stamp(r.CreatedAt), stamp(r.UpdatedAt), optional(r.DecidedAt), r.DecidedBy)
	if err != nil {
		return t.fail("insert organization request", err)
	}
	r.ID = tenancy.RequestID(newID(result))
	return nil
}

// LockApplicant implements tenancy.RequestWriter.
func (t *tx) LockApplicant(ctx context.Context, id tenancy.RequestID) (tenancy.Request, tenancy.Organization,
	error) {
	r, err := t.LockRequest(ctx, id)
	if err != nil {
		return r, tenancy.Organization{}, err
	}
	o, err := t.LockOrganization(ctx, r.OrganizationID)
	return r, o, err
}

// DecideRequest implements tenancy.RequestWriter. The organization is stored first,
// because its name may be refused. No other Update can decide between the check and the
// change: the writer has the whole database to itself.
func (t *tx) DecideRequest(ctx context.Context, r tenancy.Request, o tenancy.Organization,
	contactActive bool) (bool, error) {
	former, err := t.LockRequest(ctx, r.ID)
	if errors.Is(err, problem.NotFound) || err == nil && former.Status.Decided() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := t.UpdateOrganization(ctx, o); err != nil {
		return false, err
	}
	n, err := t.exec(ctx, "decide organization request", sqltext.DecideRequest,
		string(r.Status), filter.Fold(string(r.Status)), r.ApproverComments, stamp(r.UpdatedAt),
		optional(r.DecidedAt), r.DecidedBy, int64(r.ID))
	if err != nil {
		return false, err
	}
	_, err = t.exec(ctx, "update contact", sqltext.SetContactActive, contactActive,
		int64(r.ContactID))
	return n == 1, err
}

// UpdateRequest implements tenancy.RequestWriter.
func (t *tx) UpdateRequest(ctx context.Context, r tenancy.Request) (bool, error) {
	n, err := t.exec(ctx, "update organization request", sqltext.UpdateRequest,
		r.Name, filter.Fold(r.Name), filter.Likeness(r.Name), string(r.Status), filter.Fold(string(r.Status)),
		r.RequesterComments, r.ApproverComments, r.RelatedOrganization,
		r.Email, filter.Fold(r.Email), stamp(r.UpdatedAt), int64(r.ID))
	return n == 1, err
}

// DeleteRequest implements tenancy.RequestWriter.
func (t *tx) DeleteRequest(ctx context.Context, id tenancy.RequestID) error {
	n, err := t.exec(ctx, "delete organization request", sqltext.DeleteRequest, int64(id))
	if err == nil && n == 0 {
		return problem.RequestNotFound()
	}
	return err
}
