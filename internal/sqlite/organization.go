// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

const (
	organizationColumns = `id, name, alias, description, external_id, state, created_at, updated_at`
	selectOrganization  = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = ?`
)

func scanOrganization(row scanner) (o tenancy.Organization, err error) {
	err = fillOrganization(row, &o)
	return o, err
}

func fillOrganization(row scanner, o *tenancy.Organization) error {
	return row.Scan(&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, instant{&o.CreatedAt}, instant{&o.UpdatedAt})
}

// Organization implements tenancy.OrganizationReader.
func (t *tx) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "organization", scanOrganization, selectOrganization, int64(id))
}

// LockOrganization implements tenancy.OrganizationWriter. Whoever writes has the
// whole database to itself, so to read is to lock.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	h := ahead{id: id, known: true}
	scan := func(row scanner) (o tenancy.Organization, err error) {
		err = row.Scan(&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, instant{&o.CreatedAt}, instant{&o.UpdatedAt}, &h.seq, bytesOf{&h.hash})
		return o, err
	}
	o, err := one(ctx, t, "organization", scan, `SELECT `+organizationColumns+`, coalesce(seq, 0), hash
		FROM organizations LEFT JOIN audit_heads ON organization_id = id WHERE id = ?`, int64(id))
	if err == nil {
		t.ahead = h
	}
	return o, err
}

// organizations lists the members. The condition is, word for word, that of the
// indexes, or SQLite would not use them.
func organizations() listing {
	return listing{
		table:   "organizations",
		columns: organizationColumns,
		always:  "listed = 1",
		scope:   "id",
		column: func(property string) (string, bool) {
			switch property {
			case "id", "state": // states are in lower case, so folded as they are
				return property, true
			case "name":
				return "name_folded", true
			case "alias":
				return "alias_folded", true
			case "description":
				return "description_folded", true
			case "externalId":
				return "external_id_folded", true
			case "createdAt":
				return "created_at", true
			}
			return "", false
		},
		kept:     "state",
		counts:   `SELECT state, n, (SELECT version FROM list_versions WHERE list = 'organizations') FROM organization_counts`,
		search:   "organization_search",
		searched: "name_folded",
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, fillOrganization, func(o tenancy.Organization) int64 { return int64(o.ID) })
}

func nameTaken() *tenancy.Error {
	return tenancy.NewError(tenancy.Conflict, "organization_name_taken", "There is an organization with this name already.")
}

// InsertOrganization implements tenancy.OrganizationWriter.
func (t *tx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	result, err := t.insert(ctx, nameTaken(), "insert organization", `
		INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded,
			external_id, external_id_folded, state, created_at, updated_at, listed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description, filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.CreatedAt), stamp(o.UpdatedAt), o.Member())
	if err == nil {
		o.ID = tenancy.OrganizationID(newID(result))
	}
	return err
}

// UpdateOrganization implements tenancy.OrganizationWriter.
func (t *tx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	result, err := t.insert(ctx, nameTaken(), "update organization", `
		UPDATE organizations SET name = ?, name_folded = ?, alias = ?, alias_folded = ?, description = ?, description_folded = ?,
			external_id = ?, external_id_folded = ?, state = ?, updated_at = ?, listed = ?
		WHERE id = ?`,
		o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description, filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.UpdatedAt), o.Member() && o.ID > tenancy.RootID, int64(o.ID))
	if err == nil && changed(result) == 0 {
		return notFound("organization")
	}
	return err
}
