// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// AuditRange asks an engine for events: of all chains in the order of time, ties by
// organization and number, or of one chain in the order of its numbers.
type AuditRange struct {
	Chain    *OrganizationID // nil: of all chains
	From, To time.Time       // both included; they count without a Chain only
	Oldest   bool            // the oldest first; else the newest
	After    *AuditEvent     // the last event before; its At, OrganizationID and Seq count
	Limit    int
}

// AuditList asks for a page of the audit.
type AuditList struct {
	Filter filter.Node // nil: all
	Oldest bool        // the oldest first; else the newest
	After  *AuditEvent // AuditPage.Next of the page before; nil: from the beginning
	Limit  int
}

// AuditPage is a page of the audit.
type AuditPage struct {
	Items []AuditEvent
	// Next is where the next page begins; nil: nothing follows. There may be fewer items than
	// were asked for.
	Next *AuditEvent
}

// ListAudit returns a page of the events of the caller's organization, or of all for a caller
// of the root. For callers with audit:read. One page looks at a limited number of events, so
// that its cost does not grow with the audit.
func (s *Service) ListAudit(ctx context.Context, caller Caller, p AuditList) (AuditPage, error) {
	if err := caller.Require(ReadAudit); err != nil {
		return AuditPage{}, err
	}
	limit := pageSize(p.Limit)
	r := AuditRange{Oldest: p.Oldest, After: p.After, From: time.UnixMilli(0), To: latestTime()}
	r.narrow(p.Filter)
	if caller.Organization != RootID {
		id := caller.Organization
		r.Chain = &id
	}
	var page AuditPage
	for looked := 0; looked < looksAt; {
		r.Limit = min(auditPage, looksAt-looked)
		if p.Filter == nil {
			r.Limit = limit + 1
		}
		var events []AuditEvent
		err := s.core.Read(ctx, func(tx Reader) (err error) {
			events, err = tx.AuditPage(ctx, r)
			return err
		})
		if err != nil {
			return AuditPage{}, err
		}
		for i, e := range events {
			if !caller.Reaches(e.OrganizationID) || !AuditMatches(p.Filter, e) {
				continue
			}
			if len(page.Items) == limit {
				page.Next = place(page.Items[limit-1])
				return page, nil
			}
			page.Items = append(page.Items, events[i])
		}
		if len(events) < r.Limit {
			return page, nil
		}
		looked += len(events)
		r.After = &events[len(events)-1]
	}
	page.Next = place(*r.After)
	return page, nil
}

// place returns what a position needs of an event.
func place(e AuditEvent) *AuditEvent {
	return &AuditEvent{OrganizationID: e.OrganizationID, Seq: e.Seq, At: e.At}
}

func latestTime() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

// narrow uses the terms of a filter that an index can find: those that must hold whatever the
// others do.
func (r *AuditRange) narrow(n filter.Node) {
	switch n := n.(type) {
	case filter.And:
		for _, term := range n.Terms {
			r.narrow(term)
		}
	case filter.Compare:
		if n.Value.Null || n.Op == filter.Pr {
			return
		}
		switch {
		case n.Property.Name == PropertyOrganizationID && n.Op == filter.Eq:
			id := OrganizationID(n.Value.Number)
			r.Chain = &id
		case n.Property.Name != PropertyAt:
		case n.Op == filter.Eq || n.Op == filter.Ge || n.Op == filter.Gt:
			r.From = later(r.From, n.Value.Time)
		}
		if n.Property.Name == PropertyAt && (n.Op == filter.Eq || n.Op == filter.Le || n.Op == filter.Lt) &&
			n.Value.Time.Before(r.To) {
			r.To = n.Value.Time
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// AuditMatches reports whether an event matches a filter of AuditProperties.
func AuditMatches(n filter.Node, e AuditEvent) bool {
	return filter.Matches(n, func(p filter.Property) any {
		switch p.Name {
		case PropertyOrganizationID:
			return int64(e.OrganizationID)
		case PropertySeq:
			return e.Seq
		case PropertyAt:
			return e.At
		case PropertyAction:
			return e.Action
		case PropertyActor:
			return e.Actor()
		case PropertyActorName:
			return e.ActorName
		case PropertyTarget:
			return e.Target
		case PropertySource:
			return e.Address
		case PropertyRequestID:
			return e.RequestID
		case PropertyOutcome:
			return e.Outcome()
		}
		return nil
	})
}

// Actor returns the party that did it as Caller.Ref writes it: "operator:<id>".
func (e AuditEvent) Actor() string { return Caller{Kind: e.ActorKind, ID: e.ActorID}.Ref() }

// AuditChains returns the ends of the chains that the caller may see, of organizations with
// greater ids, by id. For callers with audit:read.
func (s *Service) AuditChains(ctx context.Context, caller Caller, after OrganizationID,
	limit int) (heads []AuditHead, err error) {
	if err := caller.Require(ReadAudit); err != nil {
		return nil, err
	}
	if caller.Organization != RootID { // a caller of one organization has one chain
		if after >= caller.Organization {
			return nil, nil
		}
		after, limit = caller.Organization-1, min(limit, 1)
	}
	err = s.core.Read(ctx, func(tx Reader) (err error) {
		heads, err = tx.AuditHeads(ctx, after, limit)
		return err
	})
	if len(heads) > 0 && !caller.Reaches(heads[0].OrganizationID) {
		return nil, err
	}
	return heads, err
}

// AuditChain returns events of one chain after a number, in order. For callers with
// audit:read. NotFound.
func (s *Service) AuditChain(ctx context.Context, caller Caller, id OrganizationID, after int64,
	limit int) (events []AuditEvent, err error) {
	if err := caller.Require(ReadAudit); err != nil {
		return nil, err
	}
	if !caller.Reaches(id) {
		return nil, problem.OrganizationNotFound()
	}
	err = s.core.Read(ctx, func(tx Reader) (err error) {
		events, err = tx.AuditEvents(ctx, id, after, limit)
		return err
	})
	return events, err
}

// HoldsAuditEvent reports whether the hash of an event is that of this server. It looks at the
// event only: that it is in the right place is for the caller to check.
func (s *Service) HoldsAuditEvent(e AuditEvent) bool {
	return s.core.holds(e)
}
