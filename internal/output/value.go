// SPDX-License-Identifier: Apache-2.0

package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// value is a JSON value whose members keep their order.
type value struct {
	scalar  any      // string, json.Number, bool or nil, if it has neither members nor items
	members []member // of an object
	items   []value  // of an array
	kind    kind
}

type kind int

const (
	scalar kind = iota
	object
	array
)

type member struct {
	name  string
	value value
}

// valueOf returns what a body of the API is in JSON.
func valueOf(body any) (value, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return value{}, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return decode(d)
}

func decode(d *json.Decoder) (value, error) {
	token, err := d.Token()
	if err != nil {
		return value{}, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return value{scalar: token}, nil
	}
	v := value{kind: object}
	if delim == '[' {
		v.kind = array
	}
	for d.More() {
		var name string
		if v.kind == object {
			token, err := d.Token()
			if err != nil {
				return value{}, err
			}
			if name, ok = token.(string); !ok {
				return value{}, errors.New("a member has no name")
			}
		}
		inner, err := decode(d)
		if err != nil {
			return value{}, err
		}
		if v.kind == object {
			v.members = append(v.members, member{name, inner})
		} else {
			v.items = append(v.items, inner)
		}
	}
	_, err = d.Token() // the end
	return v, err
}

// at returns the value at a path of member names with dots between them.
func (v value) at(path string) (value, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	for _, m := range v.members {
		if m.name == name {
			if deeper {
				return m.value.at(rest)
			}
			return m.value, true
		}
	}
	return value{}, false
}

// plain returns the value as encoding/json would decode it, which is what JSONPath reads.
func (v value) plain() any {
	switch v.kind {
	case object:
		out := make(map[string]any, len(v.members))
		for _, m := range v.members {
			out[m.name] = m.value.plain()
		}
		return out
	case array:
		out := make([]any, len(v.items))
		for i, item := range v.items {
			out[i] = item.plain()
		}
		return out
	}
	return v.scalar
}

// MarshalJSON implements json.Marshaler.
func (v value) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := v.writeJSON(&b)
	return b.Bytes(), err
}

func (v value) writeJSON(b *bytes.Buffer) error {
	switch v.kind {
	case object:
		b.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeScalar(b, m.name); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := m.value.writeJSON(b); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case array:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := item.writeJSON(b); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		return writeScalar(b, v.scalar)
	}
	return nil
}

// writeScalar writes characters such as & and < as they are: nothing puts this into HTML.
func writeScalar(b *bytes.Buffer, scalar any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(scalar); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line end that Encode adds
	return nil
}

// text returns a scalar, or an array of scalars, for people; anything else as JSON.
func (v value) text() (string, error) {
	switch s := v.scalar.(type) {
	case string:
		return s, nil
	case json.Number:
		return s.String(), nil
	case bool:
		return strconv.FormatBool(s), nil
	}
	switch v.kind {
	case scalar: // null
		return "", nil
	case array:
		texts := make([]string, len(v.items))
		for i, item := range v.items {
			if item.kind != scalar {
				return v.compact()
			}
			var err error
			if texts[i], err = item.text(); err != nil {
				return "", err
			}
		}
		return strings.Join(texts, ", "), nil
	}
	return v.compact()
}

func (v value) compact() (string, error) {
	b, err := v.MarshalJSON()
	return string(b), err
}

// leaf is a value of a document that is not an object, with the path that leads to it.
type leaf struct {
	path  string
	value value
}

// leaves returns the leaves of an object in their order. An array of objects is taken apart, too.
func (v value) leaves(path string) (all []leaf) {
	switch {
	case v.kind == object && len(v.members) > 0:
		for _, m := range v.members {
			all = append(all, m.value.leaves(strings.TrimPrefix(path+"."+m.name, "."))...)
		}
		return all
	case v.kind == array && len(v.items) > 0 && v.items[0].kind == object:
		for i, item := range v.items {
			all = append(all, item.leaves(fmt.Sprintf("%s[%d]", path, i))...)
		}
		return all
	}
	return []leaf{{path, v}}
}

// printable returns the value without characters that would control a terminal, but with line ends and
// tabs.
func (v value) printable() value {
	out := value{scalar: v.scalar, kind: v.kind}
	if text, ok := v.scalar.(string); ok {
		out.scalar = printable(text, "\n\t")
	}
	for _, m := range v.members {
		out.members = append(out.members, member{printable(m.name, ""), m.value.printable()})
	}
	for _, item := range v.items {
		out.items = append(out.items, item.printable())
	}
	return out
}
