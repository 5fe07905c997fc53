// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// tree is one of the parallel roots. A token is valid on the tree on which it was issued; see trustedTrees
// for the exception.
type tree string

const (
	ccadmin tree = "/ccadmin/v1"
	ccapp   tree = "/ccapp/v1"
	ccagent tree = "/ccagent/v1"
	ccstore tree = "/ccstore/v1" // for requesters, and for the people of one organization
	// ccappagent is ccagent for programs: it has no log-in with a password.
	ccappagent tree = "/ccappagent/v1"
)

// roots returns the addresses of a tree: its own name, and the name of the vendor's browser pages. Some tools
// use the latter, among them the vendor's own when it logs in with a password. Both serve the same operations
// and accept the same tokens.
func (t tree) roots() []string {
	switch t {
	case ccadmin:
		return []string{string(t), "/ccadminui/v1"}
	case ccagent:
		return []string{string(t), "/ccagentui/v1"}
	case ccstore:
		return []string{string(t), "/ccstoreui/v1"}
	}
	return []string{string(t)}
}

// vendorRoots returns the first segments of the vendor's APIs: its trees, its browser pages (ui), its
// customers' extensions (x) and its search. This wire answers requests below one of them even if nothing is
// served there.
func vendorRoots() []string {
	return []string{"/ccadmin", "/ccadminui", "/ccadminx", "/ccapp", "/ccagent", "/ccagentui", "/ccagentx",
		"/ccappagent",
		"/ccstore", "/ccstoreui", "/ccstorex", "/gsadmin"}
}

// trustedTrees returns the trees whose application tokens are also valid on this one. The vendor's page on
// authentication names no log-in with a key on the trees of agents.
func (t tree) trustedTrees() []string {
	if t == ccagent || t == ccappagent {
		return []string{string(ccadmin)}
	}
	return nil
}

// operation is one of the vendor's operations: where it is served, its handler, the vendor's numbers of its
// errors, and its entry in the registry. Every operation is in the registry; see registries.
type operation struct {
	name        string // the vendor's id, also in the registry
	method      string
	path        string // below the tree
	trees       []tree
	numbers     numbers
	handle      handler
	open        bool // served without an access token
	class       httpkit.Class
	oauthErrors bool // errors also have the member "error", by which clients recognize a failed log-in
	noBody      bool // a POST or PUT without a body
	hint        hint
	// the query parameters that it reads, without fields and exclude, which every GET reads
	query []string
}

// handler answers an operation. The caller is anonymous on open operations.
type handler func(w http.ResponseWriter, r *http.Request, x exchange) error

// exchange is what a handler knows of a request in addition to the HTTP request.
type exchange struct {
	caller tenancy.Caller
	tree   tree
}

// dialect is what the handlers of this wire share.
type dialect struct {
	tenancy       *tenancy.Service
	identity      *identity.Service
	requests      properties
	organizations properties
	byName        map[string]operation
	registries    map[tree][]byte
	catalogues    map[string]catalogue
}

// Door returns the Oracle wire over the use cases.
func Door(t *tenancy.Service, i *identity.Service) *httpkit.Door {
	d := &dialect{tenancy: t, identity: i, requests: requestProperties(),
		organizations: organizationProperties(), byName: map[string]operation{}, catalogues: catalogues()}
	door := &httpkit.Door{Name: "occ", WriteError: d.writeError}
	for _, t := range []tree{ccadmin, ccapp, ccagent, ccappagent, ccstore} {
		door.Roots = append(door.Roots, t.roots()...)
	}
	door.Roots = append(door.Roots, vendorRoots()...)
	ops := d.operations()
	d.registries = registries(ops)
	for _, op := range ops {
		d.byName[op.name] = op
		for _, t := range op.trees {
			for _, root := range t.roots() {
				door.Routes = append(door.Routes, httpkit.Route{Method: op.method, Pattern: root + op.path,
					Name: op.name, Handler: d.answer(op, t), Class: op.class})
			}
		}
	}
	return door
}

