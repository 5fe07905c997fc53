// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
)

// prolog opens every XML answer, in the vendor's spelling.
const prolog = `<?xml version="1.0" encoding="UTF-8" standalone="no" ?>`

// message is an answer, described once and written as JSON or as XML. Its name
// is the XML root; JSON has no place for it.
type message struct {
	name   string
	fields fields
}

// fields keep their order on both wires.
type fields []field

// field is made by scalar, nested or repeated only: they let nothing
// in that the writers cannot write.
type field struct {
	name  string
	value any // string, int64, bool, fields or []fields
}

// scalar is a JSON member; in XML an attribute.
func scalar[T string | int64 | bool](name string, value T) field { return field{name, value} }

// nested is a JSON object; in XML a child element.
func nested(name string, f ...field) field { return field{name, fields(f)} }

// repeated is a JSON array of objects; in XML the child element repeated, so
// that an empty list leaves no trace there.
func repeated(name string, items ...fields) field { return field{name, items} }

func (m message) json() []byte {
	var b bytes.Buffer
	writeJSON(&b, m.fields)
	return b.Bytes()
}

func writeJSON(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case fields:
		b.WriteByte('{')
		for i, f := range v {
			comma(b, i)
			writeJSONString(b, f.name)
			b.WriteByte(':')
			writeJSON(b, f.value)
		}
		b.WriteByte('}')
	case []fields:
		writeJSONList(b, v)
	case string:
		writeJSONString(b, v)
	default:
		b.WriteString(fmt.Sprint(v)) // int64 and bool: Go and JSON spell them alike
	}
}

func writeJSONList[T any](b *bytes.Buffer, list []T) {
	b.WriteByte('[')
	for i, v := range list {
		comma(b, i)
		writeJSON(b, v)
	}
	b.WriteByte(']')
}

func comma(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

// writeJSONString leaves <, > and & as they are: scripts search the answers
// for names as people write them.
func writeJSONString(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)       // a string always encodes
	b.Truncate(b.Len() - 1) // the line end Encode adds
}

func (m message) xml() []byte {
	var b bytes.Buffer
	b.WriteString(prolog)
	writeElement(&b, m.name, m.fields)
	return b.Bytes()
}

func writeElement(b *bytes.Buffer, name string, f fields) {
	b.WriteByte('<')
	b.WriteString(name)
	var children bytes.Buffer
	for _, m := range f {
		switch v := m.value.(type) {
		case fields:
			writeElement(&children, m.name, v)
		case []fields:
			for _, item := range v {
				writeElement(&children, m.name, item)
			}
		default:
			writeAttribute(b, m.name, v)
		}
	}
	if children.Len() == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	b.Write(children.Bytes())
	b.WriteString("</")
	b.WriteString(name)
	b.WriteByte('>')
}

func writeAttribute(b *bytes.Buffer, name string, value any) {
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
	}
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	_ = xml.EscapeText(b, []byte(text)) // puts U+FFFD for what XML 1.0 cannot carry
	b.WriteByte('"')
}
