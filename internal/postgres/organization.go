// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

const (
	organizationColumns = `id, name, alias, description, external_id, state, created_at, updated_at, email_domains, deactivation, properties, contact_persons`
	selectOrganization  = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = $1`
)

func scanOrganization(row pgx.Row) (tenancy.Organization, error) {
	var o tenancy.Organization
	var bits int64
	err := row.Scan(&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, instant{&o.CreatedAt},
		instant{&o.UpdatedAt},
		jsonOf[[]string]{&o.EmailDomains}, &bits, jsonOf[tenancy.Properties]{&o.Properties},
		jsonOf[[]tenancy.ContactPerson]{&o.ContactPersons})
	o.Deactivation = tenancy.Deactivation{DataIn: bits&dataInOff != 0, DataOut: bits&dataOutOff != 0,
		Login: bits&loginOff != 0}
	return o, err
}

// What a deactivation switches off, as bits of a number.
const (
	dataInOff = 1 << iota
	dataOutOff
	loginOff
)

func deactivationBits(d tenancy.Deactivation) (bits int64) {
	for bit, off := range map[int64]bool{dataInOff: d.DataIn, dataOutOff: d.DataOut, loginOff: d.Login} {
		if off {
			bits |= bit
		}
	}
	return bits
}

// Organization implements tenancy.OrganizationReader.
func (t *tx) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "organization", scanOrganization, selectOrganization, int64(id))
}

// LockOrganization implements tenancy.OrganizationWriter.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (o tenancy.Organization,
	err error) {
	// The root's chain is the one that most events go to, so it is locked late.
	if _, known := t.heads[id]; known || id == tenancy.RootID {
		return one(ctx, t, "organization", scanOrganization, selectOrganization+` FOR NO KEY UPDATE`, int64(id))
	}
	err = t.lockOrganization(ctx, &o, "$1", int64(id))
	return o, err
}

// lockOrganization locks an organization and the head of its audit, in one round trip with
// the steps before. A change of the organization is recorded in that audit. Other
// transactions can still insert rows that refer to the organization; a plain FOR UPDATE
// would delay them. id is an expression with the one argument.
func (t *tx) lockOrganization(ctx context.Context, o *tenancy.Organization, id string, arg int64,
	before ...step) error {
	var h head
	var found, begun bool
	err := t.run(ctx, "read organization", append(before,
		step{statement{`SELECT ` + organizationColumns + ` FROM organizations WHERE id = ` + id + ` FOR NO KEY UPDATE`, []any{arg}}, first(scanOrganization, o, &found)},
		step{statement{`SELECT seq, hash FROM audit_heads WHERE organization_id = ` + id + ` FOR NO KEY UPDATE`,
			[]any{arg}}, first(scanHead, &h, &begun)})...)
	switch {
	case err != nil:
		return err
	case !found:
		return problem.NoSuch("organization")
	case begun:
		t.locked(o.ID, h)
	}
	return nil
}

// organizations lists the members. The condition is that of the indexes.
func organizations() listing {
	return listing{
		table:       "organizations",
		columns:     organizationColumns,
		always:      "listed",
		scope:       "id",
		properties:  sqltext.OrganizationColumns(),
		countedBy:   "state",
		stateCounts: []stateCount{{"active", "organizations_active"}, {"inactive", "organizations_inactive"}},
		version:     "organizations_version",
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, scanOrganization,
		func(o tenancy.Organization) int64 { return int64(o.ID) })
}

const insertOrganization = `
	INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded,
		external_id, external_id_folded, state, created_at, updated_at, listed, email_domains, deactivation, properties,
		contact_persons, email_domains_folded, contact_names_folded, contact_emails_folded)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING RETURNING id`

// moveSequence moves the sequence past a chosen id. The sequence cannot be locked, and
// another transaction may use it at the same moment: see insertNext.
const (
	insertChosen = `
	INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded,
		external_id, external_id_folded, state, created_at, updated_at, listed, email_domains, deactivation, properties,
		contact_persons, email_domains_folded, contact_names_folded, contact_emails_folded, id)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) ON CONFLICT DO NOTHING RETURNING id`
	moveSequence = `SELECT setval('organizations_id_seq', $1::bigint) FROM organizations_id_seq WHERE last_value <= $1::bigint`
)

// InsertOrganization implements tenancy.OrganizationWriter.
func (t *tx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	lists, err := organizationJSON(*o)
	if err != nil {
		return t.fail("insert organization", err)
	}
	args := []any{o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description,
		filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.CreatedAt), stamp(o.UpdatedAt),
		o.Member(),
		lists.domains, deactivationBits(o.Deactivation), lists.properties, lists.persons}
	args = append(args, listedTexts(*o)...)
	if o.ID == 0 {
		return t.insertNext(ctx, o, args)
	}
	id, err := t.insertID(ctx, "insert organization", insertChosen, append(args, int64(o.ID))...)
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
		taken, err := t.there(ctx,
			`SELECT EXISTS (SELECT 1 FROM organizations WHERE name_folded = $1 AND state IN ('active', 'inactive'))`,
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
	return one(ctx, t, "organization", value[bool], query, args...)
}

// organizationLists are the lists and the map of an organization as they are stored.
type organizationLists struct{ domains, properties, persons string }

func organizationJSON(o tenancy.Organization) (l organizationLists, err error) {
	if l.domains, err = jsoncolumn.Text(o.EmailDomains, jsoncolumn.NoList); err != nil {
		return l, err
	}
	if l.persons, err = jsoncolumn.Text(o.ContactPersons, jsoncolumn.NoList); err != nil {
		return l, err
	}
	l.properties, err = jsoncolumn.Text(o.Properties, jsoncolumn.NoObject)
	return l, err
}

// listedTexts are the columns by which lists of texts are found and sorted.
func listedTexts(o tenancy.Organization) []any {
	return []any{tenancy.ListedText(o.EmailDomains...), tenancy.ListedText(o.ContactNames()...),
		tenancy.ListedText(o.ContactEmails()...)}
}

// updateOrganization leaves the folded form of an unchanged name: it may be one that a
// migration could not fold again, see package migration.
const updateOrganization = `
	UPDATE organizations SET name = $1, name_folded = CASE WHEN name = $1 THEN name_folded ELSE $2 END, alias = $3, alias_folded = $4, description = $5, description_folded = $6,
		external_id = $7, external_id_folded = $8, state = $9, updated_at = $10, listed = $11, email_domains = $12, deactivation = $13, properties = $14,
		contact_persons = $15, email_domains_folded = $16, contact_names_folded = $17, contact_emails_folded = $18
	WHERE id = $19`

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
		return problem.NoSuch("organization")
	}
	return nil
}

func updateOrganizationStatement(o tenancy.Organization) (statement, error) {
	lists, err := organizationJSON(o)
	if err != nil {
		return statement{}, err
	}
	args := []any{o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description,
		filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.UpdatedAt), o.Member() &&
			o.ID > tenancy.RootID,
		lists.domains, deactivationBits(o.Deactivation), lists.properties, lists.persons}
	return statement{updateOrganization, append(append(args, listedTexts(o)...), int64(o.ID))}, nil
}
