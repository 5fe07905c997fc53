// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

const (
	root         = "/oauth2"
	pathMetadata = "/.well-known/oauth-authorization-server"
	pathRegister = root + "/register"
	pathToken    = root + "/token"
	pathInspect  = root + "/introspect"
	pathRevoke   = root + "/revoke"
	pathDocument = root + "/openapi.json"
)

// server is what the handlers share.
type server struct {
	tenancy  *tenancy.Service
	identity *identity.Service
}

// Door returns the endpoints over the use cases.
func Door(t *tenancy.Service, i *identity.Service) *httpkit.Door {
	s := &server{t, i}
	const one = pathRegister + "/{client}"
	return &httpkit.Door{Name: "oauth", Roots: []string{root}, Paths: []string{pathMetadata},
		WriteError: writeError, Routes: []httpkit.Route{
			{Method: http.MethodGet, Pattern: pathMetadata, Name: "metadata", Handler: s.metadata},
			{Method: http.MethodPost, Pattern: pathRegister, Name: "register", Handler: s.register},
			{Method: http.MethodGet, Pattern: one, Name: "readRegistration", Handler: s.readRegistration},
			{Method: http.MethodPut, Pattern: one, Name: "updateRegistration", Handler: s.updateRegistration},
			{Method: http.MethodDelete, Pattern: one, Name: "endRegistration", Handler: s.endRegistration},
			{Method: http.MethodPost, Pattern: pathToken, Name: "token", Handler: s.token},
			{Method: http.MethodPost, Pattern: pathInspect, Name: "introspect", Handler: s.introspect},
			{Method: http.MethodPost, Pattern: pathRevoke, Name: "revoke", Handler: s.revoke},
			{Method: http.MethodGet, Pattern: pathDocument, Name: "readDocument", Handler: s.readDocument},
		}}
}

func origin(r *http.Request) tenancy.Origin {
	info := httpkit.InfoOf(r)
	return tenancy.Origin{Address: info.Address, RequestID: info.RequestID}
}

// issuer returns the address by which clients reach this server. It is the issuer of RFC 8414,
// and what assertions name as their audience.
func issuer(r *http.Request) string {
	info := httpkit.InfoOf(r)
	return info.Scheme + "://" + info.Host
}

// metadata answers GET /.well-known/oauth-authorization-server (RFC 8414 §2).
func (s *server) metadata(w http.ResponseWriter, r *http.Request) error {
	base := issuer(r)
	methods := []string{methodBasic, methodPost, methodAssertion}
	algorithms := []string{"ES256", "Ed25519", "EdDSA"}
	return write(w, http.StatusOK, struct {
		Issuer            string   `json:"issuer"`
		TokenEndpoint     string   `json:"token_endpoint"`
		Registration      string   `json:"registration_endpoint"`
		Introspection     string   `json:"introspection_endpoint"`
		Revocation        string   `json:"revocation_endpoint"`
		GrantTypes        []string `json:"grant_types_supported"`
		ResponseTypes     []string `json:"response_types_supported"`
		TokenMethods      []string `json:"token_endpoint_auth_methods_supported"`
		TokenAlgorithms   []string `json:"token_endpoint_auth_signing_alg_values_supported"`
		InspectMethods    []string `json:"introspection_endpoint_auth_methods_supported"`
		InspectAlgorithms []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
		RevokeMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
		RevokeAlgorithms  []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	}{base, base + pathToken, base + pathRegister, base + pathInspect, base + pathRevoke,
		[]string{grantClient}, []string{}, methods, algorithms, methods, algorithms, methods, algorithms})
}
