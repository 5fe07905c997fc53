// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
)

// TestDumpHoldsNoSecret issues every kind of secret and then searches all that
// a thief of the database would hold.
func TestDumpHoldsNoSecret(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		given := secret.NewPassword().Reveal()
		s := newSite(t, e)
		p := start(t, s.with("GATEHOUSE_ADMIN_PASSWORD", given), "--public-requests", "on")
		issued := issueEverything(t, s, newClient(t, p.url), given)
		issued = append(issued, newRandomNeedle("master key", string(s.masterKey(t)),
			fmt.Sprintf("%x", s.masterKey(t))))

		check := func(when string) {
			dump := s.dump(t)
			for _, known := range []string{"Orchard Ltd", "Birch Tools", "olga", "admin", "shop", "argon2id",
				"auth_code.issue"} {
				if !bytes.Contains(dump, []byte(known)) {
					t.Errorf("%s: the dump does not have %q, so it is no dump", when, known)
				}
			}
			checkAbsent(t, when+": the dump", string(dump), issued)
		}
		check("while running")
		p.stop(t)
		check("after the stop")
		for table, least := range map[string]int{"organizations": 4, "auth_codes": 11, "clients": 2,
			"auth_code_uses": 3, "applications": 2, "operators": 2, "sessions": 3, "operator_tokens": 2,
			"spent_refresh_tokens": 2, "revoked_tokens": 1, "attempts": 2, "answers": 8, "requests": 1,
			"audit_events": 10} {
			if n := s.count(t, table); n < least {
				t.Errorf("%s has %d rows, so the dump proves little", table, n)
			}
		}
	})
}

// issueEverything makes one secret of every kind, in every state.
func issueEverything(t *testing.T, s site, c *client, password string) []needle {
	t.Helper()
	issued := []needle{newNeedle("given password", password)}
	add := func(n needle, text string) string {
		t.Helper()
		if text == "" {
			t.Fatalf("there is no %s", n.name)
		}
		issued = append(issued, n)
		return text
	}
	token := func(name, text string) string { t.Helper(); return add(newTokenNeedle(name, text), text) }
	code := func(name, text string) string { t.Helper(); return add(newCodeNeedle(name, text), text) }
	session := func(name, text string) string { t.Helper(); return add(newSessionNeedle(name, text), text) }

	admin := token("operator's token", c.token(ccadmin, "admin", password))
	refreshed := c.want(c.post(ccadmin+"/refresh", "", bearer(admin)), http.StatusOK, "refresh")
	token("refreshed token", refreshed.member("access_token"))
	revoked := token("revoked token", c.token(ccagent, "admin", password))
	c.want(c.post(ccagent+"/logout", "", bearer(revoked)), http.StatusOK, "logout")

	generated := addOperator(t, s, "olga")
	add(newNeedle("generated password", generated), generated)
	wrong := secret.NewPassword().Reveal()
	add(newNeedle("wrong password", wrong), wrong)
	c.want(c.login(ccadmin, wrong, wrong), http.StatusUnauthorized, "log in with a password for a name")
	f := enrol(t, s, "olga")
	add(newNeedle("second factor", f.secret.Reveal()), f.secret.Reveal())
	for i, text := range f.recovery {
		text = strings.ReplaceAll(text, "-", "")
		add(newNeedle(fmt.Sprint("recovery code ", i), text), text)
	}
	token("token after mfalogin", c.want(c.mfa("olga", generated, f.next(t)), http.StatusOK, "mfalogin").member(
		"access_token"))

	id, key := c.application(admin, "shop")
	token("former key", key)
	app := token("application's token", c.want(c.keyLogin(ccapp, key), http.StatusOK,
		"log in with the key").member("access_token"))
	token("key", c.renewKey(admin, id))
	gone, goneKey := c.application(admin, "gone")
	token("key of a deleted application", goneKey)
	c.want(c.do(http.MethodDelete, ccadmin+"/applicationIds/"+gone+"?type=application", "", bearer(admin)),
		http.StatusOK, "delete an application")
	_, key = c.application(admin, "second")
	token("another key", key)

	live := session("session", c.session("admin", password))
	old := session("renewed session", c.session("admin", password))
	renewed := c.want(c.post(cvRoot+"/RenewLoginToken", marshal(map[string]string{"sessionId": old,
		"deviceId": "e2e"}), jsonType), http.StatusOK, "renew")
	session("session after renewal", renewed.member("token"))
	ended := session("ended session", c.session("admin", password))
	c.want(c.post(cvRoot+"/Logout", "", authtoken(ended)), http.StatusOK, "Logout")

	pair := func(name string, a answer, path ...string) (access, refresh string) {
		t.Helper()
		at := func(member string) string { return c.want(a, http.StatusOK, name).member(append(path, member)...) }
		access, refresh = at("accessToken"), at("refreshToken")
		return add(newRandomNeedle(name, access, strings.TrimPrefix(access, "GHA")), access),
			add(newRandomNeedle(name+", refresh token", refresh, strings.TrimPrefix(refresh, "GHR")), refresh)
	}
	tokens := cvRoot + "/V4/AccessToken"
	for _, name := range []string{"living", "voided"} {
		access, refresh := pair("renewed access token, "+name,
			c.post(tokens, marshal(map[string]string{"tokenName": name}), jsonType, authtoken(live)), "tokenInfo")
		body := marshal(map[string]string{"accessToken": access, "refreshToken": refresh})
		pair("access token, "+name, c.post(tokens+"/Renew", body, jsonType))
		if name == "voided" {
			c.want(c.post(tokens+"/Renew", body, jsonType), http.StatusBadRequest, "renew with a used pair")
		}
	}

	living, off := c.organization(ccapp, app, "Orchard Ltd"), c.organization(ccapp, app, "Plum Ltd")
	code("superseded code", c.issue(ccapp, app, living))
	if shown := code("living code", c.issue(ccapp, app, living)); c.reveal(live, living) != shown {
		t.Error("the code that is read is not the one that was made")
	}
	code("disabled code", c.issue(ccapp, app, off))
	c.want(c.do(http.MethodPut, codePath(cvRoot, off)+"/action/disable", "", authtoken(live)), http.StatusOK,
		"disable")
	code("code ended over OCC", c.issue(ccapp, app, off))
	c.want(c.do(http.MethodPut, ccadmin+"/organizations/"+off, `{"authorizationCode":"NO_AUTH_CODE"}`, jsonType,
		bearer(admin)), http.StatusOK, "end the code")
	a := c.post(codePath(cvRoot, "0"), "", authtoken(live))
	code("root code", c.want(a, http.StatusOK, "make the root's code").member("organizationProperties",
		"authCode"))
	c.submit("Birch Tools")
	issueNative(t, c, living, password, add)
	return issued
}

