// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/jsoncolumn"
	"gatehouse/internal/tenancy"
)

// fillVersion is the version of the schema that fills the columns of version 10. It
// is written in Go, because no SQL folds texts as the lists do.
const fillVersion = 11

const (
	fillBatch  = 1000
	selectFill = `SELECT id, email_domains, properties FROM organizations
		WHERE id > $1 AND (email_domains <> '[]' OR properties LIKE '%:primaryContacts"%') ORDER BY id LIMIT $2`
	updateFill = `UPDATE organizations SET properties = $1, contact_persons = $2, email_domains_folded = $3, contact_names_folded = $4,
		contact_emails_folded = $5 WHERE id = $6`
)

func filling() *goose.Migration {
	return goose.NewGoMigration(fillVersion, &goose.GoFunc{RunTx: fillOrganizations}, nil)
}

// fillOrganizations fills the columns of all organizations, a batch at a time.
func fillOrganizations(ctx context.Context, tx *sql.Tx) error {
	for after := int64(-1); ; {
		batch, err := readFill(ctx, tx, after)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, o := range batch {
			lists, err := organizationJSON(o)
			if err != nil {
				return err
			}
			args := append(append([]any{lists.properties, lists.persons}, listedTexts(o)...), int64(o.ID))
			if _, err := tx.ExecContext(ctx, updateFill, args...); err != nil {
				return err
			}
		}
		after = int64(batch[len(batch)-1].ID)
	}
}

func readFill(ctx context.Context, tx *sql.Tx, after int64) (batch []tenancy.Organization, err error) {
	rows, err := tx.QueryContext(ctx, selectFill, after, fillBatch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o tenancy.Organization
		var domains, properties string
		if err := rows.Scan(&o.ID, &domains, &properties); err != nil {
			return nil, err
		}
		if err := errors.Join(jsoncolumn.Read(domains, &o.EmailDomains), jsoncolumn.Read(properties, &o.Properties)); err != nil {
			return nil, err
		}
		movePersons(&o)
		batch = append(batch, o)
	}
	return batch, rows.Err()
}

// movePersons moves the contact persons out of the property in which a wire kept
// them before version 10. A property that is no list of persons stays where it is.
func movePersons(o *tenancy.Organization) {
	for name, value := range o.Properties {
		var persons []tenancy.ContactPerson
		if strings.HasSuffix(name, ":primaryContacts") && json.Unmarshal(value, &persons) == nil {
			o.ContactPersons = append(o.ContactPersons, persons...)
			delete(o.Properties, name)
		}
	}
	if len(o.Properties) == 0 {
		o.Properties = nil
	}
}
