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
	err := row.Scan(&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, instant{&o.CreatedAt}, instant{&o.UpdatedAt},
		jsonOf[[]string]{&o.EmailDomains}, &bits, jsonOf[tenancy.Properties]{&o.Properties}, jsonOf[[]tenancy.ContactPerson]{&o.ContactPersons})
	o.Deactivation = tenancy.Deactivation{Backup: bits&backupOff != 0, Restore: bits&restoreOff != 0, Login: bits&loginOff != 0}
	return o, err
}

// What a deactivation switches off, as bits of a number.
const (
	backupOff = 1 << iota
	restoreOff
	loginOff
)

func deactivationBits(d tenancy.Deactivation) (bits int64) {
	for bit, off := range map[int64]bool{backupOff: d.Backup, restoreOff: d.Restore, loginOff: d.Login} {
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

// LockOrganization implements tenancy.OrganizationWriter. The lock lets others
// refer to the row meanwhile: a plain FOR UPDATE would hold up every insert that
// names the organization. Who changes an organization says so in its audit, so
// the end of that chain comes along; not the root's, where many chains of work
// meet, and which is best locked late.
func (t *tx) LockOrganization(ctx context.Context, id tenancy.OrganizationID) (tenancy.Organization, error) {
	if _, known := t.heads[id]; known || id == tenancy.RootID || t.eager {
		return one(ctx, t, "organization", scanOrganization, selectOrganization+` FOR NO KEY UPDATE`, int64(id))
	}
	var o tenancy.Organization
	var h head
	var found, begun, free bool
	scan := func(row pgx.Row) (tenancy.Organization, error) { return scanOrganization(andMore{row, &free}) }
	err := t.run(ctx, "read organization", step{statement{lockOrganization, []any{int64(id)}}, first(scan, &o, &found)},
		step{statement{lockHead, []any{int64(id)}}, first(scanHead, &h, &begun)})
	switch {
	case err != nil:
		return tenancy.Organization{}, err
	case !found:
		return tenancy.Organization{}, notFound("organization")
	case begun:
		t.locked(id, h)
	}
	if free {
		t.learn(sureName{id, filter.Fold(o.Name)})
	}
	return o, nil
}

// lockOrganization also tells whether the name is one a member of this id may
// have: that of a member is its own.
const lockOrganization = `SELECT ` + organizationColumns + `,
	CASE WHEN state IN ('active', 'inactive') THEN true ELSE NOT EXISTS (
		SELECT 1 FROM organizations AS other WHERE other.name_folded = o.name_folded AND other.state IN ('active', 'inactive')) END
	FROM organizations AS o WHERE id = $1 FOR NO KEY UPDATE OF o`

// andMore is a row with one more column at its end.
type andMore struct {
	pgx.Row
	to any
}

// Scan implements pgx.Row.
func (r andMore) Scan(dest ...any) error { return r.Row.Scan(append(dest, r.to)...) }

// organizations lists the members. The condition is that of the indexes.
func organizations() listing {
	return listing{
		table:      "organizations",
		columns:    organizationColumns,
		always:     "listed",
		scope:      "id",
		properties: sqltext.OrganizationColumns(),
		state:      "state",
		tallies:    []tally{{"active", "organizations_active"}, {"inactive", "organizations_inactive"}},
		version:    "organizations_version",
	}
}

// Organizations implements tenancy.OrganizationReader.
func (t *tx) Organizations(ctx context.Context, p tenancy.ListParams) ([]tenancy.Organization, int, error) {
	return list(ctx, t, organizations(), p, scanOrganization, func(o tenancy.Organization) int64 { return int64(o.ID) })
}

func nameTaken() *problem.Error {
	return problem.New(problem.Conflict, "organization_name_taken", "There is an organization with this name already.")
}

func idTaken() *problem.Error {
	return problem.New(problem.Conflict, "organization_id_taken", "There is or was an organization with this id.")
}

const insertOrganization = `
	INSERT INTO organizations (name, name_folded, alias, alias_folded, description, description_folded,
		external_id, external_id_folded, state, created_at, updated_at, listed, email_domains, deactivation, properties,
		contact_persons, email_domains_folded, contact_names_folded, contact_emails_folded)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING RETURNING id`

// insertChosen takes the sequence along. The sequence cannot be locked, and may
// be left behind when it is in use at the same moment: see insertNext.
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
	t.forgetNames()
	lists, err := organizationJSON(*o)
	if err != nil {
		return t.fail("insert organization", err)
	}
	args := []any{o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description, filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.CreatedAt), stamp(o.UpdatedAt), o.Member(),
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
			return idTaken()
		}
		return nameTaken()
	}
	_, err = t.exec(ctx, "insert organization", moveSequence, id)
	return err
}

