// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// memberNames are an operation's names for the domain's fields.
type memberNames map[string]string

// The domain's fields of contact persons.
const (
	contactPersons     = "contactPersons"
	contactPersonName  = contactPersons + ".fullName"
	contactPersonEmail = contactPersons + ".email"
)

// companyMembers returns the names of the older operations. If the body has a new name, errors are about that
// member.
func companyMembers(r *reader) memberNames {
	m := memberNames{
		tenancy.FieldName:         "connectName",
		tenancy.FieldAlias:        "shortName.domainName",
		tenancy.FieldEmailDomains: "emailDomainNames",
		contactPersons:            "primaryContacts",
		contactPersonName:         "primaryContacts.fullName",
		contactPersonEmail:        "primaryContacts.email",
	}
	newNames := map[string]string{tenancy.FieldName: "newCompanyName", tenancy.FieldAlias: "newAliasName"}
	for field, name := range newNames {
		if r.has(name) {
			m[field] = name
		}
	}
	return m
}

// v4CreationMembers returns the names of the creation in V4.
func v4CreationMembers() memberNames {
	return memberNames{
		tenancy.FieldEmailDomains: "emailSuffix",
		contactPersonName:         "contactName",
		contactPersonEmail:        "email",
	}
}

// v4UpdateMembers returns the names of an update in V4.
func v4UpdateMembers(r *reader) memberNames {
	m := memberNames{
		tenancy.FieldAlias:        "general.newAlias",
		tenancy.FieldEmailDomains: "general.emailSuffix",
		contactPersons:            "contacts",
		contactPersonName:         "contacts.fullname",
		contactPersonEmail:        "contacts.email",
	}
	if r.has("newName") {
		m[tenancy.FieldName] = "newName"
	}
	return m
}

// translate returns an error with the operation's names in place of the domain's.
func (m memberNames) translate(err error) error {
	if err == nil {
		return nil
	}
	return problem.As(err).Renamed(func(field string) string {
		if name, found := m[field]; found {
			return name
		}
		return field
	})
}
