// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// root is the root of the API and the audience of its access tokens.
const root = identity.NativeAudience

// api is what the handlers share.
type api struct {
	tenancy  *tenancy.Service
	identity *identity.Service
}

// handler answers an operation. The caller is anonymous on open operations.
type handler func(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error

// operation is one operation of the API.
type operation struct {
	name   string // its id in the OpenAPI document, in logs and metrics
	method string
	path   string // below the root
	handle handler
	open   bool // needs no access token
	class  httpkit.Class
	// harmless says why it does no harm to send a POST twice, so that Idempotency-Key has no
	// effect on it; "" for a POST that honours the header, and for other methods.
	harmless string
}

// Door returns the native API over the use cases.
func Door(t *tenancy.Service, i *identity.Service) *httpkit.Door {
	a := &api{t, i}
	door := &httpkit.Door{Name: "api", Roots: []string{root}, WriteError: writeError}
	for _, op := range slices.Concat(a.operations(), a.applicationOperations(),
		a.operatorOperations()) {
		door.Routes = append(door.Routes, httpkit.Route{Method: op.method, Pattern: root + op.path, Name: op.name,
			Handler: a.answer(op), Class: op.class})
	}
	return door
}

func (a *api) operations() []operation {
	const code = "/organizations/{organization}/auth-codes/{code}"
	const client = "/clients/{client}"
	const policyPath = "/organizations/{organization}/policy"
	return slices.Concat(a.organizationOperations(), a.requestOperations(), []operation{
		{name: "login", method: http.MethodPost, path: "/login", handle: a.login, open: true, class: httpkit.LogIn,
			harmless: "another token expires by itself, and a stored one would outlive its end"},
		{name: "logout", method: http.MethodPost, path: "/logout", handle: a.logout,
			harmless: "an ended token stays ended"},

		{name: "readPolicy", method: http.MethodGet, path: policyPath, handle: a.readPolicy},
		{name: "replacePolicy", method: http.MethodPut, path: policyPath, handle: a.replacePolicy},
		{name: "listAuthCodes", method: http.MethodGet, path: "/organizations/{organization}/auth-codes",
			handle: a.listAuthCodes, class: httpkit.List},
		{name: "createAuthCode", method: http.MethodPost, path: "/organizations/{organization}/auth-codes",
			handle: a.createAuthCode},
		{name: "readAuthCode", method: http.MethodGet, path: code, handle: a.readAuthCode},
		{name: "updateAuthCode", method: http.MethodPatch, path: code, handle: a.updateAuthCode},
		{name: "revealAuthCode", method: http.MethodPost, path: code + "/reveal", handle: a.revealAuthCode,
			harmless: "it makes nothing, and each time that a code is shown has its own event"},
		{name: "rotateAuthCode", method: http.MethodPost, path: code + "/rotate", handle: a.rotateAuthCode},
		{name: "endOverlap", method: http.MethodPost, path: code + "/endOverlap",
			handle: a.changeAuthCode(a.tenancy.EndOverlap)},
		{name: "disableAuthCode", method: http.MethodPost, path: code + "/disable",
			handle: a.changeAuthCode(a.tenancy.SwitchOffAuthCode)},
		{name: "enableAuthCode", method: http.MethodPost, path: code + "/enable",
			handle: a.changeAuthCode(a.tenancy.SwitchOnAuthCode)},
		{name: "listAuthCodeUses", method: http.MethodGet, path: code + "/uses", handle: a.listUses,
			class: httpkit.List},
		{name: "verifyAuthCode", method: http.MethodPost, path: "/auth-codes/verify", handle: a.verifyAuthCode,
			harmless: "it changes nothing, and asks how things are now"},

		{name: "enroll", method: http.MethodPost, path: "/enrollments", handle: a.enrol, open: true},
		{name: "listClients", method: http.MethodGet, path: "/clients", handle: a.listClients, class: httpkit.List},
		{name: "readClient", method: http.MethodGet, path: client, handle: a.readClient},
		{name: "updateClient", method: http.MethodPatch, path: client, handle: a.updateClient},
		{name: "approveClient", method: http.MethodPost, path: client + "/approve",
			handle: a.changeClient(a.tenancy.ApproveClient)},
		{name: "refuseClient", method: http.MethodPost, path: client + "/refuse",
			handle: a.changeClient(a.tenancy.RefuseClient)},
		{name: "revokeClient", method: http.MethodPost, path: client + "/revoke",
			handle: a.changeClient(a.tenancy.RevokeClient)},

		{name: "listAuditEvents", method: http.MethodGet, path: "/audit", handle: a.listAudit, class: httpkit.List},

		{name: "readDocument", method: http.MethodGet, path: "/openapi.json", handle: a.readDocument, open: true},
	})
}

// answer finds out who sends the request and runs the operation.
func (a *api) answer(op operation) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		info := httpkit.InfoOf(r)
		origin := tenancy.Origin{Address: info.Address, RequestID: info.RequestID}
		if err := op.checkUnused(r); err != nil {
			return err
		}
		caller := tenancy.Anonymous(origin)
		if !op.open {
			var err error
			caller, err = a.identity.AuthenticateToken(r.Context(), origin, httpkit.Bearer(r.Header), root)
			if err != nil {
				return err
			}
			info.Caller = caller.Ref()
		}
		if op.repeatable() {
			var err error
			if caller.Repeat, err = repeatOf(w, r); err != nil {
				return err
			}
		}
		return op.handle(w, r, caller)
	}
}

// repeatable reports whether the operation honours Idempotency-Key.
func (op operation) repeatable() bool { return op.method == http.MethodPost && op.harmless == "" }

// checkUnused refuses what the operation would not look at, since the caller meant
// something by it. Lists check their parameters themselves.
func (op operation) checkUnused(r *http.Request) error {
	if op.class != httpkit.List {
		for name := range httpkit.QueryOf(r) {
			return aboutField(name, codeUnknownQuery, name)
		}
	}
	looks := op.method == http.MethodPatch || op.method == http.MethodPut || op.method == http.MethodGet
	if !looks && len(r.Header["If-Match"]) > 0 {
		return httpkit.NewError(http.StatusBadRequest, say(codeNoCondition))
	}
	return nil
}
