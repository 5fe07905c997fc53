// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"errors"

	"github.com/jackc/pgx/v5/pgtype"

	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/tenancy"
)

// Statements about organizations.
const (
	OrganizationColumns = `id, name, alias, description, external_id, state, created_at, updated_at,
		email_domains, deactivation, properties, contact_persons, policy`
	SelectOrganization = `SELECT ` + OrganizationColumns + ` FROM organizations WHERE id = ?`

	storedOrganization = `name, name_folded, name_likeness, alias, alias_folded, description,
		description_folded, external_id, external_id_folded, state, updated_at, listed, email_domains,
		deactivation, properties, contact_persons, email_domains_folded, contact_names_folded,
		contact_emails_folded, policy, created_at`
	// InsertOrganization takes OrganizationArgs and the time of creation.
	InsertOrganization = `INSERT INTO organizations (` + storedOrganization + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// InsertOrganizationWithID takes the arguments of InsertOrganization and the id.
	InsertOrganizationWithID = `INSERT INTO organizations (` + storedOrganization + `, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// UpdateOrganization takes OrganizationArgs and the id. It leaves the folded form of an
	// unchanged name: it may be one that a migration could not fold again, see package
	// migration.
	UpdateOrganization = `UPDATE organizations SET
		name = ?1, name_folded = CASE WHEN name = ?1 THEN name_folded ELSE ?2 END,
		name_likeness = ?, alias = ?, alias_folded = ?, description = ?, description_folded = ?,
		external_id = ?, external_id_folded = ?, state = ?, updated_at = ?, listed = ?, email_domains = ?,
		deactivation = ?, properties = ?, contact_persons = ?, email_domains_folded = ?,
		contact_names_folded = ?, contact_emails_folded = ?, policy = ?
		WHERE id = ?`
)

// OrganizationTargets returns where OrganizationColumns are read to.
func OrganizationTargets(o *tenancy.Organization) []any {
	return []any{&o.ID, &o.Name, &o.Alias, &o.Description, &o.ExternalID, &o.State, Time{&o.CreatedAt},
		Time{&o.UpdatedAt}, JSON[[]string]{&o.EmailDomains}, deactivation{&o.Deactivation},
		JSON[tenancy.Properties]{&o.Properties}, JSON[[]tenancy.ContactPerson]{&o.ContactPersons},
		JSON[tenancy.Policy]{&o.Policy}}
}

// FillOrganization reads OrganizationColumns.
func FillOrganization(row Row, o *tenancy.Organization) error {
	return row.Scan(OrganizationTargets(o)...)
}

// ScanOrganization reads OrganizationColumns.
func ScanOrganization(row Row) (o tenancy.Organization, err error) {
	err = FillOrganization(row, &o)
	return o, err
}

// OrganizationArgs returns the arguments that an insert and an update have in common.
// updatedAt is the time as the engine stores it.
func OrganizationArgs(o tenancy.Organization, updatedAt any, listed bool) ([]any, error) {
	domains, err := jsoncolumn.Text(o.EmailDomains, jsoncolumn.NoList)
	if err != nil {
		return nil, err
	}
	persons, err := jsoncolumn.Text(o.ContactPersons, jsoncolumn.NoList)
	if err != nil {
		return nil, err
	}
	properties, err := jsoncolumn.Text(o.Properties, jsoncolumn.NoObject)
	if err != nil {
		return nil, err
	}
	policy, err := jsoncolumn.Text(o.Policy, jsoncolumn.NoObject)
	if err != nil {
		return nil, err
	}
	return append(make([]any, 0, 22), // with room for what the statement adds
		o.Name, filter.Fold(o.Name), filter.Likeness(o.Name), o.Alias, filter.Fold(o.Alias),
		o.Description, filter.Fold(o.Description), o.ExternalID, filter.Fold(o.ExternalID), string(o.State),
		updatedAt, listed, domains, deactivationBits(o.Deactivation), properties, persons,
		tenancy.ListedText(o.EmailDomains...), tenancy.ListedText(o.ContactNames()...),
		tenancy.ListedText(o.ContactEmails()...), policy), nil
}

// What a deactivation switches off, as bits of a number.
const (
	dataInOff = 1 << iota
	dataOutOff
	loginOff
)

func deactivationBits(d tenancy.Deactivation) (bits int64) {
	if d.DataIn {
		bits |= dataInOff
	}
	if d.DataOut {
		bits |= dataOutOff
	}
	if d.Login {
		bits |= loginOff
	}
	return bits
}

// deactivation reads these bits.
type deactivation struct{ to *tenancy.Deactivation }

// Scan implements sql.Scanner.
func (d deactivation) Scan(v any) error {
	bits, ok := v.(int64)
	return d.ScanInt64(pgtype.Int8{Int64: bits, Valid: ok})
}

// ScanInt64 implements pgtype.Int64Scanner.
func (d deactivation) ScanInt64(v pgtype.Int8) error {
	if !v.Valid {
		return errors.New("the column holds no number")
	}
	*d.to = tenancy.Deactivation{DataIn: v.Int64&dataInOff != 0, DataOut: v.Int64&dataOutOff != 0,
		Login: v.Int64&loginOff != 0}
	return nil
}
