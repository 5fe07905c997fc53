// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// expansion is what the parameter expand selects of a request's organization and profile. By default only
// their ids are shown. Unknown names are ignored.
type expansion struct {
	organization, organizationAll, addresses bool
	profile, profileAll                      bool
}

func (e expansion) any() bool { return e != expansion{} }

// expand reads names separated by commas.
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

	SimilarNames []similarName `json:"similarNames,omitempty"`
}

// writeRequest writes a request with what expand selects.
func (d *dialect) writeRequest(w http.ResponseWriter, r *http.Request, x exchange,
	request tenancy.RequestDetail,
) error {
	similar, err := d.similarTo(r, x, request.Request)
	if err != nil {
		return err
	}
	plain := plainRequest(r, x, request.Request)
	plain.SimilarNames = similar
	if e := expand(r); e.any() {
		return writeOK(w, e.requestOf(plain, request))
	}
	return writeOK(w, plain)
}

func plainRequest(r *http.Request, x exchange, request tenancy.Request) requestDetail {
	return requestDetail{requestWire(request), nullable(request.RequesterComments),
		nullable(request.ApproverComments), nullable(request.RelatedOrganization),
		wireTime(request.CreatedAt),
		selfLinks(r, string(x.tree)+"/organizationRequests/"+request.ID.String()), nil}
}

// expandedRequest is requestDetail with more of the organization and the profile.
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
	NameWarnings        nameWarnings      `json:"nameWarnings,omitempty"`
	SimilarNames        []similarName     `json:"similarNames,omitempty"`
}

type object map[string]any

func (e expansion) requestOf(plain requestDetail, request tenancy.RequestDetail) expandedRequest {
	return expandedRequest{e.organizationOf(request.Organization), e.profileOf(request.Contact),
		plain.Name, plain.ID, plain.Status, plain.RequesterComments, plain.ApproverComments,
		plain.RelatedOrganization, plain.CreationTime, plain.Links, plain.NameWarnings,
		plain.SimilarNames}
}

func (e expansion) organizationOf(o tenancy.Organization) object {
	id := o.ID.String()
	to := object{}
	if e.organizationAll {
		to.addProperties(o.Properties, mayShow)
	}
	if e.organization {
		to.addNamed(applicantFields(), o.Properties)
		to["repositoryId"], to["name"], to["active"] = id, o.Name, o.Active()
		to["description"], to["externalOrganizationId"] = nullable(o.Description), nullable(o.ExternalID)
	}
	if e.addresses {
		to["secondaryAddresses"] = []any{} // addresses are not stored
	}
	to["id"] = id
	return to
}

func (e expansion) profileOf(c tenancy.Contact) object {
	id := c.ID.String()
	to := object{}
	if e.profileAll {
		// only this wire stores properties of contacts
		to.addProperties(c.Properties, func(string) bool { return true })
	}
	if e.profile {
		to.addNamed(contactFields(), c.Properties)
		to["repositoryId"], to["active"] = id, c.Active
		to["firstName"], to["lastName"] = nullable(c.FirstName), nullable(c.LastName)
		to["email"] = nullable(c.Email)
	}
	to["id"] = id
	return to
}

// addProperties adds the stored properties that may be shown.
func (o object) addProperties(p tenancy.Properties, mayShow func(name string) bool) {
	for name, value := range p {
		if mayShow(name) {
			o[name] = value
		}
	}
}

// addNamed adds the documented members that have a value.
func (o object) addNamed(names []string, p tenancy.Properties) {
	for _, name := range names {
		if value, ok := p[name]; ok {
			o[name] = value
		}
	}
}
