// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/jsoncolumn"
)

const (
	fillBatch  = 1000
	selectFill = `SELECT id, email_domains, properties FROM organizations
		WHERE id > $1 AND (email_domains <> '[]' OR properties LIKE '%:primaryContacts"%')
		ORDER BY id LIMIT $2`
	updateFill = `UPDATE organizations SET properties = $1, contact_persons = $2, email_domains_folded = $3,
		contact_names_folded = $4, contact_emails_folded = $5 WHERE id = $6`
)

// organization is a row as version 10 has it.
type organization struct {
	id         int64
	domains    []string
	persons    []person
	properties map[string]json.RawMessage
}

type person struct {
	FullName string `json:"fullName"`
	Email    string `json:"email"`
}

// Fill fills the columns that version 10 added to organizations, a batch at a time.
func Fill(ctx context.Context, tx *sql.Tx) error {
	for after := int64(-1); ; {
		batch, err := readBatch(ctx, tx, after)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, o := range batch {
			if err := o.store(ctx, tx); err != nil {
				return err
			}
		}
		after = batch[len(batch)-1].id
	}
}

func readBatch(ctx context.Context, tx *sql.Tx, after int64) (batch []organization, err error) {
	rows, err := tx.QueryContext(ctx, selectFill, after, fillBatch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o organization
		var domains, properties string
		if err := rows.Scan(&o.id, &domains, &properties); err != nil {
			return nil, err
		}
		if err := errors.Join(jsoncolumn.Read(domains, &o.domains),
			jsoncolumn.Read(properties, &o.properties)); err != nil {
			return nil, err
		}
		o.movePersons()
		batch = append(batch, o)
	}
	return batch, rows.Err()
}

// movePersons moves the contact persons out of the property in which a wire stored
// them before version 10. A property that is no list of persons stays where it is.
func (o *organization) movePersons() {
	for name, value := range o.properties {
		var persons []person
		if strings.HasSuffix(name, ":primaryContacts") && json.Unmarshal(value, &persons) == nil {
			o.persons = append(o.persons, persons...)
			delete(o.properties, name)
		}
	}
	if len(o.properties) == 0 {
		o.properties = nil
	}
}

func (o *organization) store(ctx context.Context, tx *sql.Tx) error {
	properties, err := jsoncolumn.Text(o.properties, jsoncolumn.NoObject)
	if err != nil {
		return err
	}
	persons, err := jsoncolumn.Text(o.persons, jsoncolumn.NoList)
	if err != nil {
		return err
	}
	var names, emails []string
	for _, p := range o.persons {
		names, emails = append(names, p.FullName), append(emails, p.Email)
	}
	_, err = tx.ExecContext(ctx, updateFill, properties, persons, listed(o.domains), listed(names),
		listed(emails), o.id)
	return err
}

// listed returns the texts folded, with a line end before and after each, as lists are
// searched since version 10. Empty texts are left out.
func listed(texts []string) string {
	texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == "" })
	if len(texts) == 0 {
		return ""
	}
	for i, text := range texts {
		texts[i] = filter.Fold(text)
	}
	return "\n" + strings.Join(texts, "\n") + "\n"
}
