// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// KeyIssuer is the claim iss of application keys on this wire, as in the vendor's published sample. It must
// not change, because keys that were issued with it are in use.
const KeyIssuer = "applicationAuth"

type applicationBody struct {
	Name         string  `json:"name"`
	Type         *string `json:"type"`
	LifetimeDays *int    `json:"lifetimeDays"`
}

func (d *dialect) createApplication(w http.ResponseWriter, r *http.Request, x exchange) error {
	var body applicationBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	issued, err := d.identity.CreateApplication(r.Context(), x.caller, identity.CreateApplicationParams{
		Name: body.Name, Type: tenancy.ApplicationType(deref(body.Type)),
		LifetimeDays: lifetimeOf(body.LifetimeDays)})
	if err != nil {
		return err
	}
	answer := applicationWire(issued.Application)
	answer.Token = issued.KeyText.Reveal()
	answer.Links = selfLinks(r, string(x.tree)+"/applicationIds/"+issued.ID)
	return writeOK(w, answer)
}

// createExtension creates the id of an extension, without the rest of an application.
func (d *dialect) createExtension(w http.ResponseWriter, r *http.Request, x exchange) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	a, err := d.identity.CreateExtension(r.Context(), x.caller, body.Name)
	return d.writeApplication(w, r, x, a, err)
}

type applicationList struct {
	Items []applicationResponse `json:"items"`
	Links []link                `json:"links"`
}

func (d *dialect) listApplications(w http.ResponseWriter, r *http.Request, x exchange) error {
	kind, err := typeParameter(r)
	if err != nil {
		return err
	}
	list, err := d.identity.ListApplications(r.Context(), x.caller, tenancy.ApplicationType(kind))
	if err != nil {
		return err
	}
	items := make([]applicationResponse, len(list))
	for i, a := range list {
		items[i] = applicationWire(a)
	}
	return writeOK(w, applicationList{items, selfLinks(r, string(x.tree)+"/applicationIds")})
}

func (d *dialect) getApplication(w http.ResponseWriter, r *http.Request, x exchange) error {
	a, err := d.application(r, x)
	return d.writeApplication(w, r, x, a, err)
}

// application returns the application in the path if it has the type in the query and all types of alsoTypes.
// The type "" matches any.
func (d *dialect) application(r *http.Request, x exchange, alsoTypes ...string) (tenancy.Application, error) {
	wanted, err := typeParameter(r)
	if err != nil {
		return tenancy.Application{}, err
	}
	a, err := d.identity.GetApplication(r.Context(), x.caller, r.PathValue("id"))
	for _, kind := range append(alsoTypes, wanted) {
		if err == nil && kind != "" && kind != string(a.Type) {
			err = notFoundOfType(kind)
		}
	}
	return a, err
}

func notFoundOfType(wanted string) error {
	if tenancy.ApplicationType(wanted) == tenancy.TypeExtension {
		return problem.ExtensionNotFound()
	}
	return problem.ApplicationNotFound()
}

func (d *dialect) updateApplication(w http.ResponseWriter, r *http.Request, x exchange) error {
	var body applicationBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	if body.Type != nil { // an empty type is invalid
		if err := checkType(*body.Type, false); err != nil {
			return err
		}
	}
	if _, err := d.application(r, x, deref(body.Type)); err != nil {
		return err
	}
	a, err := d.identity.RenameApplication(r.Context(), x.caller, r.PathValue("id"), body.Name)
	return d.writeApplication(w, r, x, a, err)
}

func (d *dialect) writeApplication(w http.ResponseWriter, r *http.Request, x exchange, a tenancy.Application,
	err error,
) error {
	if err != nil {
		return err
	}
	answer := applicationWire(a)
	answer.Links = selfLinks(r, string(x.tree)+"/applicationIds/"+a.ID)
	return writeOK(w, answer)
}

func (d *dialect) deleteApplication(w http.ResponseWriter, r *http.Request, x exchange) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	if _, err := d.application(r, x); err != nil {
		return err
	}
	if err := d.identity.DeleteApplication(r.Context(), x.caller, r.PathValue("id")); err != nil {
		return err
	}
	return writeOK(w, struct{}{})
}

// noEnd is the vendor's number of days for keys that do not end.
const noEnd = -1

// lifetimeOf returns the life of keys that a body asks for, in days; nil is no end. As at the vendor, more
// than the longest is the longest.
func lifetimeOf(days *int) *int {
	switch {
	case days == nil || *days == noEnd:
		return nil
	case *days > identity.MaxLifetimeDays:
		return new(identity.MaxLifetimeDays)
	}
	return days
}

const opGenAuthToken = "genAuthToken"

// applicationOperation performs the operation in the member op. It refuses an unknown op or type first,
// because the vendor may add more of them and nothing may happen by default.
func (d *dialect) applicationOperation(w http.ResponseWriter, r *http.Request, x exchange) error {
	var body struct {
		Op   string `json:"op"`
		Type string `json:"type"`
	}
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	switch {
	case body.Op == "":
		return missingField("op")
	case body.Op != opGenAuthToken:
		return fieldError(problem.CodeInvalidInput, "op", codeUnknownOp, opGenAuthToken)
	}
	if err := checkType(body.Type, false); err != nil {
		return err
	}
	if body.Type != string(tenancy.TypeApplication) {
		return fieldError(problem.CodeInvalidInput, "type", codeNoTokenOfType)
	}
	switch kind, err := typeParameter(r); {
	case err != nil:
		return err
	case kind != "" && kind != body.Type:
		return notFoundOfType(kind)
	}
	key, err := d.identity.RenewApplicationKey(r.Context(), x.caller, r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeOK(w, map[string]string{"token": key.Reveal()})
}

func checkType(text string, optional bool) error {
	switch {
	case text == "" && optional, tenancy.ApplicationType(text).Known():
		return nil
	case text == "":
		return missingField("type")
	}
	return fieldError(problem.CodeInvalidInput, "type", codeUnknownType)
}
