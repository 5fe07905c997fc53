// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"encoding/json"
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// registered returns a client as this door shows it to the bearer of the token that manages
// it, without its secret.
func (s *server) registered(r *http.Request, c tenancy.Client, manage secret.Secret) registration {
	out := registration{ClientID: c.ID, IssuedAt: c.CreatedAt.Unix(), Name: c.Name,
		GrantTypes: []string{grantClient}, Method: methodBasic, ManageURI: issuer(r) + pathRegister + "/" + c.ID,
		InstanceID: c.InstanceID, State: string(c.State), Organization: c.OrganizationID.String(),
		ManageToken: manage.Reveal()}
	if c.KeyPlace == tenancy.KeyInBody {
		out.Method = methodPost
	}
	if c.PublicKey != "" {
		out.Method = methodAssertion
		out.Keys = &keySet{[]json.RawMessage{json.RawMessage(c.PublicKey)}}
	}
	return out
}

// readRegistration answers GET /oauth2/register/{client} (RFC 7592 §2.1).
func (s *server) readRegistration(w http.ResponseWriter, r *http.Request) error {
	manage := secret.Of(httpkit.Bearer(r.Header))
	c, err := s.tenancy.ReadRegistration(r.Context(), tenancy.Anonymous(origin(r)), r.PathValue("client"),
		manage)
	if err != nil {
		return ofBearer(err)
	}
	return write(w, http.StatusOK, s.registered(r, c, manage))
}

// update is the body of a PUT: the metadata as it is to be, and the client's own id. The
// members after it are the server's own to choose, and RFC 7592 §2.2 forbids to send them.
type update struct {
	metadata
	ClientID      string           `json:"client_id"`
	ClientSecret  *string          `json:"client_secret"`
	InstanceID    *string          `json:"instance_id"`
	ManageToken   *json.RawMessage `json:"registration_access_token"`
	ManageURI     *json.RawMessage `json:"registration_client_uri"`
	SecretExpires *json.RawMessage `json:"client_secret_expires_at"`
	IssuedAt      *json.RawMessage `json:"client_id_issued_at"`
}

// updateRegistration answers PUT /oauth2/register/{client} (RFC 7592 §2.2).
func (s *server) updateRegistration(w http.ResponseWriter, r *http.Request) error {
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return err
	}
	caller, id := tenancy.Anonymous(origin(r)), r.PathValue("client")
	manage := secret.Of(httpkit.Bearer(r.Header))
	// What is wrong with the body is said to nobody else.
	c, err := s.tenancy.ReadRegistration(r.Context(), caller, id, manage)
	if err != nil {
		return ofBearer(err)
	}
	var u update
	if err := decode(r, body, &u); err != nil {
		return err
	}
	params, err := u.params(c)
	if err != nil {
		return err
	}
	c, err = s.tenancy.UpdateRegistration(r.Context(), caller, id, manage, params)
	if err != nil {
		return ofUpdate(err)
	}
	return write(w, http.StatusOK, s.registered(r, c, manage))
}

// params checks the body.
func (u *update) params(c tenancy.Client) (tenancy.RegistrationUpdate, error) {
	none := tenancy.RegistrationUpdate{}
	switch {
	case u.ManageToken != nil || u.ManageURI != nil || u.SecretExpires != nil || u.IssuedAt != nil:
		return none, badRequest(errInvalidMetadata, "Leave out registration_access_token, "+
			"registration_client_uri, client_secret_expires_at and client_id_issued_at.")
	case u.ClientID != c.ID:
		return none, badRequest(errInvalidMetadata, "client_id must be that of this registration.")
	}
	u.metadata.InstanceID = c.InstanceID // the name of a client that says none
	if u.InstanceID != nil {
		u.metadata.InstanceID = *u.InstanceID
	}
	p, err := u.metadata.params()
	if err != nil {
		return none, err
	}
	out := tenancy.RegistrationUpdate{Name: p.Name, KeyPlace: p.KeyPlace, PublicKey: p.PublicKey,
		InstanceID: u.InstanceID}
	if u.ClientSecret != nil {
		key := secret.Of(*u.ClientSecret)
		out.Key = &key
	}
	return out, nil
}

// ofUpdate returns the error of an update in the words of RFC 7592.
func ofUpdate(err error) error {
	if e := problem.As(err); e.Kind == problem.Invalid {
		return badRequest(errInvalidMetadata, e.Renamed(memberOf).Message)
	}
	return ofBearer(err)
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
