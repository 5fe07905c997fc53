// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// organizationNames has the names of organizations on a page.
type organizationNames map[tenancy.OrganizationID]string

// organizationNames returns the names of the organizations of one page of a list. Those of which the
// caller may not know, and those that were deleted, have none.
func (x *exchange) organizationNames(ids []tenancy.OrganizationID) (organizationNames, error) {
	names := organizationNames{tenancy.RootID: ""} // never empty, which a template would take for nil
	if !x.may(tenancy.ReadOrganizations) {
		return names, nil
	}
	for _, id := range ids {
		if _, known := names[id]; known || id == tenancy.RootID {
			continue
		}
		o, err := x.c.tenancy.GetOrganization(x.r.Context(), x.caller, id)
		if err != nil && !errors.Is(err, problem.NotFound) {
			return nil, err
		}
		names[id] = o.Name
	}
	return names, nil
}

// Of returns what a list calls an organization; "" for the server itself.
func (n organizationNames) Of(id tenancy.OrganizationID) string {
	if id == tenancy.RootID {
		return ""
	}
	if name := n[id]; name != "" {
		return name
	}
	return id.String()
}

// Linked reports whether the caller can open the page of an organization.
func (n organizationNames) Linked(id tenancy.OrganizationID) bool { return n[id] != "" }
