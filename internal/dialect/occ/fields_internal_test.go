// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"encoding/json"
	"testing"
)

// The answer stays JSON whatever names a client sends. Each member is either in the answer to fields or in
// the answer to exclude.
func FuzzFields(f *testing.F) {
	const answer = `{"total":2,"a.b":{"c":[]},"\"":"x","items":[{"id":1,"org":{"id":"or-1","x":null},"list":[[{"id":2}],3]},{"id":-1e3,"":{"":""}},[],7],"links":[]}`
	for _, text := range []string{"", "id", "items.id,items.org.x", "items", "total,items", ".,..,a.b", `"`,
		"items.list.id", "items.", "links.rel, total "} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, list bool) {
		only, err := onlyMembers([]string{text}, list)
		without, err2 := withoutMembers([]string{text}, list)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("fields: %v, exclude: %v", err, err2)
		}
		if err != nil || only == nil {
			return
		}
		selected, remaining := only.appendFiltered(nil, []byte(answer), true), without.appendFiltered(nil,
			[]byte(answer), false)
		if !json.Valid(selected) || !json.Valid(remaining) {
			t.Fatalf("%q: no JSON: %s, %s", text, selected, remaining)
		}
		if again := only.appendFiltered(nil, selected, true); string(again) != string(selected) {
			t.Errorf("%q: %s, and again %s", text, selected, again)
		}
		if again := without.appendFiltered(nil, remaining, false); string(again) != string(remaining) {
			t.Errorf("%q: %s, and again %s", text, remaining, again)
		}
		if rest := without.appendFiltered(nil, selected, false); !list && leaves(t, rest) != 0 {
			t.Errorf("%q: %s is given by fields and by exclude", text, rest)
		}
		if got := leaves(t, selected) + leaves(t, remaining); !list && got != leaves(t, []byte(answer)) {
			t.Errorf("%q: %s and %s are %d values", text, selected, remaining, got)
		}
	})
}

// leaves counts the values inside objects that have no members themselves.
func leaves(t *testing.T, b []byte) int {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	var count func(v any, named bool) int
	count = func(v any, named bool) (n int) {
		switch v := v.(type) {
		case map[string]any:
			for _, member := range v {
				n += count(member, true)
			}
			return n
		case []any:
			for _, item := range v {
				n += count(item, false)
			}
			return n
		}
		if named {
			return 1
		}
		return 0
	}
	return count(v, false)
}
