// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
)

// dialect writes conditions as PostgreSQL has them. None of them has wildcards of a
// stranger's: those of LIKE are escaped.
type dialect struct {
	longest int // characters of a text that the index for parts is asked for
}

var _ sqltext.Dialect = dialect{}

// Placeholder implements sqltext.Dialect.
func (dialect) Placeholder(n int) string { return "$" + strconv.Itoa(n) }

// UseIndex implements sqltext.Dialect. The planner has statistics.
func (dialect) UseIndex(string) string { return "" }

// Time implements sqltext.Dialect.
func (dialect) Time(t time.Time) any { return stamp(t) }

// AbsentTimeLast implements sqltext.Dialect.
func (dialect) AbsentTimeLast(column string) string {
	return "coalesce(" + column + ", 'infinity'::timestamptz)"
}

// isAbsent returns the expression by which lists that are sorted by an optional column
// are sorted first. The column's index begins with the same expression, word for word.
func isAbsent(column string) string { return "(" + column + " = '')" }

// Absent implements sqltext.Dialect.
func (dialect) Absent(c sqltext.Column) string { return isAbsent(c.Name) }

// Present implements sqltext.Dialect. The index of an optional column begins with
// isAbsent, and the planner uses it for this form alone: not for NOT or <>.
func (dialect) Present(c sqltext.Column) string {
	if c.Optional {
		return isAbsent(c.Name) + " IS FALSE"
	}
	return c.Name + " > ''"
}

// Match implements sqltext.Dialect. The empty text is less than any other, so < and <=
// must leave it out. A condition that says present lets the planner use the index of
// an optional column.
func (d dialect) Match(w *sqltext.Where, c sqltext.Column, op filter.Op, text string) error {
	switch {
	case op == filter.Co, op == filter.Ew:
		d.matchPart(w, c.Name, op, text)
		return nil
	case op == filter.Ne || !c.Optional && op != filter.Lt && op != filter.Le:
		return matchOrder(w, c.Name, op, text)
	}
	w.Add("(" + d.Present(c) + " AND ")
	if err := matchOrder(w, c.Name, op, text); err != nil {
		return err
	}
	w.Add(")")
	return nil
}

// matchOrder compares with a text that may hold a zero byte. No stored text has one,
// and the server refuses it as an argument. Such a text equals no stored one, and is
// greater than just those up to the part before the byte.
func matchOrder(w *sqltext.Where, column string, op filter.Op, text string) error {
	before, _, zero := strings.Cut(text, "\x00")
	switch {
	case zero && (op == filter.Eq || op == filter.Ne || op == filter.Sw):
		w.Always(op == filter.Ne)
		return nil
	case op == filter.Sw:
		w.StartsWith(column, text, "")
		return nil
	case zero:
		op = sqltext.AfterStored(op)
	}
	return w.Compare(column, op, before)
}

// matchPart looks for a text within or at the end of a column. LIKE is the one form
// that the index for parts of names serves. It is asked for the end of a long text.
func (d dialect) matchPart(w *sqltext.Where, column string, op filter.Op, text string) {
	if strings.Contains(text, "\x00") { // see matchOrder
		w.Always(false)
		return
	}
	n := utf8.RuneCountInString(text)
	condition, args := d.Part(column, op, text)
	if op != filter.Co || n < sqltext.Trigram {
		w.Add(condition, args...)
		return
	}
	end := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(sqltext.EndOf(text, d.longest))
	if n <= d.longest {
		w.Add(column+" LIKE ?", "%"+end+"%")
		return
	}
	w.Add("("+column+" LIKE ? AND "+condition+")", append([]any{"%" + end + "%"}, args...)...)
}

// Part implements sqltext.Dialect.
func (dialect) Part(expression string, op filter.Op, text string) (condition string, args []any) {
	switch n := utf8.RuneCountInString(text); op {
	case filter.Co:
		return "strpos(" + expression + ", ?) > 0", []any{text}
	case filter.Ew:
		return "right(" + expression + ", ?) = ?", []any{n, text}
	default:
		return "left(" + expression + ", ?) = ?", []any{n, text}
	}
}
