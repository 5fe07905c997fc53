// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func (a *api) requestOperations() []operation {
	const all, one = "/organization-requests", "/organization-requests/{request}"
	return []operation{
		{name: "submitOrganizationRequest", method: http.MethodPost, path: all, handle: a.submitRequest,
			open: true},
		{name: "listOrganizationRequests", method: http.MethodGet, path: all, handle: a.listRequests,
			class: httpkit.List},
		{name: "decideOrganizationRequests", method: http.MethodPost, path: all + "/decide",
			handle: a.decideRequests},
		{name: "readOrganizationRequest", method: http.MethodGet, path: one, handle: a.readRequest},
		{name: "updateOrganizationRequest", method: http.MethodPatch, path: one, handle: a.updateRequest},
		{name: "deleteOrganizationRequest", method: http.MethodDelete, path: one, handle: a.deleteRequest},
		{name: "approveOrganizationRequest", method: http.MethodPost, path: one + "/approve",
			handle: a.decideRequest(a.tenancy.ApproveRequest)},
		{name: "rejectOrganizationRequest", method: http.MethodPost, path: one + "/reject",
			handle: a.decideRequest(a.tenancy.RejectRequest)},
	}
}

// submitRequest answers POST /v1/organization-requests. Anybody may submit a request if the
// server's setting allows it.
func (a *api) submitRequest(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.OrganizationRequestParams
	if err := read(w, r, &body); err != nil {
		return err
	}
	o, contact, errs := applicantOf(body.Organization, body.Contact)
	p := tenancy.SubmitRequestParams{Name: body.Name, RequesterComments: body.RequesterComments,
		RelatedOrganization: body.RelatedOrganization, FieldErrors: errs,
		Organization: tenancy.CreateOrganizationParams{Name: value(o.Name), Alias: value(o.Alias),
			Description: value(o.Description), ExternalID: value(o.ExternalID), Properties: o.Properties},
		Contact: tenancy.ContactParams{FirstName: value(contact.FirstName), LastName: value(contact.LastName),
			Email: value(contact.Email), Properties: contact.Properties}}
	if o.EmailDomains != nil {
		p.Organization.EmailDomains = *o.EmailDomains
	}
	filed, err := a.tenancy.SubmitRequest(r.Context(), caller, p)
	if err != nil {
		return err
	}
	return writeRequest(w, http.StatusCreated, filed)
}

// applicantOf returns what is said of the organization and the person of a request, with an
// error for each property that belongs to another door.
func applicantOf(o *apitype.ApplicantParams,
	c *apitype.ContactParams) (applicant tenancy.UpdateApplicantParams,
	contact tenancy.UpdateContactParams, errs []problem.FieldError) {
	if o != nil {
		applicant = tenancy.UpdateApplicantParams{Name: o.Name, Alias: o.Alias, Description: o.Description,
			ExternalID: o.ExternalID, EmailDomains: o.EmailDomains, Properties: tenancy.Properties(o.Properties)}
		errs = foreignProperties(tenancy.PrefixOrganization, o.Properties)
	}
	if c != nil {
		contact = tenancy.UpdateContactParams{FirstName: c.FirstName, LastName: c.LastName, Email: c.Email,
			Properties: tenancy.Properties(c.Properties)}
		errs = append(errs, foreignProperties(tenancy.PrefixContact, c.Properties)...)
	}
	return applicant, contact, errs
}

// value returns the text, or "" if it was not sent.
func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// listRequests answers GET /v1/organization-requests.
func (a *api) listRequests(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	list, p, err := a.sortedPageOf(r, caller, requestProperties())
	if err != nil {
		return err
	}
	page, err := a.tenancy.ListRequestsAfter(r.Context(), caller, p)
	if err != nil {
		return err
	}
	var undecided []tenancy.RequestID
	for _, one := range page.Items {
		if !one.Status.Decided() {
			undecided = append(undecided, one.ID)
		}
	}
	similar, err := a.similarTo(r, caller, nil, undecided)
	if err != nil {
		return err
	}
	shown := items(page.Items, request)
	for i := range shown {
		shown[i].SimilarNames = similar[shown[i].ID]
	}
	return write(w, http.StatusOK, apitype.OrganizationRequestList{Items: shown,
		NextCursor: a.nextCursor(list, page.Next)})
}

// requestOf reads the request in the path. What is no id is the id of none.
func requestOf(r *http.Request) (tenancy.RequestID, error) {
	return tenancy.ParseRequestID(r.PathValue("request"))
}

// readRequest answers GET …/{request}.
func (a *api) readRequest(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := requestOf(r)
	if err != nil {
		return err
	}
	d, err := a.tenancy.GetRequestDetail(r.Context(), caller, id)
	if err != nil {
		return err
	}
	return a.writeDetail(w, r, caller, d)
}

// updateRequest answers PATCH …/{request}.
func (a *api) updateRequest(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := requestOf(r)
	if err != nil {
		return err
	}
	var body apitype.OrganizationRequestChange
	versions, err := readChange(w, r, &body)
	if err != nil {
		return err
	}
	p := tenancy.UpdateRequestParams{Name: body.Name, Status: (*tenancy.RequestStatus)(body.Status),
		RequesterComments: body.RequesterComments, RelatedOrganization: body.RelatedOrganization,
		Versions: versions}
	p.Organization, p.Contact, p.FieldErrors = applicantOf(body.Organization, body.Contact)
	d, err := a.tenancy.UpdateRequest(r.Context(), caller, id, p)
	if err != nil {
		return err
	}
	return a.writeDetail(w, r, caller, d)
}

// deleteRequest answers DELETE …/{request}.
func (a *api) deleteRequest(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	id, err := requestOf(r)
	if err != nil {
		return err
	}
	if err := readNothing(w, r); err != nil {
		return err
	}
	if err := a.tenancy.DeleteRequest(r.Context(), caller, id, tenancy.DeleteRequestParams{}); err != nil {
		return err
	}
	return writeNothing(w)
}

// decideRequest answers POST …/{request}/approve and /reject. The body may be left out.
func (a *api) decideRequest(decide func(context.Context, tenancy.Caller, tenancy.RequestID,
	string) (tenancy.Request, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
		id, err := requestOf(r)
		if err != nil {
			return err
		}
		var body apitype.DecisionComments
		if err := readIfSent(w, r, &body); err != nil {
			return err
		}
		decided, err := decide(r.Context(), caller, id, body.ApproverComments)
		if err != nil {
			return err
		}
		return writeRequest(w, http.StatusOK, decided)
	}
}
