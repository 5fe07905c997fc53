// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"strings"
)

// encodedInUTF8 reports whether a document says, by its first bytes and by its
// declaration, that it is in UTF-8 or in a part of it, or says nothing.
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

// declaredEncoding returns the encoding of an XML declaration; "" without one.
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

// normalBlanks returns a document in which line ends and tabs that stand as they are
// in attribute values are blanks, as every reader of XML sees them (XML 1.0, section
// 3.3.3). A reference such as &#10; stays a line end. encoding/xml decodes both alike,
// so this runs on the text before it is decoded. A text that is no XML may be returned
// changed, since the decoder refuses it anyway.
func normalBlanks(document []byte) []byte {
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
			n = end(document, "<!--", "-->")
		case bytes.HasPrefix(document, []byte("<![CDATA[")):
			n = end(document, "<![CDATA[", "]]>")
		case bytes.HasPrefix(document, []byte("<?")):
			n = end(document, "<?", "?>")
		default:
			var tag []byte
			tag, n = blanksInTag(document)
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

// end returns where a piece ends that has the two marks around it; -1 when it does not.
func end(document []byte, open, closing string) int {
	if n := bytes.Index(document[len(open):], []byte(closing)); n >= 0 {
		return len(open) + n + len(closing)
	}
	return -1
}

// blanksInTag returns the tag a document begins with, its values with blanks, and how
// long it was.
func blanksInTag(document []byte) (tag []byte, length int) {
	var quote byte // that of the value we are in; 0 outside
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
