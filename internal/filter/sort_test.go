// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
)

func TestParseSort(t *testing.T) {
	t.Parallel()
	p := properties()
	byName, byStatus := p["name"], p["status"]
	for text, want := range map[string][]filter.Sort{
		"":                        nil,
		" \t\r\n":                 nil,
		"name":                    {{Property: byName}},
		"name:asc":                {{Property: byName}},
		"NAME:Desc":               {{Property: byName, Descending: true}},
		"name:asc,status:desc":    {{Property: byName}, {Property: byStatus, Descending: true}},
		"status:DESC,name":        {{Property: byStatus, Descending: true}, {Property: byName}},
		" name : desc ,\tstatus ": {{Property: byName, Descending: true}, {Property: byStatus}},
		"organization.id,submittedDate:desc": {
			{Property: idProperty()}, {Property: timeProperty(), Descending: true}},
		"urn:scim:core:name":      {{Property: p["urn:scim:core:Name"]}},
		"URN:scim:core:name:desc": {{Property: p["urn:scim:core:Name"], Descending: true}},
	} {
		got, err := filter.ParseSort(text, schema())
		if err != nil {
			t.Errorf("ParseSort(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseSort(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseSortErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		offset int
		reason string
	}{
		{"nombre", 0, `unknown property "nombre"; use one of: bare, name,`},
		{"name, nombre:asc", 6, `unknown property "nombre"`},
		{"nombre:down", 0, `unknown property "nombre"`},
		{"name desc", 0, `unknown property "name desc"`},
		{"-name", 0, `unknown property "-name"`},
		{"name:down", 0, `unknown direction "down"; use asc or desc`},
		{"name:", 0, `unknown direction ""`},
		{"name:a\u017fc", 0, "unknown direction \"a\u017fc\""}, // the long s is not an s here
		{"name:asc:desc", 0, `unknown property "name:asc"`},
		{",", 0, "sort key is missing"},
		{"name,", 5, "sort key is missing"},
		{",name", 0, "sort key is missing"},
		{"name, ,status", 6, "sort key is missing"},
		{":asc", 0, "sort key is missing"},
		{"äöü:asc,:asc", 0, `unknown property "äöü"`},
		{"name,name", 5, "name it once"},
		{"name:asc,status, NAME:desc", 17, "name it once"},
		{"name\xff", 4, "not UTF-8"},
		{strings.Repeat(",", filter.MaxLength+1), filter.MaxLength, "longer than 4096 bytes"},
		{strings.Repeat(" ", filter.MaxLength+1), filter.MaxLength, "longer than 4096 bytes"},
	} {
		keys, err := filter.ParseSort(test.text, schema())
		if keys != nil {
			t.Errorf("%q: got keys and an error", test.text)
		}
		t.Run(test.text, func(t *testing.T) { wantError(t, err, test.offset, test.reason) })
	}
}

func TestParseSortLimit(t *testing.T) {
	t.Parallel()
	many, names := map[string]filter.Property{}, []string{}
	for i := range 9 {
		wire := fmt.Sprintf("p%d", i)
		many[wire], names = filter.Property{Name: wire}, append(names, wire)
	}
	keys, err := filter.ParseSort(strings.Join(names[:8], ","), filter.NewSchema(many))
	if err != nil || len(keys) != 8 {
		t.Errorf("got %d keys and error %v, want 8 and none", len(keys), err)
	}
	_, err = filter.ParseSort(strings.Join(names, ","), filter.NewSchema(many))
	wantError(t, err, 24, "more than 8 sort keys")
}

// Two wire names of one property are one key: ORDER BY the same column twice.
func TestParseSortSeesThroughAliases(t *testing.T) {
	t.Parallel()
	aliases := filter.NewSchema(map[string]filter.Property{"id": idProperty(), "organizationId": idProperty()})
	_, err := filter.ParseSort("id,organizationId:desc", aliases)
	wantError(t, err, 3, "name it once")
}
