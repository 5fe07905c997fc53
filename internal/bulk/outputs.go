// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"gatehouse/internal/csvcell"
)

// outFile is a file that only its owner may read, and that grows in the order of the lines.
type outFile struct {
	path    string
	file    *os.File // nil: it is not made yet
	pending bytes.Buffer
	size    int64
}

// reopen opens the file of a job that goes on, and cuts off what is not in its journal.
func (o *outFile) reopen(ours bool, size int64) error {
	if o.path == "" || !ours {
		return nil
	}
	file, err := os.OpenFile(o.path, os.O_RDWR, 0)
	if size == 0 && errors.Is(err, os.ErrNotExist) {
		return nil // it was about to be made
	}
	if err != nil {
		return fmt.Errorf("the journal says that there is a file of the same job: %w", err)
	}
	o.file = file
	info, err := file.Stat()
	if err == nil && info.Size() < size {
		err = fmt.Errorf("%s is shorter than its journal says: it was changed since", o.path)
	}
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	o.size = size
	return err
}

// create makes the file. One that is there is not overwritten. Before that, claim notes whose it is.
func (o *outFile) create(claim func() error) error {
	if o.file != nil || o.path == "" {
		return nil
	}
	if _, err := os.Lstat(o.path); !errors.Is(err, os.ErrNotExist) {
		return o.isThere(err)
	}
	if err := claim(); err != nil {
		return err
	}
	file, err := os.OpenFile(o.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return o.isThere(nil)
	}
	o.file = file
	return err
}

func (o *outFile) isThere(err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is there already, and is not overwritten: move it away or give another path", o.path)
}

// flush writes what is pending, durably: the journal that comes after it must not survive a power cut alone.
func (o *outFile) flush(claim func() error) error {
	if o.pending.Len() == 0 {
		return nil
	}
	if err := o.create(claim); err != nil {
		return err
	}
	n, err := o.file.Write(o.pending.Bytes())
	o.size += int64(n)
	o.pending.Reset()
	return errors.Join(err, o.file.Sync())
}

func (o *outFile) close() error {
	if o.file == nil {
		return nil
	}
	return errors.Join(o.file.Sync(), o.file.Close())
}

// writeRow adds a row of CSV with safe cells.
func (o *outFile) writeRow(cells []string) error {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = csvcell.Safe(cell)
	}
	return o.writeCells(safe)
}

func (o *outFile) writeCells(cells []string) error {
	out := csv.NewWriter(&o.pending)
	err := out.Write(cells)
	out.Flush()
	return errors.Join(err, out.Error())
}

// refusals writes refused lines, each with its number and the reason, so that the file can be mended and
// used in place of the first one.
type refusals struct {
	outFile
	format Format
	header []string // of CSV, without line and reason
	places []int    // where the cells of header are in a line
}

func newRefusals(path string, f Format, header []string) *refusals {
	r := &refusals{outFile: outFile{path: path}, format: f}
	for i, name := range header {
		if name != columnLine && name != columnReason {
			r.header, r.places = append(r.header, name), append(r.places, i)
		}
	}
	return r
}

func (r *refusals) add(record Record, reason error) error {
	if r.format == Lines {
		return r.addJSON(record, reason)
	}
	if r.size == 0 && r.pending.Len() == 0 {
		if err := r.writeCells(append(slices.Clone(r.header), columnLine, columnReason)); err != nil {
			return err
		}
	}
	cells := make([]string, 0, len(r.places)+2)
	for _, at := range r.places {
		cell := ""
		if at < len(record.cells) {
			cell = record.cells[at] // as it is: it is read again in the same way
		}
		cells = append(cells, cell)
	}
	return r.writeCells(append(cells, fmt.Sprint(record.Line), csvcell.Safe(reason.Error())))
}

// addJSON writes the object with two members more. What is no object is in the member text.
func (r *refusals) addJSON(record Record, reason error) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(record.raw, &members); err != nil || members == nil {
		text, err := json.Marshal(string(record.raw))
		if err != nil {
			return err
		}
		members = map[string]json.RawMessage{"text": text}
	}
	why, err := json.Marshal(reason.Error())
	if err != nil {
		return err
	}
	members[columnLine], members[columnReason] = fmt.Append(nil, record.Line), why
	line, err := json.Marshal(members)
	if err != nil {
		return err
	}
	_, _ = r.pending.Write(append(line, '\n'))
	return nil
}
