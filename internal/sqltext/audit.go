// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"math"

	"gatehouse/internal/tenancy"
)

// Statements about the audit.
const (
	AuditEventColumns = `organization_id, seq, at, actor_kind, actor_id, actor_name, address, request_id,
		action, target, detail, prev_hash, hash`
	SelectAuditEvents = `SELECT ` + AuditEventColumns + ` FROM audit_events
		WHERE organization_id = ? AND seq > ? ORDER BY seq LIMIT ?`
	SelectAuditHead  = `SELECT organization_id, seq, hash FROM audit_heads WHERE organization_id = ?`
	SelectAuditHeads = `SELECT organization_id, seq, hash, seal FROM audit_heads
		WHERE organization_id > ? AND seq > 0 ORDER BY organization_id LIMIT ?`
	SelectWithoutAudit = `SELECT id FROM organizations WHERE id > ? AND NOT EXISTS
		(SELECT 1 FROM audit_heads WHERE organization_id = id AND seq > 0) ORDER BY id LIMIT ?`
	sealAuditHead = `UPDATE audit_heads SET seal = ?, listed = ? WHERE organization_id = ? AND seq = ? AND `
	unlistedHeads = `SELECT organization_id, seq, hash, seal FROM audit_heads WHERE seq > 0 AND `
	// Each engine has its own condition for chains that the root's does not list.
	SelectUnlistedHeads        = unlistedHeads + `listed = 0 ORDER BY organization_id LIMIT ?`
	SealAuditHead              = sealAuditHead + `listed = 0`
	SealAuditHeadBoolean       = sealAuditHead + `NOT listed`
	SelectUnlistedHeadsBoolean = unlistedHeads + `NOT listed ORDER BY organization_id LIMIT ?`
)

// AuditPage returns the statement for events of all chains in the order of time, or of one
// chain in its own order. stamp converts a time for the engine.
func AuditPage(r tenancy.AuditRange, stamp func(tenancy.AuditEvent) any) (text string, args []any) {
	text = `SELECT ` + AuditEventColumns + ` FROM audit_events WHERE `
	compare, order := "<", " DESC"
	after := tenancy.AuditEvent{OrganizationID: math.MaxInt64, Seq: math.MaxInt64, At: r.To}
	if r.Oldest {
		compare, order = ">", ""
		after = tenancy.AuditEvent{OrganizationID: math.MinInt64, Seq: math.MinInt64, At: r.From}
	}
	if r.After != nil {
		after = *r.After
	}
	if r.Chain != nil {
		return text + `organization_id = ? AND seq ` + compare + ` ? ORDER BY seq` + order + ` LIMIT ?`,
			[]any{int64(*r.Chain), after.Seq, max(r.Limit, 0)}
	}
	return text + `(at, organization_id, seq) ` + compare + ` (?, ?, ?) AND at >= ? AND at <= ? ORDER BY at` +
			order +
			`, organization_id` + order + `, seq` + order + ` LIMIT ?`,
		[]any{stamp(after), int64(after.OrganizationID), after.Seq, stamp(tenancy.AuditEvent{At: r.From}),
			stamp(tenancy.AuditEvent{At: r.To}), max(r.Limit, 0)}
}

// ScanAuditEvent reads AuditEventColumns.
func ScanAuditEvent(row Row) (e tenancy.AuditEvent, err error) {
	err = row.Scan(&e.OrganizationID, &e.Seq, Time{&e.At}, &e.ActorKind, &e.ActorID, &e.ActorName, &e.Address,
		&e.RequestID, &e.Action, &e.Target, &e.Detail, Bytes{&e.PrevHash}, Bytes{&e.Hash})
	return e, err
}

// ScanAuditHead reads the columns of SelectAuditHead.
func ScanAuditHead(row Row) (h tenancy.AuditHead, err error) {
	err = row.Scan(&h.OrganizationID, &h.Seq, Bytes{&h.Hash})
	return h, err
}

// ScanSealedHead reads the columns of SelectAuditHeads.
func ScanSealedHead(row Row) (h tenancy.AuditHead, err error) {
	err = row.Scan(&h.OrganizationID, &h.Seq, Bytes{&h.Hash}, Bytes{&h.Seal})
	return h, err
}
