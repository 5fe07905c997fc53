// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestVendorClient lets the vendor's own client call everything that the
// registry tells it of: as an operator on ccadminui, where it goes with a user
// name, and as an application on ccadmin. An operation without a call here
// fails it, and so does a call without an operation.
func TestVendorClient(t *testing.T) {
	dcuTools(t)
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e)
		p := start(t, s, "--public-requests", "on")
		password := p.firstPassword()
		w := &vendorWay{client: newClient(t, p.url)}

		w.dcuDriver = startDCU(t, nil, dcuLogin{Node: p.url, Username: "admin", Password: password})
		w.started(t)
		w.applications(t)
		w.organizations(t)
		w.requests(t)
		w.sessions(t)
		w.all()

		w.dcuDriver = startDCU(t, nil, dcuLogin{Node: p.url, Key: w.key})
		w.asApplication(t)
		p.stop(t)
	})
}

// vendorWay is what the steps hand on to each other.
type vendorWay struct {
	*client // for calls that the vendor's client cannot make
	*dcuDriver
	appID, key   string
	organization string
	unwanted     string // the request that was rejected
}

func (w *vendorWay) started(t *testing.T) {
	if w.dcuDriver.start.Version == "" || w.dcuDriver.start.Locale != "en" {
		t.Errorf("the vendor's client sees version %q and locale %q", w.dcuDriver.start.Version,
			w.dcuDriver.start.Locale)
	}
	if a := w.call(http.StatusOK, dcuCall{Operation: "listLocales",
		Query: "?withAliases=true"}); a.member("defaultLocale", "name") != "en" ||
		a.member("items", "0", "aliases", "1") == "" {
		t.Errorf("listLocales: %s", a.body)
	}
	a := w.call(http.StatusOK, dcuCall{Operation: "getRegistry"})
	if got := a.member("endpointMap", "authorizationCode", "url"); !strings.HasSuffix(got,
		"/v1/organizations/{}/authorizationCode") {
		t.Errorf("getRegistry: %s", got)
	}
	if a := w.say("noSuchThing", dcuCall{Operation: "noSuchThing"}); !a.Missing {
		t.Error("the driver does not tell that an operation is missing")
	}
}

func (w *vendorWay) applications(t *testing.T) {
	application := map[string]string{"name": "shop", "type": "application"}
	a := w.call(http.StatusOK, dcuCall{Operation: "createApplicationID", Body: application})
	w.appID, w.key = a.member("id"), a.member("token")
	if w.appID == "" || w.key == "" || a.member("repositoryId") != w.appID || a.member("type") != "application" {
		t.Error("createApplicationID gives no application with a key")
	}
	path := []string{w.appID}
	a = w.call(http.StatusOK, dcuCall{Operation: "updateApplicationID", Path: path,
		Body: map[string]string{"name": "the shop", "type": "application"}})
	if a.member("name") != "the shop" {
		t.Errorf("updateApplicationID: %s", a.body)
	}
	a = w.call(http.StatusOK, dcuCall{Operation: "getApplicationID", Path: path, Query: "?type=application"})
	if a.member("name") != "the shop" || a.member("token") != "" {
		t.Error("getApplicationID gives another name, or the key again")
	}
	if a = w.call(http.StatusOK, dcuCall{Operation: "getApplicationIDs",
		Query: "?type=application"}); !slices.Contains(a.list("id"), w.appID) {
		t.Errorf("getApplicationIDs: %s", a.body)
	}
	a = w.call(http.StatusOK, dcuCall{Operation: "appIdOperation", Path: path,
		Body: map[string]string{"op": "genAuthToken", "type": "application"}})
	if renewed := a.member("token"); renewed == "" || renewed == w.key {
		t.Error("genAuthToken gives no new key")
	}
	w.key = a.member("token")

	w.extension(t)
	other := w.call(http.StatusOK, dcuCall{Operation: "createApplicationID",
		Body: map[string]string{"name": "widgets", "type": "extension"}})
	path = []string{other.member("id")}
	w.call(http.StatusOK, dcuCall{Operation: "deleteApplicationID", Path: path, Query: "?type=extension"})
	w.call(http.StatusNotFound, dcuCall{Operation: "getApplicationID", Path: path, Query: "?type=extension"})
}

// extension asks for an id as the client does before it sends one up.
func (w *vendorWay) extension(t *testing.T) {
	a := w.call(http.StatusOK, dcuCall{Operation: "createExtensionID",
		Body: map[string]string{"name": "element", "type": "extension"}})
	if id := a.member("id"); id == "" || a.member("repositoryId") != id || a.member("token") != "" {
		t.Errorf("createExtensionID: %s", a.body)
	}
}

