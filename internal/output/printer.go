// SPDX-License-Identifier: Apache-2.0

package output

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/mattn/go-runewidth"

	"gatehouse/internal/csvcell"
)

// Printer writes the answer of one command.
type Printer struct {
	Out    io.Writer
	Format Format
	// Quiet writes only the ids of things, one a line.
	Quiet bool
	// ShowSecrets writes secrets as they are.
	ShowSecrets bool
	// Width is how many columns the terminal has; 0: the output is none, and nothing is shortened.
	Width int
	// Bold makes the titles of tables bold.
	Bold bool
}

// sink writes documents, one at a time.
type sink interface {
	add(v value) error
	close() error // after the last one; it is not called after an error
}

func (p *Printer) value(body any) (value, error) {
	v, err := valueOf(body)
	if err != nil {
		return value{}, fmt.Errorf("write the answer: %w", err)
	}
	if !p.ShowSecrets {
		v = hideSecrets(v)
	}
	if p.Width > 0 {
		v = v.printable()
	}
	return v, nil
}

// List writes a list, item by item, and stops at its first error, which it returns.
func List[T any](p *Printer, columns []Column, items iter.Seq2[T, error]) error {
	s := p.listSink(columns)
	for item, err := range items {
		if err != nil {
			return errors.Join(flush(s), err)
		}
		v, err := p.value(item)
		if err == nil {
			err = s.add(v)
		}
		if err != nil {
			return err
		}
	}
	return s.close()
}

// flush writes what a table has kept, so that an error in the middle of a list hides no row before it.
func flush(s sink) error {
	if t, ok := s.(*tableSink); ok && len(t.rows) > 0 {
		return t.flush()
	}
	return nil
}

func (p *Printer) listSink(columns []Column) sink {
	if p.Quiet && p.Format.Table() {
		return &quietSink{p.Out}
	}
	switch p.Format.name {
	case formatJSON:
		return &jsonSink{out: p.Out}
	case formatYAML:
		return &yamlSink{out: p.Out}
	case formatCSV:
		return &csvSink{out: csv.NewWriter(p.Out), columns: columns}
	case formatPath:
		return &pathSink{out: p.Out, path: p.Format.path}
	}
	return &tableSink{newTable(p.Out, p.Width, p.Bold, columns)}
}

// Show writes one thing: for people, a line for each of its members.
func (p *Printer) Show(body any) error {
	v, err := p.value(body)
	if err != nil {
		return err
	}
	if p.Quiet && p.Format.Table() {
		return (&quietSink{p.Out}).add(v)
	}
	switch p.Format.name {
	case formatJSON:
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Out, "%s\n", b)
		return err
	case formatYAML:
		return writeYAML(p.Out, v)
	case formatCSV:
		return showCSV(p.Out, v)
	case formatPath:
		s := &pathSink{out: p.Out, path: p.Format.path}
		return errors.Join(s.add(v), s.close())
	}
	return p.showLines(v)
}

// Done says what a command did: a sentence for people, and the thing itself for programs. Body may be
// nil, if there is no thing any more.
func (p *Printer) Done(body any, sentence string, args ...any) error {
	switch {
	case !p.Format.Table() && body != nil:
		return p.Show(body)
	case p.Quiet || !p.Format.Table():
		return nil
	}
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = Printable(text)
		}
	}
	_, err := fmt.Fprintf(p.Out, sentence+"\n", args...)
	return err
}

// Created is Done for a thing that is new: with Quiet it writes its id.
func (p *Printer) Created(body any, sentence string, args ...any) error {
	if p.Quiet {
		return p.Show(body)
	}
	return p.Done(body, sentence, args...)
}

// showLines writes the members of a thing, one a line. Their names are those of the API, by which
// filters and JSONPath know them, too.
func (p *Printer) showLines(v value) error {
	leaves := v.leaves("")
	cells, longest := widths(), 0
	for _, l := range leaves {
		longest = max(longest, cells.StringWidth(l.path))
	}
	for _, l := range leaves {
		text, err := forPeople(l.value)
		if err != nil {
			return err
		}
		path := Printable(l.path)
		if p.Width > 0 {
			text = wrap(cells, text, p.Width-longest-gap, "\n"+strings.Repeat(" ", longest+gap))
		}
		if _, err := fmt.Fprintf(p.Out, "%s  %s\n", cells.FillRight(path, longest), text); err != nil {
			return err
		}
	}
	return nil
}

// wrap puts a line end between words where a line would be wider than width. A word that is wider is
// left whole, so that it can be copied.
func wrap(cells *runewidth.Condition, text string, width int, end string) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Split(text, " ") {
		size := cells.StringWidth(word)
		switch {
		case i == 0:
		case used+1+size > width:
			b.WriteString(end)
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += size
	}
	return b.String()
}

// showCSV writes a thing as one row.
func showCSV(out io.Writer, v value) error {
	var titles, row []string
	for _, l := range v.leaves("") {
		text, err := csvCell(l.value)
		if err != nil {
			return err
		}
		titles, row = append(titles, csvcell.Safe(l.path)), append(row, text)
	}
	w := csv.NewWriter(out)
	return w.WriteAll([][]string{titles, row})
}
