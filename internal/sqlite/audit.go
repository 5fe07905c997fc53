// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func scanAuditEvent(row scanner) (tenancy.AuditEvent, error) {
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
		SELECT organization_id, seq, at, actor_kind, actor_id, actor_name, address, request_id, action, target, detail, prev_hash, hash
		FROM audit_events WHERE organization_id = ? AND seq > ? ORDER BY seq LIMIT ?`, int64(id), after, max(limit, 0))
}

// head is the end of a chain.
type head struct {
	seq  int64
	hash []byte
}

func scanHead(row scanner) (head, error) {
	var h head
	err := row.Scan(&h.seq, bytesOf{&h.hash})
	return h, err
}

// prefetchedHead is an audit head that was read with the organization that an Update
// locked. Nearly every Update that locks one appends an event.
type prefetchedHead struct {
	head
	id    tenancy.OrganizationID
	valid bool
}

// LockAuditHead implements tenancy.AuditWriter; see LockOrganization.
func (t *tx) LockAuditHead(ctx context.Context, id tenancy.OrganizationID) (seq int64, hash []byte,
	err error) {
	if h := t.head; h.id == id && h.valid {
		return h.seq, h.hash, nil
	}
	h, err := one(ctx, t, "audit head", scanHead, `SELECT seq, hash FROM audit_heads WHERE organization_id = ?`,
		int64(id))
	if errors.Is(err, problem.NotFound) {
		return 0, nil, nil
	}
	return h.seq, h.hash, err
}

// InsertAuditEvent implements tenancy.AuditWriter. An event that is not the next of its
// chain is a Conflict (audit_event_exists), so that a use case without the lock cannot
// make a gap or a fork.
func (t *tx) InsertAuditEvent(ctx context.Context, e tenancy.AuditEvent) error {
	t.head.valid = false
	move := `UPDATE audit_heads SET hash = ?3, seq = ?2 WHERE organization_id = ?1 AND seq = ?2 - 1`
	if e.Seq == 1 {
		move = `INSERT INTO audit_heads (organization_id, seq, hash) VALUES (?1, ?2, ?3)
			ON CONFLICT (organization_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE seq = 0`
	}
	n, err := t.exec(ctx, "move audit head", move, int64(e.OrganizationID), e.Seq, blob(e.Hash))
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.AuditEventExists()
	}
	_, err = t.exec(ctx, "insert audit event", `
		INSERT INTO audit_events (organization_id, seq, at, actor_kind, actor_id, actor_name, address, request_id, action, target, detail, prev_hash, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(e.OrganizationID), e.Seq, stamp(e.At), string(e.ActorKind), e.ActorID, e.ActorName, e.Address,
		e.RequestID, e.Action, e.Target, e.Detail, blob(e.PrevHash), blob(e.Hash))
	return err
}

// AuditHeads implements tenancy.AuditReader.
func (t *tx) AuditHeads(ctx context.Context, after tenancy.OrganizationID, limit int) ([]tenancy.AuditHead,
	error) {
	scan := func(row scanner) (tenancy.AuditHead, error) {
		var h tenancy.AuditHead
		err := row.Scan(&h.OrganizationID, &h.Seq, bytesOf{&h.Hash})
		return h, err
	}
	return all(ctx, t, "list audit heads", scan,
		`SELECT organization_id, seq, hash FROM audit_heads WHERE organization_id > ? AND seq > 0 ORDER BY organization_id LIMIT ?`,
		int64(after), max(limit, 0))
}
