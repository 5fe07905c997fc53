// SPDX-License-Identifier: Apache-2.0

package api

import (
	_ "embed"
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// document is the OpenAPI document of this API. Tests compare each exchange with it.
//
//go:embed openapi.json
var document []byte

// Document returns the OpenAPI document of this API.
func Document() []byte { return document }

// readDocument answers GET /v1/openapi.json.
func (a *api) readDocument(w http.ResponseWriter, _ *http.Request, _ tenancy.Caller) error {
	httpkit.Write(w, http.StatusOK, mediaJSON, document)
	return nil
}
