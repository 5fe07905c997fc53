// SPDX-License-Identifier: Apache-2.0

package filter

import "strings"

// maxSortKeys bounds the ORDER BY of an engine.
const maxSortKeys = 8

// Sort is one key a list is ordered by.
type Sort struct {
	Property   Property
	Descending bool
}

// ParseSort reads sort keys, "name:asc,status:desc". The first key has precedence. The
// direction is optional; the default is ascending. Every error is an [*Error]. For a text
// that is empty or blank it returns no keys and no error.
func ParseSort(text string, schema Schema) ([]Sort, error) {
	if err := checkText("sort", text); err != nil {
		return nil, err
	}
	if strings.Trim(text, blanks) == "" {
		return nil, nil
	}
	var keys []Sort
	for offset, rest, more := 0, text, true; more; {
		var field string
		field, rest, more = strings.Cut(rest, ",")
		at := offset + len(field) - len(strings.TrimLeft(field, blanks))
		offset += len(field) + len(",")
		if len(keys) == maxSortKeys {
			return nil, fail(text, at, because(codeTooManyKeys, maxSortKeys))
		}
		key, why := parseSortKey(strings.Trim(field, blanks), schema)
		if why.Code == "" && key.Property.Kind == Flag {
			why = because(codeSortByFlag)
		}
		if why.Code == "" && repeats(keys, key) {
			why = because(codeSortedTwice)
		}
		if why.Code != "" {
			return nil, fail(text, at, why)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parseSortKey reads one key without blanks around it. The reason is zero exactly if the
// key is valid. A name may contain colons, so the text after the last colon is a
// direction only if the whole text is not a name.
func parseSortKey(field string, schema Schema) (Sort, reason) {
	missing := because(codeNoSortKey)
	if field == "" {
		return Sort{}, missing
	}
	if property, ok := schema.lookup(field); ok {
		return Sort{Property: property}, reason{}
	}
	colon := strings.LastIndexByte(field, ':')
	if colon < 0 {
		return Sort{}, unknownProperty(field, schema)
	}
	name := strings.TrimRight(field[:colon], blanks)
	if name == "" {
		return Sort{}, missing
	}
	property, ok := schema.lookup(name)
	if !ok {
		return Sort{}, unknownProperty(name, schema)
	}
	switch direction := strings.TrimLeft(field[colon+1:], blanks); lowerASCII(direction) {
	case "asc":
		return Sort{Property: property}, reason{}
	case "desc":
		return Sort{Property: property, Descending: true}, reason{}
	default:
		return Sort{}, because(codeUnknownDirection, show(direction))
	}
}

// repeats reports whether the property is among the keys, under whichever wire name.
func repeats(keys []Sort, key Sort) bool {
	for _, other := range keys {
		if other.Property.Name == key.Property.Name {
			return true
		}
	}
	return false
}