// maxTaken is how many ids of the sequence may be found taken, one after the other.
const maxTaken = 64

// insertNext takes the sequence's next id. One that somebody chose in the same
// moment is passed over.
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
			continue // its name is not looked at
		}
		taken, err := t.there(ctx, `SELECT EXISTS (SELECT 1 FROM organizations WHERE name_folded = $1 AND state IN ('active', 'inactive'))`, filter.Fold(o.Name))
		switch {
		case err != nil:
			return err
		case taken:
			return nameTaken()
		}
	}
	return t.fail("insert organization", errors.New("the sequence gives ids that are taken"))
}

// there tells whether there is such a row.
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
	return []any{tenancy.ListedText(o.EmailDomains...), tenancy.ListedText(o.ContactNames()...), tenancy.ListedText(o.ContactEmails()...)}
}

// updateOrganization keeps the key of a name that stays: it may be one that could not
// be folded again, see package refold.
const updateOrganization = `
	UPDATE organizations SET name = $1, name_folded = CASE WHEN name = $1 THEN name_folded ELSE $2 END, alias = $3, alias_folded = $4, description = $5, description_folded = $6,
		external_id = $7, external_id_folded = $8, state = $9, updated_at = $10, listed = $11, email_domains = $12, deactivation = $13, properties = $14,
		contact_persons = $15, email_domains_folded = $16, contact_names_folded = $17, contact_emails_folded = $18
	WHERE id = $19`

// UpdateOrganization implements tenancy.OrganizationWriter.
func (t *tx) UpdateOrganization(ctx context.Context, o tenancy.Organization) error {
	lists, err := organizationJSON(o)
	if err != nil {
		return t.fail("update organization", err)
	}
	args := []any{o.Name, filter.Fold(o.Name), o.Alias, filter.Fold(o.Alias), o.Description, filter.Fold(o.Description),
		o.ExternalID, filter.Fold(o.ExternalID), string(o.State), stamp(o.UpdatedAt), o.Member() && o.ID > tenancy.RootID,
		lists.domains, deactivationBits(o.Deactivation), lists.properties, lists.persons}
	args = append(append(args, listedTexts(o)...), int64(o.ID))
	sure := t.knows(sureName{o.ID, filter.Fold(o.Name)})
	t.forgetNames()
	if sure {
		return t.putOff(guarded(updateOrganization), args...)
	}
	return t.updateOrganization(ctx, args)
}

// updateOrganization waits for the answer. A savepoint keeps the transaction
// alive when the name is taken; an UPDATE has no ON CONFLICT.
func (t *tx) updateOrganization(ctx context.Context, args []any) error {
	const doing = "update organization"
	var n int64
	err := t.run(ctx, doing, step{statement{query: "savepoint name"}, ignore}, step{statement{updateOrganization, args}, changed(&n)})
	if code(err) == uniqueViolation && !errors.Is(err, errSurprise) {
		t.lost = nil // but not after this
		if _, err := t.exec(ctx, doing, "rollback to savepoint name"); err != nil {
			return err
		}
		return nameTaken()
	}
	if err != nil {
		return err
	}
	if err := t.putOff("release savepoint name"); err != nil || n > 0 {
		return err
	}
	return notFound("organization")
}
