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

func (d *dialect) createOrganization(w http.ResponseWriter, r *http.Request, c call) error {
	var sent map[string]json.RawMessage
	if err := readJSON(w, r, &sent, false); err != nil {
		return err
	}
	var f faults
	b := readOrganization(sent, &f)
	o, err := d.tenancy.CreateOrganization(r.Context(), c.caller, tenancy.CreateOrganizationParams{
		ID: b.id, Name: deref(b.name), Description: deref(b.description), ExternalID: deref(b.externalID),
		Inactive: b.active != nil && !*b.active, Properties: b.properties, FieldErrors: f, Rules: organizationRules()})
	return d.writeOrganization(w, r, c, o, err)
}

func (d *dialect) listOrganizations(w http.ResponseWriter, r *http.Request, c call) error {
	p, err := listParams(r, d.organizations)
	if err != nil {
		return err
	}
	page, total, err := d.tenancy.ListOrganizations(r.Context(), c.caller, p)
	if err != nil {
		return err
	}
	if expands(r, "basic") {
		items := make([]basicOrganization, len(page))
		for i, o := range page {
			items[i] = basicOrganization(organizationWire(o))
		}
		return writeList(w, r, c, "organizations", p, d.organizations, items, total)
	}
	items := make([]organizationResponse, len(page))
	for i, o := range page {
		items[i] = organizationWire(o)
	}
	return writeList(w, r, c, "organizations", p, d.organizations, items, total)
}

// expands reports whether the parameter expand has the word, among others.
func expands(r *http.Request, word string) bool {
	for _, words := range httpkit.QueryOf(r)[paramExpand] {
		if slices.Contains(strings.Split(words, ","), word) {
			return true
		}
	}
	return false
}

func (d *dialect) getOrganization(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := d.tenancy.GetOrganization(r.Context(), c.caller, id)
	return d.writeOrganization(w, r, c, o, err)
}

// updateOrganization changes what the body has and leaves the rest.
func (d *dialect) updateOrganization(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	var sent map[string]json.RawMessage
	if err := readJSON(w, r, &sent, false); err != nil {
		return err
	}
	var f faults
	b := readOrganization(sent, &f)
	if b.id != 0 && b.id != id {
		f.wrong("id", codeNotChanged)
	}
	if c.tree == ccagent || c.tree == ccappagent {
		onlyForAgents(sent, &f)
	}
	o, err := d.tenancy.UpdateOrganization(r.Context(), c.caller, id, tenancy.UpdateOrganizationParams{
		Name: b.name, Description: b.description, ExternalID: b.externalID, Active: b.active, Code: b.code, Properties: b.properties,
		FieldErrors: f, Rules: organizationRules()})
	return d.writeOrganization(w, r, c, o, err)
}

// onlyForAgents refuses what cannot be changed on the trees of agents: there are
// the limits for approvals, and the custom properties.
func onlyForAgents(sent map[string]json.RawMessage, f *faults) {
	for _, name := range sortedNames(sent) {
		kind := memberKind(name)
		if (kind == ownMember && name != "id") || (kind == dataMember && name != approvalRequired && name != orderPriceLimit) {
			f.wrong(name, codeNotChangedByAgents)
		}
	}
}

func (d *dialect) writeOrganization(w http.ResponseWriter, r *http.Request, c call, o tenancy.Organization, err error) error {
	if err != nil {
		return err
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && expands(r, "none") {
		return writeOK(w, idResponse{o.ID.String()})
	}
	body := organizationWire(o)
	body.Links = self(r, string(c.tree)+"/organizations/"+body.ID)
	httpkit.Write(w, http.StatusOK, mediaJSON, body.appendJSON(make([]byte, 0, usual))) // its properties are members of its own
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
