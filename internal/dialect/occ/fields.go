// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"gatehouse/internal/httpkit"
)

const (
	// What a client may name in one of them: its admin page asks for some thirty.
	maxNames      = 100
	maxNamesBytes = 4096
)

// members names members of an answer. A nil one is meant whole, another by
// those of its own members that are named. A name means every item of an array.
type members map[string]members

// onlyMembers reads fields. On a list the names of items may stand with items.
// before them or without; without it alone, what stands around the items stays,
// because clients that name items so page by the totals. nil: everything.
func onlyMembers(texts []string, list bool) (members, error) {
	paths, err := names(paramFields, texts)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	m, around := members{}, false
	for _, path := range paths {
		if list && !slices.Contains(envelopeNames(), head(path)) {
			path = "items." + path
		} else {
			around = true
		}
		m.add(path)
	}
	if list && !around {
		for _, name := range envelopeNames() {
			if name != "items" {
				m.add(name)
			}
		}
	}
	return m, nil
}

// withoutMembers reads exclude.
func withoutMembers(texts []string, list bool) (members, error) {
	paths, err := names(paramExclude, texts)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	m := members{}
	for _, path := range paths {
		if list && !slices.Contains(envelopeNames(), head(path)) {
			path = "items." + path
		}
		m.add(path)
	}
	return m, nil
}

// envelopeNames are the members around the items of a list.
func envelopeNames() []string {
	return []string{"total", "totalResults", "offset", "limit", "links", "sort", "items", "___etag___"}
}

func head(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// names reads a list of names parted by commas. The bound is on what a stranger
// can make the server keep and compare.
func names(param string, texts []string) ([]string, error) {
	var paths []string
	length := 0
	for _, text := range texts {
		length += len(text)
		if length > maxNamesBytes || len(paths)+strings.Count(text, ",") >= maxNames {
			return nil, fault(codeBadParameter, param, codeTooManyNames, maxNames, param, maxNamesBytes)
		}
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				paths = append(paths, name)
			}
		}
	}
	return paths, nil
}

// add names the member at the path. Of a whole member and parts of it, the whole counts.
func (m members) add(path string) {
	name, rest, deeper := strings.Cut(path, ".")
	sub, named := m[name]
	switch {
	case named && sub == nil:
	case !deeper:
		m[name] = nil
	default:
		if sub == nil {
			sub = members{}
			m[name] = sub
		}
		sub.add(rest)
	}
}

// apply appends an answer of ours, in the order it has, with only the members
// that are named or without them. Names that the answer does not have mean nothing.
func (m members) apply(b []byte, raw json.RawMessage, only bool) []byte {
	switch raw[0] {
	case '{':
		return m.object(b, raw, only)
	case '[':
		var items []json.RawMessage
		_ = json.Unmarshal(raw, &items) // we wrote it
		b = append(b, '[')
		for i, item := range items {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.apply(b, item, only)
		}
		return append(b, ']')
	}
	return append(b, raw...)
}

func (m members) object(b []byte, raw json.RawMessage, only bool) []byte {
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token()
	b = append(b, '{')
	for first := true; dec.More(); {
		token, _ := dec.Token()
		name, _ := token.(string)
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			break // we wrote it: cannot be
		}
		sub, named := m[name]
		parts := sub != nil && (value[0] == '{' || value[0] == '[')
		whole := named && sub == nil
		if only && !whole && !parts || !only && whole {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(httpkit.AppendJSON(b, name), ':')
		if parts {
			b = sub.apply(b, value, only)
		} else {
			b = append(b, value...)
		}
	}
	return append(b, '}')
}
