// SPDX-License-Identifier: Apache-2.0

package move

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// A batch is in memory at a time, a few times over, and is one transaction of the target. It has
// few rows at first, and then as many as fit into bytesAtOnce, but not more than rowsAtOnce.
const (
	firstRows   = 100
	rowsAtOnce  = 2000
	bytesAtOnce = 4 << 20
)

// sayEvery is how often progress is told.
const sayEvery = 2 * time.Second

// Mover moves the tables from the source, which is held by Begin, to the target.
type Mover struct {
	Source, Target Session
	Tables         []Table
	// Say tells progress, as a sentence.
	Say func(format string, args ...any)
	// lastSaid is when progress was told.
	lastSaid time.Time
}

// Origin returns what tells a source from others: a digest of its first organization and of the
// first event of its audit, which holds random bytes.
func (m *Mover) Origin(ctx context.Context) (string, error) {
	h := sha256.New()
	for _, t := range m.Tables {
		if t.Name != "organizations" && t.Name != "audit_events" {
			continue
		}
		rows, err := m.Source.Rows(ctx, t, nil, 1)
		if err != nil {
			return "", err
		}
		if len(rows) == 0 {
			return "", errors.New("no server was ever started on the source: there is nothing to move")
		}
		at := t.position("created_at")
		if t.Name == "audit_events" {
			at = t.position("hash")
		}
		h.Write(canonical(nil, Row{rows[0][at]}))
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// Prepare marks an empty target as one that a move from the origin fills, and reports whether
// it was marked so before. Any other target is an error, and stays as it is.
func (m *Mover) Prepare(ctx context.Context, origin string) (resumed bool, err error) {
	if err := m.Target.Begin(ctx, m.Tables); err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Target.Rollback())
		}
	}()
	moved, err := m.Target.Mark(ctx, MovedTo)
	if err != nil {
		return false, err
	}
	if moved != "" {
		return false, fmt.Errorf("the target is a database that was itself moved, to %s. Name an empty one", moved)
	}
	mark, err := m.Target.Mark(ctx, MovingFrom)
	if err != nil {
		return false, err
	}
	if mark != "" && mark != origin {
		return false, errors.New("the target has a part of another database, whose move was not finished. Name an " +
			"empty database")
	}
	if mark == "" {
		if err := m.takeEmpty(ctx, origin); err != nil {
			return false, err
		}
	}
	return mark != "", m.Target.Commit(ctx)
}

// takeEmpty marks the target, and removes the one row that a new schema has.
func (m *Mover) takeEmpty(ctx context.Context, origin string) error {
	for _, t := range m.Tables {
		n, err := m.Target.Count(ctx, t)
		if err != nil {
			return err
		}
		if n > 1 || n > 0 && t.Name != "organizations" {
			return fmt.Errorf("the target is not empty: there are %d rows in %s. Name an empty database", n, t.Name)
		}
	}
	if err := m.Target.Clear(ctx, m.Tables); err != nil {
		return err
	}
	return m.Target.SetMark(ctx, MovingFrom, origin)
}

// Report is what a move has compared.
type Report struct {
	Tables []Compared
	Rows   int64
}

// Run copies all rows that the target does not have, and compares all of them. If the target had
// a part before (resumed), and it is not what the source has now, Run removes it and begins again.
func (m *Mover) Run(ctx context.Context, resumed bool) (Report, error) {
	m.lastSaid = time.Now()
	report, err := m.run(ctx)
	var differs *DifferenceError
	if resumed && (errors.As(err, &differs) || errors.Is(err, ErrConflict)) {
		m.Say("The target does not have what the source has now (%v). It is emptied, and all is copied again.", err)
		if err := m.restart(ctx); err != nil {
			return Report{}, err
		}
		report, err = m.run(ctx)
	}
	return report, err
}

func (m *Mover) restart(ctx context.Context) error {
	if err := m.Target.Begin(ctx, m.Tables); err != nil {
		return err
	}
	if err := m.Target.Clear(ctx, m.Tables); err != nil {
		return errors.Join(err, m.Target.Rollback())
	}
	return m.Target.Commit(ctx)
}

func (m *Mover) run(ctx context.Context) (Report, error) {
	for _, t := range m.Tables {
		if err := m.copyTable(ctx, t); err != nil {
			return Report{}, fmt.Errorf("copy %s: %w", t.Name, err)
		}
	}
	return m.Compare(ctx)
}

// copyTable copies the rows after the last one that the target has. The source is read while the
// target writes.
func (m *Mover) copyTable(ctx context.Context, t Table) error {
	total, err := m.Source.Count(ctx, t)
	if err != nil {
		return err
	}
	done, err := m.Target.Count(ctx, t)
	if err != nil {
		return err
	}
	last, err := m.Target.Last(ctx, t)
	if err != nil {
		return err
	}
	err = func() error {
		ctx, stop := context.WithCancel(ctx)
		batches := batches(ctx, m.Source, t, last)
		defer drain(stop, batches)
		for b := range batches {
			if b.err != nil {
				return b.err
			}
			if err := m.Target.Put(ctx, t, b.rows); err != nil {
				return err
			}
			done += int64(len(b.rows))
			m.progress("copied %d of %d rows of %s", done, total, t.Name)
		}
		return ctx.Err()
	}()
	if err != nil || t.Numbered == "" {
		return err
	}
	n, _, err := m.Source.LastNumber(ctx, t)
	if err != nil {
		return err
	}
	return m.Target.SetLastNumber(ctx, t, n)
}

func (m *Mover) progress(format string, args ...any) {
	if time.Since(m.lastSaid) >= sayEvery {
		m.lastSaid = time.Now()
		m.Say(format, args...)
	}
}

// batch is some rows, or the error of reading them.
type batch struct {
	rows []Row
	err  error
}

// drain ends the reading of batches, and waits until the session is free.
func drain(stop context.CancelFunc, channels ...<-chan batch) {
	stop()
	for _, c := range channels {
		for range c {
		}
	}
}

// batches reads a table on a goroutine of its own, ahead of the caller by at most two batches. It
// closes the channel after the last row, after an error and when ctx ends.
func batches(ctx context.Context, s Session, t Table, last Row) <-chan batch {
	out := make(chan batch, 1)
	go func() {
		defer close(out)
		for limit := firstRows; ; {
			var after []any
			if last != nil {
				after = t.key(last)
			}
			rows, err := s.Rows(ctx, t, after, limit)
			if err == nil && len(rows) == 0 {
				return
			}
			select {
			case out <- batch{rows, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || len(rows) < limit {
				return
			}
			last, limit = rows[len(rows)-1], nextLimit(rows)
		}
	}()
	return out
}

// nextLimit returns how many rows to read after a batch. It depends on the rows alone, so that both
// sides have the same batches as long as they have the same rows.
func nextLimit(rows []Row) int {
	size := 0
	for _, r := range rows {
		for _, v := range r {
			switch v := v.(type) {
			case string:
				size += len(v)
			case []byte:
				size += len(v)
			}
		}
	}
	switch n := len(rows); {
	case size > bytesAtOnce:
		return max(n/2, 1)
	case size < bytesAtOnce/4:
		return min(2*n, rowsAtOnce)
	default:
		return n
	}
}
