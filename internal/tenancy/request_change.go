// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// UpdateRequestParams are the changes to a request. A nil field is not changed.
type UpdateRequestParams struct {
	Name                *string
	Status              *RequestStatus // RequestReview or RequestMoreInfoNeeded
	RequesterComments   *string
	ApproverComments    *string // a question to the requester; the decision replaces it
	RelatedOrganization *string
	Organization        UpdateApplicantParams
	Contact             UpdateContactParams
	Versions            Versions
	FieldErrors         []problem.FieldError // errors that the door found, reported with the others
}

// UpdateApplicantParams are the changes to the organization of a request. A nil field is not
// changed.
type UpdateApplicantParams struct {
	Name         *string
	Alias        *string // empty: it is made from the name again
	Description  *string
	ExternalID   *string
	EmailDomains *[]string
	Properties   Properties // merged with the stored ones; JSON's null removes one
}

// UpdateRequest changes a request that is not decided, its applicant and its contact. The
// caller must be of the root and have requests:decide. The error is Invalid, also for a
// status that is a decision; NotFound; or Conflict: request_decided, since a decision at
// the same time is not changed, or request_changed if it has another version. If nothing
// differs, nothing is written.
func (s *Service) UpdateRequest(ctx context.Context, caller Caller, id RequestID,
	p UpdateRequestParams) (RequestDetail, error) {
	if err := caller.RequireRoot(DecideRequests); err != nil {
		return RequestDetail{}, err
	}
	now := s.core.Now()
	var d RequestDetail
	err := s.core.Change(ctx, caller, func(tx Tx) error {
		old, err := lockUndecided(ctx, tx, id)
		if err != nil {
			return err
		}
		if !p.Versions.Has(old.UpdatedAt) {
			return problem.New(problem.Conflict, problem.CodeRequestChanged)
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

// lockUndecided locks a request that is not decided, and returns it with its details.
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
	d.UpdatedAt = following(d.UpdatedAt, now)
	d.Organization.UpdatedAt = following(d.Organization.UpdatedAt, now)
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

// apply returns the detail with the changes, after checking them.
func (p UpdateRequestParams) apply(d RequestDetail) (RequestDetail, error) {
	var c Checker
	put(&d.Name, p.Name)
	put(&d.RequesterComments, p.RequesterComments)
	put(&d.ApproverComments, p.ApproverComments)
	put(&d.RelatedOrganization, p.RelatedOrganization)
	d.Request.check(&c)
	c.Text(FieldApproverComments, d.ApproverComments, maxText)
	if p.Status != nil {
		if *p.Status != RequestReview && *p.Status != RequestMoreInfoNeeded {
			c.Add(FieldStatus, problem.CodeBadStatus)
		}
		d.Status = *p.Status
	}
	o := &d.Organization
	if p.Organization.Name != nil {
		if o.Alias == alias(o.Name) {
			o.Alias = "" // it was made from the name, and is made again
		}
		o.Name = *p.Organization.Name
		c.Required(PrefixOrganization+FieldName, &o.Name, MaxName)
	}
	put(&o.Alias, p.Organization.Alias)
	put(&o.Description, p.Organization.Description)
	put(&o.ExternalID, p.Organization.ExternalID)
	if p.Organization.EmailDomains != nil {
		o.EmailDomains = *p.Organization.EmailDomains
	}
	o.Properties = o.Properties.merge(p.Organization.Properties)
	o.checkDetails(&c, PrefixOrganization)
	d.Contact = p.Contact.apply(d.Contact)
	d.Contact.check(&c)
	c.addFromDoor(p.FieldErrors, nil, nil, nil)
	d.Email = d.Contact.Email
	return d, c.Err()
}

// put sets a text unless the new one is nil.
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
		{FieldApproverComments, old.ApproverComments, d.ApproverComments},
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

// DeleteRequestParams are the conditions of a door for a deletion.
type DeleteRequestParams struct {
	Kinds []CallerKind // of callers that may delete requests through the door; nil: all
}

// DeleteRequest deletes a request, its organization as DeleteOrganization does, and its
// contact, unless another request refers to that contact. While the organization is active,
// the request cannot be deleted: Conflict (organization_active). The audit of the
// organization stays. The caller must be of the root and have requests:decide,
// organizations:write and codes:disable, and must be of a kind that the door accepts;
// otherwise the error is Denied (caller_kind). It is NotFound if the request does not exist
// or was deleted before.
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
	return s.core.Change(ctx, caller, func(tx Tx) error {
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
