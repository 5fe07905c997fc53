// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"net/http"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// dialect is what the handlers of this wire share.
type dialect struct {
	tenancy  *tenancy.Service
	identity *identity.Service
	places   map[string]place // by operation
	strict   map[string]bool  // operations that tell a business error by the status, too
}

// operation is one call of the wire, the same under every root.
type operation struct {
	name   string // as logs, metrics and the error writer know it
	method string
	path   string // behind the root, in lower case

	open  bool  // answered without a live session
	self  bool  // about the caller's session: it matters not for which company it acts
	fixed bool  // answered whatever Accept says
	reads bool  // the body means something; otherwise it is only capped
	shows bool  // a GET whose answer may have a code in it; HEAD must not reveal one
	place place // where the error stands when the use case refuses
	// strict calls answer with 400 where others have an error in an answer of 200.
	strict bool
	class  httpkit.Class

	run func(*dialect, context.Context, exchange) (answer, error)
}

// exchange is a request as the handlers see it: checked, authenticated and decoded.
type exchange struct {
	caller       tenancy.Caller         // anonymous on open operations
	token        string                 // the session or access token of the headers, bare, believed or not
	endpoint     []string               // with an access token: the address behind the root, by segments, as it was matched
	tokenID      string                 // {token} of the path
	user         string                 // {user} of the path
	organization string                 // {id} of the path; of 0 the company that the caller acts for
	acting       tenancy.OrganizationID // the company that the caller acts for; the root: none
	query        parameters             // of the address
	host         string                 // the name the client reached us by
	head         bool                   // of a call that shows a code only the head is wanted: nothing is revealed
	body         object                 // nil without one
	info         *httpkit.Info
}

// answer is a handler's success, always HTTP 200: a message, or a plain text
// where the wire wants one.
type answer struct {
	message message
	plain   string
	old     bool // in the form of JSON's oldest requests, see unwrap
}

// roots are the addresses of the vendor's servers, old and new; they carry the same calls.
func roots() []string {
	return []string{"/commandcenter/api", "/webconsole/api", "/SearchSvc/CVWebService.svc", "/WebServerCore"}
}

// vendorRoots are the names that the vendor's web applications have. What is not
// served below one of them is answered on this wire.
func vendorRoots() []string {
	return []string{"/commandcenter", "/adminconsole", "/webconsole", "/SearchSvc", "/WebServerCore"}
}

const operationLogin = "login"

func operations() []operation {
	const (
		company = "/organization/{id}"
		code    = company + "/authtoken"
		tokens  = "/v4/accesstoken"
		v4      = "/v4/company"
	)
	return []operation{
		{name: "root", method: http.MethodGet, path: "", open: true, fixed: true, place: flat, run: (*dialect).root},
		{name: operationLogin, method: http.MethodPost, path: "/login", open: true, reads: true, place: inErrList, class: httpkit.LogIn, run: (*dialect).startSession},
		{name: "logout", method: http.MethodPost, path: "/logout", fixed: true, self: true, place: flat, run: (*dialect).logout},
		{name: "renewLoginToken", method: http.MethodPost, path: "/renewlogintoken", open: true, reads: true, place: flat, run: (*dialect).renewSession},
		{name: "whoAmI", method: http.MethodPost, path: "/whoami", place: flat, run: (*dialect).whoAmI},
		{name: "v2WhoAmI", method: http.MethodGet, path: "/v2/whoami", place: flat, run: (*dialect).whoAmI2},
		{name: "listUsers", method: http.MethodGet, path: "/user", place: flat, class: httpkit.List, run: (*dialect).listUsers},
		{name: "getUser", method: http.MethodGet, path: "/user/{user}", place: flat, run: (*dialect).getUser},
		{name: "v4ListUsers", method: http.MethodGet, path: "/v4/user", place: flat, strict: true, class: httpkit.List, run: (*dialect).v4Users},
		{name: "v4GetUser", method: http.MethodGet, path: "/v4/user/{user}", place: flat, strict: true, run: (*dialect).v4User},
		{name: "getServerTwoFactorAuth", method: http.MethodGet, path: "/commcell/properties/twofactorauth", place: inTwoFactor, run: (*dialect).serverTwoFactor},
		{name: "getUserTwoFactorAuth", method: http.MethodGet, path: "/security/twofactorauth/status", place: flat, run: (*dialect).userTwoFactor},
		{name: "getAuthToken", method: http.MethodGet, path: code, shows: true, place: flat, run: (*dialect).revealAuthCode},
		{name: "generateAuthToken", method: http.MethodPost, path: code, place: inError, run: (*dialect).issueAuthCode},
		{name: "listOrganizations", method: http.MethodGet, path: "/organization", place: flat, class: httpkit.List, run: (*dialect).listCompanies},
		{name: "getOrganization", method: http.MethodGet, path: company, shows: true, place: flat, run: (*dialect).getCompany},
		{name: "createOrganization", method: http.MethodPost, path: "/organization", reads: true, place: inResponse(createdName), run: (*dialect).createCompany},
		{name: "updateOrganization", method: http.MethodPut, path: "/organization", reads: true, place: inError, run: (*dialect).updateCompany},
		{name: "activateOrganization", method: http.MethodPost, path: company + "/action/activate", place: inResponse(activatedName), run: (*dialect).activateCompany},
		{name: "deactivateOrganization", method: http.MethodPost, path: company + "/action/deactivate", reads: true, place: inResponse(deactivatedName), run: (*dialect).deactivateCompany},
		{name: "deleteOrganization", method: http.MethodDelete, path: company, place: flat, run: (*dialect).deleteCompany},
		{name: "v4ListCompanies", method: http.MethodGet, path: v4, place: flat, strict: true, class: httpkit.List, run: (*dialect).v4List},
		{name: "v4CreateCompany", method: http.MethodPost, path: v4, reads: true, place: flat, strict: true, run: (*dialect).v4Create},
		{name: "v4GetCompany", method: http.MethodGet, path: v4 + "/{id}", place: flat, strict: true, run: (*dialect).v4Get},
		{name: "v4UpdateCompany", method: http.MethodPut, path: v4 + "/{id}", reads: true, place: flat, strict: true, run: (*dialect).v4Update},
		{name: "v4DeleteCompany", method: http.MethodDelete, path: v4 + "/{id}", place: flat, strict: true, run: (*dialect).deleteCompany},
		{name: "getTwoFactorAuth", method: http.MethodGet, path: company + "/twofactorauth", place: inTwoFactor, run: (*dialect).twoFactor},
		{name: "getUserGroups", method: http.MethodGet, path: "/usergroup", place: flat, run: (*dialect).userGroups},
		{name: "getCommServ", method: http.MethodGet, path: "/commserv", place: flat, run: (*dialect).commServ},
		{name: "disableAuthToken", method: http.MethodPut, path: code + "/action/disable", place: inError, run: (*dialect).disableAuthCode},
		{name: "createAccessToken", method: http.MethodPost, path: tokens, reads: true, place: inTokenError, run: (*dialect).issueOperatorToken},
		{name: "listAccessTokens", method: http.MethodGet, path: tokens, place: flat, run: (*dialect).listOperatorTokens},
		{name: "updateAccessToken", method: http.MethodPut, path: tokens + "/{token}", reads: true, place: inTokenError, run: (*dialect).updateOperatorToken},
		{name: "deleteAccessToken", method: http.MethodDelete, path: tokens + "/{token}", place: flat, run: (*dialect).revokeOperatorToken},
		{name: "renewAccessToken", method: http.MethodPost, path: tokens + "/renew", open: true, reads: true, place: flat, run: (*dialect).renewOperatorToken},
	}
}

