// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/tenancy"
)

// The audit is limited by what is typed, one thing is followed, and it is read page by page.
func TestAudit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	c := d.enrol(t, d.code(t, o.ID), "till 7")
	b.post(clientPath(c)+"/revoke", url.Values{}).redirects(clientPath(c))
	d.Clock.Advance(48 * time.Hour)
	b = d.admin(t)
	birch := d.Organization(t, "Birch")
	day := func(back int) string { return d.Clock.Now().AddDate(0, 0, -back).Format(time.DateOnly) }
	b.get("/console/audit").has(http.StatusOK, "organization.create", "client.revoke", ">Orchard</a>",
		">Birch</a>",
		"/console/audit?target="+c.ID, "This server", `href="/console/audit/export"`)
	for query, want := range map[string][2]string{
		"action=revoke":                                {"client.revoke", "client.enrol"},
		"target=" + c.ID:                               {"client.revoke", "organization.create"},
		"actor=ADMI":                                   {"client.revoke", "organization.create"},
		"organization=" + birch.ID.String():            {">Birch</a>", ">Orchard</a>"},
		"organization=100001&action=":                  {">Orchard</a>", ">Birch</a>"},
		"from=" + day(0):                               {">Birch</a>", ">Orchard</a>"},
		"to=" + day(1):                                 {">Orchard</a>", ">Birch</a>"},
		"from=" + day(0) + "&to=" + day(0):             {">Birch</a>", "client.enrol"},
		"action=" + url.QueryEscape(`" or at pr or "`): {"No event is like this.", ">Orchard</a>"},
		"state=refused":                                {"No event is like this.", ">Orchard</a>"},
	} {
		a := b.get("/console/audit?"+query).has(http.StatusOK, want[0], "Show everything")
		a.lacks(want[1])
	}
	b.get("/console/audit?organization=all&from=yesterday&to=2026-02-30&action=mine").has(http.StatusOK,
		`id="e-organization"`, `id="e-from"`, `id="e-to"`, `value="mine"`, "This is no day.").
		lacks("client.revoke", "/audit/export")
	for _, bad := range []string{"sort=at", "state=active", "action=a&action=b", "after=x", "limit=9"} {
		b.get("/console/audit?"+bad).has(http.StatusBadRequest, "The address of this list cannot be read.")
		b.get("/console/audit/export?" + bad).has(http.StatusBadRequest)
	}
	b.get("/console/audit/export?to=x").has(http.StatusBadRequest)
	for i := range 60 {
		d.Organization(t, fmt.Sprint("company ", i))
	}
	first := b.get("/console/audit?action=organization.create").has(http.StatusOK)
	second := b.get(nextPage(first.body)).has(http.StatusOK, ">Orchard</a>", "First page")
	second.lacks("rel=\"next\"", "client.revoke")
	b.get(nextPage(first.body) + "&target=x").has(http.StatusBadRequest)
}

// An export has the same events as the page, the oldest first, in the form of the native API.
func TestAuditExport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	const many = 1100 // more than one page of the use case
	for i := range many {
		name := fmt.Sprint("Orchard ", i)
		if _, err := d.UpdateOrganization(context.Background(), d.Root(), o.ID,
			tenancy.UpdateOrganizationParams{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	a := b.get("/console/audit/export?organization=" + o.ID.String()).has(http.StatusOK)
	if a.header.Get("Content-Type") != "application/jsonl" ||
		a.header.Get("Content-Disposition") != `attachment; filename="audit.jsonl"` ||
		a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") == "" {
		t.Errorf("the headers are %v", a.header)
	}
	var seq int64
	for s := bufio.NewScanner(strings.NewReader(a.body)); s.Scan(); {
		var e apitype.AuditEvent
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if seq++; e.Seq != seq || e.OrganizationID != o.ID.String() || e.Hash == "" || e.Actor == "" {
			t.Fatalf("event %d is %+v", seq, e)
		}
	}
	if seq != many+1 {
		t.Errorf("there are %d events, want %d", seq, many+1)
	}
	few := b.get("/console/audit/export?action=create&organization=" + o.ID.String()).has(http.StatusOK)
	if strings.Count(few.body, "\n") != 1 {
		t.Errorf("got %q", few.body)
	}
}

// People of an organization see its events only, and who may not see the audit has no page.
func TestWhoSeesAudit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own, foreign := d.Organization(t, "Own"), d.Organization(t, "Foreign")
	mine, theirs := d.enrol(t, d.code(t, own.ID), script), d.enrol(t, d.code(t, foreign.ID), "theirs")
	tenant := d.browser(t).signIn("tenant", d.Operator(t, "tenant", tenancy.Auditor, own.ID))
	manager := d.browser(t).signIn("manager", d.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID))
	tenant.get("/console/audit").has(http.StatusOK, "client.enrol", mine.ID, `\u003cscript\u003e`).
		lacks(theirs.ID, "<script>alert", "ID of the organization")
	tenant.get("/console/audit?target="+theirs.ID).has(http.StatusOK, "No event is like this.")
	tenant.get("/console/audit?organization=" + foreign.ID.String()).has(http.StatusBadRequest)
	tenant.get("/console/audit/export").has(http.StatusOK, mine.ID).lacks(theirs.ID)
	for _, name := range []string{"action", "actor", "target", "from"} {
		tenant.get("/console/audit?"+name+"="+url.QueryEscape(script)).has(http.StatusOK, "&lt;script&gt;").
			lacks("<script>alert", "<img src=x")
	}
	manager.get("/console/audit").has(http.StatusNotFound)
	manager.get("/console/audit?to=x").has(http.StatusNotFound)
	manager.get("/console/audit/export").has(http.StatusNotFound)
	d.browser(t).get("/console/audit/export").redirects("/console/sign-in?next=%2Fconsole%2Faudit%2Fexport")
}
