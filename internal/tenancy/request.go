// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// RequestStatus is the status of a request. Approved and rejected are final.
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

// Request is an application of an organization to become a member.
type Request struct {
	ID                  RequestID
	Name                string
	Status              RequestStatus
	RequesterComments   string
	ApproverComments    string
	RelatedOrganization string // name of an organization that the requester belongs to, as it was sent
	OrganizationID      OrganizationID
	ContactID           ContactID
	Email               string // the contact's address when the request was made
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
	Organization        CreateOrganizationParams // an empty Name is that of the request
	Contact             ContactParams
	FieldErrors         []problem.FieldError // errors that the door found, reported with the others
}

// SubmitRequest makes a request with an applicant organization and a contact, which are
// both inactive until the approval. If Options.PublicRequests is set, every caller may do
// it, a few times a minute for each source; otherwise the error is Denied
// (public_requests_off). It may also be Invalid or Exhausted. Two calls make two requests.
func (s *Service) SubmitRequest(ctx context.Context, caller Caller, p SubmitRequestParams) (Request, error) {
	switch {
	case caller.Kind == "":
		return Request{}, caller.RequireLogin()
	case !s.switches.Load().PublicRequests:
		return Request{}, problem.New(problem.Denied, problem.CodePublicRequestsOff)
	}
	if err := s.requests.Take(caller.Origin.Address, s.core.Now()); err != nil {
		return Request{}, err
	}
	r, o, person, err := s.draftRequest(p)
	if err != nil {
		return Request{}, err
	}
	return Once(ctx, s.core, caller, func(tx Tx) (Request, error) {
		organization, contact, filed := o, person, r
		if err := tx.InsertOrganization(ctx, &organization); err != nil {
			return filed, err
		}
		contact.OrganizationID = organization.ID
		if err := tx.InsertContact(ctx, &contact); err != nil {
			return filed, err
		}
		filed.OrganizationID, filed.ContactID = organization.ID, contact.ID
		if err := tx.InsertRequest(ctx, &filed); err != nil {
			return filed, err
		}
		return filed, s.core.Record(ctx, tx, caller, r.CreatedAt, Change{Organization: organization.ID,
			Action: "organization_request.submit", Target: filed.ID.String(),
			Detail: map[string]string{"name": r.Name}})
	})
}

// draftRequest checks all params and returns the three rows, without ids.
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

// check trims and checks the texts of a requester.
func (r *Request) check(c *Checker) {
	c.Required(FieldName, &r.Name, MaxName)
	c.Text(FieldRequesterComments, r.RequesterComments, maxText)
	c.Line(FieldRelatedOrganization, &r.RelatedOrganization, MaxName)
}

// GetRequest returns a request. The caller needs requests:read. The error may be NotFound.
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

// RequestDetail is a request with its organization and its contact.
type RequestDetail struct {
	Request
	Organization Organization
	Contact      Contact
}

// GetRequestDetail is GetRequest with the organization and the contact, read in one
// transaction. Only it and GetLinkedRequest read an applicant or a rejected organization.
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

// ListRequests returns a page of the requests that the caller may see, and how many there
// are in all. The caller needs requests:read.
func (s *Service) ListRequests(ctx context.Context, caller Caller, p ListParams) ([]Request, int, error) {
	if err := caller.Require(ReadRequests); err != nil {
		return nil, 0, err
	}
	p.Scope = caller.Organization
	var none bool
	if p.Filter, none = reduced(p.Filter); none {
		return nil, 0, nil
	}
	var page []Request
	var total int
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		page, total, err = tx.Requests(ctx, p)
		return err
	})
	return page, total, err
}

// ApproveRequest accepts the applicant: its organization and its contact become active. The
// caller must be of the root and have requests:decide. The error is Invalid, NotFound, or
// Conflict: request_decided if the request is decided already (of several calls at the same
// time, one succeeds), or organization_name_taken if a member has the name; then nothing is
// decided.
func (s *Service) ApproveRequest(ctx context.Context, caller Caller, id RequestID, comments string) (Request,
	error) {
	return s.decide(ctx, caller, id, RequestApproved, OrganizationActive, comments)
}

// RejectRequest rejects the applicant, which is final. The caller and the errors are as for
// ApproveRequest.
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
	return Once(ctx, s.core, caller, func(tx Tx) (Request, error) {
		r, o, err := tx.LockApplicant(ctx, id)
		if err != nil {
			return r, err
		}
		r.Status, r.ApproverComments, r.DecidedAt, r.DecidedBy = to, comments, now, caller.Ref()
		r.UpdatedAt = following(r.UpdatedAt, now)
		o.State, o.UpdatedAt = state, following(o.UpdatedAt, now)
		decided, err := tx.DecideRequest(ctx, r, o, to == RequestApproved)
		if err != nil {
			return r, err
		}
		if !decided {
			return r, requestDecided()
		}
		action := "organization_request.reject"
		if to == RequestApproved {
			action = "organization_request.approve"
		}
		return r, s.core.Record(ctx, tx, caller, now, Change{Organization: o.ID, Action: action,
			Target: r.ID.String()})
	})
}

func requestDecided() error {
	return problem.New(problem.Conflict, problem.CodeRequestDecided)
}
