// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"

	"gatehouse/internal/tenancy"
)

type submitBody struct {
	Name                string `json:"name"`
	RequesterComments   string `json:"requesterComments"`
	RelatedOrganization string `json:"relatedOrganizationName"`
	Organization        struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		ExternalID  string `json:"externalOrganizationId"`
	} `json:"organization"`
	Profile struct {
		FirstName string `json:"firstName"`
		LastName  string `json:"lastName"`
		Email     string `json:"email"`
	} `json:"profile"`
}

type submitResponse struct {
	ID    tenancy.RequestID `json:"id"`
	Links []link            `json:"links"`
}

// submitRequest files a request; anyone may, when the server's setting says so.
func (d *dialect) submitRequest(w http.ResponseWriter, r *http.Request, c call) error {
	var body submitBody
	if err := readJSON(w, r, &body, false); err != nil {
		return err
	}
	filed, err := d.service.SubmitRequest(r.Context(), c.caller, tenancy.SubmitRequestParams{
		Name: body.Name, RequesterComments: body.RequesterComments, RelatedOrganization: body.RelatedOrganization,
		Organization: tenancy.CreateOrganizationParams{Name: body.Organization.Name, Description: body.Organization.Description, ExternalID: body.Organization.ExternalID},
		Contact:      tenancy.ContactParams{FirstName: body.Profile.FirstName, LastName: body.Profile.LastName, Email: body.Profile.Email},
	})
	if err != nil {
		return err
	}
	return writeOK(w, submitResponse{filed.ID, self(r, string(c.tree)+"/organizationRequests/"+filed.ID.String())})
}

func (d *dialect) listRequests(w http.ResponseWriter, r *http.Request, c call) error {
	p, err := listParams(r, d.requests)
	if err != nil {
		return err
	}
	page, total, err := d.service.ListRequests(r.Context(), c.caller, p)
	if err != nil {
		return err
	}
	items := make([]requestResponse, len(page))
	for i, request := range page {
		items[i] = requestWire(request)
	}
	return writeList(w, r, c, "organizationRequests", p, d.requests, items, total)
}

type requestDetail struct {
	requestResponse
	RequesterComments   *string `json:"requesterComments"`
	ApproverComments    *string `json:"approverComments"`
	RelatedOrganization *string `json:"relatedOrganizationName"`
	CreationTime        string  `json:"creationTime"`
	Links               []link  `json:"links"`
}

func (d *dialect) getRequest(w http.ResponseWriter, r *http.Request, c call) error {
	id, err := tenancy.ParseRequestID(r.PathValue("id"))
	if err != nil {
		return err
	}
	request, err := d.service.GetRequest(r.Context(), c.caller, id)
	if err != nil {
		return err
	}
	return writeOK(w, requestDetail{requestWire(request), nullable(request.RequesterComments), nullable(request.ApproverComments),
		nullable(request.RelatedOrganization), wireTime(request.CreatedAt), self(r, string(c.tree)+"/organizationRequests/"+id.String())})
}

func (d *dialect) approveRequest(w http.ResponseWriter, r *http.Request, c call) error {
	return d.decide(w, r, func(id tenancy.RequestID, comments string) (tenancy.Request, error) {
		return d.service.ApproveRequest(r.Context(), c.caller, id, comments)
	})
}

func (d *dialect) rejectRequest(w http.ResponseWriter, r *http.Request, c call) error {
	return d.decide(w, r, func(id tenancy.RequestID, comments string) (tenancy.Request, error) {
		return d.service.RejectRequest(r.Context(), c.caller, id, comments)
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
