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

// fieldReader checks a value and returns the value to store. nil means that the value is invalid. null means
// that it is empty, which removes the property.
type fieldReader func(field string, value json.RawMessage, f *fieldErrors) json.RawMessage

// fieldReaderOf returns the reader of one of the vendor's members that have no meaning here, or nil for any
// other name.
func fieldReaderOf(name string) fieldReader {
	switch name {
	case "type":
		return readOneOf("none", "company", "division", "department", "group")
	case "customerType":
		return readOneOf("Standard", "Preferred", "Enterprise", "OEM", "Distributor", "Supplier")
	case "dunsNumber":
		return readDUNS
	case "taxReferenceNumber", "vatReferenceNumber", "uniqueId", "organizationLogo", "punchoutUserId":
		return readLine
	case "allowPunchoutShopping", "delegateApprovalManagement", approvalRequired:
		return readFlag
	case orderPriceLimit:
		return readPrice
	}
	return nil
}

const (
	approvalRequired = "approvalRequired"
	orderPriceLimit  = "orderPriceLimit"
	maxLine          = 254
)

// clearedValue is the value that removes a property.
func clearedValue() json.RawMessage { return json.RawMessage("null") }

// readLine reads a text on one line.
func readLine(field string, value json.RawMessage, f *fieldErrors) json.RawMessage {
	var text string
	switch err := json.Unmarshal(value, &text); {
	case err != nil:
		f.addError(field, codeNotStringOrNull)
		return nil
	case utf8.RuneCountInString(text) > maxLine:
		f.addError(field, problem.CodeTooLong, maxLine)
		return nil
	case strings.ContainsFunc(text, unicode.IsControl):
		f.addError(field, problem.CodeOneLine)
		return nil
	case text == "":
		return clearedValue()
	}
	return value
}

// readOneOf returns the reader of a text that must equal one of the values.
func readOneOf(values ...string) fieldReader {
	return func(field string, value json.RawMessage, f *fieldErrors) json.RawMessage {
		var text string
		if err := json.Unmarshal(value, &text); err != nil || text != "" && !slices.Contains(values, text) {
			f.addError(field, codeNotOneOf, strings.Join(values, ", "))
			return nil
		}
		if text == "" {
			return clearedValue()
		}
		return value
	}
}

func readDUNS(field string, value json.RawMessage, f *fieldErrors) json.RawMessage {
	var text string
	err := json.Unmarshal(value, &text)
	if err != nil || text != "" && (len(text) != 9 || strings.Trim(text, "0123456789") != "") {
		f.addError(field, codeNotDUNS)
		return nil
	}
	if text == "" {
		return clearedValue()
	}
	return value
}

// readFlag reads true or false. null counts as absent, as for active: an approval is required until a client
// sends false.
func readFlag(field string, value json.RawMessage, f *fieldErrors) json.RawMessage {
	switch string(value) {
	case "true", "false":
		return value
	case "null":
		return nil
	}
	f.addWrongType(field, value, httpkit.CodeTrueOrFalse)
	return nil
}

// readPrice reads a number from 0 that fits the vendor's double.
func readPrice(field string, value json.RawMessage, f *fieldErrors) json.RawMessage {
	if isNull(value) {
		return value
	}
	if n, err := strconv.ParseFloat(string(value), 64); err != nil || n < 0 || len(value) > 32 {
		f.addError(field, codeNotFromZero)
		return nil
	}
	return value
}

// organizationRules returns the vendor's rules about several properties: if an approval is required, there
// must be a limit.
func organizationRules() []tenancy.PropertyRule {
	return []tenancy.PropertyRule{{Required: orderPriceLimit, RequiredWhen: approvalRequired}}
}
