// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// dataField checks a value and gives what is kept of it: nil when it is wrong,
// null when it is empty, which takes the property away.
type dataField func(field string, value json.RawMessage, f *faults) json.RawMessage

// dataFieldOf returns what checks one of the vendor's members that mean nothing
// here; nil when it is none of them.
func dataFieldOf(name string) dataField {
	switch name {
	case "type":
		return oneOf("none", "company", "division", "department", "group")
	case "customerType":
		return oneOf("Standard", "Preferred", "Enterprise", "OEM", "Distributor", "Supplier")
	case "dunsNumber":
		return duns
	case "taxReferenceNumber", "vatReferenceNumber", "uniqueId", "organizationLogo", "punchoutUserId":
		return line
	case "allowPunchoutShopping", "delegateApprovalManagement", approvalRequired:
		return flag
	case orderPriceLimit:
		return price
	}
	return nil
}

const (
	approvalRequired = "approvalRequired"
	orderPriceLimit  = "orderPriceLimit"
	maxLine          = 254
)

// none takes a property away.
func none() json.RawMessage { return json.RawMessage("null") }

// line wants a text on one line.
func line(field string, value json.RawMessage, f *faults) json.RawMessage {
	var text string
	switch err := json.Unmarshal(value, &text); {
	case err != nil:
		f.wrong(field, codeNotStringOrNull)
		return nil
	case utf8.RuneCountInString(text) > maxLine:
		f.wrong(field, problem.CodeTooLong, maxLine)
		return nil
	case strings.ContainsFunc(text, unicode.IsControl):
		f.wrong(field, problem.CodeOneLine)
		return nil
	case text == "":
		return none()
	}
	return value
}

// oneOf wants one of the values, to the letter.
func oneOf(values ...string) dataField {
	return func(field string, value json.RawMessage, f *faults) json.RawMessage {
		var text string
		if err := json.Unmarshal(value, &text); err != nil || text != "" && !slices.Contains(values, text) {
			f.wrong(field, codeNotOneOf, strings.Join(values, ", "))
			return nil
		}
		if text == "" {
			return none()
		}
		return value
	}
}

func duns(field string, value json.RawMessage, f *faults) json.RawMessage {
	var text string
	err := json.Unmarshal(value, &text)
	if err != nil || text != "" && (len(text) != 9 || strings.Trim(text, "0123456789") != "") {
		f.wrong(field, codeNotDUNS)
		return nil
	}
	if text == "" {
		return none()
	}
	return value
}

// flag wants true or false. Null says nothing, as for active: an approval is required
// until somebody says false.
func flag(field string, value json.RawMessage, f *faults) json.RawMessage {
	switch string(value) {
	case "true", "false":
		return value
	case "null":
		return nil
	}
	f.wrongType(field, value, httpkit.CodeTrueOrFalse)
	return nil
}

// price wants a number that fits the vendor's double, from 0.
func price(field string, value json.RawMessage, f *faults) json.RawMessage {
	if isNull(value) {
		return value
	}
	if n, err := strconv.ParseFloat(string(value), 64); err != nil || n < 0 || len(value) > 32 {
		f.wrong(field, codeNotFromZero)
		return nil
	}
	return value
}

// organizationRules returns what the vendor wants of properties together: a limit where
// an approval is required.
func organizationRules() []tenancy.PropertyRule {
	return []tenancy.PropertyRule{{Required: orderPriceLimit, RequiredWhen: approvalRequired}}
}
