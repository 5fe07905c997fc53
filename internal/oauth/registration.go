// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"encoding/json"
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// registered returns a client as this door shows it, without anything that is secret.
func (s *server) registered(r *http.Request, c tenancy.Client) registration {
	out := registration{ClientID: c.ID, IssuedAt: c.CreatedAt.Unix(), Name: c.Name,
		GrantTypes: []string{grantClient}, Method: methodBasic, ManageURI: s.issuer(r) + pathRegister + "/" + c.ID,
		InstanceID: c.InstanceID, State: string(c.State), Organization: c.OrganizationID.String()}
	if c.PublicKey != "" {
		out.Method = methodAssertion
		out.Keys = &keySet{[]json.RawMessage{json.RawMessage(c.PublicKey)}}
	}
	return out
}

// readRegistration answers GET /oauth2/register/{client} (RFC 7592 §2.1).
func (s *server) readRegistration(w http.ResponseWriter, r *http.Request) error {
	c, err := s.tenancy.ReadRegistration(r.Context(), tenancy.Anonymous(origin(r)), r.PathValue("client"),
		secret.Of(httpkit.Bearer(r.Header)))
	if err != nil {
		return ofBearer(err)
	}
	return write(w, http.StatusOK, s.registered(r, c))
}

// endRegistration answers DELETE /oauth2/register/{client} (RFC 7592 §2.3).
func (s *server) endRegistration(w http.ResponseWriter, r *http.Request) error {
	err := s.tenancy.EndRegistration(r.Context(), tenancy.Anonymous(origin(r)), r.PathValue("client"),
		secret.Of(httpkit.Bearer(r.Header)))
	if err != nil {
		return ofBearer(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
