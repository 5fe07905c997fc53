// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// expansion is what expand asks to see of a request's organization and profile,
// which are shown by their ids alone otherwise. Names that are not known mean nothing.
type expansion struct {
	organization, organizationAll, addresses bool
	profile, profileAll                      bool
}

func (e expansion) any() bool { return e != expansion{} }

// expand reads a list of names parted by commas.
func expand(r *http.Request) (e expansion) {
	for _, text := range httpkit.QueryOf(r)[paramExpand] {
		for name := range strings.SplitSeq(text, ",") {
			switch strings.TrimSpace(name) {
			case "profile":
				e.profile = true
			case "profileAll":
				e.profile, e.profileAll = true, true
			case "organization":
				e.organization = true
			case "organizationAll":
				e.organization, e.organizationAll = true, true
			case "organizationAddresses":
				e.addresses = true
			case "requestAll":
				e = expansion{true, true, true, true, true}
			}
		}
	}
	return e
}

type requestDetail struct {
	requestResponse
	RequesterComments   *string `json:"requesterComments"`
	ApproverComments    *string `json:"approverComments"`
	RelatedOrganization *string `json:"relatedOrganizationName"`
	CreationTime        string  `json:"creationTime"`
	Links               []link  `json:"links"`
}

func (d *dialect) requestDetail(r *http.Request, c call, request tenancy.Request) requestDetail {
	return requestDetail{requestWire(request), nullable(request.RequesterComments), nullable(request.ApproverComments),
		nullable(request.RelatedOrganization), wireTime(request.CreatedAt), self(r, string(c.tree)+"/organizationRequests/"+request.ID.String())}
}

// expandedRequest is requestDetail with more of organization and profile.
type expandedRequest struct {
	Organization        object            `json:"organization"`
	Profile             object            `json:"profile"`
	Name                string            `json:"name"`
	ID                  tenancy.RequestID `json:"id"`
	Status              string            `json:"status"`
	RequesterComments   *string           `json:"requesterComments"`
	ApproverComments    *string           `json:"approverComments"`
	RelatedOrganization *string           `json:"relatedOrganizationName"`
	CreationTime        string            `json:"creationTime"`
	Links               []link            `json:"links"`
}

type object map[string]any

func (d *dialect) expandedRequest(r *http.Request, c call, e expansion, request tenancy.RequestDetail) expandedRequest {
	plain := d.requestDetail(r, c, request.Request)
	return expandedRequest{e.organizationOf(request.Organization), e.profileOf(request.Contact), plain.Name, plain.ID, plain.Status,
		plain.RequesterComments, plain.ApproverComments, plain.RelatedOrganization, plain.CreationTime, plain.Links}
}

func (e expansion) organizationOf(o tenancy.Organization) object {
	id := o.ID.String()
	to := object{}
	if e.organizationAll {
		to.put(o.Properties, shown)
	}
	if e.organization {
		to.fill(applicantFields(), o.Properties)
		to["repositoryId"], to["name"], to["active"] = id, o.Name, o.Active()
		to["description"], to["externalOrganizationId"] = nullable(o.Description), nullable(o.ExternalID)
	}
	if e.addresses {
		to["secondaryAddresses"] = []any{} // not kept
	}
	to["id"] = id
	return to
}

func (e expansion) profileOf(c tenancy.Contact) object {
	id := c.ID.String()
	to := object{}
	if e.profileAll {
		to.put(c.Properties, func(string) bool { return true }) // only this wire keeps any
	}
	if e.profile {
		to.fill(contactFields(), c.Properties)
		to["repositoryId"], to["active"] = id, c.Active
		to["firstName"], to["lastName"], to["email"] = nullable(c.FirstName), nullable(c.LastName), nullable(c.Email)
	}
	to["id"] = id
	return to
}

// put shows what is kept, as far as it may be shown.
func (o object) put(p tenancy.Properties, shown func(name string) bool) {
	for name, value := range p {
		if shown(name) {
			o[name] = value
		}
	}
}

// fill shows the documented members that are set.
func (o object) fill(names []string, p tenancy.Properties) {
	for _, name := range names {
		if value, ok := p[name]; ok {
			o[name] = value
		}
	}
}
