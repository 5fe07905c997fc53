// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"fmt"
	"net/url"
	"testing"
)

// What is true or false stands without quotes in a filter.
func TestFilterByActive(t *testing.T) {
	t.Parallel()
	onEngines(t, filterByActiveOnEngine)
}

func filterByActiveOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	for i, active := range []bool{true, false, true} {
		c.do(t, "POST", admin+"/organizations", token, fmt.Sprintf(`{"name":"Orchard %d","active":%v}`, i, active))
	}
	for q, want := range map[string]float64{"active eq true": 2, "active EQ False": 1, "active ne true": 1, "not (active eq false)": 2, "active pr": 3,
		`active eq true and name co "2"`: 1, `active eq false or id eq "or-100001"`: 2} {
		a := c.do(t, "GET", admin+"/organizations?sort=id:asc&q="+url.QueryEscape(q), token, "")
		if a.status != 200 || a.json["totalResults"] != want {
			t.Errorf("%s: got %d %s, want %v", q, a.status, a.body, want)
		}
	}
	for _, q := range []string{`active eq "true"`, "active gt true", "active"} {
		wantError(t, q, c.do(t, "GET", admin+"/organizations?q="+url.QueryEscape(q), token, ""), 400, "100070")
	}
	wantError(t, "sort", c.do(t, "GET", admin+"/organizations?sort=active", token, ""), 400, "10002")
}
