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

// requestBody is the body of a requester, or of an operator that changes a request. Its members are raw for
// two reasons: null clears a member while an absent member changes nothing, and an answer reports everything
// that is wrong with the body.
type requestBody struct {
	Name                json.RawMessage `json:"name"`
	Status              json.RawMessage `json:"status"` // in a change only
	RequesterComments   json.RawMessage `json:"requesterComments"`
	RelatedOrganization json.RawMessage `json:"relatedOrganizationName"`
	Organization        json.RawMessage `json:"organization"`
	Profile             json.RawMessage `json:"profile"`
}

// params reads the body. Its FieldErrors are the errors of the body, after those that were found before.
func (b requestBody) params(errs fieldErrors) tenancy.UpdateRequestParams {
	p := tenancy.UpdateRequestParams{Name: optionalValue[string]("name", b.Name, httpkit.CodeAString, &errs),
		Status: optionalValue[tenancy.RequestStatus]("status", b.Status, httpkit.CodeAString, &errs)}
	if b.RequesterComments != nil {
		p.RequesterComments = clearableText("requesterComments", b.RequesterComments, &errs)
	}
	if b.RelatedOrganization != nil {
		p.RelatedOrganization = clearableText("relatedOrganizationName", b.RelatedOrganization, &errs)
	}
	p.Organization = readApplicant(optionalObject("organization", b.Organization, &errs), &errs)
	p.Contact = readContact(optionalObject("profile", b.Profile, &errs), &errs)
	p.FieldErrors = errs
	return p
}

// optionalValue reads a member. It returns nil if the member is absent or null.
func optionalValue[T any](field string, value json.RawMessage, want problem.Code, f *fieldErrors) *T {
	if value = bytes.TrimSpace(value); len(value) == 0 {
		return nil
	}
	var set *T
	if json.Unmarshal(value, &set) != nil {
		f.addWrongType(field, value, want)
		return nil
	}
	return set
}

func optionalObject(field string, value json.RawMessage, f *fieldErrors) map[string]json.RawMessage {
	all := optionalValue[map[string]json.RawMessage](field, value, httpkit.CodeAnObject, f)
	if all == nil {
		return nil
	}
	return *all
}

// applicantFields returns the vendor's members that a requester may set on the organization, in addition to
// the fields of the domain and custom properties. A requester must not set the others, such as limits and
// punchout.
func applicantFields() []string {
	return []string{"type", "customerType", "taxReferenceNumber", "vatReferenceNumber", "dunsNumber",
		"uniqueId", partyID, partyNumber}
}

// These members exist in requests only. In an organization they are custom properties.
const (
	partyID           = "partyId"
	partyNumber       = "partyNumber"
	customerContactID = "customerContactId"
)

func contactFields() []string { return []string{customerContactID} }

func readApplicant(sent map[string]json.RawMessage, f *fieldErrors) (p tenancy.UpdateApplicantParams) {
	for _, name := range sortedNames(sent) {
		value, field := bytes.TrimSpace(sent[name]), "organization."+name
		kind := memberKind(name)
		switch {
		case name == "name":
			p.Name = clearableText(field, value, f)
		case name == "description":
			p.Description = clearableText(field, value, f)
		case name == "externalOrganizationId":
			p.ExternalID = clearableText(field, value, f)
		case name == partyID, name == partyNumber:
			setProperty(&p.Properties, name, readLine(field, value, f))
		case kind == dataMember && slices.Contains(applicantFields(), name):
			setProperty(&p.Properties, name, fieldReaderOf(name)(field, value, f))
		case kind == customMember && !differsInCaseOnly(name, []string{partyID, partyNumber}):
			setProperty(&p.Properties, name, value)
		case kind == customMember, kind == reservedMember:
			f.addError(field, codeReservedName)
		}
	}
	return p
}

// readContact ignores the members that make an account of a profile. A password, above all, must not be
// stored.
func readContact(sent map[string]json.RawMessage, f *fieldErrors) (p tenancy.UpdateContactParams) {
	for _, name := range sortedNames(sent) {
		value, field := bytes.TrimSpace(sent[name]), "profile."+name
		switch name {
		case "firstName":
			p.FirstName = clearableText(field, value, f)
		case "lastName":
			p.LastName = clearableText(field, value, f)
		case "email":
			p.Email = clearableText(field, value, f)
		case customerContactID:
			setProperty(&p.Properties, name, readLine(field, value, f))
		default:
			switch {
			case slices.Contains(accountMembers(), name):
			case differsInCaseOnly(name, accountMembers()),
				differsInCaseOnly(name, []string{"firstName", "lastName", "email", customerContactID}):
				f.addError(field, codeReservedName)
			default:
				setProperty(&p.Properties, name, value)
			}
		}
	}
	return p
}

// accountMembers returns the members of a profile that make an account.
func accountMembers() []string {
	return []string{"id", "repositoryId", "active", "links", "login", "password", "oldPassword",
		"newPassword", "confirmPassword", "roles",
		"parentOrganization", "currentOrganization", "secondaryOrganizations", "organization"}
}

// differsInCaseOnly reports whether a name differs from one of the vendor's names only in letter case. Stored
// as a property it would hide the vendor's member from clients that ignore the case.
func differsInCaseOnly(name string, right []string) bool {
	return slices.ContainsFunc(right, func(r string) bool {
		return r != name && filter.Fold(r) == filter.Fold(name)
	})
}

func setProperty(p *tenancy.Properties, name string, value json.RawMessage) {
	if value == nil { // refused
		return
	}
	if *p == nil {
		*p = tenancy.Properties{}
	}
	(*p)[name] = value
}

// codeTooLong is the error code of a body whose only mistake is that texts are too long. The vendor has a
// number of its own for it in requests.
const codeTooLong problem.Code = "value_too_long"

// withTooLongCode returns an error with the code codeTooLong if all its fields are too long, and any other
// error unchanged.
func withTooLongCode(err error) error {
	if err == nil {
		return nil
	}
	e := *problem.As(err)
	other := func(f problem.FieldError) bool { return f.Phrase.Code != problem.CodeTooLong }
	if len(e.Fields) == 0 || slices.ContainsFunc(e.Fields, other) {
		return err
	}
	e.Code = codeTooLong
	return &e
}
