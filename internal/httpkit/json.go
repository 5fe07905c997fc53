// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// AppendJSON appends a text as a JSON string, as encoding/json writes it with
// <, > and & left as they are. It is for answers that are written often.
func AppendJSON(b []byte, text string) []byte {
	if !plain(text) {
		return appendEscaped(b, text)
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// plain reports whether a text needs no escapes in JSON.
func plain(text string) bool {
	for _, c := range text {
		switch {
		case c < ' ', c == '"', c == '\\', c == '\u2028', c == '\u2029',
			c == utf8.RuneError: // the last also for what is no UTF-8
			return false
		}
	}
	return true
}

func appendEscaped(b []byte, text string) []byte {
	buffer := bytes.NewBuffer(b)
	enc := json.NewEncoder(buffer)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text)                                  // a string always encodes
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")) // the line end Encode adds
}
