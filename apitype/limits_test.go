// SPDX-License-Identifier: Apache-2.0

package apitype_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"gatehouse/apitype"
)

func TestExpiry(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"never"`: `"never"`, `"2027-01-01T00:00:00Z"`: `"2027-01-01T00:00:00Z"`,
		`"2027-01-01T02:00:00.5+02:00"`: `"2027-01-01T00:00:00.5Z"`,
		`""`:                            "", `"Never"`: "", `"0001-01-01T00:00:00Z"`: "", `1`: "", `{}`: "",
		`"2027-01-01"`: "",
	} {
		var e apitype.Expiry
		err := json.Unmarshal([]byte(text), &e)
		if want == "" {
			if !errors.Is(err, apitype.ErrExpiry) {
				t.Errorf("%s: %v, %v", text, e, err)
			}
			continue
		}
		if b, bad := json.Marshal(e); err != nil || bad != nil || string(b) != want {
			t.Errorf("%s: %s, %v, %v", text, b, err, bad)
		}
	}
	if e := (apitype.Expiry{}); !e.At.Equal(time.Time{}) {
		t.Error("the zero value has a time")
	}
}

// A number below 1 would read as unlimited, so it is refused.
func TestUses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"unlimited"`: `"unlimited"`, `1`: "1", `1000000`: "1000000",
		`0`: "", `-1`: "", `"1"`: "", `""`: "", `1.5`: "", `[]`: "", `1e40`: "",
	} {
		u := apitype.Uses{Count: 7}
		err := json.Unmarshal([]byte(text), &u)
		if want == "" {
			if !errors.Is(err, apitype.ErrUses) {
				t.Errorf("%s: %v, %v", text, u, err)
			}
			continue
		}
		if b, bad := json.Marshal(u); err != nil || bad != nil || string(b) != want {
			t.Errorf("%s: %s, %v, %v", text, b, err, bad)
		}
	}
}
