// SPDX-License-Identifier: Apache-2.0

package move

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Compared is a table that has the same rows on both sides.
type Compared struct {
	Table  string
	Rows   int64
	Digest string // of all rows in order: SHA-256 in hex
}

// DifferenceError says where the two sides differ first.
type DifferenceError struct {
	Table string
	Key   string // of the row, as text
	What  string
}

// Error implements error.
func (e *DifferenceError) Error() string {
	return fmt.Sprintf("the row %s of %s %s", e.Key, e.Table, e.What)
}

// Compare compares every row of every table, and the sequences. DifferenceError.
func (m *Mover) Compare(ctx context.Context) (Report, error) {
	var r Report
	for _, t := range m.Tables {
		c, err := m.compareTable(ctx, t)
		if err != nil {
			return Report{}, fmt.Errorf("compare: %w", err)
		}
		r.Tables, r.Rows = append(r.Tables, c), r.Rows+c.Rows
	}
	return r, nil
}

func (m *Mover) compareTable(ctx context.Context, t Table) (Compared, error) {
	c, digest := Compared{Table: t.Name}, sha256.New()
	ctx, stop := context.WithCancel(ctx)
	source, target := batches(ctx, m.Source, t, nil), batches(ctx, m.Target, t, nil)
	defer drain(stop, source, target)
	var text [2][]byte
	for {
		a, b := <-source, <-target
		if a.err != nil {
			return c, a.err
		}
		if b.err != nil {
			return c, b.err
		}
		for i := range max(len(a.rows), len(b.rows)) {
			switch {
			case i >= len(b.rows):
				return c, t.difference(a.rows[i], "is missing in the target")
			case i >= len(a.rows):
				return c, t.difference(b.rows[i], "is in the target only")
			}
			text[0], text[1] = canonical(text[0][:0], a.rows[i]), canonical(text[1][:0], b.rows[i])
			if !bytes.Equal(text[0], text[1]) {
				return c, t.differs(a.rows[i], b.rows[i])
			}
			digest.Write(text[0])
		}
		c.Rows += int64(len(a.rows))
		m.progress("compared %d rows of %s", c.Rows, t.Name)
		if len(a.rows) == 0 {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return c, err
	}
	c.Digest = hex.EncodeToString(digest.Sum(nil))
	return c, m.compareNumbers(ctx, t)
}

func (m *Mover) compareNumbers(ctx context.Context, t Table) error {
	if t.Numbered == "" {
		return nil
	}
	a, inSource, err := m.Source.LastNumber(ctx, t)
	if err != nil {
		return err
	}
	b, inTarget, err := m.Target.LastNumber(ctx, t)
	if err != nil {
		return err
	}
	if inSource && inTarget && a != b {
		return &DifferenceError{t.Name, fmt.Sprint(a), "was the last that got a number, and in the target it is another"}
	}
	return nil
}

// differs returns the difference between two rows that must be the same.
func (t Table) differs(source, target Row) *DifferenceError {
	if key := t.keyText(target); key != t.keyText(source) {
		return t.difference(source, "is not in the target at this place, where the row "+key+" is")
	}
	return t.difference(source, "is not the same in the target")
}

func (t Table) difference(r Row, what string) *DifferenceError {
	return &DifferenceError{t.Name, t.keyText(r), what}
}

// keyText returns the key of a row for people.
func (t Table) keyText(r Row) (key string) {
	for i, v := range t.key(r) {
		if i > 0 {
			key += ", "
		}
		if b, is := v.([]byte); is {
			v = hex.EncodeToString(b)
		}
		key += fmt.Sprint(v)
	}
	return key
}

// canonical appends a row to a text that is the same on both engines, and that no other row has.
func canonical(to []byte, r Row) []byte {
	for _, v := range r {
		switch v := v.(type) {
		case nil:
			to = append(to, 0)
		case int64:
			to = binary.BigEndian.AppendUint64(append(to, 1), uint64(v))
		case bool:
			to = append(to, 2, 0)
			if v {
				to[len(to)-1] = 1
			}
		case string:
			to = binary.BigEndian.AppendUint64(append(to, 3), uint64(len(v)))
			to = append(to, v...)
		case []byte:
			to = binary.BigEndian.AppendUint64(append(to, 4), uint64(len(v)))
			to = append(to, v...)
		}
	}
	return to
}
