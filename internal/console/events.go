// SPDX-License-Identifier: Apache-2.0

package console

import (
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// events returns a page of the audit, the newest first, of events for which all conditions hold.
func (x *exchange) events(l *listing, conditions ...string) ([]tenancy.AuditEvent, error) {
	ask := tenancy.AuditList{Limit: pageLength}
	var err error
	if ask.Filter, err = filterOf(tenancy.AuditProperties(), conditions...); err != nil {
		return nil, err
	}
	if after := l.after; after != nil {
		if len(after.Keys) != 2 {
			return nil, badQuery()
		}
		ask.After = &tenancy.AuditEvent{At: time.UnixMilli(after.Keys[0].Number),
			OrganizationID: tenancy.OrganizationID(after.Keys[1].Number), Seq: after.ID}
	}
	found, err := x.c.tenancy.ListAudit(x.r.Context(), x.caller, ask)
	if err != nil {
		return nil, err
	}
	if n := found.Next; n != nil {
		l.then(x, &tenancy.Position{ID: n.Seq,
			Keys: []filter.Value{{Number: n.At.UnixMilli()}, {Number: int64(n.OrganizationID)}}})
	}
	return found.Items, nil
}

// eventsOf returns a page of the audit of one thing of an organization.
func (x *exchange) eventsOf(l *listing, id tenancy.OrganizationID,
	target string) ([]tenancy.AuditEvent, error) {
	return x.events(l, condition(tenancy.PropertyOrganizationID, "eq", id.String()),
		condition(tenancy.PropertyTarget, "eq", target))
}
