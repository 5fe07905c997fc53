// SPDX-License-Identifier: Apache-2.0

package direct_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/bench/direct"
	"gatehouse/bench/fill"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/storetest"
)

const size = 2000

func operations() []string {
	return []string{direct.Organization, direct.Request, direct.Application, direct.Reveal, direct.Generate,
		direct.Renew, direct.Approve, direct.Enrol, direct.EnrolOne, direct.VerifyCode, direct.Token,
		direct.Introspect,
		direct.ListStatus, direct.ListRare, direct.ListCommon, direct.ListAbsent, direct.Walk, direct.Offset90,
		direct.Offset90Oldest}
}

func keyring(t testing.TB) *secret.Keyring {
	t.Helper()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// filledSQLite returns the path of a filled database that nobody has open.
func filledSQLite(t testing.TB, n int) (string, fill.Data) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Migrate(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	d, err := fill.SQLite(t.Context(), path, keyring(t), fill.Spec{Organizations: n, Clients: n, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return path, d
}

// state counts what writes change.
type state struct{ events, heads, codes, living, keys, approved, members, active, uses, clients, lines int }

const stateQuery = `SELECT (SELECT count(*) FROM audit_events), (SELECT coalesce(sum(seq), 0) FROM audit_heads),
	(SELECT sum(uses) FROM auth_codes), (SELECT count(*) FROM clients c JOIN auth_codes a ON a.id = auth_code_id AND a.organization_id = c.organization_id),
	(SELECT count(*) FROM auth_code_uses JOIN clients c ON c.id = client_id AND c.auth_code_id = auth_code_uses.auth_code_id),
	(SELECT count(*) FROM auth_codes), (SELECT count(*) FROM auth_codes WHERE ended_at IS NULL),
	(SELECT count(DISTINCT key_id) FROM applications WHERE key_issued_at <> created_at), (SELECT count(*) FROM requests WHERE status = 'approved'),
	(SELECT count(*) FROM organizations WHERE state = 'active' AND id > 0), (SELECT count(*) FROM contacts WHERE active = `

func (s *state) dest() []any {
	return []any{&s.events, &s.heads, &s.uses, &s.clients, &s.lines, &s.codes, &s.living, &s.keys, &s.approved,
		&s.members, &s.active}
}

// runs lets a yardstick run and checks what it says and what it changed.
func runs(t *testing.T, y direct.Yardstick, connections int, read func() state) {
	t.Helper()
	before := read()
	r, err := y.Run(t.Context(), connections, runFor(y))
	if err != nil {
		t.Errorf("%s: %v", y.Name, err)
		return
	}
	if r.Requests < 1 || r.Errors != 0 || r.P50 <= 0 || r.P99 < r.P50 || r.Elapsed < r.P50 {
		t.Errorf("%s: got %+v", y.Name, r)
	}
	after, want := read(), before
	// Besides those that count there were some to warm up, of pgbench's a second full.
	done, most := after.events-before.events, r.Requests+warmest*connections
	switch y.Operation {
	// a write before each page
	case direct.Reveal, direct.Generate, direct.Renew, direct.Approve, direct.Enrol, direct.EnrolOne,
		direct.Offset90, direct.Offset90Oldest:
		if done < r.Requests || y.Name == direct.Driver && done > most {
			t.Errorf("%s with %d: %d requests, %d changes", y.Name, connections, r.Requests, done)
		}
		want.events += done
		want.heads += done
	}
	switch y.Operation {
	case direct.Generate:
		want.codes += done
	case direct.Enrol, direct.EnrolOne:
		want.uses += done
		want.clients += done
		want.lines += done
	case direct.Renew:
		if after.keys == 0 {
			t.Errorf("%s: no key is new", y.Name)
		}
		want.keys = after.keys
	// a run may begin with taking all back, and pgbench's may be done twice
	case direct.Approve, direct.Offset90, direct.Offset90Oldest:
		if after.approved < size/4+r.Requests {
			t.Errorf("%s: after %d requests %d are approved, %d were", y.Name, r.Requests, after.approved,
				before.approved)
		}
		want.approved, want.members, want.active = after.approved, after.approved, after.approved
	}
	if after != want {
		t.Errorf("%s with %d: after %d requests got %+v, want %+v", y.Name, connections, r.Requests, after, want)
	}
}

// warmest is how many steps a goroutine warms up with at most.
const warmest = 2

// runFor is short; pgbench counts in seconds.
func runFor(y direct.Yardstick) time.Duration {
	if y.Name == direct.Pgbench {
		return time.Second
	}
	return 100 * time.Millisecond
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	path, d := filledSQLite(t, size)
	list, closeList, err := direct.SQLite(t.Context(), path, d)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (s state) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), stateQuery+`1)`).Scan(s.dest()...); err != nil {
			t.Fatal(err)
		}
		return s
	}
	var got []string
	for _, y := range list {
		got = append(got, y.Operation)
		t.Run(y.Operation, func(t *testing.T) {
			for _, connections := range []int{1, 16} {
				runs(t, y, connections, read)
			}
		})
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(operations())); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var broken int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM pragma_foreign_key_check`).Scan(
		&broken); err != nil || broken != 0 {
		t.Errorf("%d references lead nowhere, %v", broken, err)
	}
	if err := errors.Join(db.Close(), closeList()); err != nil {
		t.Error(err)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	d, err := fill.Postgres(t.Context(), url, keyring(t), fill.Spec{Organizations: size, Clients: size, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.Active = d.Active[len(d.Active)/2:] // as at a million, codes are of other organizations, too
	list, closeList, err := direct.Postgres(t.Context(), url, d)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (s state) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), stateQuery+`true)`).Scan(s.dest()...); err != nil {
			t.Fatal(err)
		}
		return s
	}
	var got, scripts []string
	for _, y := range list {
		if y.Name == direct.Driver {
			got = append(got, y.Operation)
		} else {
			scripts = append(scripts, y.Operation)
		}
		t.Run(y.Operation+"/"+y.Name, func(t *testing.T) {
			if y.Name == direct.Driver { // a pgbench takes seconds
				runs(t, y, 1, read)
			}
			runs(t, y, 16, read)
		})
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(operations())); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	want := []string{direct.Organization, direct.Request, direct.Reveal, direct.Generate, direct.Renew,
		direct.Enrol, direct.EnrolOne, direct.VerifyCode, direct.Token, direct.Introspect, direct.Approve}
	if pgtest.Tool(t, "pgbench"); !slices.Equal(scripts, want) {
		t.Errorf("got scripts for %q, want %q", scripts, want)
	}
	if err := errors.Join(conn.Close(t.Context()), closeList()); err != nil {
		t.Error(err)
	}
}

// Approve has an end: it stops there, and the next run starts again.
func TestApproveEnds(t *testing.T) {
	t.Parallel()
	path, d := filledSQLite(t, 400)
	list, closeList, err := direct.SQLite(t.Context(), path, d)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeList(); err != nil {
			t.Error(err)
		}
	}()
	approve := list[slices.IndexFunc(list,
		func(y direct.Yardstick) bool { return y.Operation == direct.Approve })]
	for range 3 {
		r, err := approve.Run(t.Context(), 64, time.Minute)
		if err != nil || r.Requests != len(d.New)-1 { // one to warm up
			t.Errorf("got %+v, %v; want %d requests", r, err, len(d.New)-1)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	path, d := filledSQLite(t, 400)
	list, closeList, err := direct.SQLite(t.Context(), path, d)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := list[0].Run(ctx, 4, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if err := closeList(); err != nil {
		t.Error(err)
	}
}
