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
	// Limits of one parameter. The vendor's admin page names about thirty members.
	maxNames      = 100
	maxNamesBytes = 4096
)

// memberTree is a tree of selected JSON members. A nil subtree selects the whole member. A name selects the
// member in every item of an array.
type memberTree map[string]memberTree

// onlyMembers reads the parameter fields. It returns nil if everything is selected. In a list the prefix
// items. is optional. If all names are those of items, the members around the items are selected too, because
// such clients page by the totals.
func onlyMembers(texts []string, list bool) (memberTree, error) {
	paths, err := memberPaths(paramFields, texts)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	m, envelopeNamed := memberTree{}, false
	for _, path := range paths {
		if list && !slices.Contains(envelopeNames(), firstName(path)) {
			path = "items." + path
		} else {
			envelopeNamed = true
		}
		m.add(path)
	}
	if list && !envelopeNamed {
		for _, name := range envelopeNames() {
			if name != "items" {
				m.add(name)
			}
		}
	}
	return m, nil
}

// withoutMembers reads the parameter exclude.
func withoutMembers(texts []string, list bool) (memberTree, error) {
	paths, err := memberPaths(paramExclude, texts)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	m := memberTree{}
	for _, path := range paths {
		if list && !slices.Contains(envelopeNames(), firstName(path)) {
			path = "items." + path
		}
		m.add(path)
	}
	return m, nil
}

// envelopeNames returns the members around the items of a list.
func envelopeNames() []string {
	return []string{"total", "totalResults", "offset", "limit", "links", "sort", "items", "___etag___"}
}

func firstName(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// memberPaths reads names separated by commas. Its limits protect the server's memory and time.
func memberPaths(param string, texts []string) ([]string, error) {
	var paths []string
	length := 0
	for _, text := range texts {
		length += len(text)
		if length > maxNamesBytes || len(paths)+strings.Count(text, ",") >= maxNames {
			return nil, fieldError(codeBadParameter, param, codeTooManyNames, maxNames, param, maxNamesBytes)
		}
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				paths = append(paths, name)
			}
		}
	}
	return paths, nil
}

// add selects the member at a path. A whole member takes precedence over parts of it.
func (m memberTree) add(path string) {
	name, rest, deeper := strings.Cut(path, ".")
	sub, named := m[name]
	switch {
	case named && sub == nil:
	case !deeper:
		m[name] = nil
	default:
		if sub == nil {
			sub = memberTree{}
			m[name] = sub
		}
		sub.add(rest)
	}
}

// appendFiltered appends an answer with only the selected members, or without them if only is false. Their
// order stays. Names that the answer does not have are ignored.
func (m memberTree) appendFiltered(b []byte, raw json.RawMessage, only bool) []byte {
	switch raw[0] {
	case '{':
		return m.appendObject(b, raw, only)
	case '[':
		var items []json.RawMessage
		_ = json.Unmarshal(raw, &items) // cannot fail: raw is our own answer
		b = append(b, '[')
		for i, item := range items {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.appendFiltered(b, item, only)
		}
		return append(b, ']')
	}
	return append(b, raw...)
}

func (m memberTree) appendObject(b []byte, raw json.RawMessage, only bool) []byte {
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token()
	b = append(b, '{')
	for first := true; dec.More(); {
		token, _ := dec.Token()
		name, _ := token.(string)
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			break // cannot happen: raw is our own answer
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
			b = sub.appendFiltered(b, value, only)
		} else {
			b = append(b, value...)
		}
	}
	return append(b, '}')
}
