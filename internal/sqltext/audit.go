// SPDX-License-Identifier: Apache-2.0

package sqltext

import "gatehouse/internal/tenancy"

// Statements about the audit.
const (
	AuditEventColumns = `organization_id, seq, at, actor_kind, actor_id, actor_name, address, request_id,
		action, target, detail, prev_hash, hash`
	SelectAuditEvents = `SELECT ` + AuditEventColumns + ` FROM audit_events
		WHERE organization_id = ? AND seq > ? ORDER BY seq LIMIT ?`
	SelectAuditHead  = `SELECT organization_id, seq, hash FROM audit_heads WHERE organization_id = ?`
	SelectAuditHeads = `SELECT organization_id, seq, hash FROM audit_heads
		WHERE organization_id > ? AND seq > 0 ORDER BY organization_id LIMIT ?`
)

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
