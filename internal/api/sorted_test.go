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

// query returns parameters for a path.
func query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "?" + q.Encode()
}

// A walk in any order shows everything that was there all the time, once and in order,
// while items are inserted before and after the cursor and the item of the cursor itself is
// renamed or deleted.
func TestSortedWalk(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		var ids, asked []string
		for i := range 8 {
			ids = append(ids, d.Organization(t, fmt.Sprintf("m%d", i)).ID.String())
			asked = append(asked, d.Submit(t, fmt.Sprintf("r%d", i)).ID.String())
			d.Clock.Advance(1e6)
		}
		n := 0
		between := func() {
			n++
			d.want(t, d.post(t, d.admin, "/organizations", body("name", fmt.Sprint("a", n))), 201)
			d.want(t, d.post(t, d.admin, "/organizations", body("name", fmt.Sprint("z", n))), 201)
			d.want(t, d.post(t, "", "/organization-requests", body("name", fmt.Sprint("z", n))), 201)
			d.Clock.Advance(1e6)
		}
		// ids[3] is the last item of the second page by name, and goes before the third is read.
		path, seen := "/organizations"+query("sort", "name:asc", "count", "2", "filter", `name sw "m"`),
			[]string(nil)
		for next, pages := "", 0; ; pages++ {
			a := d.want(t, d.get(t, d.admin, path+next), 200)
			seen = append(seen, a.items("id")...)
			if a.text("nextCursor") == "" {
				break
			}
			next = "&cursor=" + a.text("nextCursor")
			if pages == 0 {
				d.want(t, d.patch(t, d.admin, "/organizations/"+ids[1], `{"name":"renamed"}`), 200)
			}
			if pages == 1 {
				d.want(t, d.post(t, d.admin, "/organizations/"+ids[3]+"/deactivate", ""), 200)
				d.want(t, d.do(t, "DELETE", d.admin, "/organizations/"+ids[3], ""), 204)
			}
			between()
		}
		if !slices.Equal(seen, ids) {
			t.Errorf("seen %v, want %v", seen, ids)
		}
		d.walk(t, "/organizations?count=3", ids[4:], between)
		d.walk(t, "/organizations"+query("count", "3", "sort", "state:asc,createdAt:desc"), ids[4:], between)
		d.walk(t, "/organization-requests?count=3", asked, between)
		got := d.walk(t, "/organization-requests"+query("count", "3", "sort", "email:desc,id", "filter",
			`status eq "new" and name sw "R"`), asked, between)
		if !slices.Equal(got, asked) {
			t.Errorf("seen %v, want %v", got, asked)
		}
	})
}

// Every property filters, and those that are short sort.
func TestProperties(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := d.want(t, d.post(t, d.admin, "/organizations", `{"name":"Birch","description":"wood","externalId":"B-1","emailDomains":["birch.test"],
		"contactPersons":[{"fullName":"Ada","email":"ada@birch.test"}]}`), 201)
	id := a.text("id")
	for _, filter := range []string{`id eq "` + id + `"`, `name co "IRC"`, `alias eq "birch"`,
		`description ew "ood"`, `externalId pr`, `emailDomains co "birch"`,
		`contactPersons.fullName co "ada"`, `contactPersons.email co "ada@"`,
		`state eq "active" and name ne "cherry"`, `createdAt ge "2000-01-01" and not (name eq "cherry")`} {
		a := d.want(t, d.get(t, d.admin, "/organizations"+query("filter", filter)), 200)
		if !slices.Equal(a.items("id"), []string{id}) {
			t.Errorf("%s: %s", filter, a.body)
		}
	}
	request := d.Submit(t, "Elm")
	d.Submit(t, "Ash")
	for _, filter := range []string{`id eq ` + request.ID.String(), `name eq "elm"`,
		`organizationId eq "` + request.OrganizationID.String() + `"`,
		`email co "ada" and status eq "new" and createdAt pr and name gt "b"`} {
		a := d.want(t, d.get(t, d.admin, "/organization-requests"+query("filter", filter)), 200)
		if !slices.Equal(a.items("name"), []string{"Elm"}) {
			t.Errorf("%s: %s", filter, a.body)
		}
	}
	for path, names := range map[string]string{"/organizations": "id name alias externalId state createdAt",
		"/organization-requests": "id name status organizationId email createdAt"} {
		for _, name := range strings.Fields(names) {
			up := d.want(t, d.get(t, d.admin, path+query("sort", name)), 200).items("id")
			down := d.want(t, d.get(t, d.admin, path+query("sort", name+":desc")), 200).items("id")
			if slices.Reverse(down); len(up) != 2 || !slices.Equal(up, down) {
				t.Errorf("%s by %s: up %v, down %v", path, name, up, down)
			}
		}
	}
}

// A filter, an order or a cursor that cannot be read is refused, not left out.
func TestBadSortedPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	other := d.Organization(t, "Plum")
	d.Submit(t, "Birch")
	d.Submit(t, "Ash")
	tenant := d.login(t, "tenant", d.Operator(t, "tenant", tenancy.Auditor, other.ID).Reveal())
	for _, list := range []string{"/organizations", "/organization-requests"} {
		for parameters, code := range map[string]string{
			query("filter", ""): "bad_filter", query("filter", " "): "bad_filter", query("filter", "x"): "bad_filter",
			query("filter", `colour eq "red"`): "bad_filter",
			query("filter", `name eq "a" or`):  "bad_filter", query("filter", strings.Repeat("(", 40)): "bad_filter",
			query("filter", strings.Repeat("x", 5000)): "bad_filter",
			query("sort", ""):                          "empty_parameter", query("sort", " "): "empty_parameter",
			query("sort", "colour"): "bad_sort", query("sort", "name:up"): "bad_sort",
			query("sort", "name,name"): "bad_sort", query("sort", "description"): "bad_sort",
			query("sort", "name:asc,"):   "bad_sort",
			"?filter=id+pr&filter=id+pr": "sent_twice", "?sort=id&sort=id": "sent_twice",
			"?Filter=x": "unknown_parameter", "?offset=1": "unknown_parameter",
			"?count=0": "bad_count", "?count=251": "bad_count",
		} {
			a := d.get(t, d.admin, list+parameters)
			if wantProblem(t, a, 400, code); len(a.fields()) != 1 {
				t.Errorf("%s: %s", a.what, a.body)
			}
		}
		cursor := d.want(t, d.get(t, d.admin, list+"?count=1"), 200).text("nextCursor")
		sorted := d.want(t, d.get(t, d.admin, list+"?count=1&sort=name"), 200).text("nextCursor")
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || len(raw) < 20 {
			t.Fatalf("the cursor of %s is %q", list, cursor)
		}
		d.want(t, d.get(t, d.admin, list+"?cursor="+cursor+"&count=250"), 200) // of any size
		for _, bad := range []string{"", "x", cursor[:len(cursor)-4], cursor + "AAAA", cursor + "\n",
			base64.RawURLEncoding.EncodeToString(append([]byte{raw[0] ^ 1}, raw[1:]...)),
			base64.RawURLEncoding.EncodeToString([]byte("/v1" + list + "\n7")), sorted} {
			wantProblem(t, d.get(t, d.admin, list+query("cursor", bad)), 400, "bad_cursor")
		}
		for _, elsewhere := range []string{list + query("sort", "name"), list + query("filter", `id pr`),
			"/clients?"} {
			wantProblem(t, d.get(t, d.admin, elsewhere+"&cursor="+cursor), 400, "bad_cursor")
		}
		wantProblem(t, d.get(t, tenant, list+"?cursor="+cursor), 400, "bad_cursor") // of a caller with another view
	}
}
