// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/problem"
)

// CodeWish is what an update does to the organization's primary code.
type CodeWish int

// The wishes.
const (
	LeaveCode  CodeWish = iota
	EnsureCode          // a code is made unless there is one; needs codes:issue
	EndCode             // the code ends, if there is one; needs codes:disable
)

// permission returns the permission that a wish needs; "" is none.
func (w CodeWish) permission() Permission {
	switch w {
	case EnsureCode:
		return IssueCodes
	case EndCode:
		return DisableCodes
	}
	return ""
}

// fulfil makes or ends the primary code of a locked organization, as the wish says. If a
// code is needed, it stores the new one.
func (s *Service) fulfil(ctx context.Context, tx Tx, caller Caller, o Organization, wish CodeWish,
	fresh StoredAuthCode, now time.Time) error {
	switch wish {
	case EnsureCode:
		if _, err := tx.PrimaryAuthCode(ctx, o.ID); !errors.Is(err, problem.NotFound) {
			return err // nil if there is a code
		}
		return s.storeAuthCode(ctx, tx, caller, o, fresh)
	case EndCode:
		return s.endAuthCode(ctx, tx, caller, o.ID, now)
	}
	return nil
}

// ExpectedState is what a caller expects of an organization that a call changes. The zero
// value expects nothing.
type ExpectedState struct {
	State        OrganizationState // "": any state
	Deactivation *Deactivation
	Refusal      error // the error if the organization has another state; required
	Versions     Versions
}

// Check returns Refusal if the organization does not have the expected state, and Conflict
// (organization_changed) if it has another version.
func (e ExpectedState) Check(o Organization) error {
	if !e.Versions.Has(o.UpdatedAt) {
		return problem.New(problem.Conflict, problem.CodeOrganizationChanged)
	}
	if e.State != "" && e.State != o.State || e.Deactivation != nil && *e.Deactivation != o.Deactivation {
		return e.Refusal
	}
	return nil
}

// require refuses callers that may not do the update. It is called before the store is read
// if the update certainly changes the organization itself.
func (p UpdateOrganizationParams) require(caller Caller, id OrganizationID, changes bool) error {
	if changes {
		if err := caller.RequireRoot(WriteOrganizations); err != nil {
			return err
		}
	}
	if need := p.Code.permission(); need != "" {
		if err := caller.Require(need); err != nil {
			return err
		}
	}
	if changes && id == RootID {
		return rootOrganization()
	}
	return nil
}

// requireEcho is require for a caller that sends back an organization that it has read. If
// nothing differs, the caller needs a permission for codes only. A caller that may neither
// issue nor disable codes is always refused.
func (p UpdateOrganizationParams) requireEcho(caller Caller, id OrganizationID, differs bool) error {
	codes := caller.May(IssueCodes) || caller.May(DisableCodes)
	return p.require(caller, id, differs || !codes)
}

// differing returns the params without the values that the organization has already, and
// reports whether a change of the organization itself is left. If there is a new name, an
// alias that was sent back unchanged is made from it again, like an alias that was not sent.
func (p UpdateOrganizationParams) differing(o Organization) (UpdateOrganizationParams, bool) {
	differs := false
	for _, f := range []struct {
		want **string
		is   string
	}{{&p.Name, o.Name}, {&p.Alias, o.Alias}, {&p.Description, o.Description}, {&p.ExternalID, o.ExternalID}} {
		differs = keepIf(f.want, *f.want != nil && **f.want != f.is) || differs
	}
	differs = keepIf(&p.EmailDomains, p.EmailDomains != nil && !slices.Equal(*p.EmailDomains, o.EmailDomains)) ||
		differs
	differs = keepIf(&p.ContactPersons, p.ContactPersons != nil &&
		!slices.Equal(*p.ContactPersons, o.ContactPersons)) || differs
	differs = keepIf(&p.Active, p.Active != nil && *p.Active != o.Active()) || differs
	differs = keepIf(&p.Deactivation, p.Deactivation != nil && *p.Deactivation != o.Deactivation) || differs
	if len(o.Properties.merge(p.Properties).changed(o.Properties)) == 0 {
		p.Properties = nil
	}
	return p, differs || len(p.Properties) > 0 || len(p.FieldErrors) > 0
}

// keepIf sets the pointer to nil unless the value differs. It returns differs.
func keepIf[T any](want **T, differs bool) bool {
	if !differs {
		*want = nil
	}
	return differs
}