func (w *vendorWay) organizations(t *testing.T) {
	a := w.call(http.StatusOK, dcuCall{Operation: "createOrganization", Body: map[string]any{
		"name": "Orchard <&> Ltd", "active": true, "customerType": "Preferred",
		"x_tier": map[string]any{"level": 3}}})
	w.organization = a.member("id")
	path := []string{w.organization}
	a = w.call(http.StatusOK, dcuCall{Operation: "updateOrganization", Path: path,
		Body: map[string]any{"description": "Früchte"}})
	if a.member("description") != "Früchte" || a.member("name") != "Orchard <&> Ltd" {
		t.Errorf("updateOrganization: %s", a.body)
	}
	// No body of its own: the client sends that of the call before once more,
	// here and with each GET and DELETE from now on.
	a = w.call(http.StatusOK, dcuCall{Operation: "authorizationCode", Path: path})
	first := a.member("authorizationCode")
	if !strings.HasPrefix(first, "GHC") || a.member("links", "0", "rel") != "self" {
		t.Error("authorizationCode gives no code")
	}
	if w.call(http.StatusOK, dcuCall{Operation: "authorizationCode",
		Path: path}).member("authorizationCode") == first {
		t.Error("authorizationCode gives the former code again")
	}
	a = w.call(http.StatusOK, dcuCall{Operation: "getOrganization", Path: path})
	if a.member("description") != "Früchte" || a.member("customerType") != "Preferred" ||
		a.member("x_tier", "level") != "3" {
		t.Errorf("getOrganization: %s", a.body)
	}
	a = w.call(http.StatusOK, dcuCall{Operation: "listOrganizations",
		Query: "?limit=5&sort=name:asc&q=name%20co%20%22orchard%22&useAdvancedQParser=true"})
	if !slices.Equal(a.list("id"), path) || a.member("total") != "1" || a.member("totalResults") != "1" ||
		a.member("limit") != "5" {
		t.Errorf("listOrganizations: %s", a.body)
	}
	for query, code := range map[string]string{"?q=name%20zz%20%22a%22": "100070", "?sort=nothing:asc": "10002",
		"?limit=many": "10002"} {
		if a = w.call(http.StatusBadRequest, dcuCall{Operation: "listOrganizations",
			Query: query}); a.member("errorCode") != code {
			t.Errorf("listOrganizations%s: %s", query, a.body)
		}
	}
	if a = w.call(http.StatusNotFound, dcuCall{Operation: "getOrganization",
		Path: []string{"or-999999"}}); a.member("errorCode") != "100001" {
		t.Errorf("getOrganization of none: %s", a.body)
	}
}

func (w *vendorWay) requests(t *testing.T) {
	wanted, unwanted := w.submit("Birch Tools"), w.submit("Alder Tools")
	a := w.call(http.StatusOK, dcuCall{Operation: "listOrganizationRequests", Query: "?limit=2&sort=name:asc"})
	if !slices.Equal(a.list("name"), []string{"Alder Tools", "Birch Tools"}) ||
		a.member("items", "1", "status") != "new" ||
		a.member("items", "1", "id") != wanted || a.member("___etag___") == "" {
		t.Errorf("listOrganizationRequests: %s", a.body)
	}
	path := []string{wanted}
	if a = w.call(http.StatusOK, dcuCall{Operation: "getOrganizationRequest",
		Path: path}); a.member("name") != "Birch Tools" {
		t.Errorf("getOrganizationRequest: %s", a.body)
	}
	change := map[string]any{"name": "Birch Tools", "status": "review",
		"profile": map[string]string{"firstName": "Adah"}}
	a = w.call(http.StatusOK, dcuCall{Operation: "updateOrganizationRequests", Path: path, Body: change})
	if a.member("status") != "review" || a.member("id") != wanted {
		t.Errorf("updateOrganizationRequests: %s", a.body)
	}
	a = w.call(http.StatusOK, dcuCall{Operation: "getOrganizationRequest", Path: path, Query: "?expand=profile"})
	if a.member("profile", "firstName") != "Adah" || a.member("profile", "lastName") != "Birch" {
		t.Errorf("getOrganizationRequest with its profile: %s", a.body)
	}
	if a = w.call(http.StatusOK, dcuCall{Operation: "approveOrganizationRequest", Path: path,
		Body: map[string]string{"approverComments": "welcome"}}); a.member("status") != "approved" {
		t.Errorf("approveOrganizationRequest: %s", a.body)
	}
	if a = w.call(http.StatusBadRequest, dcuCall{Operation: "rejectOrganizationRequest",
		Path: path}); a.member("errorCode") != "101008" {
		t.Errorf("rejectOrganizationRequest of an approved one: %s", a.body)
	}
	// Without a body of its own once more, so with the comment of the call before.
	if a = w.call(http.StatusOK, dcuCall{Operation: "rejectOrganizationRequest",
		Path: []string{unwanted}}); a.member("status") != "rejected" {
		t.Errorf("rejectOrganizationRequest: %s", a.body)
	}
	approved := w.call(http.StatusOK, dcuCall{Operation: "getOrganizationRequest", Path: path})
	if got := w.call(http.StatusOK, dcuCall{Operation: "getOrganization",
		Path: []string{approved.member("organization", "id")}}); got.member("active") != "true" {
		t.Errorf("the approved organization: %s", got.body)
	}
	if a = w.call(http.StatusNotFound, dcuCall{Operation: "approveOrganizationRequest",
		Path: []string{"999999"}}); a.member("errorCode") != "101000" {
		t.Errorf("approveOrganizationRequest of none: %s", a.body)
	}
	w.unwanted = unwanted
	w.call(http.StatusForbidden, dcuCall{Operation: "deleteOrganizationRequest",
		Path: []string{unwanted}}) // for applications only
}

