// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"testing"
	"testing/quick"

	"gatehouse/internal/filter"
	"gatehouse/internal/tenancy"
)

// An answer written without reflection equals to the byte the one that reflection writes.
func TestAppendIsMarshal(t *testing.T) {
	t.Parallel()
	same := func(name string, a appender) bool {
		want, err := marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(a.appendJSON(nil)); got != string(want) {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
			return false
		}
		return true
	}
	property := func(s, u string, p, q *string, n int64, yes bool) bool {
		links := []link{{s, u}, {u, s}}[:n&1+1]
		r := requestResponse{idResponse{s}, idResponse{u}, s, tenancy.RequestID(n), u, nil}
		warned := r
		warned.NameWarnings = nameWarnings{filter.MixedScripts, filter.NameWarning(s)}
		return same("organization", organizationResponse{s, u, s, p, yes, q, nil, nil}) &&
			same("organization with links", organizationResponse{u, s, u, q, yes, p, nil, links}) &&
			same("token", tokenResponse{s, u, int(n), links}) && same("request", r) &&
			same("request with warnings", warned)
	}
	for _, s := range []string{"", "plain", `<a href="x">&'\`, "a\x00\x1f\x7f\u2028\u2029\ufffd", "a\xffb\xc3",
		"Söhne 株式会社 😀", "\t\n\r\b\f"} {
		if !property(s, "x"+s, &s, nil, 7, true) {
			t.FailNow()
		}
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 500}); err != nil {
		t.Error(err)
	}
}

func TestAppendListIsMarshal(t *testing.T) {
	t.Parallel()
	type shape struct {
		Total        int               `json:"total"`
		TotalResults int               `json:"totalResults"`
		Offset       int               `json:"offset"`
		Limit        int               `json:"limit"`
		Links        []link            `json:"links"`
		Sort         []sortEcho        `json:"sort,omitempty"`
		Items        []requestResponse `json:"items"`
		ETag         string            `json:"___etag___"`
	}
	links := []link{{"self", "http://example.test/x"}}
	for _, items := range [][]requestResponse{{}, {{Name: "a"}}, {{Name: "a"}, {Name: `<"b">`, ID: 7}}} {
		for _, sort := range [][]sortEcho{nil, {{"name", "asc"}}, {{"name", "asc"}, {"id", "desc"}}} {
			got, tag := appendList(nil, envelope{9, 2, 3, links, sort}, "organizationRequests", items)
			want, err := marshal(shape{9, 9, 2, 3, links, sort, items, tag})
			if err != nil || string(got) != string(want) || !json.Valid(got) {
				t.Errorf("got  %s\nwant %s (%v)", got, want, err)
			}
		}
	}
}
