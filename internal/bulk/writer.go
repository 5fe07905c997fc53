// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
)

// Writer writes lines that a Reader with the same columns reads again.
type Writer struct {
	out     io.Writer
	format  Format
	columns []Column
	csv     *csv.Writer
	titled  bool
}

// NewWriter begins to write. The first line of CSV is written with the first line, or by Flush.
func NewWriter(out io.Writer, f Format, columns []Column) *Writer {
	return &Writer{out: out, format: f, columns: columns, csv: csv.NewWriter(out)}
}

// ValuesOf returns the members of a body as values. A column with a point is a member of a member.
func ValuesOf(body any, columns []Column) (Values, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	all := Values{}
	if err := flatten(all, "", raw, columns); err != nil {
		return nil, err
	}
	return all, nil
}

func flatten(all Values, prefix string, raw json.RawMessage, columns []Column) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	for name, value := range members {
		if _, known := find(columns, prefix+name); known {
			all[prefix+name] = value
		} else if prefix == "" && len(value) > 0 && value[0] == '{' {
			if err := flatten(all, name+".", value, columns); err != nil {
				return err
			}
		}
	}
	return nil
}

// Write writes a line.
func (w *Writer) Write(values Values) error {
	if w.format == Lines {
		return w.writeJSON(values)
	}
	if err := w.title(); err != nil {
		return err
	}
	cells := make([]string, len(w.columns))
	for i, c := range w.columns {
		var err error
		if cells[i], err = c.cell(values[c.Name]); err != nil {
			return err
		}
	}
	return w.csv.Write(cells)
}

// writeJSON writes the members in the order of the columns.
func (w *Writer) writeJSON(values Values) error {
	line := []byte{'{'}
	for _, c := range w.columns {
		value := values[c.Name]
		if len(value) == 0 || bytes.Equal(value, []byte("null")) {
			continue
		}
		if len(line) > 1 {
			line = append(line, ',')
		}
		line = append(fmt.Appendf(line, "%q:", c.Name), value...)
	}
	_, err := w.out.Write(append(line, '}', '\n'))
	return err
}

func (w *Writer) title() error {
	if w.titled {
		return nil
	}
	w.titled = true
	header := make([]string, len(w.columns))
	for i, c := range w.columns {
		header[i] = c.Name
	}
	return w.csv.Write(header)
}

// Flush writes what is not written yet. A file of CSV without lines has its first line.
func (w *Writer) Flush() error {
	if w.format == Lines {
		return nil
	}
	if err := w.title(); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}
