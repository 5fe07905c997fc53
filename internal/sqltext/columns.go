// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"fmt"

	"gatehouse/internal/filter"
)

// Columns that the lists themselves need.
const (
	id        = "id"
	createdAt = "created_at"
)

// The columns of the properties of package tenancy. A text is compared and sorted by
// its folded column. The states are in lower case, so they are their own folded form.

// RequestColumns returns the column of each property of a request.
func RequestColumns() map[string]string {
	return map[string]string{
		"id":              id,
		"name":            "name_folded",
		"status":          "status_folded",
		"organization.id": "organization_id",
		"contact.id":      "contact_id",
		"email":           "email_folded",
		"createdAt":       createdAt,
	}
}

// OrganizationColumns returns the column of each property of an organization.
func OrganizationColumns() map[string]string {
	return map[string]string{
		"id":                      id,
		"name":                    "name_folded",
		"alias":                   "alias_folded",
		"description":             "description_folded",
		"externalId":              "external_id_folded",
		"emailDomains":            "email_domains_folded",
		"contactPersons.fullName": "contact_names_folded",
		"contactPersons.email":    "contact_emails_folded",
		"state":                   "state",
		"createdAt":               createdAt,
	}
}

// OperatorColumns returns the column of each property of an operator.
func OperatorColumns() map[string]string {
	return map[string]string{
		"number":   "number",
		"username": "username_folded",
	}
}

// ColumnOf returns the column of a property from one of these maps.
func ColumnOf(columns map[string]string, p filter.Property) (Column, error) {
	name, ok := columns[p.Name]
	if !ok {
		return Column{}, fmt.Errorf("there is no column for the property %q", p.Name)
	}
	return Column{Name: name, Optional: p.Optional}, nil
}
