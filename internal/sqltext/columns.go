// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"fmt"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// Columns that the lists themselves need.
const (
	id        = "id"
	createdAt = "created_at"
)

// The columns of the properties of package tenancy. A text is compared and sorted by
// its folded column. The states are in lower case, so they are their own folded form.

// RequestPropertyColumns returns the column of each property of a request.
func RequestPropertyColumns() map[string]string {
	return map[string]string{
		tenancy.PropertyID:             id,
		tenancy.PropertyName:           "name_folded",
		tenancy.PropertyStatus:         "status_folded",
		tenancy.PropertyOrganizationID: "organization_id",
		tenancy.PropertyContactID:      "contact_id",
		tenancy.PropertyEmail:          "email_folded",
		tenancy.PropertyCreatedAt:      createdAt,
	}
}

// OrganizationPropertyColumns returns the column of each property of an organization.
func OrganizationPropertyColumns() map[string]string {
	return map[string]string{
		tenancy.PropertyID:                  id,
		tenancy.PropertyName:                "name_folded",
		tenancy.PropertyAlias:               "alias_folded",
		tenancy.PropertyDescription:         "description_folded",
		tenancy.PropertyExternalID:          "external_id_folded",
		tenancy.PropertyEmailDomains:        "email_domains_folded",
		tenancy.PropertyContactPersonNames:  "contact_names_folded",
		tenancy.PropertyContactPersonEmails: "contact_emails_folded",
		tenancy.PropertyState:               "state",
		tenancy.PropertyCreatedAt:           createdAt,
	}
}

// ClientPropertyColumns returns the column of each property of a client. Ids are in lower
// case, so they are their own folded form.
func ClientPropertyColumns() map[string]string {
	return map[string]string{
		tenancy.PropertyID:             id,
		tenancy.PropertyName:           "name_folded",
		tenancy.PropertyInstanceID:     "instance_id_folded",
		tenancy.PropertyState:          "state",
		tenancy.PropertyOrganizationID: "organization_id",
		tenancy.PropertyAuthCodeID:     "auth_code_id",
		tenancy.PropertyTags:           "tags_folded",
		tenancy.PropertyCreatedAt:      createdAt,
		tenancy.PropertyUpdatedAt:      "updated_at",
		tenancy.PropertyLastSeenAt:     "last_seen_at",
	}
}

// AuthCodePropertyColumns returns the column of each property of a code.
func AuthCodePropertyColumns() map[string]string {
	return map[string]string{
		tenancy.PropertyID:         id,
		tenancy.PropertyName:       "name_folded",
		tenancy.PropertyTags:       "tags_folded",
		tenancy.PropertyCreatedAt:  createdAt,
		tenancy.PropertyUpdatedAt:  "updated_at",
		tenancy.PropertyExpiresAt:  "expires_at",
		tenancy.PropertyUses:       "uses",
		tenancy.PropertyLastUsedAt: "last_used_at",
	}
}

// OperatorPropertyColumns returns the column of each property of an operator.
func OperatorPropertyColumns() map[string]string {
	return map[string]string{
		tenancy.PropertyNumber:   "number",
		tenancy.PropertyUsername: "username_folded",
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
