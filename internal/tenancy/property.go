// SPDX-License-Identifier: Apache-2.0

package tenancy

import "gatehouse/internal/filter"

// What lists can be filtered and sorted by. Doors put these into a filter.Schema
// under their own wire's names, engines map Property.Name to a column.

// RequestProperties returns the properties of requests, by domain name.
func RequestProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: "id", Kind: filter.ID},
		filter.Property{Name: "name", Kind: filter.Text},
		filter.Property{Name: "status", Kind: filter.Text},
		filter.Property{Name: "organization.id", Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: "contact.id", Kind: filter.ID, Prefix: ContactPrefix},
		filter.Property{Name: "email", Kind: filter.Text, Optional: true},
		filter.Property{Name: "createdAt", Kind: filter.Time},
	)
}

// OrganizationProperties returns the properties of organizations, by domain name.
func OrganizationProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: "id", Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: "name", Kind: filter.Text},
		filter.Property{Name: "alias", Kind: filter.Text, Optional: true},
		filter.Property{Name: "description", Kind: filter.Text, Optional: true},
		filter.Property{Name: "externalId", Kind: filter.Text, Optional: true},
		// Lists of texts; see ListedText.
		filter.Property{Name: "emailDomains", Kind: filter.Text, Optional: true},
		filter.Property{Name: "contactPersons.fullName", Kind: filter.Text, Optional: true},
		filter.Property{Name: "contactPersons.email", Kind: filter.Text, Optional: true},
		filter.Property{Name: "state", Kind: filter.Text},
		filter.Property{Name: "createdAt", Kind: filter.Time},
	)
}

func byName(list ...filter.Property) map[string]filter.Property {
	m := make(map[string]filter.Property, len(list))
	for _, p := range list {
		m[p.Name] = p
	}
	return m
}
