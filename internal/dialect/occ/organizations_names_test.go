// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"strings"
	"testing"
)

// Every name of the vendor's is known in its own spelling and reserved in any
// other, and what is said to be data can be checked.
func TestMemberKinds(t *testing.T) {
	t.Parallel()
	for kind, names := range map[organizationMember]string{
		ownMember: "id name description active externalOrganizationId authorizationCode",
		dataMember: "type customerType dunsNumber taxReferenceNumber vatReferenceNumber uniqueId organizationLogo punchoutUserId " +
			"allowPunchoutShopping delegateApprovalManagement approvalRequired orderPriceLimit",
		passedMember: "repositoryId links op members allMembersCount relativeRoles parentOrganization ancestorOrganizations secondaryAddresses " +
			"secondaryOrganizations billingAddress shippingAddress shippingMethods paymentMethods contract siteOrganizationProperties numberOfActiveApprovers",
		reservedMember: "error errorCode errors o:errorPath ___etag___ __proto__ ERROR ErrorCode",
		customMember:   "dynamicProperty x_custom idea names Größe 株式会社 status message",
	} {
		for _, name := range strings.Fields(names) {
			if got := memberKind(name); got != kind {
				t.Errorf("%s is of kind %d, want %d", name, got, kind)
			}
			if other := strings.ToUpper(name); kind != customMember && memberKind(other) != reservedMember {
				t.Errorf("%s is of kind %d, want it reserved", other, memberKind(other))
			}
			if (dataFieldOf(name) != nil) != (kind == dataMember) {
				t.Errorf("%s: can be checked: %v", name, dataFieldOf(name) != nil)
			}
		}
	}
	if memberKind("derivedBillingAddress") != passedMember || memberKind("DERIVED") != passedMember {
		t.Error("what is derived is read only")
	}
}
