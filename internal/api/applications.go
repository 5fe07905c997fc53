// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// applicationOperations are the operations of applications.
func (a *api) applicationOperations() []operation {
	const one = "/applications/{application}"
	return []operation{
		{name: "listApplications", method: http.MethodGet, path: "/applications", handle: a.listApplications,
			class: httpkit.List},
		{name: "createApplication", method: http.MethodPost, path: "/applications", handle: a.createApplication},
		{name: "readApplication", method: http.MethodGet, path: one, handle: a.readApplication},
		{name: "updateApplication", method: http.MethodPatch, path: one, handle: a.updateApplication},
		{name: "deleteApplication", method: http.MethodDelete, path: one, handle: a.deleteApplication},
		{name: "rotateApplicationKey", method: http.MethodPost, path: one + "/rotateKey",
			handle: a.rotateApplicationKey},
		{name: "endKeyOverlap", method: http.MethodPost, path: one + "/endOverlap", handle: a.endKeyOverlap},
	}
}

// listApplications answers GET /v1/applications.
func (a *api) listApplications(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	p, err := a.pageOf(r, caller, "type", paramFilter, paramSort)
	if err != nil {
		return err
	}
	ask := tenancy.ApplicationList{Type: tenancy.ApplicationType(p.query.Get("type")), Limit: p.count}
	if p.query.Has("type") && !ask.Type.Known() {
		return aboutField("type", codeBadType)
	}
	var key filter.Sort
	if ask.Filter, key, err = filterAndKey(p, applicationProperties()); err != nil {
		return err
	}
	ask.By, ask.Ascending = key.Property, key.Property.Name != "" && !key.Descending
	if p.after != "" {
		if p.afterKey == nil {
			return aboutField(paramCursor, codeBadCursor)
		}
		ask.After = &tenancy.Keyed[string]{Row: p.after, Key: *p.afterKey}
	}
	page, err := a.identity.ApplicationPage(r.Context(), caller, ask)
	if err != nil {
		return err
	}
	body := apitype.ApplicationList{Items: items(page.Items, application)}
	if page.Next != nil {
		body.NextCursor = a.cursor(p, page.Next.Row, page.Next.Key)
	}
	return write(w, http.StatusOK, body)
}

// createApplication answers POST /v1/applications.
func (a *api) createApplication(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.ApplicationParams
	if err := read(w, r, &body); err != nil {
		return err
	}
	p := identity.CreateApplicationParams{Name: body.Name, Type: tenancy.TypeApplication,
		Expiry: keyExpiry(body.ExpiresAt)}
	if body.Type != "" {
		p.Type = tenancy.ApplicationType(body.Type)
	}
	switch {
	case p.Type == tenancy.TypeApplication && p.Expiry == nil:
		return required(identity.FieldExpiresAt)
	case p.Type == tenancy.TypeExtension && p.Expiry != nil:
		return problem.InvalidFields([]problem.FieldError{
			problem.Wrong(identity.FieldExpiresAt, problem.CodeNoKey)})
	case p.Type == tenancy.TypeExtension:
		made, err := a.identity.CreateExtension(r.Context(), caller, p.Name)
		if err != nil {
			return err
		}
		return writeApplication(w, http.StatusCreated, identity.IssuedApplication{Application: made})
	}
	issued, err := a.identity.CreateApplication(r.Context(), caller, p)
	if err != nil {
		return err
	}
	return writeApplication(w, http.StatusCreated, issued)
}

// readApplication answers GET /v1/applications/{application}.
func (a *api) readApplication(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	found, err := a.identity.GetApplication(r.Context(), caller, r.PathValue("application"))
	if err != nil {
		return err
	}
	return writeApplication(w, http.StatusOK, identity.IssuedApplication{Application: found})
}

// updateApplication answers PATCH /v1/applications/{application}.
func (a *api) updateApplication(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.ApplicationChange
	seen, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	changed, err := a.identity.UpdateApplication(r.Context(), caller, r.PathValue("application"),
		identity.UpdateApplicationParams{Name: body.Name, Expiry: keyExpiry(body.ExpiresAt), Expected: seen})
	if err != nil {
		return err
	}
	return writeApplication(w, http.StatusOK, identity.IssuedApplication{Application: changed})
}

// deleteApplication answers DELETE /v1/applications/{application}.
func (a *api) deleteApplication(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	if err := readNothing(w, r); err != nil {
		return err
	}
	if err := a.identity.DeleteApplication(r.Context(), caller, r.PathValue("application")); err != nil {
		return err
	}
	return writeNothing(w)
}

// rotateApplicationKey answers POST …/{application}/rotateKey.
func (a *api) rotateApplicationKey(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.KeyRotation
	if err := read(w, r, &body); err != nil {
		return err
	}
	p := identity.RotateKeyParams{Expiry: keyExpiry(body.ExpiresAt)}
	if body.Overlap != nil {
		var err error
		if p.Overlap, err = time.ParseDuration(*body.Overlap); err != nil {
			return aboutField(tenancy.FieldOverlap, codeBadOverlap, tenancy.FieldOverlap)
		}
	}
	issued, err := a.identity.RotateApplicationKey(r.Context(), caller, r.PathValue("application"), p)
	if err != nil {
		return err
	}
	return writeApplication(w, http.StatusCreated, issued)
}

// endKeyOverlap answers POST …/{application}/endOverlap.
func (a *api) endKeyOverlap(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	if err := readNothing(w, r); err != nil {
		return err
	}
	changed, err := a.identity.EndKeyOverlap(r.Context(), caller, r.PathValue("application"))
	if err != nil {
		return err
	}
	return writeApplication(w, http.StatusOK, identity.IssuedApplication{Application: changed})
}

// keyExpiry returns the expiry of a key; nil if the body has none.
func keyExpiry(e *apitype.Expiry) *identity.KeyExpiry {
	if e == nil {
		return nil
	}
	return &identity.KeyExpiry{At: e.At, Never: e.At.IsZero()}
}

// writeApplication answers with an application, and with its key if that was just made.
func writeApplication(w http.ResponseWriter, status int, issued identity.IssuedApplication) error {
	w.Header().Set("ETag", etag(issued.UpdatedAt))
	body := application(issued.Application)
	body.ApplicationKey = issued.KeyText.Reveal()
	return write(w, status, body)
}

// application returns an application as this API shows it, without the texts of its keys.
func application(a tenancy.Application) apitype.Application {
	out := apitype.Application{ID: a.ID, OrganizationID: a.OrganizationID.String(), Name: a.Name,
		Type: string(a.Type), CreatedAt: a.CreatedAt, CreatedBy: a.CreatedBy, UpdatedAt: a.UpdatedAt}
	if a.Key.ID != "" {
		out.Key = &apitype.ApplicationKey{ID: a.Key.ID, State: string(a.Key.State(a.AsOf)),
			IssuedAt:  a.Key.IssuedAt,
			ExpiresAt: apitype.Expiry{At: a.Key.ExpiresAt}, LastUsedAt: instant(a.Key.LastUsedAt)}
	}
	if ends, good := a.KeyEnd(a.Former.ID, a.AsOf); good {
		out.FormerKey = &apitype.FormerKey{ID: a.Former.ID, IssuedAt: a.Former.IssuedAt, ValidUntil: ends,
			LastUsedAt: instant(a.Former.LastUsedAt)}
	}
	return out
}
