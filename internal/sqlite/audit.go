// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// AuditEvents implements tenancy.AuditReader.
func (t *tx) AuditEvents(ctx context.Context, id tenancy.OrganizationID, after int64,
	limit int) ([]tenancy.AuditEvent, error) {
	return all(ctx, t, "list audit events", sqltext.ScanAuditEvent, sqltext.SelectAuditEvents,
		int64(id), after, max(limit, 0))
}

// prefetchedHead is an audit head that was read with the organization that an Update
// locked. Nearly every Update that locks one appends an event.
type prefetchedHead struct {
	tenancy.AuditHead
	valid bool
}

// LockAuditHead implements tenancy.AuditWriter; see LockOrganization.
func (t *tx) LockAuditHead(ctx context.Context, id tenancy.OrganizationID) (seq int64, hash []byte,
	err error) {
	if h := t.head; h.OrganizationID == id && h.valid {
		return h.Seq, h.Hash, nil
	}
	h, err := one(ctx, t, "read audit head", problem.RowNotFound,
		sqltext.ScanAuditHead, sqltext.SelectAuditHead, int64(id))
	if errors.Is(err, problem.NotFound) {
		return 0, nil, nil
	}
	return h.Seq, h.Hash, err
}

// InsertAuditEvent implements tenancy.AuditWriter. An event that is not the next of its
// chain is a Conflict (audit_event_exists), so that a use case without the lock cannot
// make a gap or a fork.
func (t *tx) InsertAuditEvent(ctx context.Context, e tenancy.AuditEvent) error {
	t.head.valid = false
	move := `UPDATE audit_heads SET hash = ?3, seq = ?2, seal = ?4 WHERE organization_id = ?1 AND seq = ?2 - 1`
	if e.Seq == 1 {
		move = `INSERT INTO audit_heads (organization_id, seq, hash, seal) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (organization_id) DO UPDATE
			SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal WHERE seq = 0`
	}
	n, err := t.exec(ctx, "move audit head", move, int64(e.OrganizationID), e.Seq, sqltext.Blob(e.Hash),
		sqltext.Blob(e.Seal))
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.AuditEventExists()
	}
	_, err = t.exec(ctx, "insert audit event", `
		INSERT INTO audit_events (`+sqltext.AuditEventColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(e.OrganizationID), e.Seq, stamp(e.At), string(e.ActorKind), e.ActorID, e.ActorName, e.Address,
		e.RequestID, e.Action, e.Target, e.Detail, sqltext.Blob(e.PrevHash), sqltext.Blob(e.Hash))
	return err
}

// AuditHeads implements tenancy.AuditReader.
func (t *tx) AuditHeads(ctx context.Context, after tenancy.OrganizationID, limit int) ([]tenancy.AuditHead,
	error) {
	return all(ctx, t, "list audit heads", sqltext.ScanSealedHead, sqltext.SelectAuditHeads,
		int64(after), max(limit, 0))
}

// AuditPage implements tenancy.AuditReader.
func (t *tx) AuditPage(ctx context.Context, r tenancy.AuditRange) ([]tenancy.AuditEvent, error) {
	text, args := sqltext.AuditPage(r, func(e tenancy.AuditEvent) any { return stamp(e.At) })
	return all(ctx, t, "list audit events", sqltext.ScanAuditEvent, text, args...)
}

// OrganizationsWithoutAudit implements tenancy.AuditReader.
func (t *tx) OrganizationsWithoutAudit(ctx context.Context, after tenancy.OrganizationID,
	limit int) ([]tenancy.OrganizationID, error) {
	return all(ctx, t, "list organizations without audit", sqltext.Value[tenancy.OrganizationID],
		sqltext.SelectWithoutAudit, int64(after), max(limit, 0))
}

// UnlistedAuditHeads implements tenancy.AuditReader.
func (t *tx) UnlistedAuditHeads(ctx context.Context, limit int) ([]tenancy.AuditHead, error) {
	return all(ctx, t, "list audit heads", sqltext.ScanSealedHead, sqltext.SelectUnlistedHeads, max(limit, 0))
}

// SealAuditHead implements tenancy.AuditWriter.
func (t *tx) SealAuditHead(ctx context.Context, h tenancy.AuditHead) (bool, error) {
	n, err := t.exec(ctx, "seal audit head", sqltext.SealAuditHead, sqltext.Blob(h.Seal), true,
		int64(h.OrganizationID), h.Seq)
	return n > 0, err
}
