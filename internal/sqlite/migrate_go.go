// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/filter"
	"gatehouse/internal/migration"
)

// refolding returns that migration. Its sentences for an administrator go to notes.
func refolding(notes *[]string) *goose.Migration {
	return goose.NewGoMigration(migration.FoldVersion, &goose.GoFunc{RunTx: func(ctx context.Context,
		tx *sql.Tx) (err error) {
		*notes, err = migration.Fold(ctx, tx, filter.Fold)
		if err != nil {
			return err
		}
		// Triggers have put each changed name into the table of texts that are not in the
		// search indexes yet.
		for _, name := range []string{requests().search, organizations().search} {
			for _, statement := range indexing(name) {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
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
