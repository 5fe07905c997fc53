// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/filter"
	"gatehouse/internal/pgtest"
	"gatehouse/internal/postgres"
	"gatehouse/internal/problem"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/tenancy"
)

// seventh is a version of the schema that allowed different names that look alike.
const seventh = 7

// migrated is an engine before its Migrate.
type migrated interface {
	tenancy.Store
	Migrate(ctx context.Context) (int, error)
	Notes() []string
}

// older is a database of an older version, and how its columns have times.
type older struct {
	db   *sql.DB
	open func(t *testing.T) migrated
	at   func(ms int64) any
}

// Names that differed before and look alike now: after an upgrade all of them are there,
// and no other can be made.
func TestUpgradeOfNames(t *testing.T) {
	t.Parallel()
	olderEngines(t, upgradeNames)
}

// olderEngines runs a test on a database of the seventh version of each engine.
func olderEngines(t *testing.T, run func(t *testing.T, o older)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "gatehouse.db")
		run(t, older{db: olderDB(t, "sqlite", path, goose.DialectSQLite3), at: func(ms int64) any { return ms },
			open: func(t *testing.T) migrated {
				s, err := sqlite.Open(context.Background(), path)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Database(t)
		run(t, older{db: olderDB(t, "pgx", url, goose.DialectPostgres),
			at: func(ms int64) any { return time.UnixMilli(ms) }, open: func(t *testing.T) migrated {
				s, err := postgres.Open(context.Background(), url)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}})
	})
}

// olderDB makes a database of the seventh version.
func olderDB(t *testing.T, driver, source string, dialect goose.Dialect) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	folder := map[goose.Dialect]string{goose.DialectSQLite3: "sqlite",
		goose.DialectPostgres: "postgres"}[dialect]
	provider, err := goose.NewProvider(dialect, db, os.DirFS("../"+folder+"/migrations"),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(context.Background(), seventh); err != nil {
		t.Fatal(err)
	}
	return db
}

