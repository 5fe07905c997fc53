// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// UpdateRequestParams says what to change; nil leaves a field as it is.
type UpdateRequestParams struct {
	Name                *string
	Status              *RequestStatus // RequestReview or RequestMoreInfoNeeded
	RequesterComments   *string
	RelatedOrganization *string
	Organization        UpdateApplicantParams
	Contact             UpdateContactParams
	FieldErrors         []problem.FieldError // what the door found wrong, reported with the rest
}

// UpdateApplicantParams says what to change of a request's organization; nil
// leaves a field as it is.
type UpdateApplicantParams struct {
	Name        *string
	Description *string
	ExternalID  *string
	Properties  Properties // merged with those it has; JSON's null takes one away
}

// UpdateRequest changes a request that is not decided, its applicant and its
// contact. For callers of the root with requests:decide. Invalid, also for a
// status that takes a decision; NotFound; Conflict (request_decided): a decision
// made meanwhile stands. Without a difference nothing is written.
func (s *Service) UpdateRequest(ctx context.Context, caller Caller, id RequestID,
	p UpdateRequestParams) (RequestDetail, error) {
	if err := caller.RequireRoot(DecideRequests); err != nil {
		return RequestDetail{}, err
	}
	now := s.core.Now()
	var d RequestDetail
	err := s.core.Update(ctx, func(tx Tx) error {
		old, err := lockUndecided(ctx, tx, id)
		if err != nil {
			return err
		}
		if d, err = p.apply(old); err != nil {
			return err
		}
		changed := d.differences(old)
		if len(changed) == 0 {
			d = old
			return nil
		}
		return s.storeRequest(ctx, tx, caller, &d, changed, now)
	})
	if err != nil {
		return RequestDetail{}, err
	}
	return d, nil
}

// lockUndecided returns a request that is not decided, with what it is about.
func lockUndecided(ctx context.Context, tx Tx, id RequestID) (d RequestDetail, err error) {
	if d.Request, err = tx.LockRequest(ctx, id); err != nil {
		return d, err
	}
	if d.Status.Decided() {
		return d, requestDecided()
	}
	if d.Organization, err = tx.LockOrganization(ctx, d.OrganizationID); err != nil {
		return d, err
	}
	d.Contact, err = tx.Contact(ctx, d.ContactID)
	return d, err
}

func (s *Service) storeRequest(ctx context.Context, tx Tx, caller Caller, d *RequestDetail,
	changed map[string]string, now time.Time) error {
	d.UpdatedAt, d.Organization.UpdatedAt = now, now
	updated, err := tx.UpdateRequest(ctx, d.Request)
	if err != nil {
		return err
	}
	if !updated {
		return requestDecided()
	}
	if err := tx.UpdateOrganization(ctx, d.Organization); err != nil {
		return err
	}
	if err := tx.UpdateContact(ctx, d.Contact); err != nil {
		return err
	}
	return s.core.Record(ctx, tx, caller, now, Change{Organization: d.OrganizationID,
		Action: "organization_request.update", Target: d.ID.String(), Detail: changed})
}

// apply returns the detail with the changes put in, checked.
func (p UpdateRequestParams) apply(d RequestDetail) (RequestDetail, error) {
	var c Checker
	put(&d.Name, p.Name)
	put(&d.RequesterComments, p.RequesterComments)
	put(&d.RelatedOrganization, p.RelatedOrganization)
	d.Request.check(&c)
	if p.Status != nil {
		if *p.Status != RequestReview && *p.Status != RequestMoreInfoNeeded {
			c.Add(FieldStatus, problem.CodeBadStatus)
		}
		d.Status = *p.Status
	}
	o := &d.Organization
	if p.Organization.Name != nil {
		if o.Alias == alias(o.Name) {
			o.Alias = "" // was made from the name, and is again
		}
		o.Name = *p.Organization.Name
		c.Required(PrefixOrganization+FieldName, &o.Name, MaxName)
	}
	put(&o.Description, p.Organization.Description)
	put(&o.ExternalID, p.Organization.ExternalID)
	o.Properties = o.Properties.merge(p.Organization.Properties)
	o.checkDetails(&c, PrefixOrganization)
	d.Contact = p.Contact.apply(d.Contact)
	d.Contact.check(&c)
	c.addFromDoor(p.FieldErrors, nil, nil, nil)
	d.Email = d.Contact.Email
	return d, c.Err()
}

// put stores a text that is to be changed.
func put(to, from *string) {
	if from != nil {
		*to = *from
	}
}

// differences returns what changed, for the audit.
func (d RequestDetail) differences(old RequestDetail) map[string]string {
	changed := map[string]string{}
	for _, f := range [][3]string{{"name", old.Name, d.Name}, {"status", string(old.Status), string(d.Status)},
		{FieldRequesterComments, old.RequesterComments, d.RequesterComments},
		{FieldRelatedOrganization, old.RelatedOrganization, d.RelatedOrganization}} {
		if f[1] != f[2] {
			changed[f[0]] = f[2]
		}
	}
	for name, value := range d.Organization.differences(old.Organization) {
		changed["organization."+name] = value
	}
	if names := d.Contact.differences(old.Contact); len(names) > 0 {
		changed["profile"] = strings.Join(names, ",")
	}
	return changed
}

// DeleteRequestParams is what a door demands of a deletion.
type DeleteRequestParams struct {
	Kinds []CallerKind // of callers that may delete requests there; nil: all
}

// DeleteRequest removes a request for good, and with it its organization, as
// DeleteOrganization does, and its contact, unless another request names that
// one. What was let in does not go by the way: while the organization is active
// the request stays. The audit of the organization stays too. For callers of the
// root with requests:decide, organizations:write and codes:disable, of the kinds
// that the door names; others are Denied (caller_kind). NotFound, the second time
// too; Conflict (organization_active).
func (s *Service) DeleteRequest(ctx context.Context, caller Caller, id RequestID,
	p DeleteRequestParams) error {
	for _, p := range []Permission{DecideRequests, WriteOrganizations, DisableCodes} {
		if err := caller.RequireRoot(p); err != nil {
			return err
		}
	}
	if err := caller.requireKind(p.Kinds); err != nil {
		return err
	}
	now := s.core.Now()
	return s.core.Update(ctx, func(tx Tx) error {
		r, err := tx.LockRequest(ctx, id)
		if err != nil {
			return err
		}
		o, err := tx.LockOrganization(ctx, r.OrganizationID)
		if err != nil {
			return err
		}
		if o.State != OrganizationDeleted {
			if err := removeOrganization(ctx, tx, o, now); err != nil {
				return err
			}
		}
		if err := tx.DeleteRequest(ctx, id); err != nil {
			return err
		}
		if _, err := tx.DeleteContact(ctx, r.ContactID); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: o.ID, Action: "organization_request.delete",
			Target: id.String(), Detail: map[string]string{"name": r.Name, "status": string(r.Status)}})
	})
}
