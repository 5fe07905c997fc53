// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/problem"
)

// CodeWish is what an update does with the organization's primary code.
type CodeWish int

// The wishes.
const (
	LeaveCode  CodeWish = iota
	EnsureCode          // one is made unless one lives; needs codes:issue
	EndCode             // the living one ends, if any; needs codes:disable
)

// permission returns what a caller with the wish needs, "" for nothing.
func (w CodeWish) permission() Permission {
	switch w {
	case EnsureCode:
		return IssueCodes
	case EndCode:
		return DisableCodes
	}
	return ""
}

// fulfil brings the primary code of a locked organization into the wished state. The
// fresh code is stored if one is needed.
func (s *Service) fulfil(ctx context.Context, tx Tx, caller Caller, o Organization, wish CodeWish,
	fresh StoredAuthCode, now time.Time) error {
	switch wish {
	case EnsureCode:
		if _, err := tx.PrimaryAuthCode(ctx, o.ID); !errors.Is(err, problem.NotFound) {
			return err // nil if a code lives
		}
		return s.storeAuthCode(ctx, tx, caller, o, fresh)
	case EndCode:
		return s.endAuthCode(ctx, tx, caller, o.ID, now)
	}
	return nil
}

// ExpectedState is what a caller says of an organization's state in a call that does
// not change it. The zero value says nothing.
type ExpectedState struct {
	State        OrganizationState // "": nothing is said
	Deactivation *Deactivation
	Refusal      error // returned if the organization is in another state; needed
}

// Check returns the refusal unless the organization is as the caller says.
func (e ExpectedState) Check(o Organization) error {
	if e.State != "" && e.State != o.State || e.Deactivation != nil && *e.Deactivation != o.Deactivation {
		return e.Refusal
	}
	return nil
}

// require refuses callers that may not do the update. It is looked at before the store
// is touched if the update is known to change the organization itself.
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

// requireEcho is require for a caller that sends back what it was shown. Without a
// difference it needs a permission of codes only. A caller that may not even issue or
// disable codes is refused also then.
func (p UpdateOrganizationParams) requireEcho(caller Caller, id OrganizationID, differs bool) error {
	codes := caller.May(IssueCodes) || caller.May(DisableCodes)
	return p.require(caller, id, differs || !codes)
}

// differing returns the params without what the organization has already, and reports
// whether anything of the organization itself is left. An alias that is sent back
// follows a new name, like one that is not sent.
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

// keepIf sets the pointer to nil unless the value differs, which it returns.
func keepIf[T any](want **T, differs bool) bool {
	if !differs {
		*want = nil
	}
	return differs
}
