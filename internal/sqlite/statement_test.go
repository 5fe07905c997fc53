// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"testing"
	"time"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

func TestScan(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_123).UTC()
	r := &row{}
	for _, v := range []any{int64(7), "text", int64(1), "active", int64(100001), at.UnixMilli(), []byte("x")} {
		r.values = append(r.values, v)
	}
	var n int
	var text string
	var yes bool
	var state tenancy.OrganizationState
	var id tenancy.OrganizationID
	var when time.Time
	var raw []byte
	if err := r.Scan(&n, &text, &yes, &state, &id, sqltext.Time{To: &when},
		sqltext.Bytes{To: &raw}); err != nil {
		t.Fatal(err)
	}
	if n != 7 || text != "text" || !yes || state != tenancy.OrganizationActive || id != 100001 ||
		!when.Equal(at) || string(raw) != "x" {
		t.Error("got", n, text, yes, state, id, when, raw)
	}
}

// A schema that was changed by hand is an error, never a wrong value.
func TestScanRefuses(t *testing.T) {
	t.Parallel()
	var n int
	var small int8
	var text string
	var yes bool
	var state tenancy.OrganizationState
	for name, test := range map[string]struct {
		value any
		dest  any
	}{
		"text as a number":         {"7", &n},
		"a number as text":         {int64(7), &text},
		"nothing as text":          {nil, &text},
		"nothing as a number":      {nil, &n},
		"text as yes or no":        {"1", &yes},
		"a number as a state":      {int64(1), &state},
		"a number that is too big": {int64(1000), &small},
		"a time as text":           {time.Now(), &text},
	} {
		r := &row{}
		r.values = append(r.values, test.value)
		if err := r.Scan(test.dest); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	r := &row{}
	r.values = append(r.values, "a", "b")
	if err := r.Scan(&text); err == nil {
		t.Error("two columns read as one: no error")
	}
}
