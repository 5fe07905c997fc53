// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Organization implements tenancy.OrganizationReader.
func (t *tx) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "read organization", problem.OrganizationNotFound,
		sqltext.ScanOrganization, sqltext.SelectOrganization, int64(id))
}

// LockOrganization implements tenancy.OrganizationWriter. The writer has the whole
// database to itself, so reading is locking.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	h := prefetchedHead{AuditHead: tenancy.AuditHead{OrganizationID: id}, valid: true}
	scan := func(row sqltext.Row) (o tenancy.Organization, err error) {
		err = row.Scan(append(sqltext.OrganizationTargets(&o), &h.Seq, sqltext.Bytes{To: &h.Hash})...)
		return o, err
	}
	o, err := one(ctx, t, "read organization", problem.OrganizationNotFound, scan,
		`SELECT `+sqltext.OrganizationColumns+`, coalesce(seq, 0), hash
			FROM organizations LEFT JOIN audit_heads ON organization_id = id WHERE id = ?`, int64(id))
	if err == nil {
		t.head = h
	}
	return o, err
}

// organizations lists the members. The condition is, word for word, that of the
// indexes, or SQLite would not use them.
func organizations() listing {
	return listing{
		table:      "organizations",
		columns:    sqltext.OrganizationColumns,
		always:     "listed = 1",
		scope:      "id",
		properties: sqltext.OrganizationPropertyColumns(),
		countedBy:  tenancy.PropertyState,
		countsQuery: `SELECT state, n, (SELECT version FROM list_versions WHERE list = 'organizations')
			FROM organization_counts`,
		search:   "organization_search",
		searched: "name_folded",
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, sqltext.FillOrganization,
		func(o tenancy.Organization) int64 { return int64(o.ID) })
}

// InsertOrganization implements tenancy.OrganizationWriter. AUTOINCREMENT goes on
// after the greatest id there ever was, chosen or not.
func (t *tx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	args, err := sqltext.OrganizationArgs(*o, stamp(o.UpdatedAt), o.Member())
	if err != nil {
		return t.fail("insert organization", err)
	}
	insert, args := sqltext.InsertOrganization, append(args, stamp(o.CreatedAt))
	if o.ID != 0 {
		insert, args = sqltext.InsertOrganizationWithID, append(args, int64(o.ID))
	}
	result, err := t.run(ctx, "insert organization", insert, args...)
	switch {
	case code(err) == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return problem.OrganizationIDTaken()
	case duplicate(err):
		return problem.OrganizationNameTaken()
	case err != nil:
		return t.fail("insert organization", err)
	}
	o.ID = tenancy.OrganizationID(newID(result))
	return nil
}

// UpdateOrganization implements tenancy.OrganizationWriter.
func (t *tx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	args, err := sqltext.OrganizationArgs(o, stamp(o.UpdatedAt), o.Member() && o.ID > tenancy.RootID)
	if err != nil {
		return t.fail("update organization", err)
	}
	result, err := t.insert(ctx, problem.OrganizationNameTaken(), "update organization",
		sqltext.UpdateOrganization, append(args, int64(o.ID))...)
	if err == nil && changed(result) == 0 {
		return problem.OrganizationNotFound()
	}
	return err
}
