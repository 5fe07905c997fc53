// SPDX-License-Identifier: Apache-2.0

package api

import (
	"maps"
	"net/http"
	"slices"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func (a *api) organizationOperations() []operation {
	const all, one = "/organizations", "/organizations/{organization}"
	return []operation{
		{name: "listOrganizations", method: http.MethodGet, path: all, handle: a.listOrganizations,
			class: httpkit.List},
		{name: "createOrganization", method: http.MethodPost, path: all, handle: a.createOrganization},
		{name: "readOrganization", method: http.MethodGet, path: one, handle: a.readOrganization},
		{name: "updateOrganization", method: http.MethodPatch, path: one, handle: a.updateOrganization},
		{name: "deleteOrganization", method: http.MethodDelete, path: one, handle: a.deleteOrganization},
		{name: "activateOrganization", method: http.MethodPost, path: one + "/activate",
			handle: a.switchOrganization(true)},
		{name: "deactivateOrganization", method: http.MethodPost, path: one + "/deactivate",
			handle: a.switchOrganization(false)},
	}
}

// listOrganizations answers GET /v1/organizations.
func (a *api) listOrganizations(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	list, p, err := a.sortedPageOf(r, caller, organizationProperties())
	if err != nil {
		return err
	}
	page, err := a.tenancy.ListOrganizationsAfter(r.Context(), caller, p)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, apitype.OrganizationList{Items: items(page.Items, organization),
		NextCursor: a.nextCursor(list, page.Next)})
}

// createOrganization answers POST /v1/organizations.
func (a *api) createOrganization(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.OrganizationParams
	if err := read(w, r, &body); err != nil {
		return err
	}
	o, err := a.tenancy.CreateOrganization(r.Context(), caller, tenancy.CreateOrganizationParams{Name: body.Name,
		Alias: body.Alias, Description: body.Description, ExternalID: body.ExternalID,
		EmailDomains: body.EmailDomains, ContactPersons: contactPersons(body.ContactPersons),
		Properties:  tenancy.Properties(body.Properties),
		FieldErrors: foreignProperties("", body.Properties)})
	if err != nil {
		return err
	}
	return writeOrganization(w, http.StatusCreated, o)
}

// readOrganization answers GET …/{organization}.
func (a *api) readOrganization(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	o, err := a.tenancy.GetOrganization(r.Context(), caller, id)
	if err != nil {
		return err
	}
	similar, err := a.similarTo(r, caller, []tenancy.OrganizationID{o.ID}, nil)
	if err != nil {
		return err
	}
	shown := organization(o)
	shown.SimilarNames = similar[shown.ID]
	w.Header().Set("ETag", etag(o.UpdatedAt))
	return write(w, http.StatusOK, shown)
}

// updateOrganization answers PATCH …/{organization}.
func (a *api) updateOrganization(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	var body apitype.OrganizationChange
	versions, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	p := tenancy.UpdateOrganizationParams{Name: body.Name, Alias: body.Alias, Description: body.Description,
		ExternalID: body.ExternalID, EmailDomains: body.EmailDomains,
		Properties:  tenancy.Properties(body.Properties),
		FieldErrors: foreignProperties("", body.Properties),
		Expected:    tenancy.ExpectedState{Versions: versions}}
	if body.ContactPersons != nil {
		persons := contactPersons(*body.ContactPersons)
		p.ContactPersons = &persons
	}
	o, err := a.tenancy.UpdateOrganization(r.Context(), caller, id, p)
	if err != nil {
		return err
	}
	return writeOrganization(w, http.StatusOK, o)
}

// switchOrganization answers POST …/{organization}/activate and /deactivate.
func (a *api) switchOrganization(active bool) handler {
	return func(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
		id, err := organizationOf(r)
		if err != nil {
			return err
		}
		var body apitype.Activation
		if active {
			err = readIfSent(w, r, &body)
		} else {
			err = readNothing(w, r)
		}
		if err != nil {
			return err
		}
		o, err := a.tenancy.UpdateOrganization(r.Context(), caller, id,
			tenancy.UpdateOrganizationParams{Active: &active, KeepSecrets: body.KeepSecrets})
		if err != nil {
			return err
		}
		return writeOrganization(w, http.StatusOK, o)
	}
}

// deleteOrganization answers DELETE …/{organization}.
func (a *api) deleteOrganization(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := organizationOf(r)
	if err != nil {
		return err
	}
	if err := readNothing(w, r); err != nil {
		return err
	}
	if err := a.tenancy.DeleteOrganization(r.Context(), caller, id); err != nil {
		return err
	}
	return writeNothing(w)
}

func writeOrganization(w http.ResponseWriter, status int, o tenancy.Organization) error {
	w.Header().Set("ETag", etag(o.UpdatedAt))
	return write(w, status, organization(o))
}

// organization returns an organization as this API shows it.
func organization(o tenancy.Organization) apitype.Organization {
	out := apitype.Organization{ID: o.ID.String(), Name: o.Name, Alias: o.Alias, Description: o.Description,
		ExternalID: o.ExternalID, EmailDomains: list(o.EmailDomains), ContactPersons: []apitype.ContactPerson{},
		State: string(o.State), Properties: ownProperties(o.Properties), CreatedAt: o.CreatedAt,
		UpdatedAt: o.UpdatedAt, NameWarnings: warningsOf(o.Name)}
	for _, one := range o.ContactPersons {
		out.ContactPersons = append(out.ContactPersons, apitype.ContactPerson(one))
	}
	return out
}

func contactPersons(sent []apitype.ContactPerson) []tenancy.ContactPerson {
	var persons []tenancy.ContactPerson
	for _, one := range sent {
		persons = append(persons, tenancy.ContactPerson(one))
	}
	return persons
}

// ownProperties returns the properties that this API shows. Those of other doors have a
// namespace.
func ownProperties(p tenancy.Properties) apitype.Properties {
	own := apitype.Properties{}
	for name, value := range p {
		if !tenancy.Namespaced(name) {
			own[name] = value
		}
	}
	return own
}

// foreignProperties returns an error for each property that belongs to another door.
func foreignProperties(prefix string, p apitype.Properties) (errs []problem.FieldError) {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if tenancy.Namespaced(name) {
			field := prefix + tenancy.FieldProperties + "." + name
			errs = append(errs, problem.FieldError{Field: field, Phrase: say(codeForeignProperty, field)})
		}
	}
	return errs
}
