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
	tenancy    *tenancy.Service
	identity   *identity.Service
	errorForms map[string]errorForm // by operation
	strict     map[string]bool      // by operation; see operation.strict
}

// operation is one call of the wire, the same under every root.
type operation struct {
	name   string // in logs, in metrics and in writeError
	method string
	path   string // below the root, in lower case
	class  httpkit.Class

	open           bool // needs no live session
	ignoresCompany bool // ignores operatorCompanyId: it is about the caller's session
	ignoresAccept  bool // answers whatever Accept says
	hasBody        bool // reads the body; of other operations only its size is checked
	revealsCode    bool // a GET whose answer may contain a code; HEAD must not reveal one
	strict         bool // answers business errors with status 400, not in an answer of status 200

	errorForm errorForm // where an error is in the answer
	run       func(*dialect, context.Context, exchange) (answer, error)
}

// exchange is a request as handlers see it: checked, authenticated and decoded.
type exchange struct {
	caller tenancy.Caller // anonymous on open operations
	token  string         // the token of the headers without its scheme, valid or not
	// with an access token: the path below the root; see operation.endpoint
	endpoint     []string
	tokenID      string                 // {token} of the path
	user         string                 // {user} of the path
	organization string                 // {id} of the path; see resolveCompany
	actingFor    tenancy.OrganizationID // the company that the caller acts for, or the root
	query        parameters
	headOnly     bool   // a HEAD for an operation that reveals a code; it must not
	body         object // nil without a body
	info         *httpkit.Info
}

// answer is the success of a handler, always with HTTP 200. It is a message, or plain text where the wire
// wants one.
type answer struct {
	message message
	plain   string
	oldForm bool // JSON in the form of the oldest clients; see unwrapOldForm
}

// roots returns the addresses of the vendor's servers, old and new. All of them serve the same operations.
func roots() []string {
	return []string{"/commandcenter/api", "/webconsole/api", "/SearchSvc/CVWebService.svc", "/WebServerCore"}
}

// vendorRoots returns the names of the vendor's web applications. This wire answers requests below one of
// them even if nothing is served there.
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
		{name: "root", method: http.MethodGet, path: "",
			open: true, ignoresAccept: true, errorForm: flat, run: (*dialect).root},
		{name: operationLogin, method: http.MethodPost, path: "/login",
			open: true, hasBody: true, errorForm: inErrList, class: httpkit.LogIn,
			run: (*dialect).startSession},
		{name: "logout", method: http.MethodPost, path: "/logout",
			ignoresAccept: true, ignoresCompany: true, errorForm: flat, run: (*dialect).logout},
		{name: "renewLoginToken", method: http.MethodPost, path: "/renewlogintoken",
			open: true, hasBody: true, errorForm: flat, run: (*dialect).renewSession},
		{name: "whoAmI", method: http.MethodPost, path: "/whoami",
			errorForm: flat, run: (*dialect).whoAmI},
		{name: "v2WhoAmI", method: http.MethodGet, path: "/v2/whoami",
			errorForm: flat, run: (*dialect).whoAmI2},
		{name: "listUsers", method: http.MethodGet, path: "/user",
			errorForm: flat, class: httpkit.List, run: (*dialect).listUsers},
		{name: "getUser", method: http.MethodGet, path: "/user/{user}",
			errorForm: flat, run: (*dialect).getUser},
		{name: "v4ListUsers", method: http.MethodGet, path: "/v4/user",
			errorForm: flat, strict: true, class: httpkit.List, run: (*dialect).v4Users},
		{name: "v4GetUser", method: http.MethodGet, path: "/v4/user/{user}",
			errorForm: flat, strict: true, run: (*dialect).v4User},
		{name: "getServerTwoFactorAuth", method: http.MethodGet, path: "/commcell/properties/twofactorauth",
			errorForm: inTwoFactor, run: (*dialect).serverTwoFactor},
		{name: "getUserTwoFactorAuth", method: http.MethodGet, path: "/security/twofactorauth/status",
			errorForm: flat, run: (*dialect).userTwoFactor},
		{name: "getAuthToken", method: http.MethodGet, path: code,
			revealsCode: true, errorForm: flat, run: (*dialect).revealAuthCode},
		{name: "generateAuthToken", method: http.MethodPost, path: code,
			errorForm: inError, run: (*dialect).issueAuthCode},
		{name: "listOrganizations", method: http.MethodGet, path: "/organization",
			errorForm: flat, class: httpkit.List, run: (*dialect).listCompanies},
		{name: "getOrganization", method: http.MethodGet, path: company,
			revealsCode: true, errorForm: flat, run: (*dialect).getCompany},
		{name: "createOrganization", method: http.MethodPost, path: "/organization",
			hasBody: true, errorForm: inResponse(createdName), run: (*dialect).createCompany},
		{name: "updateOrganization", method: http.MethodPut, path: "/organization",
			hasBody: true, errorForm: inError, run: (*dialect).updateCompany},
		{name: "activateOrganization", method: http.MethodPost, path: company + "/action/activate",
			errorForm: inResponse(activatedName), run: (*dialect).activateCompany},
		{name: "deactivateOrganization", method: http.MethodPost, path: company + "/action/deactivate",
			hasBody: true, errorForm: inResponse(deactivatedName), run: (*dialect).deactivateCompany},
		{name: "deleteOrganization", method: http.MethodDelete, path: company,
			errorForm: flat, run: (*dialect).deleteCompany},
		{name: "v4ListCompanies", method: http.MethodGet, path: v4,
			errorForm: flat, strict: true, class: httpkit.List, run: (*dialect).v4List},
		{name: "v4CreateCompany", method: http.MethodPost, path: v4,
			hasBody: true, errorForm: flat, strict: true, run: (*dialect).v4Create},
		{name: "v4GetCompany", method: http.MethodGet, path: v4 + "/{id}",
			errorForm: flat, strict: true, run: (*dialect).v4Get},
		{name: "v4UpdateCompany", method: http.MethodPut, path: v4 + "/{id}",
			hasBody: true, errorForm: flat, strict: true, run: (*dialect).v4Update},
		{name: "v4DeleteCompany", method: http.MethodDelete, path: v4 + "/{id}",
			errorForm: flat, strict: true, run: (*dialect).deleteCompany},
		{name: "getTwoFactorAuth", method: http.MethodGet, path: company + "/twofactorauth",
			errorForm: inTwoFactor, run: (*dialect).twoFactor},
		{name: "getUserGroups", method: http.MethodGet, path: "/usergroup",
			errorForm: flat, run: (*dialect).userGroups},
		{name: "getCommServ", method: http.MethodGet, path: "/commserv",
			errorForm: flat, run: (*dialect).commServ},
		{name: "disableAuthToken", method: http.MethodPut, path: code + "/action/disable",
			errorForm: inError, run: (*dialect).disableAuthCode},
		{name: "createAccessToken", method: http.MethodPost, path: tokens,
			hasBody: true, errorForm: inTokenError, run: (*dialect).issueOperatorToken},
		{name: "listAccessTokens", method: http.MethodGet, path: tokens,
			errorForm: flat, run: (*dialect).listOperatorTokens},
		{name: "updateAccessToken", method: http.MethodPut, path: tokens + "/{token}",
			hasBody: true, errorForm: inTokenError, run: (*dialect).updateOperatorToken},
		{name: "deleteAccessToken", method: http.MethodDelete, path: tokens + "/{token}",
			errorForm: flat, run: (*dialect).revokeOperatorToken},
		{name: "renewAccessToken", method: http.MethodPost, path: tokens + "/renew",
			open: true, hasBody: true, errorForm: flat, run: (*dialect).renewOperatorToken},
	}
}

