// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// code makes a code of an organization.
func (d *desk) code(t *testing.T, id tenancy.OrganizationID) tenancy.IssuedAuthCode {
	t.Helper()
	code, err := d.CreateAuthCode(context.Background(), d.Root(), id, tenancy.AuthCodeParams{Name: "tills",
		Limits: tenancy.Unlimited()}, false)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrol makes a client.
func (d *desk) enrol(t *testing.T, code tenancy.IssuedAuthCode, name string) tenancy.IssuedClient {
	t.Helper()
	c, err := d.Enrol(context.Background(), d.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(),
		Name: name, InstanceID: "serial of " + name})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func clientPath(c tenancy.IssuedClient) string { return "/console/clients/" + c.ID }

// A client is shown, changed and revoked.
func TestClient(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	c := d.enrol(t, d.code(t, o.ID), "till 7")
	path := clientPath(c)
	b.get(path).has(http.StatusOK, "till 7", "serial of till 7", "Orchard", organizationPath(o.ID), "tills",
		"A key that this server made", "127.0.0.1", path+"/edit", path+"/revoke",
		"/console/clients?code="+c.AuthCodeID).
		lacks(path+"/approve", "Decided by", c.Key.Reveal())
	edit := b.get(path+"/edit").has(http.StatusOK, `value="till 7"`)
	sent := url.Values{"name": {"till 8"}, "tags": {"west\r\n\r\n north \r\nwest"},
		"version": {edit.hidden("version")}}
	d.Clock.Advance(time.Second)
	b.post(path+"/edit", sent).redirects(path)
	b.get(path).has(http.StatusOK, "The changes are saved.", "till 8",
		`<li class="mark">north</li><li class="mark">west</li>`)
	b.post(path+"/edit", sent).has(http.StatusConflict, "changed", `value="till 8"`, " north ")
	edit = b.get(path+"/edit").has(http.StatusOK, "north\nwest")
	b.post(path+"/edit", url.Values{"name": {""}, "tags": {strings.Repeat("x", 500)},
		"version": {edit.hidden("version")}}).
		has(http.StatusUnprocessableEntity, `id="e-name">Name is required.`, `id="e-tags"`, strings.Repeat("x", 500))
	b.get(path + "/approve").redirects(path)
	b.get(path + "/refuse").redirects(path)
	b.get(path+"/revoke").has(http.StatusOK, "Revoke till 8?", "all its tokens are refused", "serial of till 7")
	b.post(path+"/revoke", url.Values{}).redirects(path)
	b.get(path).has(http.StatusOK, "The client is revoked.", "Decided by</dt><dd>admin").lacks(path + "/revoke")
	b.get(path + "/revoke").redirects(path)
	b.post(path+"/approve", url.Values{}).has(http.StatusConflict, "Approve till 8?", `id="problem"`)
	b.get(path+"/history").has(http.StatusOK, "client.update", "client.revoke").lacks("organization.create")
}

// A client that waits is approved or refused once.
func TestClientThatWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	if _, err := d.UpdateOrganization(context.Background(), d.Root(), o.ID, tenancy.UpdateOrganizationParams{
		Policy: &tenancy.Policy{ApproveEnrolments: true}}); err != nil {
		t.Fatal(err)
	}
	code := d.code(t, o.ID)
	in, out := d.enrol(t, code, "in"), d.enrol(t, code, "out")
	b.get(clientPath(in)).has(http.StatusOK, "This client waits for approval", clientPath(in)+"/approve",
		clientPath(in)+"/refuse")
	b.get(clientPath(in)+"/approve").has(http.StatusOK, "Approve in?", "serial of in")
	b.get(clientPath(out)+"/refuse").has(http.StatusOK, "Refuse out?")
	form := url.Values{"once": {"double"}}
	for range 2 {
		b.post(clientPath(in)+"/approve", form).redirects(clientPath(in))
	}
	b.get(clientPath(in)).has(http.StatusOK, "The client is approved.", "Active")
	b.post(clientPath(out)+"/refuse", url.Values{}).redirects(clientPath(out))
	b.get(clientPath(out)).has(http.StatusOK, "The client is refused.").lacks("/approve", "/revoke")
	b.post(clientPath(out)+"/approve", url.Values{}).has(http.StatusConflict, `id="problem"`)
	if got := slices.DeleteFunc(d.Events(t, o.ID), func(a string) bool {
		return !strings.HasPrefix(a, "client.") || a == "client.enrol"
	}); !slices.Equal(got, []string{"client.approve", "client.refuse"}) {
		t.Errorf("the events are %q", got)
	}
}

