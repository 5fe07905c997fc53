// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"context"
	"database/sql"
	"sync"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/filter"
)

// InGo returns the migrations that are written in Go. The statements before and after are
// what a database needs around those that change many organizations and requests. Sentences
// for an administrator go to notes.
func InGo(notes *[]string, before, after []string) []*goose.Migration {
	around := func(change func(context.Context, *sql.Tx) error) *goose.GoFunc {
		return &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if err := execAll(ctx, tx, before); err != nil {
				return err
			}
			if err := change(ctx, tx); err != nil {
				return err
			}
			return execAll(ctx, tx, after)
		}}
	}
	fold := func(ctx context.Context, tx *sql.Tx) (err error) {
		*notes, err = Fold(ctx, tx, filter.Fold)
		return err
	}
	return []*goose.Migration{
		goose.NewGoMigration(foldVersion, around(fold), nil),
		goose.NewGoMigration(fillVersion, &goose.GoFunc{RunTx: Fill}, nil),
		goose.NewGoMigration(searchVersion, &goose.GoFunc{RunTx: FillSearch}, nil),
		goose.NewGoMigration(likenessVersion, around(FillLikeness), nil),
	}
}

func execAll(ctx context.Context, tx *sql.Tx, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// Notes are sentences for an administrator. Several goroutines may use them.
type Notes struct {
	mu   sync.Mutex
	list []string
}

// Set replaces the sentences.
func (n *Notes) Set(list []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = list
}

// List returns the sentences.
func (n *Notes) List() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.list
}
