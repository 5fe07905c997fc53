// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strconv"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// TakesRequests reports whether everybody may submit a request.
func (s *Service) TakesRequests() bool { return s.switches.Load().PublicRequests }

// SubmitLinkedRequest is SubmitRequest, and also returns the link: a text with which the applicant sees
// the request and answers. Nothing stores it, and no other use case returns it. It ends when
// the request is deleted, and when the master key is dropped under which it was made.
func (s *Service) SubmitLinkedRequest(ctx context.Context, caller Caller,
	p SubmitRequestParams) (Request, secret.Secret, error) {
	r, err := s.SubmitRequest(ctx, caller, p)
	if err != nil {
		return Request{}, secret.Secret{}, err
	}
	return r, s.core.keys.RequestLink(int64(r.ID), linkParts(r)...), nil
}

// linkParts are what a link is bound to. When an older database is put back, another request may get the id.
func linkParts(r Request) []string {
	return []string{r.ID.String(), strconv.FormatInt(r.CreatedAt.UnixMilli(), 10), r.OrganizationID.String()}
}

// GetLinkedRequest returns the request of a link. Every caller may ask. NotFound, which does not tell
// a link that was never made from that of a deleted request.
func (s *Service) GetLinkedRequest(ctx context.Context, caller Caller, link string) (RequestDetail, error) {
	if caller.Kind == "" {
		return RequestDetail{}, caller.RequireLogin()
	}
	id, err := secret.ParseRequestLink(link)
	if err != nil {
		return RequestDetail{}, problem.RequestNotFound()
	}
	var d RequestDetail
	err = s.core.View(ctx, func(tx Reader) (err error) {
		if d.Request, err = tx.Request(ctx, RequestID(id)); err != nil {
			return err
		}
		if !s.core.keys.IsRequestLink(link, id, linkParts(d.Request)...) {
			return problem.RequestNotFound()
		}
		if d.Organization, err = tx.Organization(ctx, d.OrganizationID); err != nil {
			return err
		}
		d.Contact, err = tx.Contact(ctx, d.ContactID)
		return err
	})
	if err != nil {
		return RequestDetail{}, err
	}
	return d, nil
}

// AnswerLinkedRequest replaces what the applicant of a link said, and takes the request into review. It
// changes nothing else, so that nobody approves a name that was changed after it was read. Every caller
// may do it, as often as SubmitRequest. The error is NotFound as of GetLinkedRequest, Invalid, Exhausted,
// or Conflict: request_decided, or request_changed if nobody asked for more.
func (s *Service) AnswerLinkedRequest(ctx context.Context, caller Caller,
	link, comments string) (Request, error) {
	found, err := s.GetLinkedRequest(ctx, caller, link)
	if err != nil {
		return Request{}, err
	}
	if err := s.requests.Take(caller.Origin.Address, s.core.Now()); err != nil {
		return Request{}, err
	}
	var c Checker
	if c.Text(FieldRequesterComments, comments, maxText); c.Err() != nil {
		return Request{}, c.Err()
	}
	now := s.core.Now()
	return Once(ctx, s.core, caller, func(tx Tx) (Request, error) {
		old, err := lockUndecided(ctx, tx, found.Request.ID)
		if err != nil {
			return Request{}, err
		}
		if old.Status != RequestMoreInfoNeeded {
			return Request{}, problem.New(problem.Conflict, problem.CodeRequestChanged)
		}
		d := old
		d.RequesterComments, d.Status = comments, RequestReview
		changed := d.differences(old)
		return d.Request, s.storeRequest(ctx, tx, caller, &d, changed, now)
	})
}