func (w *vendorWay) sessions(t *testing.T) {
	if a := w.call(http.StatusOK, dcuCall{Operation: "verify"}); a.member("success") != "true" {
		t.Errorf("verify: %s", a.body)
	}
	if a := w.call(http.StatusOK, dcuCall{Operation: "refresh"}); a.member("access_token") == "" ||
		a.member("expires_in") == "" {
		t.Error("refresh gives no token")
	}
	// The client logs in by itself, with a form. What it has built from the
	// registry sends its access token and JSON: refused, in the vendor's form.
	if a := w.call(http.StatusUnauthorized, dcuCall{Operation: "login", Query: "?grant_type=client_credentials",
		Body: map[string]string{}}); a.member("error") == "" {
		t.Errorf("login: %s", a.body)
	}
	if a := w.call(http.StatusBadRequest, dcuCall{Operation: "mfalogin", Query: "?grant_type=password",
		Body: map[string]string{}}); a.member("error") == "" {
		t.Errorf("mfalogin: %s", a.body)
	}
	if a := w.call(http.StatusOK, dcuCall{Operation: "logout"}); a.member("result") != "true" {
		t.Errorf("logout: %s", a.body)
	}
	// It keeps a token for three minutes, whatever it is answered.
	w.call(http.StatusUnauthorized, dcuCall{Operation: "verify"})
}

// asApplication does what an integration does, and what it may not.
func (w *vendorWay) asApplication(t *testing.T) {
	path := []string{w.organization}
	w.call(http.StatusOK, dcuCall{Operation: "listOrganizations"})
	w.call(http.StatusForbidden, dcuCall{Operation: "createApplicationID",
		Body: map[string]string{"name": "another", "type": "application"}})
	w.extension(t)
	w.call(http.StatusOK, dcuCall{Operation: "authorizationCode", Path: path})
	w.call(http.StatusOK, dcuCall{Operation: "listOrganizationRequests",
		Query: "?q=status%20eq%20%22approved%22"})
	w.call(http.StatusOK, dcuCall{Operation: "deleteOrganizationRequest", Path: []string{w.unwanted}})
	a := w.call(http.StatusNotFound, dcuCall{Operation: "getOrganizationRequest", Path: []string{w.unwanted}})
	if a.member("errorCode") != "101001" {
		t.Errorf("getOrganizationRequest of a deleted one: %s", a.body)
	}
	a = w.call(http.StatusOK, dcuCall{Operation: "appIdOperation", Path: []string{w.appID},
		Body: map[string]string{"op": "genAuthToken", "type": "application"}})
	if renewed := a.member("token"); renewed == "" || renewed == w.key {
		t.Error("genAuthToken gives no new key")
	}
	w.call(http.StatusOK, dcuCall{Operation: "authorizationCode", Path: path}) // with its token of before
	w.want(w.keyLogin(ccadmin, w.key), http.StatusUnauthorized, "log in with the former key")
	w.want(w.keyLogin(ccadmin, a.member("token")), http.StatusOK, "log in with the new key")
}
