// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"gatehouse/apitype"
	"gatehouse/internal/tenancy"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		d.code(t)
		d.code(t)
		other := d.Organization(t, "other")
		page := func(token, query string) apitype.AuditEventList {
			t.Helper()
			var list apitype.AuditEventList
			a := d.want(t, d.get(t, token, "/audit?"+query), 200)
			if err := json.Unmarshal([]byte(a.body), &list); err != nil {
				t.Fatal(err)
			}
			return list
		}
		f := "filter=" + url.QueryEscape(fmt.Sprintf("organizationId eq %q", d.organization.ID))
		first := page(d.admin, f+"&sort=at:asc&count=1")
		if e := first.Items[0]; e.Seq != 1 || e.Action != "organization.create" || e.PreviousHash != "" ||
			e.Outcome != "success" ||
			e.Actor != "system:system" || e.OrganizationID != d.organization.ID.String() || len(e.Hash) != 64 {
			t.Errorf("got %+v", e)
		}
		second := page(d.admin, f+"&sort=at:asc&count=1&cursor="+first.NextCursor)
		if e := second.Items[0]; e.Seq != 2 || e.PreviousHash != first.Items[0].Hash ||
			e.Action != "auth_code.create" {
			t.Errorf("got %+v", e)
		}
		if a := d.get(t, d.admin, "/audit?count=1&cursor="+first.NextCursor); a.status != 400 {
			t.Errorf("a cursor of another list: got %d", a.status)
		}
		for _, query := range []string{"filter=colour+eq+%22x%22", "sort=action", "organization=or-1", "count=0",
			"cursor=x"} {
			if a := d.get(t, d.admin, "/audit?"+query); a.status != 400 {
				t.Errorf("%s: got %d, want 400", query, a.status)
			}
		}
		for role, status := range map[tenancy.Role]int{tenancy.Auditor: 200, tenancy.AccountManager: 403} {
			name := "a " + string(role)
			token := d.login(t, name, d.Operator(t, name, role, other.ID).Reveal())
			a := d.want(t, d.get(t, token, "/audit?count=250"), status)
			if status != 200 {
				continue
			}
			if list := page(token, ""); len(list.Items) == 0 || list.NextCursor != "" {
				t.Errorf("an auditor sees %s", a.body)
			}
			for _, e := range page(token, "").Items {
				if e.OrganizationID != other.ID.String() {
					t.Errorf("an auditor of %v sees %+v", other.ID, e)
				}
			}
			if list := page(token, f); len(list.Items) != 0 {
				t.Errorf("a foreign chain: got %+v", list)
			}
		}
	})
}
