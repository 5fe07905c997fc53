// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/hex"
	"encoding/json"
	"net/http"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// An export has at most so many events, and looks for them so often: no export takes long, whatever
// the size of the audit.
const (
	exportEvents = 10_000
	exportPages  = 20
	exportPage   = 1000
)

// exportAudit answers GET /console/audit/export with the events as lines of JSON, the oldest first, in
// the form of the native API. One page of them is in memory at a time.
func (c *console) exportAudit(x *exchange) error {
	if err := x.caller.Require(tenancy.ReadAudit); err != nil {
		return err
	}
	p, conditions, wrong, err := x.auditList()
	if err != nil {
		return err
	}
	if wrong || p.List.after != nil {
		return badQuery()
	}
	ask := tenancy.AuditList{Oldest: true, Limit: exportPage}
	if ask.Filter, err = filterOf(tenancy.AuditProperties(), conditions...); err != nil {
		return err
	}
	lines := json.NewEncoder(x.w)
	for page, sent := 0, 0; page < exportPages && sent < exportEvents; page++ {
		found, err := c.tenancy.ListAudit(x.r.Context(), x.caller, ask)
		switch {
		case err != nil && page == 0:
			return err
		case err != nil:
			panic(http.ErrAbortHandler) // a file that ends early must not look whole
		case page == 0:
			x.setHeaders()
			x.w.Header().Set("Content-Disposition", `attachment; filename="audit.jsonl"`)
			httpkit.WriteHead(x.w, http.StatusOK, "application/jsonl")
		}
		for _, one := range found.Items {
			if lines.Encode(eventLine(one)) != nil {
				panic(http.ErrAbortHandler) // nobody reads any more
			}
		}
		if sent += len(found.Items); found.Next == nil {
			break
		}
		ask.After = found.Next
	}
	return nil
}

// eventLine returns an event as the native API shows it.
func eventLine(e tenancy.AuditEvent) apitype.AuditEvent {
	return apitype.AuditEvent{OrganizationID: e.OrganizationID.String(), Seq: e.Seq, At: e.At, Actor: e.Actor(),
		ActorName: e.ActorName, Source: e.Address, RequestID: e.RequestID, Action: e.Action, Target: e.Target,
		Outcome: e.Outcome(), Detail: json.RawMessage(e.Detail), PreviousHash: hex.EncodeToString(e.PrevHash),
		Hash: hex.EncodeToString(e.Hash)}
}
