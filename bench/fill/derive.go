// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"context"
	"fmt"
)

// derived is what triggers keep beside the tables: the statements that make it
// anew from full tables, after their indexes and before their triggers.
type derived struct {
	triggers   []string // that keep it
	statements []string
}

// sqliteDerived lists all of it on SQLite. A migration that adds a trigger adds
// an entry here.
func sqliteDerived() []derived { return nil }

// postgresDerived is the same on PostgreSQL.
func postgresDerived() []derived { return nil }

// pending gives the statements for the triggers that were switched off. A trigger
// that is not listed is refused, since what it keeps would stay empty.
func pending(list []derived, triggers []object) (statements []string, err error) {
	known := map[string]bool{}
	for _, d := range list {
		for _, name := range d.triggers {
			known[name] = true
		}
	}
	there := map[string]bool{}
	for _, t := range triggers {
		if !known[t.name] {
			return nil, fmt.Errorf("the trigger %s is not known here: list what it keeps in package fill", t.name)
		}
		there[t.name] = true
	}
	for _, d := range list {
		if len(d.triggers) > 0 && there[d.triggers[0]] {
			statements = append(statements, d.statements...)
		}
	}
	return statements, nil
}

func (l sqliteLoad) derive(ctx context.Context, triggers []object) error {
	statements, err := pending(sqliteDerived(), triggers)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := l.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("derive: %w", err)
		}
	}
	return nil
}
