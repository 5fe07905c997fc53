// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// tree is one of the parallel roots. A token is good for the tree it was got on,
// see lenders for the exception.
type tree string

const (
	ccadmin tree = "/ccadmin/v1"
	ccapp   tree = "/ccapp/v1"
	ccagent tree = "/ccagent/v1"
	ccstore tree = "/ccstore/v1" // for requesters, and for the people of one organization
	// ccappagent is ccagent for programs: nobody logs in with a password.
	ccappagent tree = "/ccappagent/v1"
)

// roots are where a tree is served: under its own name and under that of the
// vendor's browser pages, which some tools use too, the vendor's own when it
// logs in with a password. The operations and the tokens are the same.
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

// vendorRoots are the names that the vendor's APIs begin with: those of its trees,
// of its browser pages (ui), of its customers' extensions (x) and of its search.
// What is not served below one of them is answered on this wire.
func vendorRoots() []string {
	return []string{"/ccadmin", "/ccadminui", "/ccadminx", "/ccapp", "/ccagent", "/ccagentui", "/ccagentx", "/ccappagent",
		"/ccstore", "/ccstoreui", "/ccstorex", "/gsadmin"}
}

// lenders are the trees whose applications' tokens are good on this one, too: the
// vendor's page on authentication names no log-in for keys on the trees of agents.
func (t tree) lenders() []string {
	if t == ccagent || t == ccappagent {
		return []string{string(ccadmin)}
	}
	return nil
}

// operation is one of the vendor's operations: where it is served, who answers
// it, which of the vendor's numbers its failures carry, and what the registry
// says of it: every operation is in there, see registries.
type operation struct {
	name     string // the vendor's id for it, in the registry too
	method   string
	path     string // below the tree
	trees    []tree
	numbers  numbers
	handle   handler
	open     bool // served without an access token
	class    httpkit.Class
	oauth    bool // failures also carry the member "error", by which clients know that a log-in failed
	bodiless bool // a POST or PUT that has no body
	hint     hint
	query    []string // the parameters of the address it reads, but for fields and exclude, which every GET does
}

// handler answers an operation. The caller is anonymous on open operations.
type handler func(w http.ResponseWriter, r *http.Request, c call) error

// call is what a handler gets beside the request.
type call struct {
	caller tenancy.Caller
	tree   tree
}

// dialect holds what handlers need.
type dialect struct {
	tenancy       *tenancy.Service
	identity      *identity.Service
	requests      properties
	organizations properties
	byName        map[string]operation
	registries    map[tree][]byte
	catalogues    map[string]catalogue
}

// Door makes the door over the use cases.
func Door(t *tenancy.Service, i *identity.Service) *httpkit.Door {
	d := &dialect{tenancy: t, identity: i, requests: requestProperties(), organizations: organizationProperties(), byName: map[string]operation{}, catalogues: catalogues()}
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
				door.Routes = append(door.Routes, httpkit.Route{Method: op.method, Pattern: root + op.path, Name: op.name, Handler: d.answer(op, t), Class: op.class})
			}
		}
	}
	return door
}

