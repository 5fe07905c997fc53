// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/problem"
)

// checkMembers refuses an object in which a member is sent twice, at any depth, one with
// a member that differs from a known one in letter case alone, and one with a number
// that a double cannot hold. The decoder would use the last of two, and would read Name
// as name; another program may read such a body differently, and most readers of JSON
// turn 1e400 into infinity or refuse the whole text (RFC 8259, section 6). The body must
// be valid JSON.
func checkMembers(body []byte, known []string) error {
	return checkNames(body, "", known)
}

// checkNames is checkMembers for a value whose members' names continue a path. Known names
// are those of the outermost object.
func checkNames(value []byte, path string, known []string) error {
	switch value[0] {
	case '{':
		var names nameSet
		return Members(value, func(name string, value []byte) error {
			if !names.add(name) {
				return aboutField(path+name, CodeSentTwice, path+name)
			}
			for _, right := range known {
				if name != right && strings.EqualFold(name, right) {
					return aboutField(right, CodeOtherCase, right)
				}
			}
			if value[0] != '{' && value[0] != '[' {
				return checkNumber(value, path+name)
			}
			return checkNames(value, path+name+".", nil)
		})
	case '[':
		return Items(value, func(_ int, value []byte) error { return checkNames(value, path, nil) })
	}
	return checkNumber(value, strings.TrimSuffix(path, "."))
}

// maxPlainDigits is a length at which a number without an exponent is below 1e308.
const maxPlainDigits = 300

// checkNumber refuses a number that is too large for a double of IEEE 754. Other values
// than numbers are fine.
func checkNumber(value []byte, field string) error {
	if value[0] != '-' && (value[0] < '0' || value[0] > '9') ||
		len(value) < maxPlainDigits && !bytes.ContainsAny(value, "eE") {
		return nil
	}
	if _, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64); err != nil {
		return aboutField(field, CodeBeyondDouble, field)
	}
	return nil
}

// nameSet holds the names of one object. Most have few.
type nameSet struct {
	few  []string
	many map[string]bool // when there are more than maxFew
}

const maxFew = 16

// add reports whether the name is new.
func (s *nameSet) add(name string) bool {
	if s.many == nil {
		if slices.Contains(s.few, name) {
			return false
		}
		if s.few = append(s.few, name); len(s.few) <= maxFew {
			return true
		}
		s.many = map[string]bool{}
		for _, n := range s.few {
			s.many[n] = true
		}
		return true
	}
	known := s.many[name]
	s.many[name] = true
	return !known
}

// Fields are the members that a struct type is decoded from, by their names. Embedded
// structs count as their fields.
type Fields struct {
	Names []string
	Types []reflect.Type // of the fields, in the order of Names
}

// FieldsOf returns the Fields of a struct type. Most types embed nothing, and do not need
// reflect.VisibleFields, which makes a map.
func FieldsOf(t reflect.Type) Fields {
	n := t.NumField()
	f := Fields{make([]string, 0, n), make([]reflect.Type, 0, n)}
	for i := range n {
		field := t.Field(i)
		if field.Anonymous {
			return embeddedFields(t)
		}
		f.add(field)
	}
	return f
}

func embeddedFields(t reflect.Type) (f Fields) {
	for _, field := range reflect.VisibleFields(t) {
		f.add(field)
	}
	return f
}

func (f *Fields) add(field reflect.StructField) {
	if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
		f.Names, f.Types = append(f.Names, name), append(f.Types, field.Type)
	}
}

// knownMembers lists the members that a pointer to a struct is decoded from; none
// for any other value.
func knownMembers(v any) []string {
	t := reflect.TypeOf(v)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil
	}
	return FieldsOf(t.Elem()).Names
}

// aboutField is an Error of status 400 about one member.
func aboutField(field string, code problem.Code, args ...any) *Error {
	e := refusal(http.StatusBadRequest, code, args...)
	e.Field = field
	return e
}
