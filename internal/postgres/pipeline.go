// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// A round trip costs both sides more than most statements, so statements travel
// together where one does not need the answer of the one before. BEGIN goes with the
// first statement, the last audit event with COMMIT, and a method of tenancy.Tx that
// needs several statements sends them at once.

// statement is one with its arguments.
type statement struct {
	query string
	args  []any
}

// step is a statement whose rows are read. They may be read more than once, if the first
// answer was cut off.
type step struct {
	statement
	read func(pgx.Rows) error
}

// planned reports whether the statement comes from the function planned.
func (s statement) planned() bool {
	if len(s.args) == 0 {
		return false
	}
	_, is := s.args[0].(pgx.QueryExecMode)
	return is
}

// undoable runs steps that a uniqueness rule may refuse. Then it undoes all of them, and
// the transaction goes on: without the savepoint the violation would end it.
func (t *tx) undoable(ctx context.Context, doing string, steps ...step) (refused bool, err error) {
	err = t.run(ctx, doing, append([]step{{statement{query: "savepoint undoable"}, ignore}}, steps...)...)
	if code(err) != uniqueViolation {
		return false, err
	}
	t.lost = nil
	return true, t.undo(ctx)
}

// undo undoes the steps of the last undoable.
func (t *tx) undo(ctx context.Context) error {
	_, err := t.exec(ctx, "undo", "rollback to savepoint undoable")
	return err
}

// run sends statements and reads their answers. A Read, and a View before its first
// answer, may be sent again on another connection when the first one breaks.
func (t *tx) run(ctx context.Context, doing string, steps ...step) error {
	if t.lost != nil {
		return t.lost
	}
	defer t.span.Child(doing).End()
	if t.shared != nil {
		ctx = t.shared
	}
	if t.noTransaction && t.conn == nil {
		if err := t.acquireAgain(ctx); err != nil {
			return t.fail("connect", err)
		}
	}
	unseen, start := t.noTransaction || t.begin == beginView, time.Now()
	for try := 0; ; try++ {
		err := t.sendLimited(ctx, steps)
		if err == nil {
			return nil
		}
		if !unseen || try >= maxReconnects || time.Since(start) > contentionLimit || retry(ctx, err) == never ||
			pause(ctx, try) != nil {
			return t.fail(doing, err)
		}
		t.conn.Release() // the pool throws away what is broken
		if err := t.acquire(ctx); err != nil {
			return t.fail(doing, err)
		}
		if !t.noTransaction {
			t.begin = beginView
		}
	}
}

// sendLimited is send that a server cannot hold up: one that hangs does not end a statement, whatever
// its statement_timeout.
func (t *tx) sendLimited(ctx context.Context, steps []step) error {
	if t.store.answerLimit == 0 {
		return t.send(ctx, steps)
	}
	limited, cancel := context.WithTimeout(ctx, t.store.answerLimit)
	defer cancel()
	return t.send(limited, steps)
}

// send sends statements, and what waits to go with them, and reads their answers.
func (t *tx) send(ctx context.Context, steps []step) error {
	if t.begin == "" && len(t.unsent) == 0 && len(steps) == 1 { // alone it needs no batch
		t.preceded = true
		rows, err := t.conn.Query(ctx, steps[0].query, steps[0].args...)
		if err != nil {
			return err
		}
		return drain(rows, steps[0])
	}
	if len(steps) == 1 && steps[0].planned() && !t.noTransaction {
		if err := t.send(ctx, nil); err != nil { // a batch cannot have such statements
			return err
		}
		return t.send(ctx, steps)
	}
	var batch pgx.Batch
	if t.begin != "" {
		batch.Queue(t.begin)
	}
	for _, s := range t.unsent {
		batch.Queue(s.query, s.args...)
	}
	for _, s := range steps {
		batch.Queue(s.query, s.args...)
	}
	t.preceded = false
	results := t.conn.SendBatch(ctx, &batch)
	err := t.receive(results, steps)
	if closing := results.Close(); err == nil {
		err = closing
	}
	if t.preceded {
		t.begin, t.unsent = "", nil
	}
	return err
}

// receive reads the answers of a batch, in order.
func (t *tx) receive(results pgx.BatchResults, steps []step) error {
	if t.begin != "" {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	for range t.unsent {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	t.preceded = true
	for _, s := range steps {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		if err := drain(rows, s); err != nil {
			return err
		}
	}
	return nil
}

// drain reads rows to the end: only then is it certain that there was no error.
func drain(rows pgx.Rows, s step) error {
	err := s.read(rows)
	rows.Close()
	if broken := rows.Err(); broken != nil {
		return broken
	}
	return err
}

// fail converts an error and stores it as the reason why the transaction is lost.
func (t *tx) fail(doing string, err error) error {
	if t.lost == nil {
		t.lost = driverError(doing, err)
	}
	return t.lost
}

// acquire waits a limited time for a connection.
func (t *tx) acquire(ctx context.Context) (err error) {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	defer t.span.Child("wait for a connection").End()
	limited, cancel := context.WithTimeout(ctx, acquireLimit)
	defer cancel()
	t.conn, err = t.store.pool.Acquire(limited)
	return err
}

// end rolls back what was not committed, even for a caller that has gone, and returns the
// connection to the pool. If the rollback fails, the pool closes the connection, and the
// server ends the transaction.
func (t *tx) end(ctx context.Context) {
	if t.conn == nil {
		return
	}
	if server := t.conn.Conn().PgConn(); !server.IsClosed() && server.TxStatus() != 'I' {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
		defer cancel()
		_, _ = t.conn.Exec(limited, "rollback")
	}
	t.conn.Release()
	t.conn = nil
}