// Door returns the Commvault wire over the use cases: every operation under each
// of its four roots, in any letter case.
func Door(t *tenancy.Service, i *identity.Service) *httpkit.Door {
	d := &dialect{tenancy: t, identity: i, places: map[string]place{}, strict: map[string]bool{}}
	var routes []httpkit.Route
	for _, op := range operations() {
		d.places[op.name], d.strict[op.name] = op.place, op.strict
		handler := d.handler(op)
		for _, root := range roots() {
			pattern := strings.ToLower(root) + op.path // every path is lowered before it is matched
			routes = append(routes, httpkit.Route{Method: op.method, Pattern: pattern, Name: op.name, Handler: handler, Class: op.class})
		}
	}
	return &httpkit.Door{Name: "commvault", Roots: append(roots(), vendorRoots()...), Routes: routes, FoldPath: true, WriteError: d.writeError}
}

// handler runs an operation. The order is: can we answer in a format the
// client reads, who is it, is the body sound. Nothing is changed before all
// three hold.
func (d *dialect) handler(op operation) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, _ = httpkit.ReadBody(w, r) // its format may be that of the answer; its error is told in its turn
		if _, ok := negotiate(r); !ok && !op.fixed {
			return httpkit.Errorf(http.StatusNotAcceptable, "Accept must allow application/json or application/xml.")
		}
		x := exchange{token: sessionToken(r.Header), organization: r.PathValue("id"), info: httpkit.InfoOf(r),
			query: parametersOf(r), host: r.Host, tokenID: r.PathValue("token"), user: r.PathValue("user"),
			head: op.shows && r.Method == http.MethodHead}
		var err error
		if !op.open && !op.self {
			if x.acting, err = actingFor(r.Header); err != nil {
				return err
			}
		}
		x.organization = x.company(x.organization)
		if secret.IsOperatorToken(x.token) { // its scope is for what is meant, not for how it is written
			x.endpoint = op.endpoint(r, x.organization)
		}
		if x.caller, err = d.authenticate(r.Context(), x, op.open); err != nil {
			return err
		}
		if x.body, err = readBody(w, r, op.reads); err != nil {
			return err
		}
		a, err := op.run(d, r.Context(), x)
		if err != nil {
			return err
		}
		if x.head {
			httpkit.WriteHead(w, http.StatusOK, contentType(r))
			return nil
		}
		if a.plain != "" {
			httpkit.Write(w, http.StatusOK, "text/plain; charset=utf-8", []byte(a.plain))
			return nil
		}
		if media, _ := negotiate(r); a.old && media == mediaJSON {
			httpkit.Write(w, http.StatusOK, mediaJSON, a.message.oldJSON())
			return nil
		}
		send(w, r, http.StatusOK, a.message)
		return nil
	}
}

// endpoint returns the address of a call behind the root, with the company that is
// meant. It is the pattern that matched, filled in: what the router took for one segment
// is one here.
func (op operation) endpoint(r *http.Request, company string) []string {
	segments := strings.Split(strings.TrimPrefix(op.path, "/"), "/")
	for i, s := range segments {
		switch name, found := strings.CutPrefix(s, "{"); {
		case name == "id}":
			segments[i] = company
		case found:
			segments[i] = r.PathValue(strings.TrimSuffix(name, "}"))
		}
	}
	return segments
}

// root tells clients that the service is there; they ask it before they log in.
func (*dialect) root(context.Context, exchange) (answer, error) {
	return answer{message: flat(codeOK, "")}, nil
}
