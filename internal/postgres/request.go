// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
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

// Request implements tenancy.RequestReader.
func (t *tx) Request(ctx context.Context, id tenancy.RequestID) (tenancy.Request, error) {
	r, err := one(ctx, t, "organization_request", scanRequest, `SELECT `+requestColumns+` FROM requests WHERE id = $1`, int64(id))
	if err == nil {
		t.learn(sureContact(r.ContactID))
	}
	return r, err
}

func requests() listing {
	return listing{
		table:   "requests",
		columns: requestColumns,
		scope:   "organization_id",
		column: func(property string) (string, bool) {
			switch property {
			case "id":
				return "id", true
			case "name":
				return "name_folded", true
			case "status":
				return "status_folded", true
			case "organization.id":
				return "organization_id", true
			case "contact.id":
				return "contact_id", true
			case "email":
				return "email_folded", true
			case "createdAt":
				return "created_at", true
			}
			return "", false
		},
		state: "status",
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

// DecideRequest implements tenancy.RequestWriter.
func (t *tx) DecideRequest(ctx context.Context, r tenancy.Request) (bool, error) {
	n, err := t.exec(ctx, "decide organization request", `
		UPDATE requests SET status = $1, status_folded = $2, approver_comments = $3, updated_at = $4, decided_at = $5, decided_by = $6
		WHERE id = $7 AND status NOT IN ('approved', 'rejected')`,
		string(r.Status), filter.Fold(string(r.Status)), r.ApproverComments, stamp(r.UpdatedAt), optional(r.DecidedAt), r.DecidedBy, int64(r.ID))
	return n == 1, err
}

func scanContact(row pgx.Row) (tenancy.Contact, error) {
	var c tenancy.Contact
	err := row.Scan(&c.ID, &c.OrganizationID, &c.FirstName, &c.LastName, &c.Email, &c.Active, instant{&c.CreatedAt})
	return c, err
}

// Contact implements tenancy.RequestReader.
func (t *tx) Contact(ctx context.Context, id tenancy.ContactID) (tenancy.Contact, error) {
	return one(ctx, t, "contact", scanContact,
		`SELECT id, organization_id, first_name, last_name, email, active, created_at FROM contacts WHERE id = $1`, int64(id))
}

// InsertContact implements tenancy.RequestWriter.
func (t *tx) InsertContact(ctx context.Context, c *tenancy.Contact) error {
	id, err := t.insertID(ctx, "insert contact", `
		INSERT INTO contacts (organization_id, first_name, last_name, email, active, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING id`,
		int64(c.OrganizationID), c.FirstName, c.LastName, c.Email, c.Active, stamp(c.CreatedAt))
	if err == nil {
		c.ID = tenancy.ContactID(id)
	}
	return err
}

// SetContactActive implements tenancy.RequestWriter.
func (t *tx) SetContactActive(ctx context.Context, id tenancy.ContactID, active bool) error {
	const update = `UPDATE contacts SET active = $1 WHERE id = $2`
	if t.knows(sureContact(id)) {
		return t.putOff(guarded(update), active, int64(id))
	}
	n, err := t.exec(ctx, "update contact", update, active, int64(id))
	if err == nil && n == 0 {
		return notFound("contact")
	}
	return err
}