func (d *dialect) operations() []operation {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	admin, back, all := []tree{ccadmin}, []tree{ccadmin, ccapp}, []tree{ccadmin, ccapp, ccagent, ccappagent}
	each := []tree{ccadmin, ccapp, ccagent, ccappagent, ccstore}
	grant, ofType, expand := []string{paramGrantType}, []string{paramType}, []string{paramExpand}
	return []operation{
		{name: "getRegistry", method: get, path: "/registry", trees: each, handle: d.getRegistry, open: true, hint: hintNone},
		{name: "listLocales", method: get, path: "/locales", trees: all, handle: d.listLocales, hint: hintBrowser, query: []string{paramWithAliases}},

		{name: "login", method: post, path: "/login", trees: each, handle: d.login, open: true, oauth: true, hint: hintNone, query: grant},
		{name: "mfalogin", method: post, path: "/mfalogin", trees: admin, handle: d.mfalogin, open: true, oauth: true, hint: hintNone, query: grant},
		{name: "refresh", method: post, path: "/refresh", trees: each, handle: d.refresh, bodiless: true, hint: hintNone},
		{name: "verify", method: post, path: "/verify", trees: each, handle: d.verify, bodiless: true, hint: hintNone},
		{name: "logout", method: post, path: "/logout", trees: each, handle: d.logout, bodiless: true, hint: hintNone},

		{name: "createApplicationID", method: post, path: "/applicationIds", trees: admin, handle: d.createApplication, hint: hintNone},
		{name: "getApplicationIDs", method: get, path: "/applicationIds", trees: admin, handle: d.listApplications, class: httpkit.List, hint: hintNone, query: ofType},
		{name: "getApplicationID", method: get, path: "/applicationIds/{id}", trees: admin, handle: d.getApplication, hint: hintNone, query: ofType},
		{name: "updateApplicationID", method: put, path: "/applicationIds/{id}", trees: admin, handle: d.updateApplication, hint: hintNone, query: ofType},
		{name: "deleteApplicationID", method: del, path: "/applicationIds/{id}", trees: admin, handle: d.deleteApplication, hint: hintNone, query: ofType},
		{name: "appIdOperation", method: post, path: "/applicationIds/{id}", trees: admin, handle: d.applicationOperation, hint: hintNone, query: ofType},
		{name: "createExtensionID", method: post, path: "/extensions/id", trees: admin, handle: d.createExtension, hint: hintNone},

		{name: "createOrganization", method: post, path: "/organizations", trees: back, numbers: organizationNumbers(), handle: d.createOrganization, query: expand},
		{name: "listOrganizations", method: get, path: "/organizations", trees: each, numbers: organizationListNumbers(), handle: d.listOrganizations, class: httpkit.List, query: append(listParameters(), paramExpand)},
		{name: "getOrganization", method: get, path: "/organizations/{id}", trees: each, numbers: organizationNumbers(), handle: d.getOrganization},
		{name: "updateOrganization", method: put, path: "/organizations/{id}", trees: all, numbers: organizationNumbers(), handle: d.updateOrganization, query: expand},
		{name: "authorizationCode", method: post, path: "/organizations/{id}/authorizationCode", trees: back, numbers: authCodeNumbers(), handle: d.issueAuthCode, bodiless: true},

		{name: "createOrganizationRequest", method: post, path: "/organizationRequests", trees: []tree{ccstore}, numbers: submitNumbers(), handle: d.submitRequest, open: true},
		{name: "listOrganizationRequests", method: get, path: "/organizationRequests", trees: all, numbers: requestListNumbers(), handle: d.listRequests, class: httpkit.List, query: listParameters()},
		{name: "getOrganizationRequest", method: get, path: "/organizationRequests/{id}", trees: all, numbers: requestNumbers(), handle: d.getRequest, query: expand},
		{name: "updateOrganizationRequests", method: put, path: "/organizationRequests/{id}", trees: back, numbers: requestChangeNumbers(), handle: d.updateRequest, query: expand},
		{name: "deleteOrganizationRequest", method: del, path: "/organizationRequests/{id}", trees: back, numbers: requestChangeNumbers(), handle: d.deleteRequest},
		{name: "approveOrganizationRequest", method: post, path: "/organizationRequests/{id}/approve", trees: back, numbers: decideNumbers(), handle: d.approveRequest},
		{name: "rejectOrganizationRequest", method: post, path: "/organizationRequests/{id}/reject", trees: back, numbers: decideNumbers(), handle: d.rejectRequest},
	}
}

// answer is the order every operation keeps: can the answer be read, is the
// address clear, who is asking, then the handler.
func (d *dialect) answer(op operation, t tree) httpkit.Handler {
	lenders := t.lenders()
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := httpkit.Negotiate(r.Header, mediaJSON); !ok {
			return httpkit.NewError(http.StatusNotAcceptable, say(codeNotAcceptable, mediaJSON))
		}
		if err := op.checkQuery(r); err != nil {
			return err
		}
		c := call{caller: tenancy.Anonymous(origin(r)), tree: t}
		if !op.open {
			var err error
			if c.caller, err = d.authenticate(r, t, lenders); err != nil {
				return err
			}
		}
		if op.method == http.MethodGet {
			var err error
			if w, err = shape(w, r, op); err != nil {
				return err
			}
		}
		return op.handle(w, r, c)
	}
}
