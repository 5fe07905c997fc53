// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

const (
	organizationColumns = `id, name, alias, description, external_id, state, created_at, updated_at`
	selectOrganization  = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = $1`
)

func scanOrganization(row pgx.Row) (tenancy.Organization, error) {
	var o tenancy.Organization
	err := row.Scan(&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, instant{&o.CreatedAt}, instant{&o.UpdatedAt})
	return o, err
}

// Organization implements tenancy.OrganizationReader.
func (t *tx) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "organization", scanOrganization, selectOrganization, int64(id))
}

// LockOrganization implements tenancy.OrganizationWriter. The lock lets others
// refer to the row meanwhile: a plain FOR UPDATE would hold up every insert that
// names the organization.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "organization", scanOrganization, selectOrganization+` FOR NO KEY UPDATE`, int64(id))
}

// organizations lists the members. The condition is that of the indexes.
func organizations() listing {
	return listing{
		table:   "organizations",
		columns: organizationColumns,
		always:  "listed",
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
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, scanOrganization)
}

func nameTaken() *tenancy.Error {
	return tenancy.NewError(tenancy.Conflict, "organization_name_taken", "There is an organization with this name already.")
}

// InsertOrganization implements tenancy.OrganizationWriter.
func (t *tx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	id, err := t.insertID(ctx, "insert organization", `
		INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded,
			external_id, external_id_folded, state, created_at, updated_at, listed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING id`,
		o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description, filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.CreatedAt), stamp(o.UpdatedAt), o.Member())
	switch {
	case err != nil:
		return err
	case id == 0:
		return nameTaken()
	}
	o.ID = tenancy.OrganizationID(id)
	return nil
}

// UpdateOrganization implements tenancy.OrganizationWriter. A savepoint keeps the
// transaction alive when the name is taken; an UPDATE has no ON CONFLICT.
func (t *tx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	const doing = "update organization"
	if t.lost != nil {
		return t.lost
	}
	savepoint, err := t.pg.Begin(ctx)
	if err != nil {
		return t.fail(doing, err)
	}
	tag, err := savepoint.Exec(ctx, `
		UPDATE organizations SET name = $1, name_folded = $2, alias = $3, alias_folded = $4, description = $5, description_folded = $6,
			external_id = $7, external_id_folded = $8, state = $9, updated_at = $10, listed = $11
		WHERE id = $12`,
		o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description, filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.UpdatedAt), o.Member() && o.ID > tenancy.RootID, int64(o.ID))
	if code(err) == uniqueViolation {
		if err := savepoint.Rollback(ctx); err != nil {
			return t.fail(doing, err)
		}
		return nameTaken()
	}
	if err == nil {
		err = savepoint.Commit(ctx)
	}
	switch {
	case err != nil:
		return t.fail(doing, err)
	case tag.RowsAffected() == 0:
		return notFound("organization")
	}
	return nil
}
