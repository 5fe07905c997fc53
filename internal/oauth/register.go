// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// metadata is what a client says of itself (RFC 7591 §2). Other members are ignored, as
// the RFC demands.
type metadata struct {
	Name       string           `json:"client_name"`
	GrantTypes []string         `json:"grant_types"`
	Method     string           `json:"token_endpoint_auth_method"`
	Keys       *keySet          `json:"jwks"`
	KeysURI    string           `json:"jwks_uri"`
	Statement  *json.RawMessage `json:"software_statement"`
	// InstanceID is an extension: what the installation calls itself. With it a lost answer
	// can be asked for again.
	InstanceID string `json:"instance_id"`
}

type keySet struct {
	Keys []json.RawMessage `json:"keys"`
}

// registration is the answer (RFC 7591 §3.2.1, RFC 7592 §3).
type registration struct {
	ClientID      string   `json:"client_id"`
	ClientSecret  string   `json:"client_secret,omitempty"`
	SecretExpires *int64   `json:"client_secret_expires_at,omitempty"` // 0: never
	IssuedAt      int64    `json:"client_id_issued_at"`
	Name          string   `json:"client_name"`
	GrantTypes    []string `json:"grant_types"`
	Method        string   `json:"token_endpoint_auth_method"`
	Keys          *keySet  `json:"jwks,omitempty"`
	ManageToken   string   `json:"registration_access_token"`
	ManageURI     string   `json:"registration_client_uri"`
	InstanceID    string   `json:"instance_id"`
	State         string   `json:"state"` // an extension: pending until the organization has decided
	Organization  string   `json:"organization_id"`
}

// register answers POST /oauth2/register. The initial access token is an authorization
// code.
func (s *server) register(w http.ResponseWriter, r *http.Request) error {
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return err
	}
	var m metadata
	if err := decode(r, body, &m); err != nil {
		return err
	}
	p, err := m.params()
	if err != nil {
		return err
	}
	if len(r.Header["Authorization"]) > 1 {
		return badRequest(errInvalidRequest, "Send one authorization code.")
	}
	p.AuthCode = httpkit.Bearer(r.Header)
	issued, err := s.tenancy.Enrol(r.Context(), tenancy.Anonymous(origin(r)), p)
	if err != nil {
		return ofEnrolment(err)
	}
	out := s.registered(r, issued.Client, issued.Manage)
	if p.PublicKey == nil {
		out.ClientSecret, out.SecretExpires = issued.Key.Reveal(), new(int64)
	}
	return write(w, http.StatusCreated, out)
}

// decode reads metadata.
func decode(r *http.Request, body []byte, m any) error {
	if httpkit.MediaType(r) != mediaJSON {
		return badRequest(errInvalidMetadata, "Send the body as "+mediaJSON+".")
	}
	err := httpkit.DecodeJSON(body, m)
	var bad *httpkit.Error
	if errors.As(err, &bad) {
		return badRequest(errInvalidMetadata, bad.Message)
	}
	return err
}

// params checks the metadata.
func (m *metadata) params() (tenancy.EnrolParams, error) {
	p := tenancy.EnrolParams{Name: m.Name, InstanceID: m.InstanceID, KeyPlace: m.place()}
	switch {
	case m.Statement != nil:
		return p, badRequest(errStatement, "Software statements are not taken here. Leave software_statement out.")
	case m.KeysURI != "":
		return p, badRequest(errInvalidMetadata, "Send the key itself in jwks, not jwks_uri.")
	case len(m.GrantTypes) > 0 && !slices.Contains(m.GrantTypes, grantClient):
		return p, badRequest(errInvalidMetadata, "The only grant is client_credentials.")
	}
	if m.Keys != nil {
		if len(m.Keys.Keys) != 1 {
			return p, badRequest(errInvalidMetadata, "jwks must have one key.")
		}
		key, err := secret.ParsePublicKey(m.Keys.Keys[0])
		if err != nil {
			return p, badRequest(errInvalidMetadata,
				"jwks must be the public key of Ed25519 or P-256, without private members.")
		}
		p.PublicKey = key
	}
	if !slices.Contains(m.methods(), m.Method) {
		return p, badRequest(errInvalidMetadata, "token_endpoint_auth_method does not fit: use "+
			methodAssertion+" with jwks, else "+methodBasic+" or "+methodPost+".")
	}
	if p.InstanceID == "" {
		if p.InstanceID = p.PublicKey.Thumbprint(); p.InstanceID == "" {
			p.InstanceID = uuid.NewString()
		}
	}
	if p.Name == "" {
		p.Name = p.InstanceID
	}
	return p, nil
}

// methods lists the methods that fit the metadata; "" is an absent one.
func (m *metadata) methods() []string {
	if m.Keys != nil {
		return []string{"", methodAssertion}
	}
	return []string{"", methodBasic, methodPost}
}

// place returns where the client wants to send its key.
func (m *metadata) place() tenancy.KeyPlace {
	switch m.Method {
	case methodBasic:
		return tenancy.KeyInHeader
	case methodPost:
		return tenancy.KeyInBody
	}
	return tenancy.NoKeyPlace
}

// ofEnrolment returns the refusal of a code as that of an access token, and wrong fields as
// wrong metadata.
func ofEnrolment(err error) error {
	e := problem.As(err)
	switch e.Kind {
	case problem.Denied:
		return badBearer(e)
	case problem.Invalid:
		return badRequest(errInvalidMetadata, e.Renamed(memberOf).Message)
	}
	return e
}

// memberOf returns the member of the metadata that a field of the domain is.
func memberOf(field string) string {
	switch field {
	case tenancy.FieldName:
		return "client_name"
	case tenancy.FieldInstanceID:
		return "instance_id"
	case tenancy.FieldKey:
		return "client_secret"
	case tenancy.FieldPublicKey:
		return "jwks"
	}
	return field
}
