// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// OrganizationState says where an organization stands. Stored, since only
// people move it.
type OrganizationState string

// The states. Applicants and rejected ones are seen through their request
// only; to everything else they do not exist. A deleted one stays because its audit and
// its codes refer to it, and so that its id is not used again.
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
	Name         string // unique among members, whatever the letter case
	Alias        string // short name; unless given, in lower case and made from the name
	Description  string
	ExternalID   string   // what the caller's own system calls it
	EmailDomains []string // of its people, in lower case
	State        OrganizationState
	Deactivation Deactivation // zero while it is active
	Properties   Properties
	// ContactPersons are whom to write to; nobody is written to from here.
	ContactPersons []ContactPerson
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Deactivation is what the one who switched an organization off said that
// should end. It is kept and shown; an inactive organization can neither enrol
// nor log in, whatever it says.
type Deactivation struct{ DataIn, DataOut, Login bool }

// String lists what is switched off: "data-in,login".
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

// Member reports whether the organization has been let in, at some time, and is
// still there.
func (o Organization) Member() bool {
	return o.State == OrganizationActive || o.State == OrganizationInactive
}

// CreateOrganizationParams describes a new organization.
type CreateOrganizationParams struct {
	ID           OrganizationID // 0: the next one. Of its own choice with Options.CustomOrganizationIDs only
	Name         string
	Alias        string // empty: made from the name
	Description  string
	ExternalID   string
	EmailDomains []string
	Properties   Properties
	Inactive     bool
	// ContactPersons are whom to write to.
	ContactPersons []ContactPerson
	FieldErrors    []problem.FieldError // what the door found wrong, reported with the rest
	Rules          []PropertyRule
}

// maxCustomID leaves numbers for all organizations that come after, also where a
// wire has 32 bits for one.
const maxCustomID = 999_999_999

// CreateOrganization makes a member, without anybody having asked. For callers
// of the root with organizations:write. Invalid; Conflict when the name or the
// chosen id is taken, by a deleted organization too in the case of the id.
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
	var o Organization
	err := s.core.Update(ctx, func(tx Tx) error {
		o = draft
		if err := tx.InsertOrganization(ctx, &o); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: o.ID, Action: "organization.create",
			Target: o.ID.String(), Detail: map[string]string{"name": o.Name}})
	})
	if err != nil {
		return Organization{}, err
	}
	return o, nil
}

func (s *Service) checkCustomID(c *Checker, id OrganizationID) {
	switch {
	case id == 0:
	case !s.customIDs:
		c.Add(FieldID, problem.CodeIDNotChosen)
	case id < 1 || id > maxCustomID:
		c.Add(FieldID, problem.CodeIDOutOfRange, maxCustomID)
	}
}

// GetOrganization returns a member or the root. NotFound.
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

// ListOrganizations returns a page of the members the caller may see and their
// number in all.
func (s *Service) ListOrganizations(ctx context.Context, caller Caller, p ListParams) ([]Organization, int,
	error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return nil, 0, err
	}
	p.Scope = caller.Organization
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

// Visible returns the organization if it exists for the caller: within reach,
// and a member.
func Visible(caller Caller, o Organization, err error) (Organization, error) {
	if err != nil {
		return Organization{}, err
	}
	if !caller.Reaches(o.ID) || !o.Member() {
		return Organization{}, problem.OrganizationNotFound()
	}
	return o, nil
}
