// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectAuditEvents = sqltext.Numbered(sqltext.SelectAuditEvents)
	lockHead          = sqltext.Numbered(sqltext.SelectAuditHead + forNoKeyUpdate)
	selectAuditHeads  = sqltext.Numbered(sqltext.SelectAuditHeads)

	selectWithoutAudit  = sqltext.Numbered(sqltext.SelectWithoutAudit)
	selectUnlistedHeads = sqltext.Numbered(sqltext.SelectUnlistedHeadsBoolean)
	sealAuditHead       = sqltext.Numbered(sqltext.SealAuditHeadBoolean)
)

// AuditEvents implements tenancy.AuditReader.
func (t *tx) AuditEvents(ctx context.Context, id tenancy.OrganizationID, after int64,
	limit int) ([]tenancy.AuditEvent, error) {
	return all(ctx, t, "list audit events", sqltext.ScanAuditEvent, selectAuditEvents, int64(id), after,
		max(limit, 0))
}

// locked stores the head of a chain that this transaction has locked.
func (t *tx) locked(h tenancy.AuditHead) {
	if t.heads == nil {
		t.heads = map[tenancy.OrganizationID]tenancy.AuditHead{}
	}
	t.heads[h.OrganizationID] = h
}

// LockAuditHead implements tenancy.AuditWriter. A chain that has not begun gets
// its head here, for there to be something to lock.
func (t *tx) LockAuditHead(ctx context.Context, id tenancy.OrganizationID) (seq int64, hash []byte,
	err error) {
	if t.lost != nil {
		return 0, nil, t.lost
	}
	h, known := t.heads[id]
	if !known {
		h, err = one(ctx, t, "read audit head", problem.RowNotFound,
			sqltext.ScanAuditHead, lockHead, int64(id))
		if errors.Is(err, problem.NotFound) {
			h, err = one(ctx, t, "read audit head", problem.RowNotFound, sqltext.ScanAuditHead, `
				INSERT INTO audit_heads AS h (organization_id, seq, hash) VALUES ($1, 0, '')
				ON CONFLICT (organization_id) DO UPDATE SET seq = h.seq
				RETURNING organization_id, seq, hash`, int64(id))
		}
		if err != nil {
			return 0, nil, err
		}
		t.locked(h)
	}
	return h.Seq, append([]byte(nil), h.Hash...), nil
}

// appendEvent moves a head that is locked. If the head is not where it should be, the
// event has no number, and the server refuses it.
const appendEvent = `
	WITH head AS (
		UPDATE audit_heads SET seq = $2, hash = $13, seal = $14 WHERE organization_id = $1 AND seq = $2 - 1 RETURNING seq)
	INSERT INTO audit_events (` + sqltext.AuditEventColumns + `)
	VALUES ($1, (SELECT seq FROM head), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

// insertEvent is appendEvent for a head that others may have moved.
const insertEvent = `
	WITH head AS (
		INSERT INTO audit_heads AS h (organization_id, seq, hash, seal)
		SELECT $1::bigint, $2::bigint, $13::bytea, $14::bytea
		WHERE $2::bigint = 1 OR EXISTS (SELECT 1 FROM audit_heads WHERE organization_id = $1::bigint)
		ON CONFLICT (organization_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal
		WHERE h.seq = excluded.seq - 1
		RETURNING h.seq)
	INSERT INTO audit_events (` + sqltext.AuditEventColumns + `)
	SELECT $1::bigint, seq, $3::timestamptz, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text,
		$10::text, $11::text, $12::bytea, $13::bytea
	FROM head`

// InsertAuditEvent implements tenancy.AuditWriter. An event that is not the next of its
// chain is a Conflict (audit_event_exists), so that a use case without the lock cannot
// make a gap or a fork. If the head is locked, the event goes with COMMIT.
func (t *tx) InsertAuditEvent(ctx context.Context, e tenancy.AuditEvent) error {
	args := []any{int64(e.OrganizationID), e.Seq, stamp(e.At), string(e.ActorKind), e.ActorID, e.ActorName,
		e.Address,
		e.RequestID, e.Action, e.Target, e.Detail, sqltext.Blob(e.PrevHash), sqltext.Blob(e.Hash),
		sqltext.Blob(e.Seal)}
	h, known := t.heads[e.OrganizationID]
	switch {
	case t.lost != nil:
		return t.lost
	case known && e.Seq != h.Seq+1:
		return problem.AuditEventExists()
	case known: // nobody else can move the head, so the statement cannot be refused
		t.locked(tenancy.AuditHead{OrganizationID: e.OrganizationID, Seq: e.Seq, Hash: e.Hash})
		t.unsent = append(t.unsent, statement{appendEvent, args})
		return nil
	}
	n, err := t.exec(ctx, "insert audit event", insertEvent, args...)
	if err == nil && n == 0 {
		return problem.AuditEventExists()
	}
	if err == nil {
		t.locked(tenancy.AuditHead{OrganizationID: e.OrganizationID, Seq: e.Seq, Hash: e.Hash})
	}
	return err
}

// AuditHeads implements tenancy.AuditReader.
func (t *tx) AuditHeads(ctx context.Context, after tenancy.OrganizationID, limit int) ([]tenancy.AuditHead,
	error) {
	return all(ctx, t, "list audit heads", sqltext.ScanSealedHead, selectAuditHeads,
		int64(after), max(limit, 0))
}

// AuditPage implements tenancy.AuditReader.
func (t *tx) AuditPage(ctx context.Context, r tenancy.AuditRange) ([]tenancy.AuditEvent, error) {
	text, args := sqltext.AuditPage(r, func(e tenancy.AuditEvent) any { return stamp(e.At) })
	return all(ctx, t, "list audit events", sqltext.ScanAuditEvent, sqltext.Numbered(text), args...)
}

// OrganizationsWithoutAudit implements tenancy.AuditReader.
func (t *tx) OrganizationsWithoutAudit(ctx context.Context, after tenancy.OrganizationID,
	limit int) ([]tenancy.OrganizationID, error) {
	return all(ctx, t, "list organizations without audit", sqltext.Value[tenancy.OrganizationID],
		selectWithoutAudit, int64(after), max(limit, 0))
}

// UnlistedAuditHeads implements tenancy.AuditReader.
func (t *tx) UnlistedAuditHeads(ctx context.Context, limit int) ([]tenancy.AuditHead, error) {
	return all(ctx, t, "list audit heads", sqltext.ScanSealedHead, selectUnlistedHeads, max(limit, 0))
}

// SealAuditHead implements tenancy.AuditWriter.
func (t *tx) SealAuditHead(ctx context.Context, h tenancy.AuditHead) (bool, error) {
	n, err := t.exec(ctx, "seal audit head", sealAuditHead, sqltext.Blob(h.Seal), true, int64(h.OrganizationID),
		h.Seq)
	return n > 0, err
}
