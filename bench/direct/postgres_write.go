// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
)

var (
	pgLockOrganization = sqltext.Numbered(sqltext.SelectOrganization + forNoKeyUpdate)
	pgLockApplication  = sqltext.Numbered(sqltext.SelectApplication + sqltext.ByID + forNoKeyUpdate)
	pgInsertCode       = sqltext.Numbered(sqltext.InsertAuthCode + sqltext.DoNothing)
	pgRenew            = sqltext.Numbered(sqltext.UpdateApplication)
	pgDecide           = sqltext.Numbered(sqltext.DecideRequest)
	pgContactActive    = sqltext.Numbered(sqltext.SetContactActive)
)

// tokenLife is how long the tokens of a renewed key live out.
const tokenLife = 5 * time.Minute

const forNoKeyUpdate = ` FOR NO KEY UPDATE`

// The writes: internal/postgres authcode.go, application.go, request.go,
// audit.go, in the order of the use cases. Statements that need no answer of one
// another travel together.
const (
	pgPrimary = sqltext.SelectAuthCode + ` WHERE organization_id = $1 AND is_primary AND ended_at IS NULL`
	pgEndCode = `UPDATE auth_codes SET ended_at = $1, end_reason = $2, sealed = ''
		WHERE organization_id = $3 AND is_primary AND ended_at IS NULL RETURNING id`
	pgUpdateOrganization = `UPDATE organizations SET name = $1, name_folded = $2, alias = $3, alias_folded = $4, description = $5, description_folded = $6,
		external_id = $7, external_id_folded = $8, state = $9, updated_at = $10, listed = $11
		WHERE id = $12`
	pgLockHead = `SELECT seq, hash FROM audit_heads WHERE organization_id = $1 FOR NO KEY UPDATE`
	pgEvent    = `WITH head AS (
			INSERT INTO audit_heads AS h (organization_id, seq, hash)
			SELECT $1::bigint, $2::bigint, $13::bytea
			WHERE $2::bigint = 1 OR EXISTS (SELECT 1 FROM audit_heads WHERE organization_id = $1::bigint)
			ON CONFLICT (organization_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE h.seq = excluded.seq - 1
			RETURNING h.seq)
		INSERT INTO audit_events (` + sqltext.AuditEventColumns + `)
		SELECT $1::bigint, seq, $3::timestamptz, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text, $11::text, $12::bytea, $13::bytea
		FROM head`
)

func (s *postgres) writes() []Yardstick {
	return []Yardstick{
		s.transaction(Reveal, s.reveal),
		s.transaction(Generate, s.generate),
		s.transaction(Renew, s.renew),
		s.transaction(Approve, s.approve),
		s.transaction(Enrol, func(c *client) error { return c.enrol(s.anyCode()) }),
		s.transaction(EnrolOne, func(c *client) error { return c.enrol(s.firstCode()) }),
	}
}

// transaction is a yardstick of a write. When it fails, what it began is undone.
func (s *postgres) transaction(operation string, do func(c *client) error) Yardstick {
	return s.clients(operation, writingClients, func(c *client) work {
		return func() (int, error) {
			err := do(c)
			if err != nil && !errors.Is(err, errDone) {
				_, undone := c.conn.Exec(c.ctx, `ROLLBACK`)
				err = errors.Join(err, undone)
			}
			return 1, err
		}
	})
}

// step is a statement. With arguments, its one row or one change must be there.
type step struct {
	query string
	args  []any
	keep  *[]any // the row; nil: a change
	none  bool   // there must be no row
}

func read(keep *[]any, query string, args ...any) step {
	return step{query: query, args: args, keep: keep}
}
func change(query string, args ...any) step { return step{query: query, args: args} }

