// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// RequestStatus is where a request stands. Approved and rejected are final.
type RequestStatus string

// The statuses, spelled as they are on the wire and in filters.
const (
	RequestNew            RequestStatus = "new"
	RequestReview         RequestStatus = "review"
	RequestMoreInfoNeeded RequestStatus = "moreInfoNeeded"
	RequestApproved       RequestStatus = "approved"
	RequestRejected       RequestStatus = "rejected"
)

// Decided reports whether the status is final.
func (s RequestStatus) Decided() bool { return s == RequestApproved || s == RequestRejected }

// Request is an organization asking to be let in.
type Request struct {
	ID                  RequestID
	Name                string
	Status              RequestStatus
	RequesterComments   string
	ApproverComments    string
	RelatedOrganization string // name of an organization the requester belongs to, as they wrote it
	OrganizationID      OrganizationID
	ContactID           ContactID
	Email               string // the contact's address at the time of asking
	CreatedAt           time.Time
	UpdatedAt           time.Time
	DecidedAt           time.Time // zero until decided
	DecidedBy           string    // "operator:<id>" or "application:<id>"; empty until decided
}

// SubmitRequestParams is what a requester sends.
type SubmitRequestParams struct {
	Name                string
	RequesterComments   string
	RelatedOrganization string
	Organization        CreateOrganizationParams // Name empty: the request's
	Contact             ContactParams
	FieldErrors         []problem.FieldError // what the door found wrong, reported with the rest
}

// SubmitRequest files a request: with it an applicant organization and a
// contact, both asleep until approval. Anyone may, when the server's setting
// says so; each source a few times a minute. Denied (public_requests_off);
// Invalid; Exhausted. Twice files two.
func (s *Service) SubmitRequest(ctx context.Context, caller Caller, p SubmitRequestParams) (Request, error) {
	switch {
	case caller.Kind == "":
		return Request{}, caller.RequireLogin()
	case !s.publicRequests:
		return Request{}, problem.New(problem.Denied, problem.CodePublicRequestsOff)
	}
	if err := s.requests.Take(caller.Origin.Address, s.core.Now()); err != nil {
		return Request{}, err
	}
	r, o, person, err := s.draftRequest(p)
	if err != nil {
		return Request{}, err
	}
	var filed Request
	err = s.core.Update(ctx, func(tx Tx) error {
		organization, contact := o, person
		filed = r
		if err := tx.InsertOrganization(ctx, &organization); err != nil {
			return err
		}
		contact.OrganizationID = organization.ID
		if err := tx.InsertContact(ctx, &contact); err != nil {
			return err
		}
		filed.OrganizationID, filed.ContactID = organization.ID, contact.ID
		if err := tx.InsertRequest(ctx, &filed); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, r.CreatedAt, Change{Organization: organization.ID,
			Action: "organization_request.submit", Target: filed.ID.String(),
			Detail: map[string]string{"name": r.Name}})
	})
	if err != nil {
		return Request{}, err
	}
	return filed, nil
}

// draftRequest checks everything at once and makes the three rows, without ids.
func (s *Service) draftRequest(p SubmitRequestParams) (Request, Organization, Contact, error) {
	now := s.core.Now()
	var c Checker
	r := Request{Name: p.Name, Status: RequestNew, RequesterComments: p.RequesterComments,
		RelatedOrganization: p.RelatedOrganization,
		CreatedAt:           now, UpdatedAt: now}
	r.check(&c)
	o := Organization{Name: p.Organization.Name, Description: p.Organization.Description,
		ExternalID: p.Organization.ExternalID,
		State:      OrganizationApplicant, CreatedAt: now, UpdatedAt: now}
	if strings.TrimSpace(o.Name) == "" {
		o.Name = r.Name // checked above
	} else {
		c.Required(PrefixOrganization+FieldName, &o.Name, MaxName)
	}
	o.EmailDomains, o.Properties = p.Organization.EmailDomains, Properties(nil).merge(p.Organization.Properties)
	o.Alias = p.Organization.Alias
	o.checkDetails(&c, PrefixOrganization)
	contact := Contact{FirstName: p.Contact.FirstName, LastName: p.Contact.LastName, Email: p.Contact.Email,
		Properties: Properties(nil).merge(p.Contact.Properties), CreatedAt: now}
	contact.check(&c)
	c.addFromDoor(p.FieldErrors, nil, nil, nil)
	r.Email = contact.Email
	return r, o, contact, c.Err()
}

