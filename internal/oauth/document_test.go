// SPDX-License-Identifier: Apache-2.0

package oauth_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/oauth"
)

// Every route of the door is an operation of the document, and every operation is a route.
func TestDocumentHasTheRoutes(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var served []string
	for _, r := range oauth.Door(d.Service, d.Identity).Routes {
		served = append(served, r.Name+" "+r.Method+" "+r.Pattern)
	}
	slices.Sort(served)
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(served, doc.Operations()); diff != "" {
		t.Errorf("routes and document differ (-served +document):\n%s", diff)
	}
	if a := want(t, d.do(t, http.MethodGet, "/oauth2/openapi.json", ""), 200); a.text("openapi") != "3.1.0" {
		t.Errorf("the document is %.100s", a.body)
	}
}

// The shape of an operation changes only with a line of the contract: see make contract.
func TestContract(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	doc.CheckContract(t, "openapi.contract", *update)
}
