// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"gatehouse/internal/problem"
)

// checkMembers refuses an object in which a member is sent twice, at any depth, and
// one with a member that differs from a known one in letter case alone. The decoder
// would use the last of two, and would read Name as name; another program may read such
// a body differently. The body must be valid JSON.
func checkMembers(body []byte, known []string) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var open []level
	for {
		token, err := dec.Token()
		if err != nil { // the end
			return nil
		}
		name, isText := token.(string)
		last := len(open) - 1
		switch delim, _ := token.(json.Delim); {
		case delim == '}' || delim == ']':
			open = open[:last]
			continue
		case last >= 0 && open[last].names != nil && !open[last].named && isText:
			if err := open[last].take(name, open[:last], known); err != nil {
				return err
			}
			continue
		case delim == '{':
			open = append(open, level{names: map[string]bool{}})
		case delim == '[':
			open = append(open, level{})
		}
		if last >= 0 {
			open[last].named = false // its value has begun
		}
	}
}

// level is an object or an array whose end has not been seen.
type level struct {
	names map[string]bool // of an object's members so far; nil in an array
	name  string          // the member that was named last
	named bool            // its value comes next
}

// take records the name of a member, or returns an error if the object has it already
// or in the wrong letter case. The known names are those of the outermost object.
func (l *level) take(name string, around []level, known []string) error {
	field := name
	for i := len(around) - 1; i >= 0; i-- {
		if around[i].names != nil {
			field = around[i].name + "." + field
		}
	}
	if l.names[name] {
		return aboutField(field, CodeSentTwice, field)
	}
	l.names[name], l.name, l.named = true, name, true
	if len(around) > 0 {
		return nil
	}
	for _, right := range known {
		if name != right && strings.EqualFold(name, right) {
			return aboutField(right, CodeOtherCase, right)
		}
	}
	return nil
}

// knownMembers lists the members that a pointer to a struct is decoded from; none
// for any other value.
func knownMembers(v any) (names []string) {
	t := reflect.TypeOf(v)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil
	}
	for _, field := range reflect.VisibleFields(t.Elem()) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// aboutField is an Error of status 400 about one member.
func aboutField(field string, code problem.Code, args ...any) *Error {
	e := refusal(http.StatusBadRequest, code, args...)
	e.Field = field
	return e
}
