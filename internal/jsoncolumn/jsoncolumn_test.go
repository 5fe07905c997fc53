// SPDX-License-Identifier: Apache-2.0

package jsoncolumn

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]map[string]json.RawMessage{
		`{}`:                          nil,
		`{"a":"<&>","b":[1,{"c":2}]}`: {"a": json.RawMessage(`"<&>"`), "b": json.RawMessage(`[1,{"c":2}]`)},
	} {
		text, err := Text(v, NoObject)
		if err != nil || text != want {
			t.Errorf("got %s, want %s, %v", text, want, err)
		}
		back := map[string]json.RawMessage{"left": nil}
		if err := Read(text, &back); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(v, back); diff != "" {
			t.Error(diff)
		}
	}
	for want, v := range map[string][]string{`[]`: nil, `["a","ü"]`: {"a", "ü"}} {
		text, err := Text(v, NoList)
		var back []string
		if readErr := Read(text, &back); err != nil || readErr != nil || text != want || !cmp.Equal(v, back) {
			t.Errorf("got %s and %v, want %s; %v %v", text, back, want, err, readErr)
		}
	}
	if text, err := Text([]string{}, NoList); err != nil || text != NoList {
		t.Errorf("an empty list is %s, %v", text, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	if _, err := Text(map[string]json.RawMessage{"a": json.RawMessage("{")}, NoObject); err == nil {
		t.Error("what is no JSON was written")
	}
	kept := []string{"left"}
	if err := Read(`{"a":1}`, &kept); err == nil || kept != nil {
		t.Errorf("an object was read as the list %v: %v", kept, err)
	}
}
