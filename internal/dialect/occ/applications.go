// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// KeyIssuer is the iss of application keys on this wire, as in the vendor's
// published sample. Keys that were issued with it are in use, so it stays.
const KeyIssuer = "applicationAuth"

type applicationBody struct {
	Name         string  `json:"name"`
	Type         *string `json:"type"`
	LifetimeDays *int    `json:"lifetimeDays"`
}

func (d *dialect) createApplication(w http.ResponseWriter, r *http.Request, c call) error {
	var body applicationBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	issued, err := d.identity.CreateApplication(r.Context(), c.caller, identity.CreateApplicationParams{
		Name: body.Name, Type: tenancy.ApplicationType(deref(body.Type)), LifetimeDays: body.LifetimeDays})
	if err != nil {
		return err
	}
	answer := applicationWire(issued.Application)
	answer.Token = issued.KeyText.Reveal()
	answer.Links = self(r, string(c.tree)+"/applicationIds/"+issued.ID)
	return writeOK(w, answer)
}

// createExtension returns an extension its id, without the rest of an application.
func (d *dialect) createExtension(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	a, err := d.identity.CreateExtension(r.Context(), c.caller, body.Name)
	return d.writeApplication(w, r, c, a, err)
}

type applicationList struct {
	Items []applicationResponse `json:"items"`
	Links []link                `json:"links"`
}

func (d *dialect) listApplications(w http.ResponseWriter, r *http.Request, c call) error {
	kind, err := typeParameter(r)
	if err != nil {
		return err
	}
	list, err := d.identity.ListApplications(r.Context(), c.caller, tenancy.ApplicationType(kind))
	if err != nil {
		return err
	}
	items := make([]applicationResponse, len(list))
	for i, a := range list {
		items[i] = applicationWire(a)
	}
	return writeOK(w, applicationList{items, self(r, string(c.tree)+"/applicationIds")})
}

func (d *dialect) getApplication(w http.ResponseWriter, r *http.Request, c call) error {
	a, err := d.application(r, c)
	return d.writeApplication(w, r, c, a, err)
}

// application returns the one the path names, if it is of the type that the
// address names, and of those besides; "" is any.
func (d *dialect) application(r *http.Request, c call, besides ...string) (tenancy.Application, error) {
	wanted, err := typeParameter(r)
	if err != nil {
		return tenancy.Application{}, err
	}
	a, err := d.identity.GetApplication(r.Context(), c.caller, r.PathValue("id"))
	for _, kind := range append(besides, wanted) {
		if err == nil && kind != "" && kind != string(a.Type) {
			err = ofOtherType(kind)
		}
	}
	return a, err
}

func ofOtherType(wanted string) error { return problem.NoSuch(wanted) }

func (d *dialect) updateApplication(w http.ResponseWriter, r *http.Request, c call) error {
	var body applicationBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	if body.Type != nil { // an empty one is no type
		if err := knownType(*body.Type, false); err != nil {
			return err
		}
	}
	if _, err := d.application(r, c, deref(body.Type)); err != nil {
		return err
	}
	a, err := d.identity.RenameApplication(r.Context(), c.caller, r.PathValue("id"), body.Name)
	return d.writeApplication(w, r, c, a, err)
}

func (d *dialect) writeApplication(w http.ResponseWriter, r *http.Request, c call, a tenancy.Application, err error) error {
	if err != nil {
		return err
	}
	answer := applicationWire(a)
	answer.Links = self(r, string(c.tree)+"/applicationIds/"+a.ID)
	return writeOK(w, answer)
}

func (d *dialect) deleteApplication(w http.ResponseWriter, r *http.Request, c call) error {
	if err := skipBody(w, r); err != nil {
		return err
	}
	if _, err := d.application(r, c); err != nil {
		return err
	}
	if err := d.identity.DeleteApplication(r.Context(), c.caller, r.PathValue("id")); err != nil {
		return err
	}
	return writeOK(w, struct{}{})
}

const opGenAuthToken = "genAuthToken"

// applicationOperation does what op says. An op or type that is not known is
// refused before anything else: the list may grow, and nothing may be done by default.
func (d *dialect) applicationOperation(w http.ResponseWriter, r *http.Request, c call) error {
	var body struct {
		Op   string `json:"op"`
		Type string `json:"type"`
	}
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	switch {
	case body.Op == "":
		return missing("op")
	case body.Op != opGenAuthToken:
		return fault(problem.CodeInvalidInput, "op", codeUnknownOp, opGenAuthToken)
	}
	if err := knownType(body.Type, false); err != nil {
		return err
	}
	if body.Type != string(tenancy.TypeApplication) {
		return fault(problem.CodeInvalidInput, "type", codeNoTokenOfType)
	}
	switch kind, err := typeParameter(r); {
	case err != nil:
		return err
	case kind != "" && kind != body.Type:
		return ofOtherType(kind)
	}
	key, err := d.identity.RenewApplicationKey(r.Context(), c.caller, r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeOK(w, map[string]string{"token": key.Reveal()})
}

func knownType(text string, optional bool) error {
	switch {
	case text == "" && optional, tenancy.ApplicationType(text).Known():
		return nil
	case text == "":
		return missing("type")
	}
	return fault(problem.CodeInvalidInput, "type", codeUnknownType)
}
