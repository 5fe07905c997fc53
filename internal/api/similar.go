// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"gatehouse/apitype"
	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// similarNames has names that look like others, by the organization or the request that has the
// other one. An organization's and a request's id are of different form.
type similarNames map[string][]apitype.SimilarName

// similarTo reads the names that look like those of organizations and requests, as far as the
// caller may read them.
func (a *api) similarTo(r *http.Request, caller tenancy.Caller, organizations []tenancy.OrganizationID,
	requests []tenancy.RequestID) (similarNames, error) {
	found, err := a.tenancy.FindSimilarNames(r.Context(), caller, organizations, requests)
	if err != nil {
		return nil, err
	}
	names := similarNames{}
	for _, one := range found {
		name := apitype.SimilarName{Type: "organization", ID: one.Organization.String(), Name: one.Name,
			State: one.State}
		if one.Request != 0 {
			name.Type, name.ID = "organizationRequest", one.Request.String()
		}
		of := one.OfOrganization.String()
		if one.OfRequest != 0 {
			of = one.OfRequest.String()
		}
		names[of] = append(names[of], name)
	}
	return names, nil
}

// similarToRequest is similarTo for a request to be decided and for its organization.
func (a *api) similarToRequest(r *http.Request, caller tenancy.Caller,
	of tenancy.Request) (similarNames, error) {
	if of.Status.Decided() {
		return nil, nil
	}
	return a.similarTo(r, caller, []tenancy.OrganizationID{of.OrganizationID}, []tenancy.RequestID{of.ID})
}

// warningsOf returns the warnings about a name; nil if there are none.
func warningsOf(name string) (warnings []string) {
	for _, w := range filter.WarningsOf(name) {
		warnings = append(warnings, string(w))
	}
	return warnings
}
