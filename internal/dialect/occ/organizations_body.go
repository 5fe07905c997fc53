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

// noAuthCode or null as the authorizationCode revokes the code. No other value is allowed, because the server
// makes the codes.
const noAuthCode = "NO_AUTH_CODE"

// organizationBody is the body with which a client creates or changes an organization.
type organizationBody struct {
	id          tenancy.OrganizationID // 0: not sent
	name        *string
	description *string // null, read as empty, clears it
	externalID  *string // likewise
	active      *bool   // null counts as absent
	code        tenancy.CodeWish
	properties  tenancy.Properties // data fields and custom properties; null removes one
}

// fieldErrors collects the errors of a body, so that the answer reports all of them.
type fieldErrors []problem.FieldError

// wrong adds an error about a field. The values are those after the field's name.
func (f *fieldErrors) addError(field string, code problem.Code, args ...any) {
	*f = append(*f, allSentences().Wrong(field, code, args...))
}

func (f *fieldErrors) addWrongType(field string, value json.RawMessage, want problem.Code) {
	f.addError(field, httpkit.CodeWrongType, httpkit.Word(jsonType(value)), httpkit.Word(want))
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

// readOrganization reads the members of a body, in the order of their names.
func readOrganization(sent map[string]json.RawMessage, f *fieldErrors) organizationBody {
	var b organizationBody
	for _, name := range sortedNames(sent) {
		value := bytes.TrimSpace(sent[name])
		switch memberKind(name) {
		case ownMember:
			b.readOwn(name, value, f)
		case dataMember:
			b.setProperty(name, fieldReaderOf(name)(name, value, f))
		case customMember:
			b.setProperty(name, value)
		case reservedMember:
			f.addError(name, codeReservedName)
		}
	}
	return b
}

func (b *organizationBody) setProperty(name string, value json.RawMessage) {
	if value == nil {
		return
	}
	if b.properties == nil {
		b.properties = tenancy.Properties{}
	}
	b.properties[name] = value
}

// readOwn reads a member that is a field of the organization itself.
func (b *organizationBody) readOwn(name string, value json.RawMessage, f *fieldErrors) {
	switch name {
	case "id":
		b.id = organizationID(name, value, f)
	case "name":
		b.name = optionalValue[string](name, value, httpkit.CodeAString, f)
	case "active":
		b.active = optionalValue[bool](name, value, httpkit.CodeTrueOrFalse, f)
	case "description":
		b.description = clearableText(name, value, f)
	case "externalOrganizationId":
		b.externalID = clearableText(name, value, f)
	case "authorizationCode":
		var text *string
		if json.Unmarshal(value, &text) != nil || text != nil && *text != noAuthCode {
			f.addError(name, codeCodeNotWritable)
		}
		b.code = tenancy.EndCode
	}
}

// clearableText reads a text. null is read as empty.
func clearableText(field string, value json.RawMessage, f *fieldErrors) *string {
	var text string // null leaves it empty
	if json.Unmarshal(value, &text) != nil {
		f.addError(field, codeNotStringOrNull)
	}
	return &text
}

// organizationID reads an id written as or-100001, as "100001" or as a number. null is 0, no id.
func organizationID(field string, value json.RawMessage, f *fieldErrors) tenancy.OrganizationID {
	if isNull(value) {
		return 0
	}
	text := string(value)
	if value[0] == '"' && json.Unmarshal(value, &text) != nil {
		text = ""
	}
	id, err := tenancy.ParseOrganizationNumber(strings.TrimPrefix(text, tenancy.OrganizationPrefix))
	if err != nil || id == tenancy.RootID {
		f.addError(field, codeNotOrganizationID)
	}
	return id
}

// organizationMember is a class of members of an organization.
type organizationMember int

const (
	customMember organizationMember = iota // the client's own: stored and returned
	ownMember                              // a field of the organization
	dataMember                             // the vendor's plain data: checked, stored and returned
	// the vendor's, about parts that are not served: accepted and not stored
	ignoredMember  // accepted and not stored: not served here
	reservedMember // refused: clients would misread it
)

// memberKind returns the class of a member. Some ignored members are about contacts, addresses, contracts,
// sites and the tree of accounts, which this server does not have. Others are read-only at the vendor.
//
// Reserved are the members by which clients recognize an error or a list, names with a meaning in the
// language of clients, the vendor's names in another letter case, since some clients ignore it, and names
// with a colon.
func memberKind(name string) organizationMember {
	switch name {
	case "id", "name", "description", "active", "externalOrganizationId", "authorizationCode":
		return ownMember
	case "type", "customerType", "dunsNumber", "taxReferenceNumber", "vatReferenceNumber",
		"uniqueId", "organizationLogo", "punchoutUserId", "allowPunchoutShopping",
		"delegateApprovalManagement", approvalRequired, orderPriceLimit:
		return dataMember
	case "repositoryId", "links", "op", "members", "allMembersCount", "relativeRoles",
		"parentOrganization", "ancestorOrganizations", "secondaryAddresses", "secondaryOrganizations",
		"billingAddress", "shippingAddress", "shippingMethods", "paymentMethods", "contract",
		"siteOrganizationProperties", "numberOfActiveApprovers":
		return ignoredMember
	}
	switch folded := filter.Fold(name); folded {
	case "error", "errorcode", "errors", "___etag___", "__proto__",
		"id", "name", "description", "active", "externalorganizationid", "authorizationcode",
		"type", "customertype", "dunsnumber", "taxreferencenumber", "vatreferencenumber", "uniqueid",
		"organizationlogo", "punchoutuserid",
		"allowpunchoutshopping", "delegateapprovalmanagement", "approvalrequired", "orderpricelimit",
		"repositoryid", "links", "op", "members", "allmemberscount", "relativeroles", "parentorganization",
		"ancestororganizations",
		"secondaryaddresses", "secondaryorganizations", "billingaddress", "shippingaddress",
		"shippingmethods", "paymentmethods", "contract",
		"siteorganizationproperties", "numberofactiveapprovers":
		return reservedMember
	default:
		switch {
		case strings.HasPrefix(folded, "derived"):
			return ignoredMember
		case tenancy.Namespaced(name): // another door's
			return reservedMember
		}
	}
	return customMember
}
