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

// issueAuthCode creates the organization's new code and returns it. The operation has no body; a body that is
// sent is ignored.
func (d *dialect) issueAuthCode(w http.ResponseWriter, r *http.Request, x exchange) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	id, err := tenancy.ParseOrganizationID(r.PathValue("id"))
	if err != nil {
		return err
	}
	_, issued, err := d.tenancy.IssuePrimaryAuthCode(r.Context(), x.caller, id)
	if err != nil {
		return err
	}
	return writeOK(w, authCodeResponse{AuthorizationCode: issued.Text.Reveal(),
		Links: selfLinks(r, string(x.tree)+"/organizations/"+id.String()+"/authorizationCode")})
}
