// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"strings"
)

// encodedInUTF8 reports whether a document declares UTF-8 or a subset of it, or declares nothing. It looks at
// the first bytes and at the XML declaration.
func encodedInUTF8(document []byte) bool {
	for _, wide := range []string{"\xff\xfe", "\xfe\xff", "<\x00", "\x00<", "\x00\x00"} {
		if bytes.HasPrefix(document, []byte(wide)) {
			return false
		}
	}
	switch strings.ToLower(declaredEncoding(document)) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return true
	}
	return false
}

// declaredEncoding returns the encoding of the XML declaration, or "" if there is none.
func declaredEncoding(document []byte) string {
	const blanks = " \t\r\n"
	declaration, found := bytes.CutPrefix(document, []byte("<?xml"))
	if !found || len(declaration) == 0 || !strings.ContainsRune(blanks, rune(declaration[0])) {
		return ""
	}
	declaration, _, _ = bytes.Cut(declaration, []byte("?>"))
	_, value, _ := bytes.Cut(declaration, []byte("encoding"))
	value, found = bytes.CutPrefix(bytes.TrimLeft(value, blanks), []byte("="))
	value = bytes.TrimLeft(value, blanks)
	if !found || len(value) == 0 || value[0] != '"' && value[0] != '\'' {
		return ""
	}
	name, _, _ := bytes.Cut(value[1:], value[:1])
	return string(name)
}

// normalizeBlanks returns a document with blanks in place of the line ends and tabs in attribute values, as
// XML 1.0 demands (section 3.3.3). A reference such as &#10; stays a line end. This runs before decoding
// because encoding/xml decodes both alike. Malformed XML may be returned changed; the decoder refuses it
// anyway.
func normalizeBlanks(document []byte) []byte {
	if !bytes.ContainsAny(document, "\t\r\n") {
		return document
	}
	out := make([]byte, 0, len(document))
	for len(document) > 0 {
		var n int
		switch {
		case document[0] != '<':
			n = bytes.IndexByte(document, '<')
		case bytes.HasPrefix(document, []byte("<!--")):
			n = spanLength(document, "<!--", "-->")
		case bytes.HasPrefix(document, []byte("<![CDATA[")):
			n = spanLength(document, "<![CDATA[", "]]>")
		case bytes.HasPrefix(document, []byte("<?")):
			n = spanLength(document, "<?", "?>")
		default:
			var tag []byte
			tag, n = normalizeTag(document)
			out, document = append(out, tag...), document[n:]
			continue
		}
		if n < 0 {
			n = len(document)
		}
		out, document = append(out, document[:n]...), document[n:]
	}
	return out
}

// spanLength returns the length of the span at the start of a document, from its opening to its closing mark.
// It returns -1 if the closing mark is missing.
func spanLength(document []byte, open, closing string) int {
	if n := bytes.Index(document[len(open):], []byte(closing)); n >= 0 {
		return len(open) + n + len(closing)
	}
	return -1
}

// normalizeTag returns the tag at the start of a document with normalized attribute values, and the length of
// the original tag.
func normalizeTag(document []byte) (tag []byte, length int) {
	var quote byte // the quote around the current value, or 0 outside a value
	for i, c := range document {
		switch {
		case quote == 0 && c == '>':
			return append(tag, c), i + 1
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == c:
			quote = 0
		case quote != 0 && c == '\n' && document[i-1] == '\r':
			continue // a line end of two characters is one blank
		case quote != 0 && (c == '\n' || c == '\r' || c == '\t'):
			c = ' '
		}
		tag = append(tag, c)
	}
	return tag, len(document)
}