func (d *dialect) operations() []operation {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	admin, adminAndApp := []tree{ccadmin}, []tree{ccadmin, ccapp}
	exceptStore := []tree{ccadmin, ccapp, ccagent, ccappagent}
	people := []tree{ccadmin, ccagent, ccstore} // the trees with a log-in with a password
	everyTree := []tree{ccadmin, ccapp, ccagent, ccappagent, ccstore}
	grant, ofType, expand := []string{paramGrantType}, []string{paramType}, []string{paramExpand}
	return []operation{
		{name: "getRegistry", method: get, path: "/registry",
			trees: everyTree, handle: d.getRegistry, open: true, hint: hintNone},
		{name: "listLocales", method: get, path: "/locales",
			trees: exceptStore, handle: d.listLocales, hint: hintBrowser, query: []string{paramWithAliases}},

		{name: "login", method: post, path: "/login",
			trees: everyTree, handle: d.login, open: true, oauthErrors: true, hint: hintNone, query: grant},
		{name: "mfalogin", method: post, path: "/mfalogin",
			trees: people, handle: d.mfalogin, open: true, oauthErrors: true, hint: hintNone, query: grant},
		{name: "refresh", method: post, path: "/refresh",
			trees: everyTree, handle: d.refresh, noBody: true, hint: hintNone},
		{name: "verify", method: post, path: "/verify",
			trees: everyTree, handle: d.verify, noBody: true, hint: hintNone},
		{name: "logout", method: post, path: "/logout",
			trees: everyTree, handle: d.logout, noBody: true, hint: hintNone},

		{name: "createApplicationID", method: post, path: "/applicationIds",
			trees: admin, handle: d.createApplication, hint: hintNone},
		{name: "getApplicationIDs", method: get, path: "/applicationIds",
			trees: admin, handle: d.listApplications, class: httpkit.List, hint: hintNone, query: ofType},
		{name: "getApplicationID", method: get, path: "/applicationIds/{id}",
			trees: admin, handle: d.getApplication, hint: hintNone, query: ofType},
		{name: "updateApplicationID", method: put, path: "/applicationIds/{id}",
			trees: admin, handle: d.updateApplication, hint: hintNone, query: ofType},
		{name: "deleteApplicationID", method: del, path: "/applicationIds/{id}",
			trees: admin, handle: d.deleteApplication, hint: hintNone, query: ofType},
		{name: "appIdOperation", method: post, path: "/applicationIds/{id}",
			trees: admin, handle: d.applicationOperation, hint: hintNone, query: ofType},
		{name: "createExtensionID", method: post, path: "/extensions/id",
			trees: admin, handle: d.createExtension, hint: hintNone},

		{name: "createOrganization", method: post, path: "/organizations",
			trees: adminAndApp, numbers: organizationNumbers(), handle: d.createOrganization, query: expand},
		{name: "listOrganizations", method: get, path: "/organizations",
			trees: everyTree, numbers: organizationListNumbers(), handle: d.listOrganizations,
			class: httpkit.List, query: append(listParameters(), paramExpand)},
		{name: "getOrganization", method: get, path: "/organizations/{id}",
			trees: everyTree, numbers: organizationNumbers(), handle: d.getOrganization},
		{name: "updateOrganization", method: put, path: "/organizations/{id}",
			trees: exceptStore, numbers: organizationNumbers(), handle: d.updateOrganization, query: expand},
		{name: "authorizationCode", method: post, path: "/organizations/{id}/authorizationCode",
			trees: adminAndApp, numbers: authCodeNumbers(), handle: d.issueAuthCode, noBody: true},

		{name: "createOrganizationRequest", method: post, path: "/organizationRequests",
			trees: []tree{ccstore}, numbers: submitNumbers(), handle: d.submitRequest, open: true},
		{name: "listOrganizationRequests", method: get, path: "/organizationRequests",
			trees: exceptStore, numbers: requestListNumbers(), handle: d.listRequests, class: httpkit.List,
			query: listParameters()},
		{name: "getOrganizationRequest", method: get, path: "/organizationRequests/{id}",
			trees: exceptStore, numbers: requestNumbers(), handle: d.getRequest, query: expand},
		{name: "updateOrganizationRequests", method: put, path: "/organizationRequests/{id}",
			trees: adminAndApp, numbers: requestChangeNumbers(), handle: d.updateRequest, query: expand},
		{name: "deleteOrganizationRequest", method: del, path: "/organizationRequests/{id}",
			trees: adminAndApp, numbers: requestChangeNumbers(), handle: d.deleteRequest},
		{name: "approveOrganizationRequest", method: post, path: "/organizationRequests/{id}/approve",
			trees: adminAndApp, numbers: decideNumbers(), handle: d.approveRequest},
		{name: "rejectOrganizationRequest", method: post, path: "/organizationRequests/{id}/reject",
			trees: adminAndApp, numbers: decideNumbers(), handle: d.rejectRequest},
	}
}

// answer returns the handler of an operation on a tree. It checks first whether the client reads JSON, then
// the query parameters, then who the caller is, and then calls the operation's handler.
func (d *dialect) answer(op operation, t tree) httpkit.Handler {
	trusted := t.trustedTrees()
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := httpkit.Negotiate(r.Header, mediaJSON); !ok {
			return httpkit.NewError(http.StatusNotAcceptable, phrase(codeNotAcceptable, mediaJSON))
		}
		if err := op.checkQuery(r); err != nil {
			return err
		}
		x := exchange{caller: tenancy.Anonymous(origin(r)), tree: t}
		if !op.open {
			var err error
			if x.caller, err = d.authenticate(r, t, trusted); err != nil {
				return err
			}
		}
		if op.method == http.MethodGet {
			var err error
			if w, err = newFilterWriter(w, r, op); err != nil {
				return err
			}
		}
		return op.handle(w, r, x)
	}
}
