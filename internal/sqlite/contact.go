// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Contact implements tenancy.RequestReader.
func (t *tx) Contact(ctx context.Context, id tenancy.ContactID) (tenancy.Contact, error) {
	return one(ctx, t, "read contact", problem.ContactNotFound,
		sqltext.ScanContact, sqltext.SelectContact, int64(id))
}

// InsertContact implements tenancy.ContactWriter.
func (t *tx) InsertContact(ctx context.Context, c *tenancy.Contact) error {
	properties, err := jsoncolumn.Text(c.Properties, jsoncolumn.NoObject)
	if err != nil {
		return err
	}
	result, err := t.run(ctx, "insert contact", sqltext.InsertContact,
		int64(c.OrganizationID), c.FirstName, c.LastName, c.Email, c.Active, stamp(c.CreatedAt), properties)
	if err != nil {
		return t.fail("insert contact", err)
	}
	c.ID = tenancy.ContactID(newID(result))
	return nil
}

// UpdateContact implements tenancy.ContactWriter.
func (t *tx) UpdateContact(ctx context.Context, c tenancy.Contact) error {
	properties, err := jsoncolumn.Text(c.Properties, jsoncolumn.NoObject)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, "update contact", sqltext.UpdateContact,
		c.FirstName, c.LastName, c.Email, properties, int64(c.ID))
	if err == nil && n == 0 {
		return problem.ContactNotFound()
	}
	return err
}

// DeleteContact implements tenancy.ContactWriter.
func (t *tx) DeleteContact(ctx context.Context, id tenancy.ContactID) (bool, error) {
	n, err := t.exec(ctx, "delete contact", sqltext.DeleteContact, int64(id))
	return n == 1, err
}