// Door returns the Commvault wire over the use cases. It serves every operation below each of its four roots,
// in any letter case.
func Door(t *tenancy.Service, i *identity.Service) *httpkit.Door {
	d := &dialect{tenancy: t, identity: i, errorForms: map[string]errorForm{}, strict: map[string]bool{}}
	var routes []httpkit.Route
	for _, op := range operations() {
		d.errorForms[op.name], d.strict[op.name] = op.errorForm, op.strict
		handler := d.handler(op)
		for _, root := range roots() {
			pattern := strings.ToLower(root) + op.path // every path is lowered before it is matched
			routes = append(routes, httpkit.Route{Method: op.method, Pattern: pattern, Name: op.name,
				Handler: handler, Class: op.class})
		}
	}
	return &httpkit.Door{Name: "commvault", Roots: append(roots(), vendorRoots()...), Routes: routes,
		FoldPath: true, WriteError: d.writeError}
}

// handler runs an operation. It checks first whether the client reads a format of ours, then who the caller
// is, then the body. Nothing changes before all three checks have passed.
func (d *dialect) handler(op operation) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, _ = httpkit.ReadBody(w, r) // negotiate looks at the body; readBody returns the error
		if _, ok := negotiate(r); !ok && !op.ignoresAccept {
			return httpkit.Errorf(http.StatusNotAcceptable,
				"Accept must allow application/json or application/xml.")
		}
		x := exchange{token: sessionToken(r.Header), organization: r.PathValue("id"), info: httpkit.InfoOf(r),
			query: parametersOf(r), tokenID: r.PathValue("token"), user: r.PathValue("user"),
			headOnly: op.revealsCode && r.Method == http.MethodHead}
		var err error
		if !op.open && !op.ignoresCompany {
			if x.actingFor, err = actingFor(r.Header); err != nil {
				return err
			}
		}
		x.organization = x.resolveCompany(x.organization)
		// its scope applies to the company that is meant, also where the path has 0
		if secret.IsOperatorToken(x.token) {
			x.endpoint = op.endpoint(r, x.organization)
		}
		if x.caller, err = d.authenticate(r.Context(), x, op.open); err != nil {
			return err
		}
		if x.body, err = readBody(w, r, op.hasBody); err != nil {
			return err
		}
		a, err := op.run(d, r.Context(), x)
		if err != nil {
			return err
		}
		if x.headOnly {
			httpkit.WriteHead(w, http.StatusOK, contentType(r))
			return nil
		}
		if a.plain != "" {
			httpkit.Write(w, http.StatusOK, "text/plain; charset=utf-8", []byte(a.plain))
			return nil
		}
		if media, _ := negotiate(r); a.oldForm && media == mediaJSON {
			httpkit.Write(w, http.StatusOK, mediaJSON, a.message.oldJSON())
			return nil
		}
		send(w, r, http.StatusOK, a.message)
		return nil
	}
}

// endpoint returns the path of a request below the root, as segments. It fills in the pattern that matched,
// so that a segment here is a segment of the router. The company is the one that the request means; see
// resolveCompany.
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

// root answers clients that check the service before they log in.
func (*dialect) root(context.Context, exchange) (answer, error) {
	return answer{message: flat(codeOK, "")}, nil
}
