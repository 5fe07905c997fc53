// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"strconv"

	"gatehouse/apitype"
	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// operatorOperations are the operations of operators.
func (a *api) operatorOperations() []operation {
	const one = "/operators/{operator}"
	return []operation{
		{name: "listOperators", method: http.MethodGet, path: "/operators", handle: a.listOperators,
			class: httpkit.List},
		{name: "createOperator", method: http.MethodPost, path: "/operators", handle: a.createOperator,
			class: httpkit.LogIn},
		{name: "readOperator", method: http.MethodGet, path: one, handle: a.readOperator},
		{name: "updateOperator", method: http.MethodPatch, path: one, handle: a.updateOperator},
		{name: "deleteOperator", method: http.MethodDelete, path: one, handle: a.deleteOperator},
		{name: "disableOperator", method: http.MethodPost, path: one + "/disable",
			handle: a.changeOperator(a.identity.DisableOperator)},
		{name: "enableOperator", method: http.MethodPost, path: one + "/enable",
			handle: a.changeOperator(a.identity.EnableOperator)},
		{name: "endOperatorSessions", method: http.MethodPost, path: one + "/endSessions",
			handle: a.changeOperator(a.identity.EndOperatorSessions)},
		{name: "changePassword", method: http.MethodPost, path: one + "/password", handle: a.changePassword,
			class: httpkit.LogIn, harmless: "the same password is set again, or the old one is no longer right"},
		{name: "startTOTP", method: http.MethodPost, path: one + "/totp", handle: a.startTOTP,
			class: httpkit.LogIn, harmless: "another secret takes the place of one that counts for nothing yet"},
		{name: "confirmTOTP", method: http.MethodPost, path: one + "/totp/confirm", handle: a.confirmTOTP,
			harmless: "a code works once"},
		{name: "renewRecoveryCodes", method: http.MethodPost, path: one + "/recoveryCodes",
			handle: a.renewRecoveryCodes, class: httpkit.LogIn, harmless: "a one-time code works once"},
		{name: "removeTOTP", method: http.MethodPost, path: one + "/totp/remove", handle: a.removeTOTP,
			class: httpkit.LogIn, harmless: "what is removed stays removed"},
	}
}

// operatorOf reads the operator in the path: an id, a number, or identity.Self.
func operatorOf(r *http.Request) string { return r.PathValue("operator") }

// listOperators answers GET /v1/operators.
func (a *api) listOperators(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	p, err := a.pageOf(r, caller, paramFilter)
	if err != nil {
		return err
	}
	ask := identity.OperatorList{Limit: p.count + 1}
	if text, sent := p.query[paramFilter]; sent {
		ask.Filter, err = filter.Parse(text[0], filter.NewSchema(tenancy.OperatorProperties()))
		if err != nil {
			return badExpression(paramFilter, codeBadFilter, err)
		}
	}
	if p.after != "" {
		if ask.After, err = tenancy.ParseOperatorNumber(p.after); err != nil {
			return aboutField(paramCursor, codeBadCursor)
		}
	}
	operators, err := a.identity.OperatorPage(r.Context(), caller, ask)
	if err != nil {
		return err
	}
	shown := operators[:min(len(operators), p.count)]
	body := apitype.OperatorList{Items: items(shown, Operator)}
	if len(shown) > 0 {
		o := shown[len(shown)-1]
		body.NextCursor = a.next(p, len(operators), strconv.FormatInt(int64(o.Number), 10))
	}
	return write(w, http.StatusOK, body)
}

// createOperator answers POST /v1/operators.
func (a *api) createOperator(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.OperatorParams
	if err := read(w, r, &body); err != nil {
		return err
	}
	if body.OrganizationID == nil { // an absent one would mean the server
		return required(fieldOrganization)
	}
	organization, err := organizationIn(body.OrganizationID)
	if err != nil {
		return err
	}
	o, err := a.identity.CreateOperator(r.Context(), caller, identity.CreateOperatorParams{
		Username: body.Username, DisplayName: body.DisplayName, Password: secret.Of(body.Password),
		Role: tenancy.Role(body.Role), Organization: *organization})
	if err != nil {
		return err
	}
	return writeOperator(w, http.StatusCreated, tenancy.ListedOperator{Operator: o})
}

const fieldOrganization = "organizationId"

// organizationIn reads the organization in a body; nil if there is none.
func organizationIn(text *string) (*tenancy.OrganizationID, error) {
	if text == nil {
		return nil, nil
	}
	id, err := tenancy.ParseOrganizationID(*text)
	if err != nil {
		return nil, aboutField(fieldOrganization, codeBadOrganization, fieldOrganization)
	}
	return &id, nil
}

// readOperator answers GET /v1/operators/{operator}.
func (a *api) readOperator(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	o, err := a.identity.ReadOperator(r.Context(), caller, operatorOf(r))
	if err != nil {
		return err
	}
	return writeOperator(w, http.StatusOK, o)
}

// updateOperator answers PATCH /v1/operators/{operator}.
func (a *api) updateOperator(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.OperatorChange
	seen, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	p := identity.UpdateOperatorParams{DisplayName: body.DisplayName, Expected: seen}
	if body.Role != nil {
		role := tenancy.Role(*body.Role)
		p.Role = &role
	}
	if p.Organization, err = organizationIn(body.OrganizationID); err != nil {
		return err
	}
	o, err := a.identity.UpdateOperator(r.Context(), caller, operatorOf(r), p)
	if err != nil {
		return err
	}
	return writeOperator(w, http.StatusOK, o)
}

// deleteOperator answers DELETE /v1/operators/{operator}.
func (a *api) deleteOperator(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	if err := readNothing(w, r); err != nil {
		return err
	}
	if err := a.identity.DeleteOperator(r.Context(), caller, operatorOf(r)); err != nil {
		return err
	}
	return writeNothing(w)
}

// operatorUseCase is a use case that changes one operator.
type operatorUseCase func(context.Context, tenancy.Caller, string) (tenancy.ListedOperator, error)

// changeOperator answers the operations that change an operator and take no body.
func (a *api) changeOperator(change operatorUseCase) handler {
	return func(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
		if err := readNothing(w, r); err != nil {
			return err
		}
		o, err := change(r.Context(), caller, operatorOf(r))
		if err != nil {
			return err
		}
		return writeOperator(w, http.StatusOK, o)
	}
}

func writeOperator(w http.ResponseWriter, status int, o tenancy.ListedOperator) error {
	w.Header().Set("ETag", etag(o.UpdatedAt))
	return write(w, status, Operator(o))
}

// Operator returns an operator as this API shows it.
func Operator(o tenancy.ListedOperator) apitype.Operator {
	out := apitype.Operator{ID: o.ID, Number: int64(o.Number), Username: o.Username, DisplayName: o.DisplayName,
		Role: string(o.Role), OrganizationID: o.OrganizationID.String(), State: "active",
		SecondFactor: o.SecondFactor, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}
	if !o.Active {
		out.State = "disabled"
	}
	return out
}
