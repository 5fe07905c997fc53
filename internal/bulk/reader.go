// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	Lines Format = "jsonl" // an object in JSON on each line
)

// FormatOf returns the format that the name of a file says.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return CSV, nil
	case ".jsonl", ".ndjson":
		return Lines, nil
	}
	return "", fmt.Errorf("the name of %s does not say how it is written: give --format csv or --format jsonl", path)
}

// Record is a line of a file.
type Record struct {
	Line   int // where it begins, from 1
	Values Values
	Err    error // why it cannot be read; then there are no values

	raw   []byte   // as it is in the file
	cells []string // of CSV
}

// The columns that a file of refused lines has besides those of the file: it can be mended and
// imported as it is.
const (
	columnLine   = "line"
	columnReason = "reason"
)

// Reader reads the lines of a file.
type Reader struct {
	format  Format
	columns []Column
	scan    *recordScanner
	header  []string // of CSV
	cells   csvLine
}

// NewReader begins to read. It is an error about the whole file if the header has a column that is not
// known or is there twice, or lacks one that every line needs.
func NewReader(in io.Reader, f Format, columns []Column) (*Reader, error) {
	r := &Reader{format: f, columns: columns, scan: newRecordScanner(in, f == CSV)}
	if err := r.scan.start(); err != nil || f == Lines {
		return r, err
	}
	raw, err := r.scan.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the file is empty: its first line must have the names of the columns, such as %s",
			names(columns))
	}
	if err == nil {
		err = raw.err
	}
	if err == nil {
		r.header, err = r.cells.split(raw.text)
	}
	if err != nil {
		return nil, fmt.Errorf("the first line, with the names of the columns: %w", err)
	}
	return r, r.checkHeader()
}

func (r *Reader) checkHeader() error {
	seen := map[string]bool{}
	for i, name := range r.header {
		name = strings.TrimSpace(name)
		r.header[i] = name
		if _, known := r.column(name); !known {
			hint := ""
			if len(r.header) == 1 && strings.ContainsAny(name, ";\t") {
				hint = "; are the cells separated by something else than commas?"
			}
			return fmt.Errorf("there is no column %q; there are: %s%s", name, names(r.columns), hint)
		}
		if seen[name] {
			return fmt.Errorf("the column %s is there twice", name)
		}
		seen[name] = true
	}
	for _, c := range r.columns {
		if c.Required && !seen[c.Name] {
			return fmt.Errorf("the column %s is missing", c.Name)
		}
	}
	return nil
}

// column returns a column that a file may have.
func (r *Reader) column(name string) (Column, bool) {
	if name == columnLine || name == columnReason {
		return Column{Name: name, Kind: JSON, Ignored: true}, true
	}
	return find(r.columns, name)
}

// Next returns the next line, or io.EOF. A line that cannot be read is no error but has one.
func (r *Reader) Next() (Record, error) {
	raw, err := r.scan.next()
	if err != nil {
		return Record{}, err
	}
	record := Record{Line: raw.line, raw: bytes.Clone(raw.text), Err: raw.err}
	if record.Err == nil && !utf8.Valid(raw.text) {
		record.Err = errors.New("it is not UTF-8")
	}
	if record.Err == nil {
		if r.format == CSV {
			record.Values, record.cells, record.Err = r.fromCSV(record.raw)
		} else {
			record.Values, record.Err = r.fromJSON(record.raw)
		}
	}
	for _, c := range r.columns {
		if record.Err == nil && c.Required && len(record.Values[c.Name]) == 0 {
			record.Err = fmt.Errorf("%s is missing", c.Name)
		}
	}
	return record, nil
}

// Skip passes over lines without reading what is in them, as far as there are so many.
func (r *Reader) Skip(n int64) error {
	for ; n > 0; n-- {
		if _, err := r.scan.next(); err != nil {
			return err
		}
	}
	return nil
}

// csvLine splits lines with one reader, whose buffer is larger than most of them.
type csvLine struct {
	text bytes.Reader
	in   *csv.Reader
}

func (c *csvLine) split(text []byte) ([]string, error) {
	c.text.Reset(text)
	if c.in == nil {
		c.in = csv.NewReader(&c.text)
		c.in.FieldsPerRecord = -1
	}
	cells, err := c.in.Read()
	if err != nil { // the reader may have more of this line
		c.in = nil
	}
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		err = parse.Err
	}
	return cells, err
}

func (r *Reader) fromCSV(text []byte) (Values, []string, error) {
	cells, err := r.cells.split(text)
	if err != nil {
		return nil, nil, err
	}
	if len(cells) != len(r.header) {
		return nil, cells, fmt.Errorf("it has %d cells, and the first line has %d", len(cells), len(r.header))
	}
	values := Values{}
	for i, name := range r.header {
		c, _ := r.column(name)
		if c.Ignored {
			continue
		}
		value, err := c.fromCell(cells[i])
		if err != nil {
			return nil, cells, err
		}
		if value != nil {
			values[name] = value
		}
	}
	return values, cells, nil
}

// fromJSON reads an object. A member that is there twice is an error: which one is meant?
func (r *Reader) fromJSON(text []byte) (Values, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("it is not an object in JSON")
	}
	values, seen := Values{}, map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, _ := token.(string)
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		c, known := r.column(name)
		switch {
		case err != nil:
			return nil, errors.New("it is not an object in JSON")
		case !known:
			return nil, fmt.Errorf("there is no member %q; there are: %s", name, names(r.columns))
		case seen[name]:
			return nil, fmt.Errorf("the member %s is there twice", name)
		}
		seen[name] = true
		if c.Ignored {
			continue
		}
		if value, err = c.check(value); err != nil {
			return nil, err
		}
		if value != nil {
			values[name] = value
		}
	}
	if _, err := d.Token(); err != nil { // the end of the object
		return nil, errors.New("it is not an object in JSON")
	}
	if d.More() {
		return nil, errors.New("there is something after the object")
	}
	return values, nil
}
