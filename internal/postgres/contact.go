// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectContact    = sqltext.Numbered(sqltext.SelectContact)
	insertContact    = sqltext.Numbered(sqltext.InsertContact + returningID)
	updateContact    = sqltext.Numbered(sqltext.UpdateContact)
	setContactActive = sqltext.Numbered(sqltext.SetContactActive)
	deleteContact    = sqltext.Numbered(sqltext.DeleteContact)
)

// Contact implements tenancy.RequestReader.
func (t *tx) Contact(ctx context.Context, id tenancy.ContactID) (tenancy.Contact, error) {
	return one(ctx, t, "read contact", problem.ContactNotFound, sqltext.ScanContact, selectContact, int64(id))
}

// InsertContact implements tenancy.ContactWriter.
func (t *tx) InsertContact(ctx context.Context, c *tenancy.Contact) error {
	properties, err := jsoncolumn.Text(c.Properties, jsoncolumn.NoObject)
	if err != nil {
		return err
	}
	id, err := t.insertID(ctx, "insert contact", insertContact,
		int64(c.OrganizationID), c.FirstName, c.LastName, c.Email, c.Active, stamp(c.CreatedAt), properties)
	if err == nil {
		c.ID = tenancy.ContactID(id)
	}
	return err
}

// UpdateContact implements tenancy.ContactWriter.
func (t *tx) UpdateContact(ctx context.Context, c tenancy.Contact) error {
	properties, err := jsoncolumn.Text(c.Properties, jsoncolumn.NoObject)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, "update contact", updateContact,
		c.FirstName, c.LastName, c.Email, properties, int64(c.ID))
	if err == nil && n == 0 {
		return problem.ContactNotFound()
	}
	return err
}

// DeleteContact implements tenancy.ContactWriter.
func (t *tx) DeleteContact(ctx context.Context, id tenancy.ContactID) (bool, error) {
	n, err := t.exec(ctx, "delete contact", deleteContact, int64(id))
	return n == 1, err
}
