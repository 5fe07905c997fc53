// SPDX-License-Identifier: Apache-2.0

package httpkit

import "strings"

// forwardedHops reads the header Forwarded (RFC 7239 §4), whose elements are separated by
// commas and whose pairs by semicolons. If an element cannot be read, it and all on its left
// are left out, since quotes that do not match change where elements end. Its place is
// taken by a hop without a client.
func forwardedHops(header string) []hop {
	if header == "" {
		return nil
	}
	var hops []hop
	for rest, more := header, true; more; {
		var h hop
		var ok bool
		h, rest, more, ok = nextElement(rest)
		if !ok {
			return unreadable(header)
		}
		hops = append(hops, h)
	}
	return hops
}

// unreadable returns the hops of a header that cannot be read as a whole: those after its
// last comma, if they can be read alone, behind a hop that says nothing.
func unreadable(header string) []hop {
	hops := []hop{{}}
	last := header[strings.LastIndexByte(header, ',')+1:]
	if h, _, more, ok := nextElement(last); ok && !more {
		hops = append(hops, h)
	}
	return hops
}

// nextElement reads one element. more reports whether a comma followed it.
func nextElement(text string) (h hop, rest string, more, ok bool) {
	for {
		text = strings.TrimLeft(text, " \t")
		name, after, found := strings.Cut(text, "=")
		if !found || !isToken(name) {
			// An empty element or pair is allowed by the syntax of lists.
			if text == "" || text[0] == ',' || text[0] == ';' {
				name, after = "", text
			} else {
				return h, "", false, false
			}
		}
		value := ""
		if name != "" {
			if value, after, ok = nextValue(after); !ok {
				return h, "", false, false
			}
		}
		h.set(strings.ToLower(name), value)
		after = strings.TrimLeft(after, " \t")
		switch {
		case after == "":
			return h, "", false, true
		case after[0] == ',':
			return h, after[1:], true, true
		case after[0] == ';':
			text = after[1:]
		default:
			return h, "", false, false
		}
	}
}

// set takes a parameter. Unknown ones, and by, say nothing about the client.
func (h *hop) set(name, value string) {
	switch name {
	case "for":
		h.client = value
	case "proto":
		h.scheme = strings.ToLower(value)
	case "host":
		h.host = value
	}
}

// nextValue reads a token or a quoted string. A token may have the signs of addresses that
// the RFC wants in quotes, since proxies write them without.
func nextValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, ",; \t\"")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], end > 0
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}
