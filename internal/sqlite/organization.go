// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"

	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

const (
	organizationColumns = `id, name, alias, description, external_id, state, created_at, updated_at, email_domains, deactivation, properties, contact_persons`
	selectOrganization  = `SELECT ` + organizationColumns + ` FROM organizations WHERE id = ?`
)

func scanOrganization(row scanner) (o tenancy.Organization, err error) {
	err = fillOrganization(row, &o)
	return o, err
}

func fillOrganization(row scanner, o *tenancy.Organization) error {
	return row.Scan(organizationFields(o)...)
}

// organizationFields are where the columns go.
func organizationFields(o *tenancy.Organization) []any {
	return []any{&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, instant{&o.CreatedAt},
		instant{&o.UpdatedAt},
		jsonOf[[]string]{&o.EmailDomains}, deactivation{&o.Deactivation}, jsonOf[tenancy.Properties]{&o.Properties},
		jsonOf[[]tenancy.ContactPerson]{&o.ContactPersons}}
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

// deactivation scans them.
type deactivation struct{ to *tenancy.Deactivation }

// Scan implements sql.Scanner.
func (d deactivation) Scan(v any) error {
	bits, ok := v.(int64)
	if !ok {
		return errors.New("the column holds no number")
	}
	*d.to = tenancy.Deactivation{DataIn: bits&dataInOff != 0, DataOut: bits&dataOutOff != 0,
		Login: bits&loginOff != 0}
	return nil
}

// Organization implements tenancy.OrganizationReader.
func (t *tx) Organization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	return one(ctx, t, "organization", scanOrganization, selectOrganization, int64(id))
}

// LockOrganization implements tenancy.OrganizationWriter. The writer has the whole
// database to itself, so reading is locking.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	h := prefetchedHead{id: id, valid: true}
	scan := func(row scanner) (o tenancy.Organization, err error) {
		err = row.Scan(append(organizationFields(&o), &h.seq, bytesOf{&h.hash})...)
		return o, err
	}
	o, err := one(ctx, t, "organization", scan, `SELECT `+organizationColumns+`, coalesce(seq, 0), hash
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
		table:       "organizations",
		columns:     organizationColumns,
		always:      "listed = 1",
		scope:       "id",
		properties:  sqltext.OrganizationColumns(),
		countedBy:   "state",
		countsQuery: `SELECT state, n, (SELECT version FROM list_versions WHERE list = 'organizations') FROM organization_counts`,
		search:      "organization_search",
		searched:    "name_folded",
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, fillOrganization,
		func(o tenancy.Organization) int64 { return int64(o.ID) })
}

// InsertOrganization implements tenancy.OrganizationWriter. AUTOINCREMENT goes on
// after the greatest id there ever was, chosen or not.
func (t *tx) InsertOrganization(ctx context.Context, o *tenancy.Organization) error {
	lists, err := organizationJSON(*o)
	if err != nil {
		return t.fail("insert organization", err)
	}
	args := []any{int64(o.ID), o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description,
		filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.CreatedAt), stamp(o.UpdatedAt),
		o.Member(),
		lists.domains, deactivationBits(o.Deactivation), lists.properties, lists.persons}
	result, err := t.run(ctx, `
		INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded,
			external_id, external_id_folded, state, created_at, updated_at, listed, email_domains, deactivation, properties,
			contact_persons, email_domains_folded, contact_names_folded, contact_emails_folded)
		VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(args, listedTexts(*o)...)...)
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

// UpdateOrganization implements tenancy.OrganizationWriter. The folded form of an
// unchanged name stays: it may be one that a migration could not fold again, see package
// migration.
func (t *tx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	lists, err := organizationJSON(o)
	if err != nil {
		return t.fail("update organization", err)
	}
	args := []any{o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description,
		filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.UpdatedAt), o.Member() &&
			o.ID > tenancy.RootID,
		lists.domains, deactivationBits(o.Deactivation), lists.properties, lists.persons}
	result, err := t.insert(ctx, problem.OrganizationNameTaken(), "update organization", `
		UPDATE organizations SET name = ?1, name_folded = CASE WHEN name = ?1 THEN name_folded ELSE ?2 END, alias = ?, alias_folded = ?, description = ?, description_folded = ?,
			external_id = ?, external_id_folded = ?, state = ?, updated_at = ?, listed = ?, email_domains = ?, deactivation = ?, properties = ?,
			contact_persons = ?, email_domains_folded = ?, contact_names_folded = ?, contact_emails_folded = ?
		WHERE id = ?`, append(append(args, listedTexts(o)...), int64(o.ID))...)
	if err == nil && changed(result) == 0 {
		return problem.NoSuch("organization")
	}
	return err
}
