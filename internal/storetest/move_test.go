// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/move"
	"gatehouse/internal/postgres"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// mover is a move of a used SQLite database to an empty one on PostgreSQL.
type mover struct {
	move.Mover
	kit    *tenancytest.Kit
	source *sqlite.Store
	target *postgres.Store
	url    string // of the target
	said   *bytes.Buffer
}

// manyAttempts are more rows than are in memory at a time.
const manyAttempts = 4500

func newMover(t *testing.T) mover {
	t.Helper()
	m := mover{source: storetest.SQLite(t), url: storetest.PostgresURL(t), said: &bytes.Buffer{}}
	m.target = tenancytest.Must(postgres.Open(t.Context(), m.url))(t)
	t.Cleanup(func() {
		if err := m.target.Close(); err != nil {
			t.Error(err)
		}
	})
	m.kit = tenancytest.On(t, m.source)
	m.Say = func(format string, args ...any) { fmt.Fprintf(m.said, format+"\n", args...) }
	m.Tables = tenancytest.Must(m.target.MovedTables(t.Context()))(t)
	m.Source, m.Target = session(t, m.source), session(t, m.target)
	use(t, m.kit)
	for _, table := range m.Tables {
		fillTable(t, m.Source, table)
	}
	return m
}

// session opens a session that is closed before the store.
func session(t *testing.T, s interface {
	Mover(ctx context.Context) (move.Session, error)
}) move.Session {
	t.Helper()
	opened := tenancytest.Must(s.Mover(t.Context()))(t)
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// use makes things of most kinds.
func use(t *testing.T, k *tenancytest.Kit) {
	t.Helper()
	ctx := t.Context()
	o := k.Organization(t, "Größe, Ltd \\ 'x'")
	k.Application(t, "an application")
	k.Submit(t, "Birch & Söhne")
	password := k.Operator(t, "ada", tenancy.Auditor, o.ID)
	k.OperatorCaller(t, "ada", password)
	code := tenancytest.Must(k.CreateAuthCode(ctx, k.Root(), o.ID,
		tenancy.AuthCodeParams{Name: "a code", Limits: tenancy.Unlimited(), Tags: []string{"lab"}}, false))(t)
	for _, instance := range []string{"one", "two"} {
		_, err := k.Enrol(ctx, k.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: instance,
			InstanceID: instance})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
}

// fillTable gives a table that has no rows one, and attempts many.
func fillTable(t *testing.T, s move.Session, table move.Table) {
	t.Helper()
	n := tenancytest.Must(s.Count(t.Context(), table))(t)
	if n > 0 && table.Name != "attempts" {
		return
	}
	known := map[string]any{"outcome": "accepted", "state": "retired", "scope": "all", "endpoints": "",
		"end_reason": "", "ended_at": nil, "auth_code_id": nil, "token_id": int64(100_007), "id": int64(100_007)}
	var rows []move.Row
	for i := range max(1, map[string]int{"attempts": manyAttempts}[table.Name]) {
		row := move.Row{}
		for _, c := range table.Columns {
			v, is := known[c.Name]
			if !is || c.Name == "id" && c.Kind == move.Text {
				v = map[move.Kind]any{move.Number: int64(100_001), move.Text: fmt.Sprintf("ä %05d", i),
					move.Bytes: []byte{}, move.Truth: true, move.Time: int64(1_700_000_000_123_000)}[c.Kind]
			}
			switch c.Name {
			case "operator_id", "auth_code_id":
				v = firstID(t, s, strings.TrimSuffix(c.Name, "_id")+"s")
			case "locked_until":
				v = nil
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	if err := s.Put(t.Context(), table, rows); err != nil {
		t.Fatalf("fill %s: %v", table.Name, err)
	}
}

func firstID(t *testing.T, s move.Session, table string) any {
	t.Helper()
	rows := tenancytest.Must(s.Rows(t.Context(), move.Table{Name: table, Key: []string{"id"},
		Columns: []move.Column{{Name: "id", Kind: move.Text}}}, nil, 1))(t)
	return rows[0][0]
}

// all moves everything.
func (m mover) all(t *testing.T) (move.Report, error) {
	t.Helper()
	origin := tenancytest.Must(m.Origin(t.Context()))(t)
	resumed := tenancytest.Must(m.Prepare(t.Context(), origin))(t)
	return m.Run(t.Context(), resumed)
}

// Every table and column of either engine is moved, or made by triggers.
func TestMoveHasEveryColumn(t *testing.T) {
	t.Parallel()
	want := tenancytest.Must(storetest.SQLite(t).MovedColumns(t.Context()))(t)
	got := map[string][]string{}
	for _, table := range tenancytest.Must(storetest.Postgres(t).MovedTables(t.Context()))(t) {
		for _, c := range table.Columns {
			got[table.Name] = append(got[table.Name], c.Name)
		}
		if len(table.Key) == 0 {
			t.Errorf("%s has no key", table.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !slices.Equal(slices.Sorted(slices.Values(got[name])), slices.Sorted(slices.Values(want[name]))) {
			t.Errorf("%s: PostgreSQL has %q, and SQLite %q", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tables and not %d", len(got), len(want))
	}
}

func TestMoveThereAndBack(t *testing.T) {
	t.Parallel()
	m := newMover(t)
	report, err := m.all(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Tables {
		if c.Rows == 0 || len(c.Digest) != 64 {
			t.Errorf("%s: %d rows, %q", c.Table, c.Rows, c.Digest)
		}
	}
	// The services find on PostgreSQL what they made on SQLite, and go on with the next numbers.
	moved := tenancytest.Over(m.target, m.kit.Keys, m.kit.Clock.Now, tenancytest.Options{NoLimits: true})
	audit := tenancytest.Must(moved.VerifyAudits(t.Context()))(t)
	if len(audit.Broken) > 0 || audit.Chains != 3 {
		t.Errorf("the audit: %+v", audit)
	}
	o := tenancytest.Must(moved.CreateOrganization(t.Context(), m.kit.Root(),
		tenancy.CreateOrganizationParams{Name: "the next"}))(t)
	if o.ID != 100_003 { // the second is of the request
		t.Errorf("the next organization is %s", o.ID)
	}
	back := move.Mover{Say: m.Say, Tables: m.Tables, Source: m.Target, Target: session(t, storetest.SQLite(t))}
	origin := tenancytest.Must(back.Origin(t.Context()))(t)
	if origin != tenancytest.Must(m.Origin(t.Context()))(t) {
		t.Error("the origin is another one")
	}
	if err := m.Target.SetMark(t.Context(), move.MovingFrom, ""); err != nil {
		t.Fatal(err)
	}
	tenancytest.Must(back.Prepare(t.Context(), origin))(t)
	if _, err := back.Run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
}

// change runs a statement on a database of PostgreSQL.
func (m mover) change(t *testing.T, fn func(tx tenancy.Tx) error) {
	t.Helper()
	if err := m.target.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestMoveFindsEveryDifference(t *testing.T) {
	t.Parallel()
	m := newMover(t)
	if _, err := m.all(t); err != nil {
		t.Fatal(err)
	}
	wantDifference := func(what string, tables ...move.Table) {
		t.Helper()
		some := m.Mover
		some.Tables = tables
		_, err := some.Compare(t.Context())
		var differs *move.DifferenceError
		if !errors.As(err, &differs) || !strings.Contains(err.Error(), what) {
			t.Errorf("not %q but: %v", what, err)
		}
	}
	conn := tenancytest.Must(pgx.Connect(t.Context(), m.url))(t)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	found := 0
	for _, table := range m.Tables {
		for _, c := range table.Columns {
			undo, changed := tamper(t, conn, table, c)
			if !changed {
				continue
			}
			found++
			if slices.Contains(table.Key, c.Name) {
				wantDifference("of "+table.Name+" is", table)
			} else {
				wantDifference("of "+table.Name+" is not the same in the target", table)
			}
			undo()
		}
	}
	if found < 100 { // the others have constraints
		t.Errorf("only %d columns were changed", found)
	}
	if _, err := m.Compare(t.Context()); err != nil {
		t.Errorf("after all is as before: %v", err)
	}
	// Rows that are there too many or too few, at either end of a table.
	attempts := m.Tables[slices.IndexFunc(m.Tables, func(t move.Table) bool { return t.Name == "attempts" })]
	for _, c := range []struct{ change, undo, what string }{
		{"INSERT INTO attempts VALUES ('ä x', 1, NULL, now())", "DELETE FROM attempts WHERE subject = 'ä x'",
			"the row ä x of attempts is in the target only"},
		{"UPDATE attempts SET subject = 'ä x' WHERE subject = (SELECT max(subject) FROM attempts)",
			"UPDATE attempts SET subject = 'ä 04499' WHERE subject = 'ä x'", "where the row ä x is"},
		{"DELETE FROM attempts WHERE subject = (SELECT max(subject) FROM attempts)", "SELECT 1",
			"the row ä 04499 of attempts is missing in the target"},
	} {
		for i, statement := range []string{c.change, c.undo} {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				wantDifference(c.what, attempts)
			}
		}
	}
	m.change(t, func(tx tenancy.Tx) error { return tx.InsertSetting(t.Context(), "another", nil) })
	settings := m.Tables[slices.IndexFunc(m.Tables, func(t move.Table) bool { return t.Name == "settings" })]
	wantDifference("where the row another is", settings)
	for _, table := range m.Tables {
		if table.Numbered != "" {
			n, _, err := m.Target.LastNumber(t.Context(), table)
			if err == nil {
				err = m.Target.SetLastNumber(t.Context(), table, n+1)
			}
			if err != nil {
				t.Fatal(err)
			}
			if table.Name != "operators" { // whose numbers SQLite does not store
				wantDifference("got a number", table)
			}
			break
		}
	}
}

// tamper changes a column in one row, and returns what changes it back. False: a constraint does
// not let it.
func tamper(t *testing.T, conn *pgx.Conn, table move.Table, c move.Column) (undo func(), changed bool) {
	t.Helper()
	other := map[move.Kind]string{move.Number: "coalesce(?, 0) + 1", move.Text: "? || 'x'", move.Truth: "NOT ?",
		move.Bytes: "? || '\\x00'", move.Time: "coalesce(?, to_timestamp(0)) + '1 ms'"}[c.Kind]
	typ := map[move.Kind]string{move.Number: "bigint", move.Text: "text", move.Truth: "boolean",
		move.Bytes: "bytea", move.Time: "timestamptz"}[c.Kind]
	where := " WHERE ctid = (SELECT max(ctid) FROM " + table.Name + ")"
	var before *string
	err := conn.QueryRow(t.Context(), "SELECT "+c.Name+"::text FROM "+table.Name+where).Scan(&before)
	if err != nil {
		t.Fatal(err)
	}
	var at string
	err = conn.QueryRow(t.Context(), "UPDATE "+table.Name+" SET "+c.Name+" = "+
		strings.ReplaceAll(other, "?", c.Name)+where+" RETURNING ctid::text").Scan(&at)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := conn.Exec(t.Context(), "UPDATE "+table.Name+" SET "+c.Name+" = $1::text::"+typ+
			" WHERE ctid = $2::text::tid", before, at); err != nil {
			t.Fatal(err)
		}
	}, true
}

func TestMoveGoesOn(t *testing.T) {
	t.Parallel()
	m := newMover(t)
	ctx := t.Context()
	origin := tenancytest.Must(m.Origin(ctx))(t)
	if tenancytest.Must(m.Prepare(ctx, origin))(t) {
		t.Error("an empty target was marked before")
	}
	if _, err := m.Prepare(ctx, strings.Repeat("0", 32)); err == nil ||
		!strings.Contains(err.Error(), "a part of another database") {
		t.Errorf("another source: %v", err)
	}
	attempts := m.Tables[slices.IndexFunc(m.Tables, func(t move.Table) bool { return t.Name == "attempts" })]
	some := tenancytest.Must(m.Source.Rows(ctx, attempts, nil, 100))(t)
	if err := m.Target.Put(ctx, attempts, some); err != nil {
		t.Fatal(err)
	}
	if !tenancytest.Must(m.Prepare(ctx, origin))(t) {
		t.Error("the target is not known to be a part")
	}
	if _, err := m.Run(ctx, true); err != nil || strings.Contains(m.said.String(), "again") {
		t.Fatalf("it does not go on: %v %s", err, m.said)
	}
	// What is there is not what the source has: all is copied again.
	m.change(t, func(tx tenancy.Tx) error { return tx.InsertSetting(ctx, "another", nil) })
	if _, err := m.Run(ctx, true); err != nil || !strings.Contains(m.said.String(), "copied again") {
		t.Fatalf("it does not begin again: %v %s", err, m.said)
	}
	if err := m.Target.SetMark(ctx, move.MovingFrom, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Prepare(ctx, origin); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a used target: %v", err)
	}
}
