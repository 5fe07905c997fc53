// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"gatehouse/internal/httpkit"
)

// Bounds of an XML body, besides its size. No message of the wire comes near.
const (
	maxXMLDepth      = 32
	maxXMLTokens     = 4096
	maxXMLAttributes = 64 // of one element
)

// element is one whose end has not been seen.
type element struct {
	name   string
	fields object
}

// xmlReader builds objects from XML tokens, without recursion.
type xmlReader struct {
	open []element
	root object // nil until the root element has ended
}

// decodeXML reads exactly one XML document: attributes become scalars, child
// elements objects, repeated ones a list of objects. No value is read from character
// data, nor is the root's name looked at: the address says which message it is. Line
// ends and tabs in attributes are blanks unless they are references.
// Document types, processing instructions and entities other than the five of
// XML are refused, so that nothing can expand. Errors are of status 400,
// and of 415 for an encoding that is not UTF-8.
func decodeXML(body []byte) (object, error) {
	if !encodedInUTF8(body) {
		return nil, httpkit.Errorf(http.StatusUnsupportedMediaType, "The XML is in another encoding. Send UTF-8, and declare it or none.")
	}
	if !utf8.Valid(body) {
		return nil, httpkit.Errorf(http.StatusBadRequest, "The body is not valid UTF-8.")
	}
	dec := xml.NewDecoder(bytes.NewReader(normalBlanks(body)))
	dec.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	var x xmlReader
	for n := 0; ; n++ {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && x.root != nil:
			return x.root, nil
		case err != nil:
			e := httpkit.Errorf(http.StatusBadRequest, "The body is not valid XML: there is a mistake before byte %d.", dec.InputOffset())
			e.Err = err
			return nil, e
		case n == maxXMLTokens:
			return nil, httpkit.Errorf(http.StatusBadRequest, "The body has too many XML elements.")
		}
		if err := x.take(token, n == 0); err != nil {
			return nil, err
		}
	}
}

// take handles one token; first is true for the document's first.
func (x *xmlReader) take(token xml.Token, first bool) error {
	switch t := token.(type) {
	case xml.StartElement:
		return x.start(t)
	case xml.EndElement:
		return x.end()
	case xml.CharData:
		return x.text(bytes.TrimSpace(t))
	case xml.ProcInst:
		if t.Target != "xml" || !first {
			return httpkit.Errorf(http.StatusBadRequest, "XML processing instructions are not allowed.")
		}
	case xml.Directive:
		return httpkit.Errorf(http.StatusBadRequest, "XML document types are not allowed.")
	}
	return nil
}

// elementText is the member that holds an element's text. No name in XML is like it,
// so that nothing is read from it. It shows that the element is not empty.
const elementText = "#text"

// text keeps what stands between tags, which is nothing but blanks in every message.
func (x *xmlReader) text(text []byte) error {
	switch {
	case len(text) == 0:
	case len(x.open) == 0:
		return httpkit.Errorf(http.StatusBadRequest, "There is text outside the XML root element.")
	case len(x.open) > 1:
		x.open[len(x.open)-1].fields[elementText] = attribute(text)
	}
	return nil
}

// start opens an element and keeps its attributes.
func (x *xmlReader) start(t xml.StartElement) error {
	switch {
	case x.root != nil:
		return httpkit.Errorf(http.StatusBadRequest, "There is something after the XML root element. Send one message only.")
	case len(x.open) == maxXMLDepth:
		return httpkit.Errorf(http.StatusBadRequest, "The body is nested more than %d levels deep.", maxXMLDepth)
	case len(t.Attr) > maxXMLAttributes:
		return httpkit.Errorf(http.StatusBadRequest, "An XML element has more than %d attributes.", maxXMLAttributes)
	}
	fields := object{}
	for _, a := range t.Attr {
		if ofXMLItself(a.Name) {
			continue
		}
		if _, twice := fields[a.Name.Local]; twice {
			return givenTwice()
		}
		fields[a.Name.Local] = attribute(a.Value)
	}
	x.open = append(x.open, element{t.Name.Local, fields})
	return nil
}

// ofXMLItself reports whether an attribute is about the document and not about what
// it says. Other namespaces mean nothing on this wire: the attribute counts without.
func ofXMLItself(name xml.Name) bool {
	switch name.Space {
	case "xmlns", "xml", "http://www.w3.org/XML/1998/namespace", "xsi", "http://www.w3.org/2001/XMLSchema-instance":
		return true
	}
	return name.Local == "xmlns"
}

// end hands the innermost open element to its parent.
func (x *xmlReader) end() error {
	last := len(x.open) - 1
	e := x.open[last]
	x.open = x.open[:last]
	if last == 0 {
		x.root = e.fields
		return nil
	}
	parent := x.open[last-1].fields
	switch before := parent[e.name].(type) {
	case nil:
		parent[e.name] = e.fields
	case object:
		parent[e.name] = []any{before, e.fields}
	case []any:
		parent[e.name] = append(before, e.fields)
	default:
		return givenTwice()
	}
	return nil
}

// givenTwice refuses what two readers could read differently.
func givenTwice() error {
	return httpkit.Errorf(http.StatusBadRequest, "An XML attribute is given twice.")
}
