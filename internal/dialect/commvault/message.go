// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
)

// prolog opens every XML answer, in the vendor's spelling.
const prolog = `<?xml version="1.0" encoding="UTF-8" standalone="no" ?>`

// message is an answer that can be written as JSON or as XML. Its name is the name of the XML root. JSON has
// no name.
type message struct {
	name   string
	fields fields
}

// fields keep their order in both formats.
type fields []field

// field is a member of a message. It is made by scalar, nested, repeated or texts only, which accept only
// types that both writers can write.
type field struct {
	name  string
	value any // string, int64, bool, fields, []fields or []string
}

// scalar is a JSON member, or an XML attribute.
func scalar[T string | int64 | bool](name string, value T) field { return field{name, value} }

// nested is a JSON object, or an XML child element.
func nested(name string, f ...field) field { return field{name, fields(f)} }

// repeated is a JSON array of objects, or one XML child element for each item. An empty list does not appear
// in XML.
func repeated(name string, items ...fields) field { return field{name, items} }

// texts is a JSON array of strings, or one XML child element for each string, in the attribute val.
func texts(name string, values []string) field { return field{name, values} }

// usualSize is more than most answers need, in bytes.
const usualSize = 512

func (m message) json() []byte { return appendJSON(make([]byte, 0, usualSize), m.fields, "") }

// oldJSON returns the message in the form of the wire's first years: nested in an object under the message's
// name, and with @ before the names of scalars.
func (m message) oldJSON() []byte {
	b := httpkit.AppendJSON(append(make([]byte, 0, usualSize), '{'), m.name)
	return append(appendJSON(append(b, ':'), m.fields, "@"), '}')
}

// appendJSON appends a value. attributePrefix precedes the names of scalars.
func appendJSON(b []byte, value any, attributePrefix string) []byte {
	switch v := value.(type) {
	case fields:
		b = append(b, '{')
		for i, f := range v {
			b = appendComma(b, i)
			b = httpkit.AppendJSON(b, f.jsonName(attributePrefix))
			b = append(b, ':')
			b = appendJSON(b, f.value, attributePrefix)
		}
		return append(b, '}')
	case []fields:
		b = append(b, '[')
		for i, item := range v {
			b = appendComma(b, i)
			b = appendJSON(b, item, attributePrefix)
		}
		return append(b, ']')
	case []string:
		b = append(b, '[')
		for i, text := range v {
			b = httpkit.AppendJSON(appendComma(b, i), text)
		}
		return append(b, ']')
	case string: // <, > and & are not escaped, because scripts search answers for plain names
		return httpkit.AppendJSON(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	}
	return b // cannot happen, see field
}

func (f field) jsonName(attributePrefix string) string {
	switch f.value.(type) {
	case string, int64, bool:
		return attributePrefix + f.name
	}
	return f.name
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

func (m message) xml() []byte {
	return appendElement(append(make([]byte, 0, usualSize), prolog...), m.name, m.fields)
}

// appendElement writes scalars as attributes, then the other fields as children.
func appendElement(b []byte, name string, f fields) []byte {
	b = append(append(b, '<'), name...)
	for _, m := range f {
		b = appendAttribute(b, m.name, m.value)
	}
	open := len(b)
	b = append(b, '>')
	for _, m := range f {
		switch v := m.value.(type) {
		case fields:
			b = appendElement(b, m.name, v)
		case []fields:
			for _, item := range v {
				b = appendElement(b, m.name, item)
			}
		case []string:
			for _, text := range v {
				b = appendElement(b, m.name, fields{scalar("val", text)})
			}
		}
	}
	if len(b) == open+1 { // no children
		return append(b[:open], "/>"...)
	}
	b = append(append(b, "</"...), name...)
	return append(b, '>')
}

// appendAttribute writes a scalar. It ignores any other value.
func appendAttribute(b []byte, name string, value any) []byte {
	text := ""
	switch v := value.(type) {
	case string:
		text = v
	case int64:
		text = strconv.FormatInt(v, 10)
	case bool:
		text = "0"
		if v {
			text = "1"
		}
	default:
		return b
	}
	b = append(append(append(b, ' '), name...), `="`...)
	b = appendXMLText(b, text)
	return append(b, '"')
}

func appendXMLText(b []byte, text string) []byte {
	escaped := func(c rune) bool { return c < ' ' || c > '~' || strings.ContainsRune(`"'&<>`, c) }
	if !strings.ContainsFunc(text, escaped) {
		return append(b, text...)
	}
	buffer := bytes.NewBuffer(b)
	_ = xml.EscapeText(buffer, []byte(text)) // writes U+FFFD for characters that XML 1.0 forbids
	return buffer.Bytes()
}
