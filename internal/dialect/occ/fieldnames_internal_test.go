// SPDX-License-Identifier: Apache-2.0

package occ

import "testing"

func TestMemberOf(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"name": "name", "externalId": "externalOrganizationId",
		"organization.externalId": "organization.externalOrganizationId",
		"contact.email":           "profile.email", "relatedOrganization": "relatedOrganizationName",
		"oneTimeCode": "totp_code",
		"properties":  "", "organization.properties": "organization", "contact.properties": "profile",
		"properties.externalId": "externalId", "organization.properties.a.b": "organization.a.b",
		"contact.properties.email": "profile.email",
		"externalOrganizationId":   "externalOrganizationId", "profile.email": "profile.email", "q": "q",
	} {
		if got := memberOf(field); got != want {
			t.Errorf("%q: got %q, want %q", field, got, want)
		}
	}
}
