// SPDX-License-Identifier: Apache-2.0

package apitype

import (
	"encoding/json"
	"time"
)

// AuditEvent is one line of what happened. It is also a line of gatehouse audit export.
type AuditEvent struct {
	OrganizationID string          `json:"organizationId"` // whose chain it is; or-0: the server's own
	Seq            int64           `json:"seq"`            // from 1, without gaps, in each chain
	At             time.Time       `json:"at"`
	Actor          string          `json:"actor"` // kind and id: "operator:…"
	ActorName      string          `json:"actorName"`
	Source         string          `json:"source"` // an IP address
	RequestID      string          `json:"requestId"`
	Action         string          `json:"action"` // a noun and a verb: "auth_code.issue"
	Target         string          `json:"target"` // the id of the thing
	Outcome        string          `json:"outcome"`
	Detail         json.RawMessage `json:"detail"`       // an object of texts
	PreviousHash   string          `json:"previousHash"` // in hex; "" for the first event of a chain
	Hash           string          `json:"hash"`         // in hex
}

// AuditEventList is a page of the audit.
type AuditEventList struct {
	Items      []AuditEvent `json:"items"`
	NextCursor string       `json:"nextCursor,omitempty"`
}
