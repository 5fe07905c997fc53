// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"net/http"

	"gatehouse/internal/tenancy"
)

// noAuthCode, or null, written to authorizationCode revokes the code. Nothing
// else can be written there: codes are made by the server.
const noAuthCode = "NO_AUTH_CODE"

type organizationBody struct {
	Name   *string `json:"name"`
	Active *bool   `json:"active"`
	// Kept raw to tell null, which clears, from absent, which changes nothing.
	Description       json.RawMessage `json:"description"`
	ExternalID        json.RawMessage `json:"externalOrganizationId"`
	AuthorizationCode json.RawMessage `json:"authorizationCode"`
}

// clearable reads a text member: nil when it is absent, empty when it is null.
func clearable(field string, raw json.RawMessage) (*string, error) {
	if raw == nil {
		return nil, nil
	}
	var text string // null leaves it empty
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, invalidField(field, field+" must be a string or null.")
	}
	return &text, nil
}

// texts reads the members that null clears.
func (b organizationBody) texts() (description, externalID *string, err error) {
	if description, err = clearable("description", b.Description); err != nil {
		return nil, nil, err
	}
	externalID, err = clearable("externalOrganizationId", b.ExternalID)
	return description, externalID, err
}

// endsCode tells whether the body asks to revoke the code.
func (b organizationBody) endsCode() (bool, error) {
	if b.AuthorizationCode == nil {
		return false, nil
	}
	var text *string
	if err := json.Unmarshal(b.AuthorizationCode, &text); err != nil || text != nil && *text != noAuthCode {
		return false, invalidField("authorizationCode",
			"authorizationCode can only be set to null or NO_AUTH_CODE, which revoke it. POST to …/authorizationCode to make one.")
	}
	return true, nil
}

func (d *dialect) createOrganization(w http.ResponseWriter, r *http.Request, c call) error {
	var body organizationBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	if _, err := body.endsCode(); err != nil {
		return err
	}
	description, externalID, err := body.texts()
	if err != nil {
		return err
	}
	o, err := d.service.CreateOrganization(r.Context(), c.caller, tenancy.CreateOrganizationParams{
		Name: deref(body.Name), Description: deref(description), ExternalID: deref(externalID),
		Inactive: body.Active != nil && !*body.Active})
	return d.writeOrganization(w, r, c, o, err)
}

func (d *dialect) listOrganizations(w http.ResponseWriter, r *http.Request, c call) error {
	p, err := listParams(r, d.organizations)
	if err != nil {
		return err
	}
	page, total, err := d.service.ListOrganizations(r.Context(), c.caller, p)
	if err != nil {
		return err
	}
	items := make([]organizationResponse, len(page))
	for i, o := range page {
		items[i] = organizationWire(o)
	}
	return writeList(w, r, c, "organizations", p, d.organizations, items, total)
}

func (d *dialect) getOrganization(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := d.service.GetOrganization(r.Context(), c.caller, id)
	return d.writeOrganization(w, r, c, o, err)
}

// updateOrganization changes what the body has and leaves the rest.
func (d *dialect) updateOrganization(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	var body organizationBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	ends, err := body.endsCode()
	if err != nil {
		return err
	}
	description, externalID, err := body.texts()
	if err != nil {
		return err
	}
	o, err := d.service.UpdateOrganization(r.Context(), c.caller, id, tenancy.UpdateOrganizationParams{
		Name: body.Name, Description: description, ExternalID: externalID, Active: body.Active, EndAuthCode: ends})
	return d.writeOrganization(w, r, c, o, err)
}

func (d *dialect) writeOrganization(w http.ResponseWriter, r *http.Request, c call, o tenancy.Organization, err error) error {
	if err != nil {
		return err
	}
	body := organizationWire(o)
	body.Links = self(r, string(c.tree)+"/organizations/"+body.ID)
	return writeOK(w, body)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
