// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// decideRequests answers POST /v1/organization-requests/decide. Its status is 200 also if
// some requests, or all, were not decided: each has a result of its own.
func (a *api) decideRequests(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.Decisions
	if err := read(w, r, &body); err != nil {
		return err
	}
	decisions, err := decisionsOf(body.Decisions)
	if err != nil {
		return err
	}
	results, err := a.tenancy.DecideRequests(r.Context(), caller, decisions)
	if err != nil {
		return err
	}
	out := apitype.DecisionResults{Results: make([]apitype.DecisionResult, len(results))}
	info := httpkit.InfoOf(r)
	for i, one := range results {
		out.Results[i] = apitype.DecisionResult{ID: one.ID.String(), Status: string(one.Request.Status)}
		if one.Err == nil {
			continue
		}
		if errors.Is(one.Err, problem.Internal) {
			info.Fault(one.Err)
		}
		p := apitype.Problem{RequestID: info.RequestID}
		describe(&p, http.Header{}, problem.As(one.Err)) // the headers are those of the whole answer
		complete(&p)
		out.Results[i].Problem = &p
	}
	return write(w, http.StatusOK, out)
}

func decisionsOf(sent []apitype.Decision) ([]tenancy.Decision, error) {
	to := map[string]tenancy.RequestStatus{"approve": tenancy.RequestApproved, "reject": tenancy.RequestRejected}
	var decisions []tenancy.Decision
	for i, one := range sent {
		id, err := tenancy.ParseRequestID(one.ID)
		if err != nil {
			field := fmt.Sprintf("%s.%d.id", tenancy.FieldDecisions, i)
			return nil, aboutField(field, codeBadRequestID, field)
		}
		// Another word becomes no status, which the use case refuses.
		decisions = append(decisions, tenancy.Decision{ID: id, To: to[one.Decision],
			Comments: one.ApproverComments})
	}
	return decisions, nil
}

func writeRequest(w http.ResponseWriter, status int, r tenancy.Request) error {
	w.Header().Set("ETag", etag(r.UpdatedAt))
	return write(w, status, request(r))
}

func (a *api) writeDetail(w http.ResponseWriter, r *http.Request, caller tenancy.Caller,
	d tenancy.RequestDetail) error {
	similar, err := a.similarToRequest(r, caller, d.Request)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(d.UpdatedAt))
	body, o := request(d.Request), organization(d.Organization)
	body.SimilarNames, o.SimilarNames = similar[body.ID], similar[o.ID]
	body.Organization = &o
	body.Contact = &apitype.Contact{FirstName: d.Contact.FirstName, LastName: d.Contact.LastName,
		Email: d.Contact.Email, Properties: ownProperties(d.Contact.Properties)}
	return write(w, http.StatusOK, body)
}

// request returns a request as this API shows it, without its organization and its contact.
func request(r tenancy.Request) apitype.OrganizationRequest {
	return apitype.OrganizationRequest{ID: r.ID.String(), Name: r.Name, Status: string(r.Status),
		RequesterComments: r.RequesterComments, ApproverComments: r.ApproverComments,
		RelatedOrganization: r.RelatedOrganization, OrganizationID: r.OrganizationID.String(), Email: r.Email,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, DecidedAt: instant(r.DecidedAt),
		DecidedBy:    r.DecidedBy,
		NameWarnings: warningsOf(r.Name)}
}
