// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

func auditProperties() properties {
	return propertiesOf(tenancy.AuditProperties(), []string{tenancy.PropertyAt}, []string{tenancy.PropertyAction,
		tenancy.PropertyActor, tenancy.PropertyActorName, "organizationId=" + tenancy.PropertyOrganizationID,
		tenancy.PropertySeq, tenancy.PropertyTarget, tenancy.PropertySource, tenancy.PropertyRequestID,
		tenancy.PropertyOutcome})
}

// AuditSchema returns the properties by which filters of the audit may compare.
func AuditSchema() filter.Schema { return auditProperties().filtered }

// listAudit answers GET /v1/audit.
func (a *api) listAudit(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	sent, cursor, err := pageParameters(r, paramFilter, paramSort)
	if err != nil {
		return err
	}
	f, keys, err := expressionsOf(sent, auditProperties())
	if err != nil {
		return err
	}
	ask := tenancy.AuditList{Filter: f, Limit: sent.count, Oldest: len(keys) > 0 && !keys[0].Descending}
	list := sent.list + "\n" + caller.Organization.String()
	if cursor != nil {
		after, ok := a.tenancy.ReadCursor(list, *cursor)
		if !ok || len(after.Keys) != 2 {
			return aboutField(paramCursor, codeBadCursor)
		}
		ask.After = &tenancy.AuditEvent{At: time.UnixMilli(after.Keys[0].Number),
			OrganizationID: tenancy.OrganizationID(after.Keys[1].Number), Seq: after.ID}
	}
	page, err := a.tenancy.ListAudit(r.Context(), caller, ask)
	if err != nil {
		return err
	}
	body := apitype.AuditEventList{Items: items(page.Items, AuditEvent)}
	if n := page.Next; n != nil {
		body.NextCursor = a.tenancy.Cursor(list, tenancy.Position{ID: n.Seq,
			Keys: []filter.Value{{Number: n.At.UnixMilli()}, {Number: int64(n.OrganizationID)}}})
	}
	return write(w, http.StatusOK, body)
}

// AuditEvent returns an event as this API shows it.
func AuditEvent(e tenancy.AuditEvent) apitype.AuditEvent {
	return apitype.AuditEvent{OrganizationID: e.OrganizationID.String(), Seq: e.Seq, At: e.At, Actor: e.Actor(),
		ActorName: e.ActorName, Source: e.Address, RequestID: e.RequestID, Action: e.Action, Target: e.Target,
		Outcome: e.Outcome(), Detail: json.RawMessage(e.Detail), PreviousHash: hex.EncodeToString(e.PrevHash),
		Hash: hex.EncodeToString(e.Hash)}
}

// ParseAuditEvent returns the event of an AuditEvent, and whether it is one.
func ParseAuditEvent(e apitype.AuditEvent) (tenancy.AuditEvent, bool) {
	id, err := tenancy.ParseOrganizationID(e.OrganizationID)
	kind, actor, ok := strings.Cut(e.Actor, ":")
	previous, err2 := hex.DecodeString(e.PreviousHash)
	hash, err3 := hex.DecodeString(e.Hash)
	return tenancy.AuditEvent{OrganizationID: id, Seq: e.Seq, At: e.At, ActorKind: tenancy.CallerKind(kind),
		ActorID: actor, ActorName: e.ActorName, Address: e.Source, RequestID: e.RequestID, Action: e.Action,
		Target: e.Target, Detail: string(e.Detail), PrevHash: previous, Hash: hash,
	}, ok && err == nil && err2 == nil && err3 == nil
}
