// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/filter"
	"gatehouse/internal/refold"
)

// refoldVersion is the version of the schema from which names are compared without
// the characters that are not seen. It is written in Go, because no SQL folds names
// as filter.Fold does.
const refoldVersion = 9

// refolding returns that migration. Its sentences for an administrator go to notes.
func refolding(notes *[]string) *goose.Migration {
	return goose.NewGoMigration(refoldVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) (err error) {
		*notes, err = refold.All(ctx, tx, filter.Fold)
		if err != nil {
			return err
		}
		// Triggers have put each changed name among what the search indexes do not know yet.
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
