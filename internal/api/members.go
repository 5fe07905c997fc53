// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"

	"gatehouse/internal/httpkit"
)

// checkMembers refuses a member that the struct type does not have, at any depth, by its
// whole name, because the caller meant something by it. Letter case matters. It also
// refuses null: in a change it could mean that a limit stays or that it goes. The body must
// have been decoded; what is no object there decodes itself.
func checkMembers(object []byte, t reflect.Type, within string) error {
	fields := httpkit.FieldsOf(t)
	return httpkit.Members(object, func(name string, value []byte) error {
		i := slices.Index(fields.Names, name)
		if i < 0 {
			return aboutField(within+name, codeUnknownMember, within+name)
		}
		if string(value) == "null" {
			return aboutField(within+name, codeNull, within+name)
		}
		return checkValue(value, fields.Types[i], within, name)
	})
}

// checkValue is checkMembers for an object within an object or an array.
func checkValue(value []byte, t reflect.Type, within, name string) error {
	if value[0] != '{' && value[0] != '[' {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case decodesItself(t):
		return nil
	case t.Kind() == reflect.Struct:
		return checkMembers(value, t, within+name+".")
	case t.Kind() != reflect.Slice:
		return nil
	}
	return httpkit.Items(value, func(i int, item []byte) error {
		place := name + "." + strconv.Itoa(i)
		if string(item) == "null" {
			return aboutField(within+place, codeNull, within+place)
		}
		return checkValue(item, t.Elem(), within, place)
	})
}

func decodesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}
