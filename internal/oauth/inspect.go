// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"net/http"
	"net/url"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// introspection is the answer of RFC 7662 §2.2.
type introspection struct {
	Active       bool   `json:"active"`
	TokenType    string `json:"token_type,omitempty"`
	ClientID     string `json:"client_id,omitempty"`
	Subject      string `json:"sub,omitempty"`
	Audience     string `json:"aud,omitempty"`
	TokenID      string `json:"jti,omitempty"`
	IssuedAt     int64  `json:"iat,omitempty"`
	ExpiresAt    int64  `json:"exp,omitempty"`
	Name         string `json:"client_name,omitempty"`
	Organization string `json:"organization_id,omitempty"`
	Kind         string `json:"kind,omitempty"`
}

// introspect answers POST /oauth2/introspect.
func (s *server) introspect(w http.ResponseWriter, r *http.Request) error {
	values, caller, err := s.aboutToken(w, r)
	if err != nil {
		return err
	}
	found, err := s.identity.Introspect(r.Context(), caller, values.Get("token"), identity.NativeAudience)
	if err != nil {
		return err
	}
	if !found.Active {
		return write(w, http.StatusOK, introspection{})
	}
	body := introspection{Active: true, TokenType: "Bearer", Subject: found.Subject,
		Audience: identity.NativeAudience,
		TokenID:  found.TokenID, IssuedAt: found.IssuedAt.Unix(), ExpiresAt: found.ExpiresAt.Unix(),
		Name: found.Name, Organization: found.Organization.String(), Kind: string(found.Kind)}
	if found.Kind != tenancy.OperatorCaller {
		body.ClientID = found.Subject
	}
	return write(w, http.StatusOK, body)
}

// revoke answers POST /oauth2/revoke. A token that is none is no error (RFC 7009 §2.2).
func (s *server) revoke(w http.ResponseWriter, r *http.Request) error {
	values, caller, err := s.aboutToken(w, r)
	if err != nil {
		return err
	}
	if err := s.identity.RevokeToken(r.Context(), caller, values.Get("token"),
		identity.NativeAudience); err != nil {
		return err
	}
	httpkit.WriteHead(w, http.StatusOK, mediaJSON)
	return nil
}

// aboutToken reads a request about a token, and who sends it.
func (s *server) aboutToken(w http.ResponseWriter, r *http.Request) (url.Values, tenancy.Caller, error) {
	values, err := form(w, r)
	if err != nil {
		return nil, tenancy.Caller{}, err
	}
	if values.Get("token") == "" {
		return nil, tenancy.Caller{}, badRequest(errInvalidRequest, "Send the token in the parameter token.")
	}
	caller, err := s.caller(r, values)
	return values, caller, err
}
