// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// OrganizationState is the state of an organization. It is stored, because only people
// change it.
type OrganizationState string

// The states. Applicants and rejected organizations are visible through their request only;
// for everything else they do not exist. The row of a deleted organization stays, because
// its audit and its codes refer to it, and so that its id is not used again.
const (
	OrganizationActive    OrganizationState = "active"
	OrganizationInactive  OrganizationState = "inactive"
	OrganizationApplicant OrganizationState = "applicant"
	OrganizationRejected  OrganizationState = "rejected"
	OrganizationDeleted   OrganizationState = "deleted"
)

// Organization is a company that may enrol clients.
type Organization struct {
	ID           OrganizationID
	Name         string // unique among members, in any letter case
	Alias        string // short name; if it is not set, it is made from the name, in lower case
	Description  string
	ExternalID   string   // the name of the organization in the caller's own system
	EmailDomains []string // of its members of staff, in lower case
	State        OrganizationState
	Deactivation Deactivation // zero while it is active
	Properties   Properties
	Policy       Policy
	// ContactPersons are the people to contact. This program sends them nothing.
	ContactPersons []ContactPerson
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Deactivation is what should end when an organization is switched off, according to the
// caller. It is stored and shown only: an inactive organization can neither enrol clients
// nor log in, whatever the Deactivation contains.
type Deactivation struct{ DataIn, DataOut, Login bool }

// String returns a list of what is switched off, as in "data-in,login".
func (d Deactivation) String() string {
	var off []string
	for _, f := range []struct {
		name string
		off  bool
	}{{"data-in", d.DataIn}, {"data-out", d.DataOut}, {"login", d.Login}} {
		if f.off {
			off = append(off, f.name)
		}
	}
	return strings.Join(off, ",")
}

// Active reports whether clients may enrol and people may log in.
func (o Organization) Active() bool { return o.State == OrganizationActive }

// Member reports whether the organization was accepted and has not been deleted.
func (o Organization) Member() bool {
	return o.State == OrganizationActive || o.State == OrganizationInactive
}

// CreateOrganizationParams describes a new organization.
type CreateOrganizationParams struct {
	ID           OrganizationID // 0: the next one; another id needs Options.CustomOrganizationIDs
	Name         string
	Alias        string // empty: made from the name
	Description  string
	ExternalID   string
	EmailDomains []string
	Properties   Properties
	Inactive     bool
	// ContactPersons are the people to contact.
	ContactPersons []ContactPerson
	FieldErrors    []problem.FieldError // errors that the door found, reported with the others
	Rules          []PropertyRule
}

// maxCustomID is the greatest id that a caller may choose. It leaves enough numbers for
// later organizations, also on a wire that has 32 bits for an id.
const maxCustomID = 999_999_999

// CreateOrganization makes a member without a request. The caller must be of the root and
// have organizations:write. The error is Invalid, or Conflict if the name or the chosen id
// is taken; the ids of deleted organizations are taken, too.
func (s *Service) CreateOrganization(ctx context.Context, caller Caller,
	p CreateOrganizationParams) (Organization, error) {
	if err := caller.RequireRoot(WriteOrganizations); err != nil {
		return Organization{}, err
	}
	now := s.core.Now()
	draft := Organization{ID: p.ID, Name: p.Name, Alias: p.Alias, Description: p.Description,
		ExternalID: p.ExternalID, EmailDomains: p.EmailDomains,
		Properties: Properties(nil).merge(p.Properties), State: memberState(!p.Inactive), CreatedAt: now,
		UpdatedAt: now}
	var c Checker
	s.checkCustomID(&c, p.ID)
	draft.ContactPersons = c.contactPersons(p.ContactPersons)
	draft.check(&c)
	c.addFromDoor(p.FieldErrors, p.Rules, p.Properties, draft.Properties)
	if err := c.Err(); err != nil {
		return Organization{}, err
	}
	return Once(ctx, s.core, caller, func(tx Tx) (Organization, error) {
		o := draft
		if err := tx.InsertOrganization(ctx, &o); err != nil {
			return o, err
		}
		return o, s.core.Record(ctx, tx, caller, now, Change{Organization: o.ID, Action: "organization.create",
			Target: o.ID.String(), Detail: map[string]string{"name": o.Name}})
	})
}

func (s *Service) checkCustomID(c *Checker, id OrganizationID) {
	switch {
	case id == 0:
	case !s.switches.Load().CustomOrganizationIDs:
		c.Add(FieldID, problem.CodeIDNotChosen)
	case id < 1 || id > maxCustomID:
		c.Add(FieldID, problem.CodeIDOutOfRange, maxCustomID)
	}
}

// GetOrganization returns a member or the root. If there is none, the error is NotFound.
func (s *Service) GetOrganization(ctx context.Context, caller Caller, id OrganizationID) (Organization,
	error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		o, err = tx.Organization(ctx, id)
		return err
	})
	return Visible(caller, o, err)
}

// ListOrganizations returns a page of the members that the caller may see, and how many
// there are in all.
func (s *Service) ListOrganizations(ctx context.Context, caller Caller, p ListParams) ([]Organization, int,
	error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return nil, 0, err
	}
	p.Scope = caller.Organization
	var none bool
	if p.Filter, none = reduced(p.Filter); none {
		return nil, 0, nil
	}
	var page []Organization
	var total int
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		page, total, err = tx.Organizations(ctx, p)
		return err
	})
	return page, total, err
}

func memberState(active bool) OrganizationState {
	if active {
		return OrganizationActive
	}
	return OrganizationInactive
}

// Visible returns the organization if the caller may see it and it is a member.
func Visible(caller Caller, o Organization, err error) (Organization, error) {
	if err != nil {
		return Organization{}, err
	}
	if !caller.Reaches(o.ID) || !o.Member() {
		return Organization{}, problem.OrganizationNotFound()
	}
	return o, nil
}
