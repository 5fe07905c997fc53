// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// checkMembers refuses a member that the struct type does not have, at any depth, by its
// whole name, because the caller meant something by it. Letter case matters. It also
// refuses null: in a change it could mean that a limit stays or that it goes.
func checkMembers(object json.RawMessage, t reflect.Type, within string) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil // not an object: the decoder has said so, or decodes it by itself
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		whole := within + name
		field, known := memberOf(t, name)
		if !known {
			return aboutField(whole, codeUnknownMember, whole)
		}
		if string(members[name]) == "null" {
			return aboutField(whole, codeNull, whole)
		}
		if err := checkValue(members[name], field, whole); err != nil {
			return err
		}
	}
	return nil
}

// checkValue is checkMembers for an object within an object or an array.
func checkValue(value json.RawMessage, t reflect.Type, whole string) error {
	switch {
	case decodesItself(t):
		return nil
	case t.Kind() == reflect.Struct:
		return checkMembers(value, t, whole+".")
	case t.Kind() != reflect.Slice:
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return nil // as in checkMembers
	}
	for i, item := range items {
		place := whole + "." + strconv.Itoa(i)
		if string(item) == "null" {
			return aboutField(place, codeNull, place)
		}
		if err := checkValue(item, t.Elem(), place); err != nil {
			return err
		}
	}
	return nil
}

// memberOf returns the type of the struct's field that a member is decoded into.
func memberOf(t reflect.Type, name string) (reflect.Type, bool) {
	for _, field := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag != name {
			continue
		}
		if field.Type.Kind() == reflect.Pointer {
			return field.Type.Elem(), true
		}
		return field.Type, true
	}
	return nil, false
}

func decodesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}
