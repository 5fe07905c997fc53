// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"strings"
	"time"
	"unicode"

	"gatehouse/internal/filter"
)

// OrganizationState says where an organization stands. Stored, since only
// people move it.
type OrganizationState string

// The states. Applicants and rejected ones are seen through their request
// only; to everything else they do not exist.
const (
	OrganizationActive    OrganizationState = "active"
	OrganizationInactive  OrganizationState = "inactive"
	OrganizationApplicant OrganizationState = "applicant"
	OrganizationRejected  OrganizationState = "rejected"
)

// Organization is a company that may enrol clients.
type Organization struct {
	ID          OrganizationID
	Name        string // unique among members, whatever the letter case
	Alias       string // short name, lower case, made from the name
	Description string
	ExternalID  string // what the caller's own system calls it
	State       OrganizationState
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Active tells whether clients may enrol and people may log in.
func (o Organization) Active() bool { return o.State == OrganizationActive }

// Member tells whether the organization has been let in, at some time.
func (o Organization) Member() bool {
	return o.State == OrganizationActive || o.State == OrganizationInactive
}

// CreateOrganizationParams describes a new organization.
type CreateOrganizationParams struct {
	Name        string
	Description string
	ExternalID  string
	Inactive    bool
}

// CreateOrganization makes a member, without anybody having asked. For callers
// of the root with organizations:write. Invalid; Conflict when the name is taken.
func (s *Service) CreateOrganization(ctx context.Context, caller Caller, p CreateOrganizationParams) (Organization, error) {
	if err := caller.requireRoot(WriteOrganizations); err != nil {
		return Organization{}, err
	}
	now := s.now()
	draft := Organization{Name: p.Name, Description: p.Description, ExternalID: p.ExternalID,
		State: memberState(!p.Inactive), CreatedAt: now, UpdatedAt: now}
	if err := draft.check(); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.update(ctx, func(tx Tx) error {
		o = draft
		if err := tx.InsertOrganization(ctx, &o); err != nil {
			return err
		}
		return s.record(ctx, tx, caller, now, change{o.ID, "organization.create", o.ID.String(), map[string]string{"name": o.Name}})
	})
	if err != nil {
		return Organization{}, err
	}
	return o, nil
}

// GetOrganization gives a member or the root. NotFound.
func (s *Service) GetOrganization(ctx context.Context, caller Caller, id OrganizationID) (Organization, error) {
	if err := caller.require(ReadOrganizations); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.read(ctx, func(tx Reader) (err error) {
		o, err = tx.Organization(ctx, id)
		return err
	})
	return visible(caller, o, err)
}

// ListOrganizations gives a page of the members the caller may see and their
// number in all.
func (s *Service) ListOrganizations(ctx context.Context, caller Caller, p ListParams) ([]Organization, int, error) {
	if err := caller.require(ReadOrganizations); err != nil {
		return nil, 0, err
	}
	p.Scope = caller.scope()
	var page []Organization
	var total int
	err := s.read(ctx, func(tx Reader) (err error) {
		page, total, err = tx.Organizations(ctx, p)
		return err
	})
	return page, total, err
}

// UpdateOrganizationParams says what to change; nil leaves a field as it is.
type UpdateOrganizationParams struct {
	Name        *string
	Description *string
	ExternalID  *string
	Active      *bool
	EndAuthCode bool // end the primary code as well; needs codes:disable
}

// UpdateOrganization changes a member. For callers of the root with
// organizations:write. Invalid; NotFound; Conflict when the name is taken or
// the organization is the root. Without a difference nothing is written.
func (s *Service) UpdateOrganization(ctx context.Context, caller Caller, id OrganizationID, p UpdateOrganizationParams) (Organization, error) {
	if err := caller.requireRoot(WriteOrganizations); err != nil {
		return Organization{}, err
	}
	if p.EndAuthCode {
		if err := caller.require(DisableCodes); err != nil {
			return Organization{}, err
		}
	}
	if id == RootID {
		return Organization{}, NewError(Conflict, "root_organization", "The root organization cannot be changed.")
	}
	now := s.now()
	var o Organization
	err := s.update(ctx, func(tx Tx) error {
		old, err := tx.LockOrganization(ctx, id)
		if old, err = visible(caller, old, err); err != nil {
			return err
		}
		o = p.apply(old)
		if err := o.check(); err != nil {
			return err
		}
		changed := o.differences(old)
		if len(changed) == 0 {
			o = old
		} else if err := s.storeOrganization(ctx, tx, caller, &o, changed, now); err != nil {
			return err
		}
		if p.EndAuthCode {
			return s.endAuthCode(ctx, tx, caller, id, now)
		}
		return nil
	})
	if err != nil {
		return Organization{}, err
	}
	return o, nil
}

func (s *Service) storeOrganization(ctx context.Context, tx Tx, caller Caller, o *Organization, changed map[string]string, now time.Time) error {
	o.UpdatedAt = now
	if err := tx.UpdateOrganization(ctx, *o); err != nil {
		return err
	}
	return s.record(ctx, tx, caller, now, change{o.ID, "organization.update", o.ID.String(), changed})
}

func (p UpdateOrganizationParams) apply(o Organization) Organization {
	for _, f := range []struct{ to, from *string }{{&o.Name, p.Name}, {&o.Description, p.Description}, {&o.ExternalID, p.ExternalID}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if p.Active != nil {
		o.State = memberState(*p.Active)
	}
	return o
}

// differences gives the new values of the fields that changed, for the audit.
func (o Organization) differences(old Organization) map[string]string {
	d := map[string]string{}
	for _, f := range [][3]string{
		{"name", old.Name, o.Name}, {"description", old.Description, o.Description},
		{"externalId", old.ExternalID, o.ExternalID}, {"state", string(old.State), string(o.State)},
	} {
		if f[1] != f[2] {
			d[f[0]] = f[2]
		}
	}
	return d
}

// check trims and checks the texts and makes the alias.
func (o *Organization) check() error {
	var c checker
	c.required("name", &o.Name, maxName)
	c.text("description", o.Description, maxText)
	c.line("externalOrganizationId", &o.ExternalID, maxName)
	o.Alias = alias(o.Name)
	return c.err()
}

const maxAlias = 64

// alias makes a short name from a name: its letters and digits in lower case,
// with a hyphen for whatever stands between.
func alias(name string) string {
	words := strings.FieldsFunc(filter.Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	a := []rune(strings.Join(words, "-"))
	return strings.Trim(string(a[:min(len(a), maxAlias)]), "-")
}

func memberState(active bool) OrganizationState {
	if active {
		return OrganizationActive
	}
	return OrganizationInactive
}

// visible gives the organization if it exists for the caller: within reach,
// and a member.
func visible(caller Caller, o Organization, err error) (Organization, error) {
	if err != nil {
		return Organization{}, err
	}
	if !caller.reaches(o.ID) || !o.Member() {
		return Organization{}, notFound("organization")
	}
	return o, nil
}
