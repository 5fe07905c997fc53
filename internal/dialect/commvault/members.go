// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// members are a call's names of the domain's fields.
type members map[string]string

// The domain's fields of contact persons.
const (
	contactPersons     = "contactPersons"
	contactPersonName  = contactPersons + ".fullName"
	contactPersonEmail = contactPersons + ".email"
)

// companyMembers are those of the older calls. A new name counts before the present one.
func companyMembers(r *reader) members {
	m := members{tenancy.FieldName: "connectName", tenancy.FieldAlias: "shortName.domainName", tenancy.FieldEmailDomains: "emailDomainNames",
		contactPersons: "primaryContacts", contactPersonName: "primaryContacts.fullName", contactPersonEmail: "primaryContacts.email"}
	for field, name := range map[string]string{tenancy.FieldName: "newCompanyName", tenancy.FieldAlias: "newAliasName"} {
		if r.has(name) {
			m[field] = name
		}
	}
	return m
}

// v4CreationMembers and v4UpdateMembers are those of V4.
func v4CreationMembers() members {
	return members{tenancy.FieldEmailDomains: "emailSuffix", contactPersonName: "contactName", contactPersonEmail: "email"}
}

func v4UpdateMembers(r *reader) members {
	m := members{tenancy.FieldAlias: "general.newAlias", tenancy.FieldEmailDomains: "general.emailSuffix", contactPersons: "contacts",
		contactPersonName: "contacts.fullname", contactPersonEmail: "contacts.email"}
	if r.has("newName") {
		m[tenancy.FieldName] = "newName"
	}
	return m
}

// in returns an error with the call's names in place of the domain's; any other error
// as it is.
func (m members) in(err error) error {
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
