// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

// A code is shown as it was made, and its text only when it is made, rotated or revealed.
func TestCode(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t, "name", " spring ", "note", "for tills", "expiresAt", "2027-01-01T02:00:00.5+02:00",
			"maxUses", 3,
			"cidrs", []string{"2001:db8::/32", "192.0.2.0/24", "192.0.2.0/24"}, "tags", []string{"b", "a", "b"})
		text, id := made.text("authorizationCode"), made.text("id")
		if !strings.HasPrefix(text, "GHC") || len(text) != 33 {
			t.Errorf("the text has %d characters", len(text))
		}
		want := map[string]any{"id": id, "organizationId": d.organization.ID.String(), "name": "spring",
			"note":  "for tills",
			"state": "active", "primary": false, "canary": false, "imported": false, "weak": false,
			"expiresAt": "2027-01-01T00:00:00.5Z",
			"maxUses":   3.0, "uses": 0.0, "cidrs": []any{"192.0.2.0/24", "2001:db8::/32"}, "tags": []any{"a", "b"},
			"createdAt": "2026-04-02T07:53:28.134Z", "createdBy": made.text("createdBy"),
			"updatedAt": "2026-04-02T07:53:28.134Z"}
		read := d.want(t, d.get(t, d.admin, d.codes()+"/"+id), 200)
		if diff := cmp.Diff(want, read.json); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		if tag := read.header.Get("ETag"); tag == "" || tag != made.header.Get("ETag") {
			t.Errorf("ETag %q, and %q when it was made", tag, made.header.Get("ETag"))
		}
		shown := d.want(t, d.post(t, d.admin, d.codes()+"/"+id+"/reveal", ""), 200)
		if shown.text("authorizationCode") != text {
			t.Error("another text is revealed")
		}
		changed := d.want(t, d.patch(t, d.admin, d.codes()+"/"+id,
			`{"maxUses":"unlimited","expiresAt":"never","cidrs":[],"note":""}`), 200)
		if changed.text("maxUses") != "unlimited" || changed.text("expiresAt") != "never" ||
			changed.text("name") != "spring" ||
			len(changed.json["cidrs"].([]any)) != 0 || changed.text("note") != "" ||
			len(changed.json["tags"].([]any)) != 2 {
			t.Errorf("after the change: %s", changed.body)
		}
		for _, a := range []answer{read, changed, d.get(t, d.admin, d.codes()),
			d.get(t, d.admin, d.codes()+"/"+id+"/uses"),
			d.post(t, d.admin, d.codes()+"/"+id+"/disable", ""), d.post(t, d.admin, d.codes()+"/"+id+"/enable", "")} {
			if d.want(t, a, 200); strings.Contains(a.body, text) {
				t.Errorf("%s shows the text", a.what)
			}
		}
		if a := d.do(t, "HEAD", d.admin, d.codes()+"/"+id, ""); a.status != 200 {
			t.Errorf("HEAD: %d", a.status)
		}
	})
}

