// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"

	"gatehouse/internal/tenancy"
)

const (
	pathOrganizations = "/organizations"
	pathOrganization  = pathOrganizations + "/{organization}"
)

func (c *console) organizationRoutes() []page {
	const all, one = pathOrganizations, pathOrganization
	return []page{
		list("listOrganizations", all, c.listOrganizations),
		get("newOrganization", all+"/new", c.newOrganization),
		post("createOrganization", all+"/new", c.createOrganization),
		get("readOrganization", one, c.readOrganization),
		list("listOrganizationCodes", one+"/codes", c.listOrganizationCodes),
		list("listOrganizationClients", one+"/clients", c.listOrganizationClients),
		list("listOrganizationHistory", one+"/history", c.listOrganizationHistory),
		get("editOrganization", one+"/edit", c.editOrganization),
		post("updateOrganization", one+"/edit", c.updateOrganization),
		get("confirmDeactivation", one+"/deactivate", c.confirmSwitch(false)),
		post("deactivateOrganization", one+"/deactivate", c.switchOrganization(false)),
		get("confirmActivation", one+"/activate", c.confirmSwitch(true)),
		post("activateOrganization", one+"/activate", c.switchOrganization(true)),
	}
}

// organizationPath returns the address of an organization's page.
func organizationPath(id tenancy.OrganizationID) string {
	return Root + pathOrganizations + "/" + id.String()
}

// organizationOf returns the id in the address of a page. NotFound.
func organizationOf(r *http.Request) (tenancy.OrganizationID, error) {
	return tenancy.ParseOrganizationID(r.PathValue("organization"))
}

// organizationsPage is what the list shows.
type organizationsPage struct {
	List      *listing
	Items     []tenancy.Organization
	MayCreate bool
}

// listOrganizations answers GET /console/organizations.
func (c *console) listOrganizations(x *exchange) error {
	l, err := x.listingOf(offers{search: true,
		sorts:  []string{tenancy.PropertyName, tenancy.PropertyID, tenancy.PropertyCreatedAt},
		states: []string{"", string(tenancy.OrganizationActive), string(tenancy.OrganizationInactive)}})
	if err != nil {
		return err
	}
	properties := tenancy.OrganizationProperties()
	var conditions []string
	if l.Search != "" {
		conditions = append(conditions, organizationSearch(l.Search))
	}
	if l.State != "" {
		conditions = append(conditions, condition(tenancy.PropertyState, "eq", l.State))
	}
	p := tenancy.PageParams{Sort: l.order(properties), After: l.after, Limit: pageLength}
	if p.Filter, err = filterOf(properties, conditions...); err != nil {
		return err
	}
	found, err := c.tenancy.ListOrganizationsAfter(x.r.Context(), x.caller, p)
	if err := l.refused(x, err); err != nil {
		return err
	}
	l.then(x, found.Next)
	return x.show("organizations", organizationsPage{l, found.Items, x.mayForAll(tenancy.WriteOrganizations)})
}

// organizationSearch returns the condition of a search: an id, or a part of a name.
func organizationSearch(text string) string {
	id, err := tenancy.ParseOrganizationID(text)
	if err != nil {
		id, err = tenancy.ParseOrganizationNumber(text)
	}
	if err == nil {
		return "(" + condition(tenancy.PropertyID, "eq", id.String()) + " or " +
			condition(tenancy.PropertyName, "co", text) + ")"
	}
	return condition(tenancy.PropertyName, "co", text)
}
