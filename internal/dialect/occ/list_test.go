// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// A filter compares a flag with these words, with or without quotes.
func TestFilterByActive(t *testing.T) {
	t.Parallel()
	onEngines(t, filterByActiveOnEngine)
}

func filterByActiveOnEngine(t *testing.T, c *client) {
	token := c.admin(t, admin)
	for i, active := range []bool{true, false, true} {
		c.do(t, "POST", admin+"/organizations", token, fmt.Sprintf(`{"name":"Orch\u200bard %d","active":%v}`, i,
			active))
	}
	for q, want := range map[string]float64{"active eq true": 2, "active EQ False": 1, "active ne true": 1,
		"not (active eq false)": 2, "active pr": 3,
		`active eq true and name co "2"`: 1, `active eq false or id eq "or-100001"`: 2,
		`active eq "true"`: 2, `active eq "FALSE"`: 1, `not (active ne "True")`: 2,
		// times in all forms of xsd:dateTime and with every kind of offset
		`creationTime gt "2001-01-01T00:00:00"`: 3, `creationTime gt "2001-01-01T00:00:00.123+0200"`: 3,
		`creationTime lt "2001-01-01T24:00:00+02"`: 0,
		`id lt 9223372036854775807`:                3,
		// organizations that the caller cannot see do not count, neither in the filter nor in the list
		"name eq \"or\u00adchard 0\u200b\"": 1, "name eq \"ash\u200f\"": 0, "name co \"\u2060rchard\"": 3} {
		a := c.do(t, "GET", admin+"/organizations?sort=id:asc&q="+url.QueryEscape(q), token, "")
		if a.status != 200 || a.json["totalResults"] != want {
			t.Errorf("%s: got %d %s, want %v", q, a.status, a.body, want)
		}
	}
	for _, q := range []string{`active eq "on"`, "active gt true", "active",
		`creationTime gt "2001-01-01T00:00:00,5"`, "id lt 12345678901234567890"} {
		wantError(t, q, c.do(t, "GET", admin+"/organizations?q="+url.QueryEscape(q), token, ""), 400,
			"100070")
	}
	for q, reason := range map[string]string{
		"id lt 12345678901234567890":      "this number is too large; the greatest is 9223372036854775807",
		`id ne "or-12345678901234567890"`: "this number is too large; the greatest is 9223372036854775807"} {
		a := c.do(t, "GET", admin+"/organizations?q="+url.QueryEscape(q), token, "")
		if message, _ := a.json["message"].(string); !strings.Contains(message, reason) {
			t.Errorf("%s: got %s, want %q", q, a.body, reason)
		}
	}
	wantError(t, "sort", c.do(t, "GET", admin+"/organizations?sort=active", token, ""), 400, "10002")
}

// A wrong q has numbers of its own. Every other mistake in a list has another number.
func TestNumbersOfQ(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	const q = ""                                      // the list's number for q
	for query, numbers := range map[string][2]string{ // organizations, requests
		"%": {"100018", "400"}, "x=%zz": {"100018", "400"}, "limit=1&%ff": {"100018", "400"},
		"x=%00": {"100018", "400"}, "sort=%": {"100018", "400"},
		"q=%zz": {"100018", "400"}, "q=name+pr&x=%": {"100018", "400"}, // nobody can say which parameter it is
		"limit=x": {"10002", "10002"}, "offset=-1": {"10002", "10002"}, "sort=colour": {"10002", "50012"},
		"sort=name&sort=id": {"10002", "50012"},
		"Q=colour":          {"10002", "10002"}, "Sort=name": {"10002", "10002"}, "fields=" + strings.Repeat("a,",
			200): {"10002", "10002"},
		"q=name+pr&limit=x": {"10002", "10002"}, "q=name+pr&sort=colour": {"10002", "50012"},
		"q=colour&limit=x": {"10002", "10002"}, "q=&limit=x": {"10002", "10002"},
		"q=colour": {q, q}, "q=colour+pr&sort=colour": {q, q}, "limit=1&q=(": {q, q}, "q=name+pr&q=name+pr": {q, q},
		"q=name+pr;limit=x": {q, q},
	} {
		for i, list := range []struct{ path, q string }{{"/organizations", "100070"},
			{"/organizationRequests", "85000"}} {
			want := numbers[i]
			if want == q {
				want = list.q
			}
			wantError(t, list.path+"?"+query, c.do(t, "GET", admin+list.path+"?"+query, token, ""), 400, want)
		}
	}
}
