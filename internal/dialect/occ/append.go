// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"strconv"

	"gatehouse/internal/httpkit"
)

// appender is an item of a list. It writes itself, and its output equals that of marshal to the byte. A test
// compares the two. With reflection a page takes twice as long (docs/decisions/0014).
type appender interface {
	appendJSON(b []byte) []byte
}

// usualSize is more than most answers need, in bytes.
const usualSize = 512

// appendName appends a member's name and the comma and colon around it.
func appendName(b []byte, name string) []byte {
	if last := b[len(b)-1]; last != '{' && last != '[' {
		b = append(b, ',')
	}
	b = append(append(b, '"'), name...)
	return append(b, '"', ':')
}

func appendText(b []byte, name, value string) []byte {
	return httpkit.AppendJSON(appendName(b, name), value)
}

func appendNullableText(b []byte, name string, value *string) []byte {
	if value == nil {
		return append(appendName(b, name), "null"...)
	}
	return appendText(b, name, *value)
}

func appendInt(b []byte, name string, value int64) []byte {
	return strconv.AppendInt(appendName(b, name), value, 10)
}

func appendArray[T appender](b []byte, name string, items []T) []byte {
	return appendItems(appendName(b, name), items)
}

func appendItems[T appender](b []byte, items []T) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = item.appendJSON(b)
	}
	return append(b, ']')
}

func (l link) appendJSON(b []byte) []byte {
	return append(appendText(appendText(append(b, '{'), "rel", l.Rel), "href", l.Href), '}')
}

func (s sortEcho) appendJSON(b []byte) []byte {
	return append(appendText(appendText(append(b, '{'), "property", s.Property), "order", s.Order), '}')
}

func (i idResponse) appendJSON(b []byte) []byte {
	return append(appendText(append(b, '{'), "id", i.ID), '}')
}

func (r requestResponse) appendJSON(b []byte) []byte {
	b = r.Organization.appendJSON(appendName(append(b, '{'), "organization"))
	b = r.Profile.appendJSON(appendName(b, "profile"))
	b = appendText(b, "name", r.Name)
	b = appendInt(b, "id", int64(r.ID))
	b = appendText(b, "status", r.Status)
	if len(r.NameWarnings) > 0 {
		b = r.NameWarnings.appendJSON(appendName(b, "nameWarnings"))
	}
	return append(b, '}')
}

// appendList writes the vendor's envelope around the items, and returns the ETag of the items.
func appendList[T appender](b []byte, e envelope, collection string, items []T) (body []byte, tag string) {
	b = appendInt(append(b, '{'), "total", int64(e.total))
	b = appendInt(b, "totalResults", int64(e.total))
	b = appendInt(b, "offset", int64(e.offset))
	b = appendInt(b, "limit", int64(e.limit))
	b = appendArray(b, "links", e.links)
	if len(e.sort) > 0 {
		b = appendArray(b, "sort", e.sort)
	}
	b = appendName(b, "items")
	start := len(b)
	b = appendItems(b, items)
	tag = etag(collection, b[start:])
	return append(appendText(b, "___etag___", tag), '}'), tag
}

// envelope contains the members around the items of a list.
type envelope struct {
	total, offset, limit int
	links                []link
	sort                 []sortEcho
}
