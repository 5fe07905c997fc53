// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"bytes"
	"encoding/json"
	"strings"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// noAuthCode, or null, written to authorizationCode revokes the code. Nothing
// else can be written there: codes are made by the server.
const noAuthCode = "NO_AUTH_CODE"

// organizationBody is what a client says of an organization.
type organizationBody struct {
	id          tenancy.OrganizationID // 0: not sent
	name        *string
	description *string // null clears it: empty
	externalID  *string // likewise
	active      *bool   // null says nothing
	code        tenancy.CodeWish
	properties  tenancy.Properties // data fields and custom properties; null takes one away
}

// faults collects what is wrong with a body, so that all of it is told at once.
type faults []problem.FieldError

// wrong adds an error about a field. The values are those after the field's name.
func (f *faults) wrong(field string, code problem.Code, args ...any) {
	*f = append(*f, allSentences().Wrong(field, code, args...))
}

func (f *faults) wrongType(field string, value json.RawMessage, want problem.Code) {
	f.wrong(field, httpkit.CodeWrongType, httpkit.Word(jsonType(value)), httpkit.Word(want))
}

func jsonType(value json.RawMessage) problem.Code {
	switch value[0] {
	case '"':
		return httpkit.CodeAString
	case '{':
		return httpkit.CodeAnObject
	case '[':
		return httpkit.CodeAnArray
	case 't', 'f':
		return httpkit.CodeABool
	}
	return httpkit.CodeANumber
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// readOrganization sorts the members of a body out, in the order of their names.
func readOrganization(sent map[string]json.RawMessage, f *faults) organizationBody {
	var b organizationBody
	for _, name := range sortedNames(sent) {
		value := bytes.TrimSpace(sent[name])
		switch memberKind(name) {
		case ownMember:
			b.own(name, value, f)
		case dataMember:
			b.keep(name, dataFieldOf(name)(name, value, f))
		case customMember:
			b.keep(name, value)
		case reservedMember:
			f.wrong(name, codeReservedName)
		}
	}
	return b
}

func (b *organizationBody) keep(name string, value json.RawMessage) {
	if value == nil {
		return
	}
	if b.properties == nil {
		b.properties = tenancy.Properties{}
	}
	b.properties[name] = value
}

// own reads a member that is a field of the organization itself.
func (b *organizationBody) own(name string, value json.RawMessage, f *faults) {
	switch name {
	case "id":
		b.id = organizationID(name, value, f)
	case "name":
		b.name = setTo[string](name, value, httpkit.CodeAString, f)
	case "active":
		b.active = setTo[bool](name, value, httpkit.CodeTrueOrFalse, f)
	case "description":
		b.description = clearable(name, value, f)
	case "externalOrganizationId":
		b.externalID = clearable(name, value, f)
	case "authorizationCode":
		var text *string
		if json.Unmarshal(value, &text) != nil || text != nil && *text != noAuthCode {
			f.wrong(name, codeCodeNotWritable)
		}
		b.code = tenancy.EndCode
	}
}

// clearable reads a text, which is empty when it is null.
func clearable(field string, value json.RawMessage, f *faults) *string {
	var text string // null leaves it empty
	if json.Unmarshal(value, &text) != nil {
		f.wrong(field, codeNotStringOrNull)
	}
	return &text
}

// organizationID reads an id as or-100001, as "100001" or as a number; null is none.
func organizationID(field string, value json.RawMessage, f *faults) tenancy.OrganizationID {
	if isNull(value) {
		return 0
	}
	text := string(value)
	if value[0] == '"' && json.Unmarshal(value, &text) != nil {
		text = ""
	}
	id, err := tenancy.ParseOrganizationNumber(strings.TrimPrefix(text, tenancy.OrganizationPrefix))
	if err != nil || id == tenancy.RootID {
		f.wrong(field, codeNotOrganizationID)
	}
	return id
}

// A member of an organization is one of these.
type organizationMember int

const (
	customMember   organizationMember = iota // the client's own: kept, and given back
	ownMember                                // a field of the organization
	dataMember                               // one of the vendor's that is plain data: checked, kept, and given back
	passedMember                             // the vendor's, about what is not served: taken and not kept
	reservedMember                           // not to be used: clients would take it for something else
)

// memberKind returns what a name is. Of the names passed over, some are about
// contacts, addresses, contracts, sites and the tree of accounts, of which there
// is none here, and some are read only at the vendor's. Reserved are those by
// which clients know an error or a list, or that mean something in their
// language, other spellings of the vendor's, as some clients do not see case, and
// what has a colon.
func memberKind(name string) organizationMember {
	switch name {
	case "id", "name", "description", "active", "externalOrganizationId", "authorizationCode":
		return ownMember
	case "type", "customerType", "dunsNumber", "taxReferenceNumber", "vatReferenceNumber", "uniqueId", "organizationLogo", "punchoutUserId",
		"allowPunchoutShopping", "delegateApprovalManagement", approvalRequired, orderPriceLimit:
		return dataMember
	case "repositoryId", "links", "op", "members", "allMembersCount", "relativeRoles", "parentOrganization", "ancestorOrganizations",
		"secondaryAddresses", "secondaryOrganizations", "billingAddress", "shippingAddress", "shippingMethods", "paymentMethods", "contract",
		"siteOrganizationProperties", "numberOfActiveApprovers":
		return passedMember
	}
	switch folded := filter.Fold(name); folded {
	case "error", "errorcode", "errors", "___etag___", "__proto__",
		"id", "name", "description", "active", "externalorganizationid", "authorizationcode",
		"type", "customertype", "dunsnumber", "taxreferencenumber", "vatreferencenumber", "uniqueid", "organizationlogo", "punchoutuserid",
		"allowpunchoutshopping", "delegateapprovalmanagement", "approvalrequired", "orderpricelimit",
		"repositoryid", "links", "op", "members", "allmemberscount", "relativeroles", "parentorganization", "ancestororganizations",
		"secondaryaddresses", "secondaryorganizations", "billingaddress", "shippingaddress", "shippingmethods", "paymentmethods", "contract",
		"siteorganizationproperties", "numberofactiveapprovers":
		return reservedMember
	default:
		switch {
		case strings.HasPrefix(folded, "derived"):
			return passedMember
		case tenancy.OfOneWire(name): // another's
			return reservedMember
		}
	}
	return customMember
}
