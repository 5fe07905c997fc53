// SPDX-License-Identifier: Apache-2.0

package move

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a column holds, whatever the engines call it.
type Kind string

// The kinds, with the values of a Row that they have. NULL is nil.
const (
	Number Kind = "number" // int64
	Text   Kind = "text"   // string
	Bytes  Kind = "bytes"  // []byte
	Truth  Kind = "truth"  // bool
	Time   Kind = "time"   // int64: microseconds since 1970
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
	// Local is true if a database sorts the column in the order of its locale, and not by bytes.
	Local bool
}

// Table is a table that is moved.
type Table struct {
	Name     string
	Columns  []Column
	Key      []string // the columns of the primary key
	Numbered string   // the column whose numbers a sequence gives; "" if there is none
}

// Row has a value for each column of its table.
type Row []any

// Names of settings by which a move marks a database. They are not moved.
const (
	// MovedTo is in a source that was moved, with the place it was moved to.
	MovedTo = "moved_to"
	// MovingFrom is in a target until it is complete, with the Origin of its source.
	MovingFrom = "moving_from"
)

const settings = "settings"

// names returns the names of the columns.
func (t Table) names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// ColumnList returns the names of the columns as they are in a statement.
func (t Table) ColumnList() string { return strings.Join(t.names(), ", ") }

// condition excludes the marks of a move; "" for other tables.
func (t Table) condition() string {
	if t.Name != settings {
		return ""
	}
	return fmt.Sprintf("name NOT IN ('%s', '%s')", MovedTo, MovingFrom)
}

// SelectAfter returns the statement for rows in the order of the key, sorted by bytes. Its
// arguments are the key of the row before, if after is true, and a limit. binary is the clause
// that has a database sort a text by bytes.
func (t Table) SelectAfter(after bool, binary string) string {
	keys := make([]string, len(t.Key))
	for i, name := range t.Key {
		keys[i] = name
		if c := t.Columns[t.position(name)]; c.Local {
			keys[i] += " " + binary
		}
	}
	var where []string
	if condition := t.condition(); condition != "" {
		where = append(where, condition)
	}
	if after {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.Key)), ", ")
		where = append(where, fmt.Sprintf("(%s) > (%s)", strings.Join(keys, ", "), marks))
	}
	query := "SELECT " + t.ColumnList() + " FROM " + t.Name
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return query + " ORDER BY " + strings.Join(keys, ", ") + " LIMIT ?"
}

// SelectLast returns the statement for the last row in the order of SelectAfter.
func (t Table) SelectLast(binary string) string {
	query := t.SelectAfter(false, binary)
	head, order, _ := strings.Cut(query, " ORDER BY ")
	keys, limit, _ := strings.Cut(order, " LIMIT ")
	return head + " ORDER BY " + strings.ReplaceAll(keys, ", ", " DESC, ") + " DESC LIMIT " + limit
}

// SelectCount returns the statement that counts the rows.
func (t Table) SelectCount() string {
	query := "SELECT count(*) FROM " + t.Name
	if condition := t.condition(); condition != "" {
		query += " WHERE " + condition
	}
	return query
}

// DeleteAll returns the statement that empties the table, without the marks of a move.
func (t Table) DeleteAll() string {
	query := "DELETE FROM " + t.Name
	if condition := t.condition(); condition != "" {
		query += " WHERE " + condition
	}
	return query
}

func (t Table) position(name string) int { return slices.Index(t.names(), name) }

// key returns the values of a row's key.
func (t Table) key(r Row) []any {
	values := make([]any, len(t.Key))
	for i, name := range t.Key {
		values[i] = r[t.position(name)]
	}
	return values
}

// Sorted returns the tables so that each comes after those that it refers to. references has
// them by name.
func Sorted(tables []Table, references map[string][]string) ([]Table, error) {
	done, sorted := map[string]bool{}, make([]Table, 0, len(tables))
	for len(sorted) < len(tables) {
		before := len(sorted)
		for _, t := range tables {
			open := slices.ContainsFunc(references[t.Name], func(other string) bool {
				return other != t.Name && !done[other]
			})
			if !done[t.Name] && !open {
				done[t.Name], sorted = true, append(sorted, t)
			}
		}
		if len(sorted) == before {
			return nil, fmt.Errorf("the tables refer to each other in a circle")
		}
	}
	return sorted, nil
}
