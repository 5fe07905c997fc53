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

// Limits of an XML body, in addition to its size. They are far above every message of the wire.
const (
	maxXMLDepth      = 32
	maxXMLTokens     = 4096
	maxXMLAttributes = 64 // per element
)

// element is an element whose end tag has not been read yet.
type element struct {
	name   string
	fields object
}

// xmlReader builds objects from XML tokens, without recursion.
type xmlReader struct {
	open []element
	root object // nil before the root element ends
}

// decodeXML reads exactly one XML document. Attributes become scalars, child elements become objects, and
// repeated child elements become a list of objects. Character data has no meaning, and neither has the name
// of the root, because the address says which message it is. Line ends and tabs in attributes are blanks
// unless they are references.
//
// It refuses document types, processing instructions and all entities but the five of XML, so nothing can
// expand. Its errors are of status 400, or 415 for an encoding other than UTF-8.
func decodeXML(body []byte) (object, error) {
	if !encodedInUTF8(body) {
		return nil, httpkit.Errorf(http.StatusUnsupportedMediaType,
			"The XML is in another encoding. Send UTF-8, and declare it or none.")
	}
	if !utf8.Valid(body) {
		return nil, httpkit.Errorf(http.StatusBadRequest, "The body is not valid UTF-8.")
	}
	dec := xml.NewDecoder(bytes.NewReader(normalizeBlanks(body)))
	dec.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	var x xmlReader
	for n := 0; ; n++ {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && x.root != nil:
			return x.root, nil
		case err != nil:
			e := httpkit.Errorf(http.StatusBadRequest,
				"The body is not valid XML: there is a mistake before byte %d.", dec.InputOffset())
			e.Err = err
			return nil, e
		case n == maxXMLTokens:
			return nil, httpkit.Errorf(http.StatusBadRequest, "The body has too many XML elements.")
		}
		if err := x.handle(token, n == 0); err != nil {
			return nil, err
		}
	}
}

// handle processes a token. first is true for the first token of the document.
func (x *xmlReader) handle(token xml.Token, first bool) error {
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

// elementText is the member that holds the character data of an element. No XML name equals it, so no reader
// finds it. It only shows that the element is not empty.
const elementText = "#text"

// text stores character data. In the messages of the wire it is always blank.
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

// start opens an element and stores its attributes.
func (x *xmlReader) start(t xml.StartElement) error {
	switch {
	case x.root != nil:
		return httpkit.Errorf(http.StatusBadRequest,
			"There is something after the XML root element. Send one message only.")
	case len(x.open) == maxXMLDepth:
		return httpkit.Errorf(http.StatusBadRequest, "The body is nested more than %d levels deep.",
			maxXMLDepth)
	case len(t.Attr) > maxXMLAttributes:
		return httpkit.Errorf(http.StatusBadRequest, "An XML element has more than %d attributes.",
			maxXMLAttributes)
	}
	fields := object{}
	for _, a := range t.Attr {
		if describesDocument(a.Name) {
			continue
		}
		if _, twice := fields[a.Name.Local]; twice {
			return duplicateAttribute()
		}
		fields[a.Name.Local] = attribute(a.Value)
	}
	x.open = append(x.open, element{t.Name.Local, fields})
	return nil
}

// describesDocument reports whether an attribute describes the XML document and not its content. Other
// namespaces have no meaning on this wire, so their prefixes are ignored.
func describesDocument(name xml.Name) bool {
	switch name.Space {
	case "xmlns", "xml", "http://www.w3.org/XML/1998/namespace", "xsi",
		"http://www.w3.org/2001/XMLSchema-instance":
		return true
	}
	return name.Local == "xmlns"
}

// end closes the innermost open element and adds it to its parent.
func (x *xmlReader) end() error {
	last := len(x.open) - 1
	e := x.open[last]
	x.open = x.open[:last]
	if last == 0 {
		x.root = e.fields
		return nil
	}
	parent := x.open[last-1].fields
	switch existing := parent[e.name].(type) {
	case nil:
		parent[e.name] = e.fields
	case object:
		parent[e.name] = []any{existing, e.fields}
	case []any:
		parent[e.name] = append(existing, e.fields)
	default:
		return duplicateAttribute()
	}
	return nil
}

// duplicateAttribute returns the error for a name that occurs twice. Two readers of the document could
// disagree on its value.
func duplicateAttribute() error {
	return httpkit.Errorf(http.StatusBadRequest, "An XML attribute is given twice.")
}
