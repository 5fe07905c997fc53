// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	_ "embed"
	"net/http"

	"gatehouse/internal/httpkit"
)

// document is the OpenAPI document of these endpoints. Tests compare each exchange with it.
//
//go:embed openapi.json
var document []byte

// Document returns the OpenAPI document of these endpoints.
func Document() []byte { return document }

// readDocument answers GET /oauth2/openapi.json.
func (s *server) readDocument(w http.ResponseWriter, _ *http.Request) error {
	httpkit.Write(w, http.StatusOK, mediaJSON, document)
	return nil
}
