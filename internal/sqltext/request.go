// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about requests.
const (
	RequestColumns = `id, name, status, requester_comments, approver_comments, related_organization,
		organization_id, contact_id, email, created_at, updated_at, decided_at, decided_by`
	SelectRequest = `SELECT ` + RequestColumns + ` FROM requests WHERE id = ?`
	InsertRequest = `INSERT INTO requests (name, name_folded, name_likeness, status, status_folded,
		requester_comments, approver_comments, related_organization, organization_id, contact_id, email,
		email_folded, created_at,
		updated_at, decided_at, decided_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	DecideRequest = `UPDATE requests SET status = ?, status_folded = ?, approver_comments = ?, updated_at = ?,
		decided_at = ?, decided_by = ? WHERE id = ? AND status NOT IN ('approved', 'rejected')`
	UpdateRequest = `UPDATE requests SET name = ?, name_folded = ?, name_likeness = ?, status = ?,
		status_folded = ?, requester_comments = ?, approver_comments = ?, related_organization = ?, email = ?,
		email_folded = ?, updated_at = ? WHERE id = ? AND status NOT IN ('approved', 'rejected')`
	DeleteRequest = `DELETE FROM requests WHERE id = ?`
)

// FillRequest reads RequestColumns.
func FillRequest(row Row, r *tenancy.Request) error {
	return row.Scan(
		&r.ID,
		&r.Name,
		&r.Status,
		&r.RequesterComments,
		&r.ApproverComments,
		&r.RelatedOrganization,
		&r.OrganizationID,
		&r.ContactID,
		&r.Email,
		Time{&r.CreatedAt},
		Time{&r.UpdatedAt},
		Time{&r.DecidedAt},
		&r.DecidedBy,
	)
}

// ScanRequest reads RequestColumns.
func ScanRequest(row Row) (r tenancy.Request, err error) {
	err = FillRequest(row, &r)
	return r, err
}
