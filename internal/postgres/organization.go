// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectOrganization       = sqltext.Numbered(sqltext.SelectOrganization)
	lockOrganization         = sqltext.Numbered(sqltext.SelectOrganization + forNoKeyUpdate)
	insertOrganization       = sqltext.Numbered(sqltext.InsertOrganization + sqltext.DoNothing + returningID)
	insertOrganizationWithID = sqltext.Numbered(sqltext.InsertOrganizationWithID + sqltext.DoNothing +
		returningID)
	updateOrganization = sqltext.Numbered(sqltext.UpdateOrganization)
)

// Organization implements tenancy.OrganizationReader.
func (t *tx) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "read organization", problem.OrganizationNotFound,
		sqltext.ScanOrganization, selectOrganization, int64(id))
}

// LockOrganization implements tenancy.OrganizationWriter.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (o tenancy.Organization,
	err error) {
	// The root's chain is the one that most events go to, so it is locked late.
	if _, known := t.heads[id]; known || id == tenancy.RootID {
		return one(ctx, t, "read organization", problem.OrganizationNotFound,
			sqltext.ScanOrganization, lockOrganization, int64(id))
	}
	err = t.lockOrganization(ctx, &o, locking{id: "$1", arg: int64(id)})
	return o, err
}

// locking says which organization is locked, and what travels with that.
type locking struct {
	id            string // an expression with the one argument
	arg           any
	before, after []step
}

// lockOrganization locks an organization and the head of its audit, in one round trip with
// the other steps. A change of the organization is recorded in that audit. Other
// transactions can still insert rows that refer to the organization; a plain FOR UPDATE
// would delay them.
func (t *tx) lockOrganization(ctx context.Context, o *tenancy.Organization, l locking) error {
	var h tenancy.AuditHead
	var found, begun bool
	steps := append(l.before,
		step{statement{`SELECT ` + sqltext.OrganizationColumns + ` FROM organizations WHERE id = ` + l.id +
			` FOR NO KEY UPDATE`, []any{l.arg}}, first(sqltext.ScanOrganization, o, &found)},
		step{statement{`SELECT organization_id, seq, hash FROM audit_heads WHERE organization_id = ` +
			l.id + ` FOR NO KEY UPDATE`, []any{l.arg}}, first(sqltext.ScanAuditHead, &h, &begun)})
	err := t.run(ctx, "read organization", append(steps, l.after...)...)
	switch {
	case err != nil:
		return err
	case !found:
		return problem.OrganizationNotFound()
	case begun:
		t.locked(h)
	}
	return nil
}

// organizations lists the members. The condition is that of the indexes.
func organizations() listing {
	return listing{
		table:       "organizations",
		columns:     sqltext.OrganizationColumns,
		always:      "listed",
		scope:       "id",
		properties:  sqltext.OrganizationPropertyColumns(),
		countedBy:   tenancy.PropertyState,
		stateCounts: []stateCount{{"active", "organizations_active"}, {"inactive", "organizations_inactive"}},
		version:     "organizations_version",
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, sqltext.ScanOrganization,
		func(o tenancy.Organization) int64 { return int64(o.ID) })
}

// moveSequence moves the sequence past a chosen id. The sequence cannot be locked, and
// another transaction may use it at the same moment: see insertNext.
const moveSequence = `SELECT setval('organizations_id_seq', $1::bigint) FROM organizations_id_seq
	WHERE last_value <= $1::bigint`

// InsertOrganization implements tenancy.OrganizationWriter.
func (t *tx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	args, err := sqltext.OrganizationArgs(*o, stamp(o.UpdatedAt), o.Member())
	if err != nil {
		return t.fail("insert organization", err)
	}
	args = append(args, stamp(o.CreatedAt))
	if o.ID == 0 {
		return t.insertNext(ctx, o, args)
	}
	id, err := t.insertID(ctx, "insert organization", insertOrganizationWithID, append(args, int64(o.ID))...)
	if err != nil {
		return err
	}
	if id == 0 {
		taken, err := t.there(ctx, `SELECT EXISTS (SELECT 1 FROM organizations WHERE id = $1)`, int64(o.ID))
		switch {
		case err != nil:
			return err
		case taken:
			return problem.OrganizationIDTaken()
		}
		return problem.OrganizationNameTaken()
	}
	_, err = t.exec(ctx, "insert organization", moveSequence, id)
	return err
}

// maxTaken is how many ids of the sequence may be found taken, one after the other.
const maxTaken = 64

// insertNext takes the next id of the sequence. It skips an id that was chosen at the same
// moment.
func (t *tx) insertNext(ctx context.Context, o *tenancy.Organization, args []any) error {
	for range maxTaken {
		id, err := t.insertID(ctx, "insert organization", insertOrganization, args...)
		switch {
		case err != nil:
			return err
		case id != 0:
			o.ID = tenancy.OrganizationID(id)
			return nil
		case !o.Member():
			continue // its name may be taken
		}
		taken, err := t.there(ctx, `SELECT EXISTS (SELECT 1 FROM organizations
				WHERE name_folded = $1 AND state IN ('active', 'inactive'))`,
			filter.Fold(o.Name))
		switch {
		case err != nil:
			return err
		case taken:
			return problem.OrganizationNameTaken()
		}
	}
	return t.fail("insert organization", errors.New("the sequence gives ids that are taken"))
}

// there reports whether there is such a row.
func (t *tx) there(ctx context.Context, query string, args ...any) (bool, error) {
	return one(ctx, t, "read organization", problem.OrganizationNotFound, sqltext.Value[bool], query, args...)
}

// UpdateOrganization implements tenancy.OrganizationWriter.
func (t *tx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	update, err := updateOrganizationStatement(o)
	if err != nil {
		return t.fail("update organization", err)
	}
	var n int64
	taken, err := t.undoable(ctx, "update organization", step{update, changed(&n)})
	switch {
	case err != nil:
		return err
	case taken:
		return problem.OrganizationNameTaken()
	case n == 0:
		return problem.OrganizationNotFound()
	}
	return nil
}

func updateOrganizationStatement(o tenancy.Organization) (statement, error) {
	args, err := sqltext.OrganizationArgs(o, stamp(o.UpdatedAt), o.Member() && o.ID > tenancy.RootID)
	return statement{updateOrganization, append(args, int64(o.ID))}, err
}
