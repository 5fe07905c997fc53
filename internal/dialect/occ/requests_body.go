// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"bytes"
	"encoding/json"
	"slices"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// requestBody is what requesters send, and, when it is changed, operators. Kept
// raw to tell null, which clears, from absent, which changes nothing, and to tell
// all that is wrong with it at once.
type requestBody struct {
	Name                json.RawMessage `json:"name"`
	Status              json.RawMessage `json:"status"` // of a change
	RequesterComments   json.RawMessage `json:"requesterComments"`
	RelatedOrganization json.RawMessage `json:"relatedOrganizationName"`
	Organization        json.RawMessage `json:"organization"`
	Profile             json.RawMessage `json:"profile"`
}

// params reads the body. Its FieldErrors are what is wrong with the body and what was
// found before.
func (b requestBody) params(f faults) tenancy.UpdateRequestParams {
	p := tenancy.UpdateRequestParams{Name: setTo[string]("name", b.Name, httpkit.CodeAString, &f),
		Status: setTo[tenancy.RequestStatus]("status", b.Status, httpkit.CodeAString, &f)}
	if b.RequesterComments != nil {
		p.RequesterComments = clearable("requesterComments", b.RequesterComments, &f)
	}
	if b.RelatedOrganization != nil {
		p.RelatedOrganization = clearable("relatedOrganizationName", b.RelatedOrganization, &f)
	}
	p.Organization = readApplicant(objectOf("organization", b.Organization, &f), &f)
	p.Contact = readContact(objectOf("profile", b.Profile, &f), &f)
	p.FieldErrors = f
	return p
}

// setTo reads a member whose null says nothing, as its absence does.
func setTo[T any](field string, value json.RawMessage, want problem.Code, f *faults) *T {
	if value = bytes.TrimSpace(value); len(value) == 0 {
		return nil
	}
	var set *T
	if json.Unmarshal(value, &set) != nil {
		f.wrongType(field, value, want)
		return nil
	}
	return set
}

func objectOf(field string, value json.RawMessage, f *faults) map[string]json.RawMessage {
	all := setTo[map[string]json.RawMessage](field, value, httpkit.CodeAnObject, f)
	if all == nil {
		return nil
	}
	return *all
}

// applicantFields are what a requester may say of the organization, beside what
// the domain has fields for and custom properties. Who asks to be let in has no
// say in the rest, such as limits and punchout.
func applicantFields() []string {
	return []string{"type", "customerType", "taxReferenceNumber", "vatReferenceNumber", "dunsNumber", "uniqueId", partyID, partyNumber}
}

// Of requests only: an organization has them as custom properties.
const (
	partyID           = "partyId"
	partyNumber       = "partyNumber"
	customerContactID = "customerContactId"
)

func contactFields() []string { return []string{customerContactID} }

func readApplicant(sent map[string]json.RawMessage, f *faults) (p tenancy.UpdateApplicantParams) {
	for _, name := range sortedNames(sent) {
		value, field := bytes.TrimSpace(sent[name]), "organization."+name
		kind := memberKind(name)
		switch {
		case name == "name":
			p.Name = clearable(field, value, f)
		case name == "description":
			p.Description = clearable(field, value, f)
		case name == "externalOrganizationId":
			p.ExternalID = clearable(field, value, f)
		case name == partyID, name == partyNumber:
			keep(&p.Properties, name, line(field, value, f))
		case kind == dataMember && slices.Contains(applicantFields(), name):
			keep(&p.Properties, name, dataFieldOf(name)(field, value, f))
		case kind == customMember && !misspelt(name, []string{partyID, partyNumber}):
			keep(&p.Properties, name, value)
		case kind == customMember, kind == reservedMember:
			f.wrong(field, codeReservedName)
		}
	}
	return p
}

// readContact passes over what makes an account of a profile. A password above
// all must not be kept.
func readContact(sent map[string]json.RawMessage, f *faults) (p tenancy.UpdateContactParams) {
	for _, name := range sortedNames(sent) {
		value, field := bytes.TrimSpace(sent[name]), "profile."+name
		switch name {
		case "firstName":
			p.FirstName = clearable(field, value, f)
		case "lastName":
			p.LastName = clearable(field, value, f)
		case "email":
			p.Email = clearable(field, value, f)
		case customerContactID:
			keep(&p.Properties, name, line(field, value, f))
		default:
			switch {
			case slices.Contains(accountMembers(), name):
			case misspelt(name, accountMembers()), misspelt(name, []string{"firstName", "lastName", "email", customerContactID}):
				f.wrong(field, codeReservedName)
			default:
				keep(&p.Properties, name, value)
			}
		}
	}
	return p
}

// accountMembers are those of a profile that make an account.
func accountMembers() []string {
	return []string{"id", "repositoryId", "active", "links", "login", "password", "oldPassword", "newPassword", "confirmPassword", "roles",
		"parentOrganization", "currentOrganization", "secondaryOrganizations", "organization"}
}

// misspelt reports whether a name differs from one of the vendor's in letter case
// alone. Kept as a property it would shadow the vendor's in clients that do not see case.
func misspelt(name string, right []string) bool {
	return slices.ContainsFunc(right, func(r string) bool { return r != name && filter.Fold(r) == filter.Fold(name) })
}

func keep(p *tenancy.Properties, name string, value json.RawMessage) {
	if value == nil { // wrong
		return
	}
	if *p == nil {
		*p = tenancy.Properties{}
	}
	(*p)[name] = value
}

// codeTooLong is of a body with which nothing is wrong but that texts are too
// long: for requesters the vendor has a number of its own for that.
const codeTooLong problem.Code = "value_too_long"

// lengths gives such an error its code, and others as they are.
func lengths(err error) error {
	if err == nil {
		return nil
	}
	e := *problem.As(err)
	if len(e.Fields) == 0 || slices.ContainsFunc(e.Fields, func(f problem.FieldError) bool { return f.Phrase.Code != problem.CodeTooLong }) {
		return err
	}
	e.Code = codeTooLong
	return &e
}
