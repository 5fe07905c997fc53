// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/bench/fill"
	"gatehouse/internal/sqltext"
)

// What clients do: internal/postgres codeuse.go and client.go, in the order of the use
// cases. Everything is found by the digest of the code, or by the client's id.
var (
	pgOrganizationOfCode = sqltext.Numbered(`SELECT ` + sqltext.OrganizationColumns +
		` FROM organizations WHERE id = (SELECT organization_id FROM auth_codes WHERE digest = ?)`)
	pgLockOfCode = sqltext.Numbered(`SELECT ` + sqltext.OrganizationColumns +
		` FROM organizations WHERE id = (SELECT organization_id FROM auth_codes WHERE digest = ?)` + forNoKeyUpdate)
	pgCode   = sqltext.Numbered(sqltext.SelectAuthCodeByDigest)
	pgFormer = sqltext.Numbered(sqltext.SelectClient +
		` WHERE auth_code_id = (SELECT id FROM auth_codes WHERE digest = ?)` + sqltext.NewestOfInstance)
	pgEnrol                = sqltext.Numbered(sqltext.EnrolClientSurely)
	pgClient               = sqltext.Numbered(sqltext.SelectClient + sqltext.ByID)
	pgOrganizationOfClient = sqltext.Numbered(`SELECT ` + sqltext.OrganizationColumns +
		` FROM organizations WHERE id = (SELECT organization_id FROM clients WHERE clients.id = ?)`)
	pgEnded = sqltext.Numbered(sqltext.SelectTokenRevoked)
)

// enrol lets a new client in, in two round trips.
func (c *client) enrol(code fill.Code) error {
	at := now()
	args, use, err := c.minted.client(code, at, func(t time.Time) any { return t })
	if err != nil {
		return err
	}
	var o, found, head []any
	if err := c.send(begin(), read(&o, pgLockOfCode, code.Digest), read(&head, pgLockHead, code.Organization),
		read(&found, pgCode, code.Digest), step{query: pgFormer, args: []any{code.Digest, args[4]},
			none: true}); err != nil {
		return err
	}
	return c.send(change(pgEnrol, append(append([]any{at, code.ID}, args...), use[1:]...)...),
		c.event(code.Organization, head, at, "client.enrol", args[0].(string), enrolled(code.ID)), commit())
}

// clientReads are the reads that clients and their tokens cause, each in one transaction
// and one round trip.
func (s *postgres) clientReads() []Yardstick {
	oneState := func(operation string, steps func(c *client) []step) Yardstick {
		return s.reading(operation, func(c *client) work {
			return func() (int, error) {
				all := append([]step{change(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)}, steps(c)...)
				return 1, c.send(append(all, commit())...)
			}
		})
	}
	row := func(query string, args ...any) step { return read(new([]any), query, args...) }
	ofClient := func() []step {
		id := s.anyClient()
		return []step{row(pgClient, id), row(pgOrganizationOfClient, id)}
	}
	return []Yardstick{
		oneState(VerifyCode, func(*client) []step {
			digest := s.anyCode().Digest
			return []step{row(pgCode, digest), row(pgOrganizationOfCode, digest)}
		}),
		oneState(Token, func(*client) []step { return ofClient() }),
		oneState(Introspect, func(c *client) []step {
			return append([]step{row(pgEnded, c.minted.id())}, ofClient()...)
		}),
	}
}

// listClients numbers the codes and clients, for pgbench to pick from.
func (s *postgres) listClients(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `
		DROP TABLE IF EXISTS yardstick_codes, yardstick_clients;
		CREATE TABLE yardstick_codes (n bigint PRIMARY KEY, digest bytea NOT NULL);
		CREATE TABLE yardstick_clients (n bigint PRIMARY KEY, id text COLLATE "C" NOT NULL)`); err != nil {
		return err
	}
	var codes, clients [][]any
	for i, c := range s.data.Codes {
		codes = append(codes, []any{i, c.Digest})
	}
	for i, c := range s.data.Clients {
		clients = append(clients, []any{i, c.ID})
	}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"yardstick_codes"}, []string{"n", "digest"},
		pgx.CopyFromRows(codes)); err != nil {
		return err
	}
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"yardstick_clients"}, []string{"n", "id"},
		pgx.CopyFromRows(clients))
	return err
}

// What pgbench has for a code's digest and a client's id, by the number k.
const (
	scriptDigest = `(SELECT digest FROM yardstick_codes WHERE n = :k)`
	scriptClient = `(SELECT id FROM yardstick_clients WHERE n = :k)`
)

// enrolScript enrols with one of the first codes, as many as are said.
func enrolScript(codes int) string {
	b := &script{}
	b.set("k", "random(0, %d)", codes-1)
	b.set("random", anyRandom)
	b.run(`BEGIN`)
	b.keep("o", pgLockOfCode, scriptDigest)
	b.keep("code", pgCode, scriptDigest)
	instance := "lpad(to_hex(:random::bigint), 22, '0')"
	b.run(pgFormer, scriptDigest, instance)
	id := "(lpad(to_hex((extract(epoch FROM now()) * 1000000)::bigint), 17, '0') || '-' || lpad(to_hex(:random::bigint), 18, '0'))"
	b.keep("client", pgEnrol+` RETURNING client_id AS id`, "now()", ":code_id", id, ":o_id", ":code_id",
		"'till'", instance, "''", "''",
		random(hashSize), "'[]'", "'active'", "'"+address+"'", "now()", "now()", "NULL", "''", "''", "'till'",
		instance, "''",
		"now()", "(extract(epoch FROM now())::bigint / 86400)", "'accepted'", "''", "'"+address+"'", instance, id)
	b.event(":o_id", "client.enrol", ":client_id", `'{"auth_code" "' || :code_id::text || '","name" "till"}'`)
	b.run(`COMMIT`)
	return b.String()
}

// readsScript runs statements that each have one argument, for the k-th code or client.
func readsScript(many int, argument string, queries ...string) string {
	b := &script{}
	b.set("k", "random(0, %d)", many-1)
	b.run(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	for _, query := range queries {
		b.run(query, argument)
	}
	b.run(`COMMIT`)
	return b.String()
}
