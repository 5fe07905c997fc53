// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// etag returns the entity tag of a thing that changed last at a time.
func etag(at time.Time) string { return `"` + at.UTC().Format(time.RFC3339Nano) + `"` }

// expected reads If-Match (RFC 9110, section 13.1.1): the versions that the caller is ready
// to change. The use case compares them in its transaction. A weak tag is none of them, and
// neither is a tag that is not of this API.
func expected(r *http.Request) (tenancy.Versions, error) {
	lines, sent := r.Header["If-Match"]
	list := strings.Trim(strings.Join(lines, ","), " \t")
	if !sent || list == "*" {
		return tenancy.Versions{}, nil
	}
	tags, ok := parseTags(list)
	if !ok {
		return tenancy.Versions{}, httpkit.NewError(http.StatusBadRequest, say(codeBadTags))
	}
	var times []time.Time
	for _, tag := range tags {
		if at, err := time.Parse(`"`+time.RFC3339Nano+`"`, tag); err == nil && etag(at) == tag {
			times = append(times, at)
		}
	}
	return tenancy.SomeVersions(times...), nil
}

// readChange reads the body of a change and then the versions that it expects: see read and
// expected.
func readChange(w http.ResponseWriter, r *http.Request, body any) (tenancy.Versions, error) {
	if err := read(w, r, body); err != nil {
		return tenancy.Versions{}, err
	}
	return expected(r)
}

// parseTags splits a list of entity tags, of which there is one at least. A tag may have
// commas in it, and a list may have empty elements (sections 5.6.1 and 8.8.3).
func parseTags(list string) (tags []string, ok bool) {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			return tags, len(tags) > 0
		}
		start := strings.TrimPrefix(list, "W/")
		if start[:min(1, len(start))] != `"` {
			return nil, false
		}
		length := strings.IndexByte(start[1:], '"') + 2
		if length < 2 || strings.ContainsFunc(start[1:length-1],
			func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			return nil, false
		}
		end := len(list) - len(start) + length
		tags = append(tags, list[:end])
		if list = strings.TrimLeft(list[end:], " \t"); list != "" && list[0] != ',' {
			return nil, false
		}
	}
}
