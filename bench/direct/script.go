// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"fmt"
	"strings"
)

// The scripts of pgbench: the statements of postgres_single.go and
// postgres_write.go, one after the other. pgbench takes every colon before a
// letter or digit for a variable's, so the texts have none.

// bind puts values, as SQL or variables of the script, in the place of arguments.
func bind(query string, values ...string) string {
	for i := len(values); i > 0; i-- { // $13 before $1
		query = strings.ReplaceAll(query, fmt.Sprintf("$%d", i), values[i-1])
	}
	return query
}

// script is a script in the making.
type script struct{ strings.Builder }

// set assigns a value to a variable.
func (b *script) set(name, expression string, args ...any) {
	fmt.Fprintf(b, "\\set %s %s\n", name, fmt.Sprintf(expression, args...))
}

// run runs a statement.
func (b *script) run(query string, values ...string) {
	fmt.Fprintf(b, "%s;\n", bind(query, values...))
}

// keep runs a statement and keeps its row's columns as variables with a prefix.
func (b *script) keep(prefix, query string, values ...string) {
	fmt.Fprintf(b, "%s \\gset %s_\n", bind(query, values...), prefix)
}

// random is bytes of the right size that are different each time, for an argument.
func random(size int) string {
	return fmt.Sprintf("decode(lpad(to_hex(:random::bigint), %d, '0'), 'hex')", 2*size)
}

const (
	scriptActor = "'" + actorKind + "/" + actorID + "'"
	anyRandom   = "random(1, 9223372036854775807)"
)

// event is the last step of every change.
func (b *script) event(organization, action, target, detail string) {
	b.keep("head", pgLockHead, organization)
	b.run(pgEvent, organization, "(:head_seq::bigint + 1)", "now()", "'"+actorKind+"'", "'"+actorID+"'",
		"'"+actorName+"'", "'"+address+"'",
		"'0123456789abcdefghijkl'", "'"+action+"'", target, detail, ":head_hash", random(hashSize))
}

// pick sets id to a random one.
func (b *script) pick(from ids) {
	b.set("k", "random(0, %d)", from.count-1)
	b.set("id", "%d + :k * %d", from.first, from.step)
}

func readScript(from ids, query string) string {
	b := &script{}
	b.pick(from)
	b.run(query, ":id")
	return b.String()
}

func (s *postgres) revealScript() string {
	b := &script{}
	b.pick(s.active)
	b.set("random", anyRandom)
	b.run(`BEGIN`)
	b.run(pgLockOrganization, ":id")
	b.keep("code", pgPrimary, ":id")
	b.event(":id", "auth_code.reveal", ":code_id", "'{}'")
	b.run(`COMMIT`)
	return b.String()
}

func (s *postgres) generateScript() string {
	b := &script{}
	b.pick(s.active)
	b.set("random", anyRandom)
	b.run(`BEGIN`)
	b.run(pgLockOrganization, ":id")
	b.keep("former", pgEndCode, "now()", "'superseded'", ":id")
	b.keep("code", pgInsertCode+` RETURNING id`, "gen_random_uuid()::text", ":id", "true", random(hashSize),
		random(sealedSize), "now()", scriptActor, "NULL", "''", "''", "''", "false", "NULL", "NULL", "'[]'", "'[]'",
		"now()", "NULL", "NULL", "''", "0", "NULL", "false", "false", "''", "''")
	b.event(":id", "auth_code.issue", ":code_id", `'{"supersedes" "' || :former_id::text || '"}'`)
	b.run(`COMMIT`)
	return b.String()
}

func (s *postgres) renewScript() string {
	b := &script{}
	b.set("k", "random(0, %d)", applications-1)
	b.set("random", anyRandom)
	id := "('" + s.population.applications + "' || lpad(:k::text, 12, '0'))"
	b.run(`BEGIN`)
	b.keep("app", pgLockApplication, id)
	b.run(pgRenew, ":app_name", "lpad(to_hex(:random::bigint), 22, '0')", "date_trunc('second', now())", "NULL",
		random(hashSize), "now()", "NULL", ":app_key_id", ":app_key_issued_at", "NULL", "''", "NULL", "now()",
		"now() + interval '5 minutes'", ":app_id")
	b.event("0", "application.renew_key", ":app_id", "'{}'")
	b.run(`COMMIT`)
	return b.String()
}

// approveScript takes the requests from a number on, each client its own, and
// does nothing when there are no more. The variable n is the client's own count.
func (s *postgres) approveScript(from int64, clients int) string {
	b := &script{}
	b.set("k", "%d + :n * %d + :client_id", from, clients)
	b.set("n", ":n + 1")
	b.set("id", "%d + :k * %d", s.undecided.first, s.undecided.step)
	b.set("random", anyRandom)
	fmt.Fprintf(b, "\\if :k < %d\n", s.undecided.count)
	b.run(`BEGIN`)
	b.keep("r", pgRequest, ":id")
	b.run(pgDecide, "'approved'", "'approved'", "''", "now()", "now()", scriptActor, ":id")
	b.keep("o", pgLockOrganization, ":r_organization_id")
	b.run(pgUpdateOrganization, ":o_name", "lower(:o_name::text)", ":o_alias", "lower(:o_alias::text)",
		":o_description", "lower(:o_description::text)",
		":o_external_id", "lower(:o_external_id::text)", "'active'", "now()", "true", ":o_id")
	b.run(pgContactActive, "true", ":r_contact_id")
	b.event(":r_organization_id", "organization_request.approve", ":id::text", "'{}'")
	b.run(`COMMIT`)
	b.WriteString("\\else\n\\sleep 1 ms\n\\endif\n")
	return b.String()
}