// insert writes a row, with the folded columns as they were made then.
func (o older) insert(t *testing.T, table string, row map[string]any, folded ...string) {
	t.Helper()
	for _, column := range folded {
		row[column+"_folded"] = filter.FoldAll(row[column].(string))
	}
	var columns, places []string
	var args []any
	for column, value := range row {
		columns, args = append(columns, column), append(args, value)
		places = append(places, fmt.Sprint("$", len(args)))
	}
	statement := "INSERT INTO " + table + " (" + strings.Join(columns,
		", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
	if _, err := o.db.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

func (o older) organization(t *testing.T, id, at int64, name, details string,
	state tenancy.OrganizationState) {
	t.Helper()
	member := state == tenancy.OrganizationActive || state == tenancy.OrganizationInactive
	o.insert(t, "organizations", map[string]any{"id": id, "name": name, "alias": details, "description": details,
		"external_id": details,
		"state":       string(state), "created_at": o.at(at), "updated_at": o.at(at), "listed": member}, "name",
		"alias", "description", "external_id")
}

func (o older) operator(t *testing.T, id, name string, at int64) {
	t.Helper()
	o.insert(t, "operators", map[string]any{"id": id, "username": name, "role": "auditor", "organization_id": 0,
		"active": true, "password_hash": "",
		"totp_sealed": []byte{0}, "totp_step": 0, "created_at": o.at(at)}, "username")
}

func (o older) token(t *testing.T, id int64, operator, name string) {
	t.Helper()
	o.insert(t, "operator_tokens", map[string]any{"id": id, "operator_id": operator, "name": name,
		"scope": "all", "endpoints": "",
		"access_digest": fmt.Append(nil, "a", id), "refresh_digest": fmt.Append(nil, "r", id), "life_ms": 1,
		"created_at": o.at(id), "expires_at": o.at(id), "renewable_until": o.at(id), "end_reason": ""}, "name")
}

const zeroWidth, soft, joiner = "\u200B", "\u00AD", "\u200D"

// fillOlder makes the rows, of which names say what should become of them.
func fillOlder(t *testing.T, o older) {
	t.Helper()
	o.organization(t, 100001, 5, "Acme", "", tenancy.OrganizationActive)
	o.organization(t, 100002, 1, "Acme"+zeroWidth, "", tenancy.OrganizationActive) // older, but Acme has the key
	o.organization(t, 100003, 4, "Ba"+soft+"salt", "", tenancy.OrganizationInactive)
	o.organization(t, 100004, 3, "Basalt"+joiner, "", tenancy.OrganizationActive) // older than 100003
	o.organization(t, 100005, 2, "Flint"+zeroWidth, "fl"+soft+"int", tenancy.OrganizationActive)
	o.organization(t, 100006, 2, "Ac"+soft+"me", "", tenancy.OrganizationApplicant) // not unique
	o.organization(t, 100007, 2, "Größe", zeroWidth, tenancy.OrganizationActive)
	o.insert(t, "contacts", map[string]any{"id": 100001, "organization_id": 100006, "first_name": "",
		"last_name": "", "email": "", "active": false, "created_at": o.at(1)})
	o.insert(t, "requests", map[string]any{"id": 100001, "name": "Ac" + soft + "me", "status": "new",
		"requester_comments": "", "approver_comments": "",
		"related_organization": "", "organization_id": 100006, "contact_id": 100001,
		"email": "a" + zeroWidth + "@example.test", "created_at": o.at(1),
		"updated_at": o.at(1), "decided_by": ""}, "name", "status", "email")
	o.operator(t, "first", "ada", 1)
	o.operator(t, "second", "ada"+zeroWidth, 2)
	o.operator(t, "third", "b"+soft+"en", 3)
	o.token(t, 1, "first", "deploy"+zeroWidth)
	o.token(t, 2, "first", "de"+soft+"ploy")
	o.token(t, 3, "second", "de"+soft+"ploy")
	if err := o.db.Close(); err != nil {
		t.Fatal(err)
	}
}

func upgradeNames(t *testing.T, o older) {
	ctx := context.Background()
	fillOlder(t, o)
	s := o.open(t)
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(ctx); err != nil {
		t.Error(err)
	}
	notes := s.Notes()
	for _, part := range []string{`organizations: 100002 has the name "Acme\u200b"`,
		`organizations: 100003 has the name "Ba\u00adsalt"`,
		`operators: second has the name "ada\u200b"`, `operator_tokens: 2 has the name "de\u00adploy"`} {
		if !slices.ContainsFunc(notes, func(note string) bool { return strings.HasPrefix(note, part) }) {
			t.Errorf("nothing is said of %s", part)
		}
	}
	if len(notes) != 4 {
		t.Errorf("notes: %q", notes)
	}
	wantFound(t, s)
	wantKeysKept(t, s)
	wantNoThird(t, s)
}

// wantFound looks for the names, also in the index of what they contain.
func wantFound(t *testing.T, s tenancy.Store) {
	t.Helper()
	for text, want := range map[string]string{
		`name eq "acme"`: "100001", `name eq "a` + zeroWidth + `cme"`: "100001", `name co "acme"`: "100001 100002",
		`name eq "basalt"`: "100004",
		`name eq "flint"`:  "100005", `name co "flint"`: "100005", `name co "int"`: "100005",
		`alias eq "flint"`: "100005", `description co "` + soft + `fl"`: "100005",
		`externalId sw "flint"`: "100005", `name eq "grösse"`: "100007", "alias pr": "100005",
		`alias eq ""`: "100001 100002 100003 100004 100007",
	} {
		tree, err := filter.Parse(text, filter.NewSchema(tenancy.OrganizationProperties()))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		view(t, s, func(tx tenancy.Reader) error {
			page, _, err := tx.Organizations(context.Background(),
				tenancy.ListParams{Filter: tree, Limit: 10,
					Sort: []filter.Sort{{Property: tenancy.OrganizationProperties()["id"]}}})
			for _, o := range page {
				ids = append(ids, fmt.Sprint(int64(o.ID)))
			}
			return err
		})
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{`name eq "acme"`, `name co "acme"`, `email eq "a@example.test"`} {
		wantSame(t, text, listed(t, s, text), []string{"Ac" + soft + "me"})
	}
	for username, id := range map[string]string{"ada": "first", "a" + soft + "da": "first",
		"ADA" + zeroWidth: "second", "ben": "third", "Be" + joiner + "n": "third"} {
		o := read(t, s, func(tx tenancy.Reader) (tenancy.StoredOperator, error) {
			return tx.OperatorByUsername(context.Background(), username)
		})
		if o.ID != id {
			t.Errorf("operator %+q: got %s, want %s", username, o.ID, id)
		}
	}
}

// wantKeysKept changes everything but the name of rows that retained their folded form.
func wantKeysKept(t *testing.T, s tenancy.Store) {
	t.Helper()
	ctx := context.Background()
	for _, id := range []tenancy.OrganizationID{100002, 100003} {
		for _, state := range []tenancy.OrganizationState{tenancy.OrganizationInactive,
			tenancy.OrganizationActive} {
			update(t, s, func(tx tenancy.Tx) error {
				o, err := tx.LockOrganization(ctx, id)
				if err != nil {
					return err
				}
				o.Description, o.State = "changed", state
				return tx.UpdateOrganization(ctx, o)
			})
		}
	}
	update(t, s, func(tx tenancy.Tx) error {
		token, err := tx.LockOperatorToken(ctx, 2)
		if err != nil {
			return err
		}
		token.Life = time.Hour
		return tx.UpdateOperatorToken(ctx, token.OperatorToken)
	})
}

// wantNoThird takes the names in other spellings.
func wantNoThird(t *testing.T, s tenancy.Store) {
	t.Helper()
	ctx := context.Background()
	for _, name := range []string{"ACME", "Acme" + zeroWidth, joiner + "acme", "Basalt", "Ba" + soft + "salt",
		"Flint", "Fli" + joiner + "nt"} {
		for what, fn := range map[string]func(tx tenancy.Tx) error{
			"insert": func(tx tenancy.Tx) error {
				return tx.InsertOrganization(ctx, &tenancy.Organization{Name: name, State: tenancy.OrganizationActive})
			},
			"rename": func(tx tenancy.Tx) error {
				o, err := tx.LockOrganization(ctx, 100007)
				if err != nil {
					return err
				}
				o.Name = name
				return tx.UpdateOrganization(ctx, o)
			},
		} {
			err := s.Update(ctx, fn)
			t.Run(what+" "+name, func(t *testing.T) {
				wantError(t, err, problem.Conflict,
					problem.CodeOrganizationNameTaken)
			})
		}
	}
	for _, name := range []string{"ada", "ad" + joiner + "a", "ada" + zeroWidth, "ben"} {
		err := s.Update(ctx, func(tx tenancy.Tx) error {
			return tx.InsertOperator(ctx, &tenancy.StoredOperator{Operator: tenancy.Operator{ID: "new",
				Username: name}})
		})
		wantError(t, err, problem.Conflict, problem.CodeUsernameTaken)
	}
}
