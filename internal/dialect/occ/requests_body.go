// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/tenancy"
)

// requestBody is what requesters send, and, when it is changed, operators. Kept
// raw to tell null, which clears, from absent, which changes nothing.
type requestBody struct {
	Name                *string                    `json:"name"`
	Status              *string                    `json:"status"` // of a change
	RequesterComments   json.RawMessage            `json:"requesterComments"`
	RelatedOrganization json.RawMessage            `json:"relatedOrganizationName"`
	Organization        map[string]json.RawMessage `json:"organization"`
	Profile             map[string]json.RawMessage `json:"profile"`
}

// params reads the body, all but the name, which is told apart by the callers.
func (b requestBody) params() (p tenancy.UpdateRequestParams, err error) {
	p.Name = b.Name
	if b.Status != nil {
		status := tenancy.RequestStatus(*b.Status)
		p.Status = &status
	}
	if p.RequesterComments, err = textOrNull("requesterComments", b.RequesterComments); err != nil {
		return p, err
	}
	if p.RelatedOrganization, err = textOrNull("relatedOrganizationName", b.RelatedOrganization); err != nil {
		return p, err
	}
	if p.Organization, err = applicantBody(b.Organization); err != nil {
		return p, err
	}
	p.Contact, err = contactBody(b.Profile)
	return p, err
}

// What the vendor documents of a requester's organization and profile beside
// what the domain has fields for: kept, with its values checked as the vendor says.
func applicantMembers() []string {
	return []string{"type", "customerType", "taxReferenceNumber", "vatReferenceNumber", "dunsNumber", "uniqueId", "partyId", "partyNumber"}
}

func contactMembers() []string { return []string{"customerContactId"} }

// merchantMembers are those of an organization that a requester has no say in:
// who asks to be let in does not choose its contract. In lower case.
func merchantMembers() []string {
	return []string{"id", "repositoryid", "active", "links", "organizationlogo", "parentorganization", "ancestororganizations", "members", "relativeroles",
		"secondaryaddresses", "billingaddress", "shippingaddress", "paymentmethods", "shippingmethods", "contract", "contracts", "approvalrequired",
		"orderpricelimit", "delegateapprovalmanagement", "allowpunchoutshopping", "punchoutuserid", "authorizationcode"}
}

// accountMembers are those of a profile that make an account, a password among
// them, which must not be kept at all. In lower case.
func accountMembers() []string {
	return []string{"id", "repositoryid", "active", "links", "login", "password", "oldpassword", "confirmpassword", "roles", "parentorganization",
		"currentorganization", "secondaryorganizations", "organization"}
}

// values lists what a member may be; nil: any text.
func values(member string) []string {
	switch member {
	case "type":
		return []string{"none", "company", "division", "department", "group"}
	case "customerType":
		return []string{"Standard", "Preferred", "Enterprise", "OEM", "Distributor", "Supplier"}
	}
	return nil
}

func applicantBody(members map[string]json.RawMessage) (p tenancy.UpdateApplicantParams, err error) {
	const prefix = "organization."
	for member, to := range map[string]**string{"name": &p.Name, "description": &p.Description, "externalOrganizationId": &p.ExternalID} {
		if *to, err = textOrNull(prefix+member, members[member]); err != nil {
			return p, err
		}
	}
	p.Properties, err = keep(prefix, members, applicantMembers(), []string{"name", "description", "externalOrganizationId"}, merchantMembers())
	return p, err
}

func contactBody(members map[string]json.RawMessage) (p tenancy.UpdateContactParams, err error) {
	const prefix = "profile."
	for member, to := range map[string]**string{"firstName": &p.FirstName, "lastName": &p.LastName, "email": &p.Email} {
		if *to, err = textOrNull(prefix+member, members[member]); err != nil {
			return p, err
		}
	}
	p.Properties, err = keep(prefix, members, contactMembers(), []string{"firstName", "lastName", "email"}, accountMembers())
	return p, err
}

// keep gives the members that are kept as properties: the documented ones, whose
// values it checks, and those of the merchant's own making, but none that has a
// field of its own or is not for requesters.
func keep(prefix string, members map[string]json.RawMessage, documented, fields, never []string) (tenancy.Properties, error) {
	p := tenancy.Properties{}
	for member, raw := range members {
		switch {
		case slices.Contains(fields, member), slices.Contains(never, strings.ToLower(member)):
		case slices.Contains(documented, member):
			value, err := plainMember(prefix, member, raw)
			if err != nil {
				return nil, err
			}
			p[member] = value
		default:
			p[member] = raw
		}
	}
	return p, nil
}

const (
	maxPlain   = 254 // characters
	dunsDigits = 9
)

// plainMember checks a documented text. An empty one, which forms send for what
// was not filled in, is none.
func plainMember(prefix, member string, raw json.RawMessage) (json.RawMessage, error) {
	text, err := textOrNull(prefix+member, raw)
	if err != nil {
		return nil, err
	}
	field, value := prefix+member, strings.TrimSpace(deref(text))
	allowed := values(member)
	switch {
	case value == "":
		return json.RawMessage("null"), nil
	case allowed != nil && !slices.Contains(allowed, value):
		return nil, fault("invalid_input", field, "%s must be one of %s.", field, strings.Join(allowed, ", "))
	case member == "dunsNumber" && (len(value) != dunsDigits || strings.Trim(value, "0123456789") != ""):
		return nil, fault("invalid_input", field, "%s must be %d digits.", field, dunsDigits)
	case utf8.RuneCountInString(value) > maxPlain:
		return nil, fault(tenancy.CodeTooLong, field, "%s must be at most %d characters long.", field, maxPlain)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return nil, fault("invalid_input", field, "%s must be one line.", field)
	}
	return marshal(value)
}

// textOrNull reads a text: nil when it is absent, empty when it is null.
func textOrNull(field string, raw json.RawMessage) (*string, error) {
	if raw == nil {
		return nil, nil
	}
	var text string // null leaves it empty
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fault("invalid_input", field, "%s must be a string or null.", field)
	}
	return &text, nil
}
