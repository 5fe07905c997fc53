// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// Every name of the vendor's is known in its own spelling and reserved in any other. Every member that is
// data has a reader.
func TestMemberKinds(t *testing.T) {
	t.Parallel()
	for kind, names := range map[organizationMember]string{
		ownMember: "id name description active externalOrganizationId authorizationCode",
		dataMember: "type customerType dunsNumber taxReferenceNumber vatReferenceNumber uniqueId organizationLogo punchoutUserId " +
			"allowPunchoutShopping delegateApprovalManagement approvalRequired orderPriceLimit",
		ignoredMember: "repositoryId links op members allMembersCount relativeRoles parentOrganization ancestorOrganizations secondaryAddresses " +
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
			if (fieldReaderOf(name) != nil) != (kind == dataMember) {
				t.Errorf("%s: can be checked: %v", name, fieldReaderOf(name) != nil)
			}
		}
	}
	if memberKind("derivedBillingAddress") != ignoredMember || memberKind("DERIVED") != ignoredMember {
		t.Error("what is derived is read only")
	}
}

// Whatever is sent and stored, the answer is one JSON object. Our own members keep their values, and each
// name occurs once.
func FuzzOrganizationBody(f *testing.F) {
	for _, seed := range []string{`{}`, `{"name":"n","id":7,"dunsNumber":"123456789"}`,
		`{"a\"b":[1,{"]":null}],"ID":1,"derivedX":{}}`,
		`{"links":[],"errorCode":"1","__proto__":{},"description":null}`,
		`{"\u0000":"\ud800","orderPriceLimit":1e400}`, `{"type":"","approvalRequired":true}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var sent map[string]json.RawMessage
		if httpkit.DecodeJSON(body, &sent) != nil {
			return
		}
		var errs fieldErrors
		b := readOrganization(sent, &errs)
		maps.DeleteFunc(b.properties, func(_ string, value json.RawMessage) bool { return isNull(value) })
		o := tenancy.Organization{ID: 100001, Name: "ours", State: tenancy.OrganizationActive,
			Properties: b.properties}
		answer := organizationWire(o).appendJSON(nil)
		var got map[string]json.RawMessage
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%s: %v", answer, err)
		}
		if len(got) != 6+len(b.properties) || string(got["id"]) != `"or-100001"` ||
			string(got["name"]) != `"ours"` || string(got["active"]) != "true" || got["errorCode"] != nil {
			t.Errorf("%s became %s", body, answer)
		}
	})
}
