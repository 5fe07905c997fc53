// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/filter"
	"gatehouse/internal/migration"
)

// refolding returns the migration that folds texts again. Its sentences for an
// administrator go to notes. The tables are locked, so nobody else changes them. Their
// triggers are off, because they would count each row by itself, though only the versions
// of the lists change.
func refolding(notes *[]string) *goose.Migration {
	return goose.NewGoMigration(migration.FoldVersion, &goose.GoFunc{RunTx: func(ctx context.Context,
		tx *sql.Tx) (err error) {
		for _, statement := range []string{
			`SET TRANSACTION ISOLATION LEVEL READ COMMITTED`, // as things are once the tables are locked
			`LOCK TABLE organizations, requests, operators, operator_tokens IN SHARE ROW EXCLUSIVE MODE`,
			`ALTER TABLE organizations DISABLE TRIGGER count_updated`,
			`ALTER TABLE requests DISABLE TRIGGER count_updated`,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		if *notes, err = migration.Fold(ctx, tx, filter.Fold); err != nil {
			return err
		}
		for _, statement := range []string{
			`ALTER TABLE organizations ENABLE TRIGGER count_updated`,
			`ALTER TABLE requests ENABLE TRIGGER count_updated`,
			`UPDATE list_counts SET organizations_version = organizations_version + list_counts_step(),
				requests_version = requests_version + list_counts_step() WHERE share = 0`,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
}

// filling returns the migration that fills columns of organizations.
func filling() *goose.Migration {
	return goose.NewGoMigration(migration.FillVersion, &goose.GoFunc{RunTx: migration.Fill}, nil)
}

func (s *Store) note(notes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = notes
}

// Notes returns what the last Migrate has to say to an administrator.
func (s *Store) Notes() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.notes
}
