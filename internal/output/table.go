// SPDX-License-Identifier: Apache-2.0

package output

import (
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// Column is a column of a list.
type Column struct {
	Title string // of the table; empty: the column is in CSV only
	Path  string // of the member that it shows, with dots between names; also its title in CSV
	// Least is the width to which a narrow terminal may shorten the column; 0: it is never shortened.
	Least int
	// Dispensable columns are left out, the last of them first, if the terminal is narrower still.
	Dispensable bool
}

const (
	gap = 2 // blanks between columns
	// sampled is how many rows are read before the first is written, to find the widths.
	sampled = 256
)

// widths counts terminal cells. It does not ask the environment how wide a character of
// ambiguous width is: they are narrow nearly everywhere.
func widths() *runewidth.Condition { return &runewidth.Condition{} }

// table writes rows in columns. On a terminal no row is longer than a line.
type table struct {
	out     io.Writer
	width   int // of the terminal; 0: unbounded
	bold    bool
	columns []Column // those with a title
	rows    [][]string
	sizes   []int // of columns, once they are known; 0: left out
	cells   *runewidth.Condition
}

func newTable(out io.Writer, width int, bold bool, columns []Column) *table {
	t := &table{out: out, width: width, bold: bold, cells: widths()}
	for _, c := range columns {
		if c.Title != "" {
			t.columns = append(t.columns, c)
		}
	}
	return t
}

// add takes the next row, which has a text for each column with a title.
func (t *table) add(row []string) error {
	if t.sizes != nil {
		return t.write(row, false)
	}
	if t.rows = append(t.rows, row); len(t.rows) < sampled {
		return nil
	}
	return t.flush()
}

// flush writes the rows that were kept, with the titles before them.
func (t *table) flush() error {
	if t.sizes != nil {
		return nil
	}
	t.sizes = t.fit()
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.Title
	}
	if err := t.write(titles, t.bold); err != nil {
		return err
	}
	for _, row := range t.rows {
		if err := t.write(row, false); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

// fit returns the width of each column: what its cells need, and less if the terminal is narrower.
func (t *table) fit() []int {
	sizes := make([]int, len(t.columns))
	for i, c := range t.columns {
		sizes[i] = t.cells.StringWidth(c.Title)
		for _, row := range t.rows {
			sizes[i] = max(sizes[i], t.cells.StringWidth(row[i]))
		}
	}
	for t.width > 0 && total(sizes) > t.width {
		if i := t.widestToShorten(sizes); i >= 0 {
			sizes[i]--
			continue
		}
		i := t.lastDispensable(sizes)
		if i < 0 {
			break // the rows end where the line ends
		}
		sizes[i] = 0
	}
	return sizes
}

// total returns how long a row is.
func total(sizes []int) (sum int) {
	for _, size := range sizes {
		if size > 0 {
			sum += size + gap
		}
	}
	return max(sum-gap, 0)
}

func (t *table) widestToShorten(sizes []int) int {
	best := -1
	for i, c := range t.columns {
		if c.Least > 0 && sizes[i] > c.Least && (best < 0 || sizes[i] > sizes[best]) {
			best = i
		}
	}
	return best
}

func (t *table) lastDispensable(sizes []int) int {
	for i := len(t.columns) - 1; i >= 0; i-- {
		if t.columns[i].Dispensable && sizes[i] > 0 {
			return i
		}
	}
	return -1
}

// write writes a row. A cell that is too long for its column is shortened on a terminal. Elsewhere it
// is written whole, and moves the rest of its row.
func (t *table) write(row []string, bold bool) error {
	var line strings.Builder
	blanks := 0
	for i, cell := range row {
		size := t.sizes[i]
		if size == 0 {
			continue
		}
		if t.width > 0 {
			cell = t.cells.Truncate(cell, size, "…")
		}
		line.WriteString(strings.Repeat(" ", blanks) + cell)
		blanks = max(size-t.cells.StringWidth(cell), 0) + gap
	}
	text := line.String()
	if t.width > 0 {
		text = t.cells.Truncate(text, t.width, "…")
	}
	if bold {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	_, err := io.WriteString(t.out, text+"\n")
	return err
}

// Printable replaces what would control a terminal, or be read in another order than it is written.
func Printable(text string) string { return printable(text, "") }

// printable is Printable, but keeps some characters.
func printable(text, keep string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && !strings.ContainsRune(keep, r) {
			return '�'
		}
		return r
	}, text)
}

// forPeople returns the text of a cell of a table. Times are cut to seconds.
func forPeople(v value) (string, error) {
	if yes, ok := v.scalar.(bool); ok {
		if yes {
			return "yes", nil
		}
		return "no", nil
	}
	text, err := v.text()
	if err != nil {
		return "", err
	}
	if text == "" {
		return "-", nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		text = at.UTC().Format(time.RFC3339)
	}
	return Printable(text), nil
}
