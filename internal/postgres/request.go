// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

const requestColumns = `id, name, status, requester_comments, approver_comments, related_organization,
	organization_id, contact_id, email, created_at, updated_at, decided_at, decided_by`

func scanRequest(row pgx.Row) (tenancy.Request, error) {
	var r tenancy.Request
	err := row.Scan(&r.ID, &r.Name, &r.Status, &r.RequesterComments, &r.ApproverComments, &r.RelatedOrganization,
		&r.OrganizationID, &r.ContactID, &r.Email, instant{&r.CreatedAt}, instant{&r.UpdatedAt}, instant{&r.DecidedAt}, &r.DecidedBy)
	return r, err
}

const selectRequest = `SELECT ` + requestColumns + ` FROM requests WHERE id = $1`

// Request implements tenancy.RequestReader.
func (t *tx) Request(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	return t.request(ctx, selectRequest, id)
}

// LockRequest implements tenancy.RequestWriter.
func (t *tx) LockRequest(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	r, err := t.request(ctx, selectRequest+` FOR UPDATE`, id)
	if err == nil && r.Status != tenancy.RequestApproved && r.Status != tenancy.RequestRejected {
		t.learn(sureUndecided(id))
	}
	return r, err
}

func (t *tx) request(ctx context.Context, query string, id tenancy.RequestID) (tenancy.Request, error) {
	r, err := one(ctx, t, "organization_request", scanRequest, query, int64(id))
	if err == nil {
		t.learn(sureContact(r.ContactID))
	}
	return r, err
}

func requests() listing {
	return listing{
		table:      "requests",
		columns:    requestColumns,
		scope:      "organization_id",
		properties: sqltext.RequestColumns(),
		state:      "status",
		tallies: []tally{{"new", "requests_new"}, {"review", "requests_review"}, {"moreinfoneeded", "requests_more_info"},
			{"approved", "requests_approved"}, {"rejected", "requests_rejected"}},
		version: "requests_version",
	}
}

// Requests implements tenancy.RequestReader.
func (t *tx) Requests(ctx context.Context, p tenancy.ListParams) ([]tenancy.Request, int, error) {
	return list(ctx, t, requests(), p, scanRequest, func(r tenancy.Request) int64 { return int64(r.ID) })
}

// InsertRequest implements tenancy.RequestWriter.
func (t *tx) InsertRequest(ctx context.Context, r *tenancy.Request) error {
	id, err := t.insertID(ctx, "insert organization request", `
		INSERT INTO requests (name, name_folded, status, status_folded, requester_comments, approver_comments, related_organization,
			organization_id, contact_id, email, email_folded, created_at, updated_at, decided_at, decided_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`,
		r.Name, filter.Fold(r.Name), string(r.Status), filter.Fold(string(r.Status)), r.RequesterComments, r.ApproverComments, r.RelatedOrganization,
		int64(r.OrganizationID), int64(r.ContactID), r.Email, filter.Fold(r.Email),
		stamp(r.CreatedAt), stamp(r.UpdatedAt), optional(r.DecidedAt), r.DecidedBy)
	if err == nil {
		r.ID = tenancy.RequestID(id)
	}
	return err
}

const decideRequest = `
	UPDATE requests SET status = $1, status_folded = $2, approver_comments = $3, updated_at = $4, decided_at = $5, decided_by = $6
	WHERE id = $7 AND status NOT IN ('approved', 'rejected')`

// DecideRequest implements tenancy.RequestWriter.
func (t *tx) DecideRequest(ctx context.Context, r tenancy.Request) (bool, error) {
	args := []any{string(r.Status), filter.Fold(string(r.Status)), r.ApproverComments, stamp(r.UpdatedAt), optional(r.DecidedAt), r.DecidedBy, int64(r.ID)}
	if t.knows(sureUndecided(r.ID)) {
		t.forgetFact(sureUndecided(r.ID))
		return true, t.putOff(guarded(decideRequest), args...)
	}
	n, err := t.exec(ctx, "decide organization request", decideRequest, args...)
	return n == 1, err
}

// UpdateRequest implements tenancy.RequestWriter.
func (t *tx) UpdateRequest(ctx context.Context, r tenancy.Request) (bool, error) {
	n, err := t.exec(ctx, "update organization request", `
		UPDATE requests SET name = $1, name_folded = $2, status = $3, status_folded = $4, requester_comments = $5, related_organization = $6,
			email = $7, email_folded = $8, updated_at = $9
		WHERE id = $10 AND status NOT IN ('approved', 'rejected')`,
		r.Name, filter.Fold(r.Name), string(r.Status), filter.Fold(string(r.Status)), r.RequesterComments, r.RelatedOrganization,
		r.Email, filter.Fold(r.Email), stamp(r.UpdatedAt), int64(r.ID))
	return n == 1, err
}

// DeleteRequest implements tenancy.RequestWriter.
func (t *tx) DeleteRequest(ctx context.Context, id tenancy.RequestID) error {
	n, err := t.exec(ctx, "delete organization request", `DELETE FROM requests WHERE id = $1`, int64(id))
	if err == nil && n == 0 {
		return notFound("organization_request")
	}
	return err
}
