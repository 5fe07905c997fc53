// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// memberNames are an operation's names for the domain's fields.
type memberNames map[string]string

// companyMembers returns the names of the older operations. If the body has a new name, errors are about that
// member.
func companyMembers(r *reader) memberNames {
	m := memberNames{
		tenancy.FieldName:               "connectName",
		tenancy.FieldAlias:              "shortName.domainName",
		tenancy.FieldEmailDomains:       "emailDomainNames",
		tenancy.FieldContactPersons:     "primaryContacts",
		tenancy.FieldContactPersonName:  "primaryContacts.fullName",
		tenancy.FieldContactPersonEmail: "primaryContacts.email",
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
		tenancy.FieldEmailDomains:       "emailSuffix",
		tenancy.FieldContactPersonName:  "contactName",
		tenancy.FieldContactPersonEmail: "email",
	}
}

// v4UpdateMembers returns the names of an update in V4.
func v4UpdateMembers(r *reader) memberNames {
	m := memberNames{
		tenancy.FieldAlias:              "general.newAlias",
		tenancy.FieldEmailDomains:       "general.emailSuffix",
		tenancy.FieldContactPersons:     "contacts",
		tenancy.FieldContactPersonName:  "contacts.fullname",
		tenancy.FieldContactPersonEmail: "contacts.email",
	}
	if r.has("newName") {
		m[tenancy.FieldName] = "newName"
	}
	return m
}

// tokenMembers returns the names of access tokens.
func tokenMembers() memberNames {
	return memberNames{tenancy.FieldName: "tokenName", tenancy.FieldScope: "tokenType",
		tenancy.FieldPathPrefixes: "apiEndpoints",
		identity.FieldExpiresAt:   "tokenExpiryTimestamp", identity.FieldRenewableUntil: "renewableUntilTimestamp"}
}

// sessionMembers returns the names of a log-in.
func sessionMembers() memberNames { return memberNames{identity.FieldDevice: "deviceId"} }

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
