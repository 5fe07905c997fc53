// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/tenancy"
)

type authCodeResponse struct {
	AuthorizationCode string `json:"authorizationCode"`
	Links             []link `json:"links"`
}

// issueAuthCode makes the organization's new code and shows it. The operation
// has no body; one that is sent means nothing.
func (d *dialect) issueAuthCode(w http.ResponseWriter, r *http.Request, c call) error {
	if err := skipBody(w, r); err != nil {
		return err
	}
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	_, issued, err := d.tenancy.IssueAuthCode(r.Context(), c.caller, id)
	if err != nil {
		return err
	}
	return writeOK(w, authCodeResponse{AuthorizationCode: issued.Text.Reveal(),
		Links: self(r, string(c.tree)+"/organizations/"+id.String()+"/authorizationCode")})
}