// What is wrong with a code is said by its member.
func TestCodeRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	many := func(n int, text string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(text, i)
		}
		b, _ := json.Marshal(list)
		return string(b)
	}
	one := d.codes() + "/" + d.code(t).text("id")
	for _, c := range []struct{ member, value, field string }{
		{"name", `""`, "name required"}, {"name", `"` + strings.Repeat("x", 300) + `"`, "name too_long"},
		{"expiresAt", `"2026-04-02T07:53:28Z"`, "expiresAt expiry_past"},
		{"expiresAt", `"0001-01-01T00:00:00Z"`, "expiresAt bad_expiry"},
		{"expiresAt", `"9999-12-31T23:59:59Z"`, "expiresAt too_far_ahead"},
		{"expiresAt", `"9999-12-31T23:59:59-14:00"`, "expiresAt too_far_ahead"},
		{"expiresAt", `"10000-01-01T00:00:00Z"`, "expiresAt bad_expiry"},
		{"expiresAt", `"tomorrow"`, "expiresAt bad_expiry"},
		{"expiresAt", `"Never"`, "expiresAt bad_expiry"}, {"expiresAt", `""`, "expiresAt bad_expiry"},
		{"expiresAt", `1893456000`, "expiresAt bad_expiry"},
		{"maxUses", `0`, "maxUses bad_uses"}, {"maxUses", `-1`, "maxUses bad_uses"},
		{"maxUses", `1.5`, "maxUses bad_uses"},
		{"maxUses", `"1"`, "maxUses bad_uses"}, {"maxUses", `""`, "maxUses bad_uses"},
		{"maxUses", `1e30`, "maxUses bad_uses"},
		{"maxUses", `1000000001`, "maxUses bad_max_uses"}, {"maxUses", `null`, "maxUses null_member"},
		{"cidrs", `["192.0.2.1"]`, "cidrs bad_source"}, {"cidrs", `["192.0.2.1/24"]`, "cidrs bad_source"},
		{"cidrs", `[""]`, "cidrs bad_source"},
		{"cidrs", `["192.0.2.0/33"]`, "cidrs bad_source"}, {"cidrs", `["fe80::%eth0/64"]`, "cidrs bad_source"},
		{"cidrs", `["all"]`, "cidrs bad_source"},
		{"cidrs", many(65, "10.0.%d.0/24"), "cidrs too_many_sources"},
		{"cidrs", `"192.0.2.0/24"`, "cidrs wrong_type"},
		{"tags", many(5000, "t%d"), "tags too_many_tags"}, {"tags", `[""]`, "tags empty_tag"},
		{"tags", `["` + strings.Repeat("x", 65) + `"]`, "tags too_long"},
		{"note", `"` + strings.Repeat("x", 1001) + `"`, "note too_long"},
	} {
		members := map[string]any{"name": "n", "expiresAt": "never", "maxUses": 1,
			c.member: json.RawMessage(c.value)}
		b, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []answer{d.post(t, d.admin, d.codes(), string(b)),
			d.patch(t, d.admin, one, `{"`+c.member+`":`+c.value+`}`)} {
			if a.status != 400 || !slices.Equal(a.fields(), []string{c.field}) {
				t.Errorf("%s %.60s %.40s: got %d %q %.200s, want %q", a.what, c.member, c.value, a.status, a.fields(),
					a.body, c.field)
			}
		}
	}
}

// No limit is taken for granted, and an organization that is not active gets no code.
func TestCodeNeedsItsLimits(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, missing := range []string{"name", "expiresAt", "maxUses"} {
		members := map[string]any{"name": "n", "expiresAt": "never", "maxUses": 1}
		delete(members, missing)
		b, _ := json.Marshal(members)
		if a := d.post(t, d.admin, d.codes(), string(b)); a.status != 400 ||
			!slices.Equal(a.fields(), []string{missing + " required"}) {
			t.Errorf("without %s: %d %s", missing, a.status, a.body)
		}
	}
	if a := d.post(t, d.admin, d.codes(), `{"name":"n"}`); a.status != 400 ||
		!slices.Equal(a.fields(), []string{"expiresAt required", "maxUses required"}) {
		t.Errorf("without limits: %d %s", a.status, a.body)
	}
	off := d.Organization(t, "off")
	inactive := false
	if _, err := d.UpdateOrganization(context.Background(), d.Root(), off.ID,
		tenancy.UpdateOrganizationParams{Active: &inactive}); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, d.post(t, d.admin, "/organizations/"+off.ID.String()+"/auth-codes",
		`{"name":"n","expiresAt":"never","maxUses":1}`), 409, "organization_inactive")
}

// The state of a code is that of the clock of the server.
func TestCodeStates(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := func(made answer) string { return d.codes() + "/" + made.text("id") }
	state := func(made answer) string { return d.want(t, d.get(t, d.admin, path(made)), 200).text("state") }
	brief := d.code(t, "expiresAt", d.Clock.Now().Add(time.Hour))
	single, away := d.code(t, "maxUses", 1), d.code(t, "cidrs", []string{"198.51.100.0/24"}, "canary", true)
	d.want(t, d.enrol(t, single.text("authorizationCode"), "x"), 201)
	off, canary := d.code(t), d.code(t, "canary", true) // a canary looks like any other
	for _, one := range []answer{off, canary} {
		if a := d.want(t, d.post(t, d.admin, path(one)+"/disable", ""), 200); a.text("state") != "disabled" {
			t.Errorf("switched off: %s", a.body)
		}
	}
	if got := []string{state(brief), state(single), state(away), state(off)}; !slices.Equal(got,
		[]string{"active", "exhausted", "active", "disabled"}) {
		t.Errorf("states: %q", got)
	}
	if a := d.want(t, d.post(t, d.admin, path(off)+"/enable", ""), 200); a.text("state") != "active" {
		t.Errorf("switched on again: %s", a.body)
	}
	d.Clock.Advance(time.Hour)
	d.admin = d.login(t, d.Admin, d.AdminPassword.Reveal())
	if state(brief) != "expired" {
		t.Error("it has not expired")
	}
}
