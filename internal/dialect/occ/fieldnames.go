// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"strings"

	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// memberOf returns the vendor's name of a field of the domain, and any other name as it is.
func memberOf(field string) string {
	switch field {
	case tenancy.FieldExternalID:
		return "externalOrganizationId"
	case tenancy.FieldRelatedOrganization:
		return "relatedOrganizationName"
	case identity.FieldOneTimeCode:
		return paramTOTPCode
	case tenancy.FieldProperties:
		return ""
	case tenancy.PrefixOrganization + tenancy.FieldProperties:
		return "organization"
	case tenancy.PrefixContact + tenancy.FieldProperties:
		return "profile"
	}
	if name, ok := strings.CutPrefix(field, tenancy.FieldProperties+"."); ok {
		return name // of a property
	}
	if rest, ok := strings.CutPrefix(field, tenancy.PrefixOrganization); ok {
		return "organization." + memberOf(rest)
	}
	if rest, ok := strings.CutPrefix(field, tenancy.PrefixContact); ok {
		return "profile." + memberOf(rest)
	}
	return field
}
