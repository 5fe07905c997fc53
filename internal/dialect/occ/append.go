// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"strconv"

	"gatehouse/internal/httpkit"
)

// appender is an item of a list: it writes itself, and to the byte what marshal makes
// of it. A test compares the two. Reflection takes twice as long for a page (docs/decisions/0014).
type appender interface {
	appendJSON(b []byte) []byte
}

// usual is more than most answers need.
const usual = 512

// member appends a name with the comma and colon around it.
func member(b []byte, name string) []byte {
	if last := b[len(b)-1]; last != '{' && last != '[' {
		b = append(b, ',')
	}
	b = append(append(b, '"'), name...)
	return append(b, '"', ':')
}

func text(b []byte, name, value string) []byte {
	return httpkit.AppendJSON(member(b, name), value)
}

func nullableText(b []byte, name string, value *string) []byte {
	if value == nil {
		return append(member(b, name), "null"...)
	}
	return text(b, name, *value)
}

func whole(b []byte, name string, value int64) []byte {
	return strconv.AppendInt(member(b, name), value, 10)
}

func list[T appender](b []byte, name string, items []T) []byte {
	return appendItems(member(b, name), items)
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
	return append(text(text(append(b, '{'), "rel", l.Rel), "href", l.Href), '}')
}

func (s sortEcho) appendJSON(b []byte) []byte {
	return append(text(text(append(b, '{'), "property", s.Property), "order", s.Order), '}')
}

func (i idResponse) appendJSON(b []byte) []byte {
	return append(text(append(b, '{'), "id", i.ID), '}')
}

func (r requestResponse) appendJSON(b []byte) []byte {
	b = r.Organization.appendJSON(member(append(b, '{'), "organization"))
	b = r.Profile.appendJSON(member(b, "profile"))
	b = text(b, "name", r.Name)
	b = whole(b, "id", int64(r.ID))
	return append(text(b, "status", r.Status), '}')
}

// appendList writes the vendor's envelope around the items; the ETag is over them.
func appendList[T appender](b []byte, e envelope, collection string, items []T) (body []byte, tag string) {
	b = whole(append(b, '{'), "total", int64(e.total))
	b = whole(b, "totalResults", int64(e.total))
	b = whole(b, "offset", int64(e.offset))
	b = whole(b, "limit", int64(e.limit))
	b = list(b, "links", e.links)
	if len(e.sort) > 0 {
		b = list(b, "sort", e.sort)
	}
	b = member(b, "items")
	start := len(b)
	b = appendItems(b, items)
	tag = etag(collection, b[start:])
	return append(text(b, "___etag___", tag), '}'), tag
}

// envelope is what stands around a list's items.
type envelope struct {
	total, offset, limit int
	links                []link
	sort                 []sortEcho
}
