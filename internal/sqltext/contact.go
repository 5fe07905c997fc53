// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about contacts.
const (
	SelectContact = `SELECT id, organization_id, first_name, last_name, email, active, created_at, properties
		FROM contacts WHERE id = ?`
	InsertContact = `INSERT INTO contacts (organization_id, first_name, last_name, email, active, created_at,
		properties) VALUES (?, ?, ?, ?, ?, ?, ?)`
	UpdateContact = `UPDATE contacts SET first_name = ?, last_name = ?, email = ?, properties = ?
		WHERE id = ?`
	SetContactActive = `UPDATE contacts SET active = ? WHERE id = ?`
	DeleteContact    = `DELETE FROM contacts
		WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM requests WHERE contact_id = ?1)`
)

// ScanContact reads the columns of SelectContact.
func ScanContact(row Row) (c tenancy.Contact, err error) {
	err = row.Scan(&c.ID, &c.OrganizationID, &c.FirstName, &c.LastName, &c.Email, &c.Active,
		Time{&c.CreatedAt}, JSON[tenancy.Properties]{&c.Properties})
	return c, err
}
