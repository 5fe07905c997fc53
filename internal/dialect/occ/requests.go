// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

type submitResponse struct {
	ID    tenancy.RequestID `json:"id"`
	Links []link            `json:"links"`
}

// submitRequest submits a request. Anybody may, if the server's setting allows it.
func (d *dialect) submitRequest(w http.ResponseWriter, r *http.Request, x exchange) error {
	var body requestBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	p := body.params(nil)
	o, contact := p.Organization, p.Contact
	filed, err := d.tenancy.SubmitRequest(r.Context(), x.caller, tenancy.SubmitRequestParams{
		Name: deref(p.Name), RequesterComments: deref(p.RequesterComments),
		RelatedOrganization: deref(p.RelatedOrganization),
		Organization: tenancy.CreateOrganizationParams{Name: deref(o.Name), Description: deref(o.Description),
			ExternalID: deref(o.ExternalID), Properties: o.Properties},
		Contact: tenancy.ContactParams{FirstName: deref(contact.FirstName), LastName: deref(contact.LastName),
			Email:      deref(contact.Email),
			Properties: contact.Properties},
		FieldErrors: p.FieldErrors,
	})
	if err != nil {
		return withTooLongCode(err)
	}
	return writeOK(w, submitResponse{filed.ID, []link{}})
}

func (d *dialect) listRequests(w http.ResponseWriter, r *http.Request, x exchange) error {
	p, err := listParams(r, d.requests)
	if err != nil {
		return err
	}
	page, total, err := d.tenancy.ListRequests(r.Context(), x.caller, p)
	if err != nil {
		return err
	}
	items := make([]requestResponse, len(page))
	for i, request := range page {
		items[i] = requestWire(request)
	}
	return writeList(w, r, x, "organizationRequests", p, d.requests, items, total)
}

func (d *dialect) getRequest(w http.ResponseWriter, r *http.Request, x exchange) error {
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	var request tenancy.RequestDetail
	if expand(r).any() {
		request, err = d.tenancy.GetRequestDetail(r.Context(), x.caller, id)
	} else {
		request.Request, err = d.tenancy.GetRequest(r.Context(), x.caller, id)
	}
	if err != nil {
		return err
	}
	return d.writeRequest(w, r, x, request)
}

// updateRequest changes the members that the body has and leaves the others. The vendor requires the name.
func (d *dialect) updateRequest(w http.ResponseWriter, r *http.Request, x exchange) error {
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	var body requestBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	var errs fieldErrors
	if body.Name == nil || isNull(body.Name) {
		errs.addError("name", problem.CodeRequired)
	}
	detail, err := d.tenancy.UpdateRequest(r.Context(), x.caller, id, body.params(errs))
	if err != nil {
		return err
	}
	return d.writeRequest(w, r, x, detail)
}

// deleteRequest is for applications and answers without a body, as at the vendor.
func (d *dialect) deleteRequest(w http.ResponseWriter, r *http.Request, x exchange) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	deletion := tenancy.DeleteRequestParams{Kinds: []tenancy.CallerKind{tenancy.ApplicationCaller}}
	if err := d.tenancy.DeleteRequest(r.Context(), x.caller, id, deletion); err != nil {
		return err
	}
	w.Header().Set("Content-Length", "0")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}

func (d *dialect) approveRequest(w http.ResponseWriter, r *http.Request, x exchange) error {
	return d.decide(w, r, func(id tenancy.RequestID, comments string) (tenancy.Request, error) {
		return d.tenancy.ApproveRequest(r.Context(), x.caller, id, comments)
	})
}

func (d *dialect) rejectRequest(w http.ResponseWriter, r *http.Request, x exchange) error {
	return d.decide(w, r, func(id tenancy.RequestID, comments string) (tenancy.Request, error) {
		return d.tenancy.RejectRequest(r.Context(), x.caller, id, comments)
	})
}

// decide approves or rejects a request. The vendor's schema requires approverComments but its text does not,
// so they are optional here, and so is the body.
func (d *dialect) decide(w http.ResponseWriter, r *http.Request,
	decide func(tenancy.RequestID, string) (tenancy.Request, error),
) error {
	var body struct {
		ApproverComments string `json:"approverComments"`
	}
	if err := readJSON(w, r, &body, true); err != nil {
		return err
	}
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	decided, err := decide(id, body.ApproverComments)
	if err != nil {
		return err
	}
	return writeOK(w, map[string]string{"status": string(decided.Status)})
}