// dump is everything of the database: as the engine's own tool or its files
// give it, and every value read through SQL.
func (s site) dump(t testing.TB) []byte {
	t.Helper()
	if s.engine == onPostgres {
		text := runTool(t, pgtest.Tool(t, "pg_dump"), "--inserts", s.url)
		return append([]byte(text), s.rows(t)...)
	}
	var b bytes.Buffer
	for _, name := range []string{"gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm"} {
		content, err := os.ReadFile(filepath.Join(s.data, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		b.Write(content)
	}
	return append(b.Bytes(), s.rows(t)...)
}

// rows is every value of every table, texts and bytes as they are.
func (s site) rows(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, table := range s.tables(t) {
		if s.engine == onPostgres {
			s.query(t, "SELECT r::text FROM "+table+" AS r", func(values []any) { fmt.Fprintln(&b, values...) })
		}
		s.query(t, "SELECT * FROM "+table, func(values []any) {
			for _, v := range values {
				if raw, ok := v.([]byte); ok {
					fmt.Fprintf(&b, "%s\n%x\n%s\n", raw, raw, base64.StdEncoding.EncodeToString(raw))
					continue
				}
				fmt.Fprintln(&b, v)
			}
		})
	}
	return b.Bytes()
}

func (s site) tables(t testing.TB) []string {
	t.Helper()
	list := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if s.engine == onPostgres {
		list = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
	}
	var names []string
	s.query(t, list, func(values []any) { names = append(names, fmt.Sprint(values[0])) })
	if len(names) < 10 {
		t.Fatalf("only %d tables: %s", len(names), strings.Join(names, " "))
	}
	return names
}

func (s site) count(t testing.TB, table string) (n int) {
	t.Helper()
	s.query(t, "SELECT * FROM "+table, func([]any) { n++ })
	return n
}

// query reads rows without the server, over a connection of its own.
func (s site) query(t testing.TB, text string, each func(values []any)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if s.engine == onPostgres {
		conn, err := pgx.Connect(ctx, s.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		rows, err := conn.Query(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			values, err := row.Values()
			each(values)
			return struct{}{}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	db := s.openSQLite(t)
	defer db.Close() // at once: an open connection retains the log next to the file
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, pointers := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			pointers[i] = &values[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			t.Fatal(err)
		}
		each(values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// openSQLite opens the file with the bare driver, whose name our engine registers.
func (s site) openSQLite(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, "gatehouse.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// exec changes the database without the server.
func (s site) exec(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if s.engine == onPostgres {
		conn, err := pgx.Connect(ctx, s.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
		return
	}
	db := s.openSQLite(t)
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatal(err)
	}
}
