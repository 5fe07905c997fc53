// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

func (d *dialect) createOrganization(w http.ResponseWriter, r *http.Request, x exchange) error {
	var sent map[string]json.RawMessage
	if err := readJSON(w, r, &sent, false); err != nil {
		return err
	}
	var errs fieldErrors
	b := readOrganization(sent, &errs)
	o, err := d.tenancy.CreateOrganization(r.Context(), x.caller, tenancy.CreateOrganizationParams{
		ID: b.id, Name: deref(b.name), Description: deref(b.description), ExternalID: deref(b.externalID),
		Inactive: b.active != nil && !*b.active, Properties: b.properties, FieldErrors: errs,
		Rules: organizationRules()})
	return d.writeOrganization(w, r, x, o, err)
}

func (d *dialect) listOrganizations(w http.ResponseWriter, r *http.Request, x exchange) error {
	p, err := listParams(r, d.organizations)
	if err != nil {
		return err
	}
	page, total, err := d.tenancy.ListOrganizations(r.Context(), x.caller, p)
	if err != nil {
		return err
	}
	if expands(r, "basic") {
		items := make([]basicOrganization, len(page))
		for i, o := range page {
			items[i] = basicOrganization(organizationWire(o))
		}
		return writeList(w, r, x, "organizations", p, d.organizations, items, total)
	}
	items := make([]organizationResponse, len(page))
	for i, o := range page {
		items[i] = organizationWire(o)
	}
	return writeList(w, r, x, "organizations", p, d.organizations, items, total)
}

// expands reports whether the parameter expand contains the word.
func expands(r *http.Request, word string) bool {
	for _, words := range httpkit.QueryOf(r)[paramExpand] {
		if slices.Contains(strings.Split(words, ","), word) {
			return true
		}
	}
	return false
}

func (d *dialect) getOrganization(w http.ResponseWriter, r *http.Request, x exchange) error {
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := d.tenancy.GetOrganization(r.Context(), x.caller, id)
	return d.writeOrganization(w, r, x, o, err)
}

// updateOrganization changes the members that the body has and leaves the others.
func (d *dialect) updateOrganization(w http.ResponseWriter, r *http.Request, x exchange) error {
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	var sent map[string]json.RawMessage
	if err := readJSON(w, r, &sent, false); err != nil {
		return err
	}
	var errs fieldErrors
	b := readOrganization(sent, &errs)
	if b.id != 0 && b.id != id {
		errs.addError("id", codeNotChanged)
	}
	if x.tree == ccagent || x.tree == ccappagent {
		refuseAgentChanges(sent, &errs)
	}
	o, err := d.tenancy.UpdateOrganization(r.Context(), x.caller, id, tenancy.UpdateOrganizationParams{
		Name: b.name, Description: b.description, ExternalID: b.externalID, Active: b.active, KeepSecrets: true,
		Code: b.code, Properties: b.properties, FieldErrors: errs, Rules: organizationRules()})
	return d.writeOrganization(w, r, x, o, err)
}

// refuseAgentChanges adds an error for each member that the trees of agents must not change. They may change
// only the limits for approvals and custom properties.
func refuseAgentChanges(sent map[string]json.RawMessage, f *fieldErrors) {
	for _, name := range sortedNames(sent) {
		kind := memberKind(name)
		limit := name == approvalRequired || name == orderPriceLimit
		if kind == ownMember && name != "id" || kind == dataMember && !limit {
			f.addError(name, codeNotChangedByAgents)
		}
	}
}

func (d *dialect) writeOrganization(w http.ResponseWriter, r *http.Request, x exchange,
	o tenancy.Organization, err error,
) error {
	if err != nil {
		return err
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && expands(r, "none") {
		return writeOK(w, idResponse{o.ID.String()})
	}
	body := organizationWire(o)
	body.Links = selfLinks(r, string(x.tree)+"/organizations/"+body.ID)
	// its properties are members of its own
	httpkit.Write(w, http.StatusOK, mediaJSON, body.appendJSON(make([]byte, 0, usualSize)))
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
