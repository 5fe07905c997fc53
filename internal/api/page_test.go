// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

// A walk over a list shows everything that was there all the time, once, while things are
// added and ended.
func TestWalk(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		var codes, clients []string
		first := d.code(t)
		codes = append(codes, first.text("id"))
		for i := range 9 {
			codes = append(codes, d.code(t).text("id"))
			clients = append(clients, d.want(t, d.enrol(t, first.text("authorizationCode"), fmt.Sprint(i)),
				201).text("clientId"))
		}
		d.walk(t, d.codes()+"?count=2", codes, func() {
			d.want(t, d.post(t, d.admin, d.codes()+"/"+codes[3]+"/disable", ""), 200)
			d.code(t)
		})
		d.walk(t, "/clients?count=2&organization="+d.organization.ID.String(), clients, func() {
			d.want(t, d.post(t, d.admin, "/clients/"+clients[2]+"/revoke", ""), 200)
			d.want(t, d.enrol(t, d.code(t).text("authorizationCode"), "new"), 201)
		})
		uses := d.walk(t, d.codes()+"/"+first.text("id")+"/uses?count=4", nil, func() {})
		if len(uses) != 9 {
			t.Errorf("the ledger has %d uses", len(uses))
		}
	})
}

// walk reads all pages and makes a change between them.
func (d *door) walk(t *testing.T, path string, want []string, between func()) (seen []string) {
	t.Helper()
	next := ""
	for range 30 {
		a := d.want(t, d.get(t, d.admin, path+next), 200)
		if a.items("id") == nil {
			seen = append(seen, a.items("instanceId")...)
		} else {
			seen = append(seen, a.items("id")...)
		}
		cursor := a.text("nextCursor")
		if cursor == "" {
			break
		}
		next = "&cursor=" + url.QueryEscape(cursor)
		between()
	}
	for _, id := range want {
		if !slices.Contains(seen, id) {
			t.Errorf("%s: %s was never shown", path, id)
		}
	}
	for i, id := range seen {
		if id != "<nil>" && slices.Contains(seen[:i], id) {
			t.Errorf("%s: %s was shown twice", path, id)
		}
	}
	return seen
}

func TestBadPages(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t)
		d.code(t)
		d.want(t, d.enrol(t, made.text("authorizationCode"), "a"), 201)
		d.want(t, d.enrol(t, made.text("authorizationCode"), "b"), 201)
		lists := []string{d.codes(), "/clients", d.codes() + "/" + made.text("id") + "/uses"}
		cursors := map[string]string{}
		for _, list := range lists {
			cursors[list] = d.want(t, d.get(t, d.admin, list+"?count=1"), 200).text("nextCursor")
			if cursors[list] == "" {
				t.Fatalf("%s has no second page", list)
			}
		}
		for _, list := range lists {
			for _, count := range []string{"0", "-1", "251", "x", "", "1.0", "1e2", "99999999999999999999"} {
				wantProblem(t, d.get(t, d.admin, list+"?count="+count), 400, "bad_count")
			}
			d.want(t, d.get(t, d.admin, list+"?count=250"), 200)
			wantProblem(t, d.get(t, d.admin, list+"?count=1&count=1"), 400, "sent_twice")
			wantProblem(t, d.get(t, d.admin, list+"?cursor="+cursors[list]+"&cursor="+cursors[list]), 400,
				"sent_twice")
			forged := base64.RawURLEncoding.EncodeToString([]byte("/v1" + list + "\n" + strings.Repeat("x", 65)))
			bad := []string{"", "x", "!", forged, cursors[list][:len(cursors[list])/2], cursors[list] + "A",
				cursors[list] + "="}
			for _, other := range lists {
				if other != list {
					bad = append(bad, cursors[other])
				}
			}
			for _, cursor := range bad {
				wantProblem(t, d.get(t, d.admin, list+"?cursor="+url.QueryEscape(cursor)), 400, "bad_cursor")
			}
		}
		// A cursor is for its conditions only, and for the view of its caller.
		for _, elsewhere := range []string{"/clients?state=active", "/clients" + query("filter", "name pr"),
			"/clients" + query("sort", "id:asc")} {
			wantProblem(t, d.get(t, d.admin, elsewhere+"&cursor="+cursors["/clients"]), 400, "bad_cursor")
		}
		d.want(t, d.get(t, d.admin, "/clients?cursor="+cursors["/clients"]), 200)
		tenant := d.login(t, "tenant", d.Operator(t, "tenant", tenancy.Auditor, d.organization.ID).Reveal())
		for _, list := range lists {
			wantProblem(t, d.get(t, tenant, list+"?cursor="+cursors[list]), 400, "bad_cursor")
		}
	})
}