// The list is searched, sorted, limited to a state, a code or an organization, and read page by page.
func TestClientList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	b.get("/console/clients").has(http.StatusOK, "No client has enrolled here yet.")
	o, other := d.Organization(t, "Orchard"), d.Organization(t, "Birch")
	code, second := d.code(t, o.ID), d.code(t, other.ID)
	for i := range 60 {
		d.enrol(t, code, fmt.Sprintf("till %02d", i))
	}
	scanner := d.enrol(t, second, "scanner")
	if _, err := d.RevokeClient(context.Background(), d.Root(), scanner.ID); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{"/console/clients": {"scanner", "till 00"},
		"/console/clients?sort=name": {"scanner", "till 59"}, "/console/clients?sort=-name": {"till 59", "scanner"},
		"/console/clients?sort=createdAt":      {"till 00", "scanner"},
		"/console/clients?sort=lastSeenAt":     {"till 00", "scanner"},
		organizationPath(o.ID) + "/clients":    {"till 59", "till 00"},
		"/console/clients?code=" + code.ID:     {"till 59", "till 00"},
		"/console/clients?q=till&sort=-name":   {"till 59", "till 00"},
		"/console/clients?state=active&q=TILL": {"till 59", "till 00"},
	} {
		var names []string
		for next := path; next != ""; {
			a := b.get(next).has(http.StatusOK)
			names = append(names, rowNames(a.body)...)
			next = nextPage(a.body)
		}
		if len(names) < 60 || names[0] != want[0] || names[len(names)-1] != want[1] {
			t.Errorf("%s: %d names from %q to %q", path, len(names), names[0], names[len(names)-1])
		}
	}
	for query, want := range map[string]string{"q=serial+of+sc": "scanner", "q=" + scanner.ID: "scanner",
		"state=revoked": "scanner", "code=" + second.ID: "scanner"} {
		b.get("/console/clients?"+query).has(http.StatusOK, want, organizationPath(other.ID), ">Birch</a>").
			lacks("till 0", "Orchard")
	}
	b.get(organizationPath(other.ID)+"/clients?q=till").has(http.StatusOK, "No client is like this.")
	b.get("/console/clients?q="+url.QueryEscape(`" or name pr or "`)).
		has(http.StatusOK, "No client is like this.")
	next := nextPage(b.get("/console/clients").body)
	for _, bad := range []string{"sort=state", "state=none", "code=a&code=b", "after=x", "organization=or-1",
		strings.TrimPrefix(next, "/console/clients?") + "&code=" + code.ID,
		strings.TrimPrefix(next, "/console/clients?") + "&sort=name"} {
		b.get("/console/clients?"+bad).has(http.StatusBadRequest, "The address of this list cannot be read.")
	}
}

// People of an organization see and decide what is theirs; whatever people typed is text.
func TestWhoSeesClients(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own, foreign := d.Organization(t, "Own"), d.Organization(t, "Foreign")
	mine, theirs := d.enrol(t, d.code(t, own.ID), script), d.enrol(t, d.code(t, foreign.ID), "theirs")
	tenant := d.browser(t).signIn("tenant", d.Operator(t, "tenant", tenancy.Administrator, own.ID))
	auditor := d.browser(t).signIn("auditor", d.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	tenant.get("/console/clients").has(http.StatusOK, "&lt;script&gt;").
		lacks("theirs", "<script>alert", ">Organization<")
	for _, page := range []string{"", "/edit", "/revoke", "/history"} {
		tenant.get(clientPath(mine)+page).has(http.StatusOK, "&lt;script&gt;").lacks("<script>alert", "<img src=x")
		tenant.get(clientPath(theirs) + page).has(http.StatusNotFound).lacks("theirs")
	}
	tenant.post(clientPath(theirs)+"/revoke", url.Values{}).has(http.StatusNotFound)
	tenant.get("/console/clients?code=" + theirs.AuthCodeID).has(http.StatusOK).lacks("theirs")
	tenant.post(clientPath(mine)+"/edit", url.Values{"name": {script}, "tags": {script}, "version": {script}}).
		has(http.StatusConflict, "&lt;script&gt;").lacks("<script>alert", "<img src=x")
	tenant.get("/console/clients?q="+url.QueryEscape(script)).has(http.StatusOK, "&lt;script&gt;").
		lacks("<script>alert")
	auditor.get(clientPath(mine)).has(http.StatusOK).lacks("/edit", "/revoke")
	for _, page := range []string{"/edit", "/approve", "/refuse", "/revoke"} {
		auditor.get(clientPath(mine) + page).has(http.StatusNotFound)
		auditor.post(clientPath(mine)+page, url.Values{"name": {"x"}}).has(http.StatusForbidden)
	}
	d.browser(t).get(clientPath(mine)).redirects("/console/sign-in?next=" + url.QueryEscape(clientPath(mine)))
}
