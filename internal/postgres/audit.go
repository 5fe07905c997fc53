// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func scanAuditEvent(row pgx.Row) (tenancy.AuditEvent, error) {
	var e tenancy.AuditEvent
	err := row.Scan(&e.OrganizationID, &e.Seq, instant{&e.At}, &e.ActorKind, &e.ActorID, &e.ActorName,
		&e.Address,
		&e.RequestID, &e.Action, &e.Target, &e.Detail, bytesOf{&e.PrevHash}, bytesOf{&e.Hash})
	return e, err
}

// AuditEvents implements tenancy.AuditReader.
func (t *tx) AuditEvents(ctx context.Context, id tenancy.OrganizationID, after int64,
	limit int) ([]tenancy.AuditEvent, error) {
	return all(ctx, t, "list audit events", scanAuditEvent, `
		SELECT `+auditColumns+`
		FROM audit_events WHERE organization_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, int64(id), after, max(limit, 0))
}

// head is the end of an organization's chain of events.
type head struct {
	seq  int64
	hash []byte
}

// locked stores the head of a chain that this transaction has locked.
func (t *tx) locked(id tenancy.OrganizationID, h head) {
	if t.heads == nil {
		t.heads = map[tenancy.OrganizationID]head{}
	}
	t.heads[id] = h
}

func scanHead(row pgx.Row) (head, error) {
	var h head
	err := row.Scan(&h.seq, bytesOf{&h.hash})
	return h, err
}

const lockHead = `SELECT seq, hash FROM audit_heads WHERE organization_id = $1 FOR NO KEY UPDATE`

// LockAuditHead implements tenancy.AuditWriter. A chain that has not begun gets
// its head here, for there to be something to lock.
func (t *tx) LockAuditHead(ctx context.Context, id tenancy.OrganizationID) (seq int64, hash []byte,
	err error) {
	if t.lost != nil {
		return 0, nil, t.lost
	}
	h, known := t.heads[id]
	if !known {
		h, err = one(ctx, t, "audit head", scanHead, lockHead, int64(id))
		if errors.Is(err, problem.NotFound) {
			h, err = one(ctx, t, "audit head", scanHead, `
				INSERT INTO audit_heads AS h (organization_id, seq, hash) VALUES ($1, 0, '')
				ON CONFLICT (organization_id) DO UPDATE SET seq = h.seq RETURNING seq, hash`, int64(id))
		}
		if err != nil {
			return 0, nil, err
		}
		t.locked(id, h)
	}
	return h.seq, append([]byte(nil), h.hash...), nil
}

const auditColumns = `organization_id, seq, at, actor_kind, actor_id, actor_name, address, request_id, action, target, detail, prev_hash, hash`

// appendEvent moves a head that is locked. If the head is not where it should be, the
// event has no number, and the server refuses it.
const appendEvent = `
	WITH head AS (UPDATE audit_heads SET seq = $2, hash = $13 WHERE organization_id = $1 AND seq = $2 - 1 RETURNING seq)
	INSERT INTO audit_events (` + auditColumns + `)
	VALUES ($1, (SELECT seq FROM head), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

// insertEvent is appendEvent for a head that others may have moved.
const insertEvent = `
	WITH head AS (
		INSERT INTO audit_heads AS h (organization_id, seq, hash)
		SELECT $1::bigint, $2::bigint, $13::bytea
		WHERE $2::bigint = 1 OR EXISTS (SELECT 1 FROM audit_heads WHERE organization_id = $1::bigint)
		ON CONFLICT (organization_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE h.seq = excluded.seq - 1
		RETURNING h.seq)
	INSERT INTO audit_events (` + auditColumns + `)
	SELECT $1::bigint, seq, $3::timestamptz, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text, $11::text, $12::bytea, $13::bytea
	FROM head`

// InsertAuditEvent implements tenancy.AuditWriter. An event that is not the next of its
// chain is a Conflict (audit_event_exists), so that a use case without the lock cannot
// make a gap or a fork. If the head is locked, the event goes with COMMIT.
func (t *tx) InsertAuditEvent(ctx context.Context, e tenancy.AuditEvent) error {
	args := []any{int64(e.OrganizationID), e.Seq, stamp(e.At), string(e.ActorKind), e.ActorID, e.ActorName,
		e.Address,
		e.RequestID, e.Action, e.Target, e.Detail, blob(e.PrevHash), blob(e.Hash)}
	h, known := t.heads[e.OrganizationID]
	switch {
	case t.lost != nil:
		return t.lost
	case known && e.Seq != h.seq+1:
		return problem.AuditEventExists()
	case known: // nobody else can move the head, so the statement cannot be refused
		t.locked(e.OrganizationID, head{e.Seq, e.Hash})
		t.unsent = append(t.unsent, statement{appendEvent, args})
		return nil
	}
	n, err := t.exec(ctx, "insert audit event", insertEvent, args...)
	if err == nil && n == 0 {
		return problem.AuditEventExists()
	}
	if err == nil {
		t.locked(e.OrganizationID, head{e.Seq, e.Hash})
	}
	return err
}

// AuditHeads implements tenancy.AuditReader.
func (t *tx) AuditHeads(ctx context.Context, after tenancy.OrganizationID, limit int) ([]tenancy.AuditHead,
	error) {
	scan := func(row pgx.Row) (tenancy.AuditHead, error) {
		var h tenancy.AuditHead
		err := row.Scan(&h.OrganizationID, &h.Seq, bytesOf{&h.Hash})
		return h, err
	}
	return all(ctx, t, "list audit heads", scan,
		`SELECT organization_id, seq, hash FROM audit_heads WHERE organization_id > $1 AND seq > 0 ORDER BY organization_id LIMIT $2`,
		int64(after), max(limit, 0))
}