// What cannot be read of a filter or an order is refused, and never means all.
func TestBadFilters(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, list := range []string{"/clients", d.codes()} {
		for parameters, code := range map[string]string{
			query("filter", ""): "bad_filter", query("filter", "x"): "bad_filter",
			query("filter", `colour eq "red"`): "bad_filter",
			query("filter", `clientKey pr`):    "bad_filter", query("filter", `authorizationCode pr`): "bad_filter",
			query("filter", strings.Repeat("x", 5000)):                      "bad_filter",
			query("filter", `tags gt "a"`):                                  "bad_tag_operator",
			query("filter", `name pr and not (name eq "a" or tags le "a")`): "bad_tag_operator",
			query("sort", ""): "empty_parameter", query("sort", "tags"): "bad_sort",
			query("sort", "name,id"): "one_sort_key", query("sort", "id:up"): "bad_sort",
			query("sort", "id,id"):       "bad_sort",
			"?filter=id+pr&filter=id+pr": "sent_twice", "?Sort=id": "unknown_parameter",
		} {
			wantProblem(t, d.get(t, d.admin, list+parameters), 400, code)
		}
	}
	wantProblem(t, d.get(t, d.admin, "/clients?authCode="), 400, "empty_parameter")
	wantProblem(t, d.get(t, d.admin, d.codes()+"/x/uses"+query("filter", "id pr")), 400, "bad_filter")
}

// Every property filters, tags are compared one by one, and an order shows the oldest first.
func TestFilters(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		north, plain := d.code(t, "name", "Spring", "tags", []string{"North", "tills"}), d.code(t, "name", "autumn")
		one := d.want(t, d.enrol(t, north.text("authorizationCode"), "till-1"), 201).text("clientId")
		two := d.want(t, d.enrol(t, plain.text("authorizationCode"), "TILL-2"), 201).text("clientId")
		d.want(t, d.post(t, d.admin, "/clients/"+two+"/revoke", ""), 200)
		for filter, want := range map[string][]string{
			`name eq "TILL"`: {two, one}, `instanceId eq "till-2"`: {two},
			`instanceId sw "till" and state eq "active"`: {one}, `id eq "` + one + `"`: {one},
			`organizationId eq "` + d.organization.ID.String() + `"`: {two, one}, `organizationId eq 1`: nil,
			`authCodeId eq "` + plain.text("id") + `"`: {two},
			`tags eq "north"`:                          {one}, `tags eq "nor"`: nil, `tags co "ort"`: {one},
			`tags sw "til"`: {one}, `tags ew "ls"`: {one}, `tags ew "nort"`: nil, `tags ne "north"`: {two},
			`tags pr`: {one}, `not (tags eq "tills") or tags eq null`: {two},
			`createdAt gt "2000-01-01" and not (name eq "x")`: {two, one},
		} {
			if a := d.want(t, d.get(t, d.admin, "/clients"+query("filter", filter)), 200); !slices.Equal(a.items("id"),
				want) {
				t.Errorf("%s: %v, want %v", filter, a.items("id"), want)
			}
		}
		if a := d.want(t, d.get(t, d.admin, "/clients"+query("filter", "name pr", "sort", "id", "state", "active",
			"authCode", north.text("id"))), 200); !slices.Equal(a.items("id"), []string{one}) {
			t.Errorf("with conditions: %s", a.body)
		}
		for filter, want := range map[string][]string{`name eq "SPRING"`: {north.text("id")},
			`tags eq "TILLS" or name ew "umn"`: {north.text("id"), plain.text("id")},
			`createdAt lt "2000-01-01"`:        nil, `id pr and not (tags pr)`: {plain.text("id")}} {
			if a := d.want(t, d.get(t, d.admin, d.codes()+query("filter", filter, "sort", "id:asc")),
				200); !slices.Equal(a.items("id"), want) {
				t.Errorf("%s: %v, want %v", filter, a.items("id"), want)
			}
		}
		first := d.want(t, d.get(t, d.admin, "/clients"+query("sort", "id:asc", "count", "1", "filter", "name pr")),
			200)
		second := d.want(t, d.get(t, d.admin, "/clients"+query("sort", "id:asc", "count", "1", "filter", "name pr",
			"cursor", first.text("nextCursor"))), 200)
		if got := append(first.items("id"), second.items("id")...); !slices.Equal(got, []string{one, two}) ||
			second.text("nextCursor") != "" {
			t.Errorf("the oldest first: %v, then %q", got, second.text("nextCursor"))
		}
	})
}
