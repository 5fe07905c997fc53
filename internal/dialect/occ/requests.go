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

// submitRequest files a request; anyone may, when the server's setting says so.
func (d *dialect) submitRequest(w http.ResponseWriter, r *http.Request, c call) error {
	var body requestBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	p := body.params(nil)
	o, contact := p.Organization, p.Contact
	filed, err := d.tenancy.SubmitRequest(r.Context(), c.caller, tenancy.SubmitRequestParams{
		Name: deref(p.Name), RequesterComments: deref(p.RequesterComments), RelatedOrganization: deref(p.RelatedOrganization),
		Organization: tenancy.CreateOrganizationParams{Name: deref(o.Name), Description: deref(o.Description), ExternalID: deref(o.ExternalID), Properties: o.Properties},
		Contact: tenancy.ContactParams{FirstName: deref(contact.FirstName), LastName: deref(contact.LastName), Email: deref(contact.Email),
			Properties: contact.Properties},
		FieldErrors: p.FieldErrors,
	})
	if err != nil {
		return lengths(err)
	}
	return writeOK(w, submitResponse{filed.ID, self(r, string(c.tree)+"/organizationRequests/"+filed.ID.String())})
}

func (d *dialect) listRequests(w http.ResponseWriter, r *http.Request, c call) error {
	p, err := listParams(r, d.requests)
	if err != nil {
		return err
	}
	page, total, err := d.tenancy.ListRequests(r.Context(), c.caller, p)
	if err != nil {
		return err
	}
	items := make([]requestResponse, len(page))
	for i, request := range page {
		items[i] = requestWire(request)
	}
	return writeList(w, r, c, "organizationRequests", p, d.requests, items, total)
}

func (d *dialect) getRequest(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if e := expand(r); e.any() {
		detail, err := d.tenancy.GetRequestDetail(r.Context(), c.caller, id)
		if err != nil {
			return err
		}
		return writeOK(w, d.expandedRequest(r, c, e, detail))
	}
	request, err := d.tenancy.GetRequest(r.Context(), c.caller, id)
	if err != nil {
		return err
	}
	return writeOK(w, d.requestDetail(r, c, request))
}

// updateRequest changes what the body has and leaves the rest. The vendor wants
// the name to be there.
func (d *dialect) updateRequest(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	var body requestBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	var f faults
	if body.Name == nil || isNull(body.Name) {
		f.wrong("name", problem.CodeRequired)
	}
	detail, err := d.tenancy.UpdateRequest(r.Context(), c.caller, id, body.params(f))
	if err != nil {
		return err
	}
	if e := expand(r); e.any() {
		return writeOK(w, d.expandedRequest(r, c, e, detail))
	}
	return writeOK(w, d.requestDetail(r, c, detail.Request))
}

// deleteRequest answers with nothing at all, as the vendor does.
func (d *dialect) deleteRequest(w http.ResponseWriter, r *http.Request, c call) error {
	if err := skipBody(w, r); err != nil {
		return err
	}
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := d.tenancy.DeleteRequest(r.Context(), c.caller, id); err != nil {
		return err
	}
	w.Header().Set("Content-Length", "0")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}

func (d *dialect) approveRequest(w http.ResponseWriter, r *http.Request, c call) error {
	return d.decide(w, r, func(id tenancy.RequestID, comments string) (tenancy.Request, error) {
		return d.tenancy.ApproveRequest(r.Context(), c.caller, id, comments)
	})
}

func (d *dialect) rejectRequest(w http.ResponseWriter, r *http.Request, c call) error {
	return d.decide(w, r, func(id tenancy.RequestID, comments string) (tenancy.Request, error) {
		return d.tenancy.RejectRequest(r.Context(), c.caller, id, comments)
	})
}

// decide: the vendor's schema requires approverComments, its text does not; it
// may be left out here, and so may the body.
func (d *dialect) decide(w http.ResponseWriter, r *http.Request, decide func(tenancy.RequestID, string) (tenancy.Request, error)) error {
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