// send lets the steps travel together.
func (c *client) send(steps ...step) (err error) {
	batch := &pgx.Batch{}
	for _, s := range steps {
		batch.Queue(s.query, s.args...)
	}
	results := c.conn.SendBatch(c.ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	for _, s := range steps {
		n := 0
		if s.keep != nil {
			rows, err := results.Query()
			if err != nil {
				return err
			}
			if n, err = c.drain(rows); err != nil {
				return err
			}
			*s.keep = c.values
		} else {
			tag, err := results.Exec()
			if err != nil {
				return err
			}
			n = int(tag.RowsAffected())
		}
		if s.args != nil && (n == 1) == s.none {
			return fmt.Errorf("%d rows: %s", n, s.query)
		}
	}
	return nil
}

func begin() step  { return change(`BEGIN`) }
func commit() step { return change(`COMMIT`) }

// event appends to the audit after the head that was read.
func (c *client) event(organization int64, head []any, at time.Time, action, target, detail string) step {
	return change(pgEvent, organization, head[0].(int64)+1, at, actorKind, actorID, actorName, address,
		c.minted.id(), action, target, detail, head[1], c.minted.bytes(hashSize))
}

func (s *postgres) reveal(c *client) error {
	id := s.active.any()
	var o, code, head []any
	err := c.send(begin(), read(&o, pgLockOrganization, id), read(&code, pgPrimary, id),
		read(&head, pgLockHead, id))
	if err != nil {
		return err
	}
	return c.send(c.event(id, head, now(), "auth_code.reveal", code[0].(string), "{}"), commit())
}

func (s *postgres) generate(c *client) error {
	id, at, code := s.active.any(), now(), c.minted.uuid()
	args, err := c.minted.code(code, id, at, func(t time.Time) any { return t })
	if err != nil {
		return err
	}
	var o, former, head []any
	err = c.send(begin(), read(&o, pgLockOrganization, id), read(&former, pgEndCode, at, "superseded", id),
		change(pgInsertCode, args...),
		read(&head, pgLockHead, id))
	if err != nil {
		return err
	}
	return c.send(c.event(id, head, at, "auth_code.issue", code, `{"supersedes":"`+former[0].(string)+`"}`),
		commit())
}

func (s *postgres) renew(c *client) error {
	id, at := s.application(), now()
	var a, head []any
	if err := c.send(begin(), read(&a, pgLockApplication, id)); err != nil {
		return err
	}
	err := c.send(change(pgRenew, a[2], c.minted.id(), at.Truncate(time.Second), nil, c.minted.bytes(hashSize),
		at, nil, a[7], a[8], nil, []byte{}, nil, at, at.Add(tokenLife), id), read(&head, pgLockHead, 0))
	if err != nil {
		return err
	}
	return c.send(c.event(0, head, at, "application.renew_key", id, "{}"), commit())
}

func (s *postgres) approve(c *client) error {
	id, err := s.undecided.take()
	if err != nil {
		return err
	}
	at := now()
	var r, o, head []any
	if err := c.send(begin(), read(&r, pgRequest, id), change(pgDecide, "approved", "approved", "", at, at,
		actorRef, id)); err != nil {
		return err
	}
	organization, contact := r[6].(int64), r[7].(int64)
	if err := c.send(read(&o, pgLockOrganization, organization), change(pgContactActive, true, contact),
		read(&head, pgLockHead, organization)); err != nil {
		return err
	}
	var args []any
	for _, v := range o[1:5] { // name, alias, description, external id
		args = append(args, v, filter.Fold(v.(string)))
	}
	return c.send(change(pgUpdateOrganization, append(args, "active", at, true, organization)...),
		c.event(organization, head, at, "organization_request.approve", fmt.Sprint(id), "{}"), commit())
}

// refill makes approved requests new again; the audit stays.
func (s *postgres) refill(ctx context.Context, conn *pgx.Conn) error {
	u := &s.undecided
	for _, statement := range []string{
		`UPDATE requests SET status = 'new', status_folded = 'new', updated_at = created_at, decided_at = NULL, decided_by = ''
			WHERE id BETWEEN $1 AND $2 AND (id - $1) % $3 = 0 AND status <> 'new'`,
		`UPDATE organizations SET state = 'applicant', listed = false, updated_at = created_at
			WHERE id BETWEEN $1 AND $2 AND (id - $1) % $3 = 0 AND state <> 'applicant'`,
		`UPDATE contacts SET active = false WHERE id BETWEEN $1 AND $2 AND (id - $1) % $3 = 0 AND active`,
	} {
		if _, err := conn.Exec(ctx, statement, u.first, u.last(), u.step); err != nil {
			return err
		}
	}
	u.start(0)
	return nil
}
