// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"maps"
	"slices"
	"strconv"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

type organizationResponse struct {
	ID           string  `json:"id"`
	RepositoryID string  `json:"repositoryId"`
	Name         string  `json:"name"`
	Description  *string `json:"description"`
	Active       bool    `json:"active"`
	ExternalID   *string `json:"externalOrganizationId"`
	// Properties are members next to the others, in the order of their names. None has the name of another
	// member.
	Properties tenancy.Properties `json:"-"`
	Links      []link             `json:"links,omitempty"`
}

func organizationWire(o tenancy.Organization) organizationResponse {
	id := o.ID.String()
	return organizationResponse{ID: id, RepositoryID: id, Name: o.Name, Description: nullable(o.Description),
		Active: o.Active(), ExternalID: nullable(o.ExternalID), Properties: o.Properties}
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// mayShow reports whether a property may be shown next to our own members. A property of another wire may
// have a name that this wire refuses.
func mayShow(name string) bool {
	kind := memberKind(name)
	return kind == customMember || kind == dataMember
}

func (o organizationResponse) appendJSON(b []byte) []byte {
	b = appendText(append(b, '{'), "id", o.ID)
	b = appendText(b, "repositoryId", o.RepositoryID)
	b = appendText(b, "name", o.Name)
	b = appendNullableText(b, "description", o.Description)
	b = strconv.AppendBool(appendName(b, "active"), o.Active)
	b = appendNullableText(b, "externalOrganizationId", o.ExternalID)
	if len(o.Properties) > 0 {
		b = o.appendProperties(b)
	}
	if len(o.Links) > 0 {
		b = appendArray(b, "links", o.Links)
	}
	return append(b, '}')
}

func (o organizationResponse) appendProperties(b []byte) []byte {
	for _, name := range sortedNames(o.Properties) {
		if mayShow(name) {
			b = append(httpkit.AppendJSON(append(b, ','), name), ':')
			b = append(b, o.Properties[name]...)
		}
	}
	return b
}

// basicOrganization is an item of a list with expand=basic.
type basicOrganization organizationResponse

func (o basicOrganization) appendJSON(b []byte) []byte {
	b = appendText(append(b, '{'), "id", o.ID)
	b = appendText(b, "repositoryId", o.RepositoryID)
	b = appendText(b, "name", o.Name)
	b = strconv.AppendBool(appendName(b, "active"), o.Active)
	if logo := o.Properties["organizationLogo"]; logo != nil {
		b = append(appendName(b, "organizationLogo"), logo...)
	}
	return append(b, '}')
}