// check trims and checks what requesters write.
func (r *Request) check(c *Checker) {
	c.Required(FieldName, &r.Name, MaxName)
	c.Text(FieldRequesterComments, r.RequesterComments, maxText)
	c.Line(FieldRelatedOrganization, &r.RelatedOrganization, MaxName)
}

// GetRequest returns one. For callers with requests:read. NotFound.
func (s *Service) GetRequest(ctx context.Context, caller Caller, id RequestID) (Request, error) {
	if err := caller.Require(ReadRequests); err != nil {
		return Request{}, err
	}
	var r Request
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		r, err = tx.Request(ctx, id)
		return err
	})
	if err == nil && !caller.Reaches(r.OrganizationID) {
		err = problem.RequestNotFound()
	}
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// RequestDetail is a request with what it is about.
type RequestDetail struct {
	Request
	Organization Organization
	Contact      Contact
}

// GetRequestDetail is GetRequest with organization and contact, all of one
// moment. This is the one way to see an applicant or a rejected organization.
func (s *Service) GetRequestDetail(ctx context.Context, caller Caller, id RequestID) (RequestDetail, error) {
	if err := caller.Require(ReadRequests); err != nil {
		return RequestDetail{}, err
	}
	var d RequestDetail
	err := s.core.View(ctx, func(tx Reader) (err error) {
		if d.Request, err = tx.Request(ctx, id); err != nil {
			return err
		}
		if !caller.Reaches(d.OrganizationID) {
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

// ListRequests returns a page of the requests the caller may see and their
// number in all. For callers with requests:read.
func (s *Service) ListRequests(ctx context.Context, caller Caller, p ListParams) ([]Request, int, error) {
	if err := caller.Require(ReadRequests); err != nil {
		return nil, 0, err
	}
	p.Scope = caller.Organization
	var page []Request
	var total int
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		page, total, err = tx.Requests(ctx, p)
		return err
	})
	return page, total, err
}

// ApproveRequest lets the applicant in: its organization and contact become
// active. For callers of the root with requests:decide. Invalid; NotFound;
// Conflict (request_decided) when someone has decided already, of several at
// once all but one; Conflict (organization_name_taken) when a member has the
// name: then nothing is decided.
func (s *Service) ApproveRequest(ctx context.Context, caller Caller, id RequestID, comments string) (Request,
	error) {
	return s.decide(ctx, caller, id, RequestApproved, OrganizationActive, comments)
}

// RejectRequest turns the applicant away, for good. Callers and errors as ApproveRequest.
func (s *Service) RejectRequest(ctx context.Context, caller Caller, id RequestID, comments string) (Request,
	error) {
	return s.decide(ctx, caller, id, RequestRejected, OrganizationRejected, comments)
}

func (s *Service) decide(ctx context.Context, caller Caller, id RequestID, to RequestStatus,
	state OrganizationState, comments string) (Request, error) {
	if err := caller.RequireRoot(DecideRequests); err != nil {
		return Request{}, err
	}
	var c Checker
	if c.Text(FieldApproverComments, comments, maxText); c.Err() != nil {
		return Request{}, c.Err()
	}
	now := s.core.Now()
	var r Request
	err := s.core.Update(ctx, func(tx Tx) (err error) {
		var o Organization
		if r, o, err = tx.LockApplicant(ctx, id); err != nil {
			return err
		}
		r.Status, r.ApproverComments, r.DecidedAt, r.UpdatedAt, r.DecidedBy = to, comments, now, now, caller.Ref()
		o.State, o.UpdatedAt = state, now
		decided, err := tx.DecideRequest(ctx, r, o, to == RequestApproved)
		if err != nil {
			return err
		}
		if !decided {
			return requestDecided()
		}
		action := "organization_request.reject"
		if to == RequestApproved {
			action = "organization_request.approve"
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: o.ID, Action: action,
			Target: r.ID.String()})
	})
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

func requestDecided() error {
	return problem.New(problem.Conflict, problem.CodeRequestDecided)
}
