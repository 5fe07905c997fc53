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

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

// script is what somebody may type into any field.
const script = `<script>alert("1")</script>'"><img src=x onerror=alert(1)>`

// An organization is created, shown, changed, switched off and on again.
func TestOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	b.get("/console").has(http.StatusOK, "Begin here")
	b.get("/console/organizations").has(http.StatusOK, "There is no organization yet.", "New organization")
	sent := url.Values{"name": {" Orchard "}, "description": {"one\r\ntwo"}, "externalId": {"crm-7"},
		"emailDomains":   {"Example.test, second.example.test\r\nthird.example.test"},
		"contactPersons": {"Ada Birch <ada@example.test>\r\n\r\nbob@example.test\r\nEve\r\n"}}
	created := b.post("/console/organizations/new", sent)
	list, _, err := d.ListOrganizations(context.Background(), d.Root(), tenancy.ListParams{Limit: 9})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	o := list[0]
	path := organizationPath(o.ID)
	created.redirects(path)
	if diff := cmp.Diff(tenancy.Organization{ID: o.ID, Name: "Orchard", Alias: "orchard",
		Description: "one\ntwo",
		ExternalID:  "crm-7", EmailDomains: []string{"example.test", "second.example.test",
			"third.example.test"},
		State: tenancy.OrganizationActive, Properties: o.Properties,
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
		ContactPersons: []tenancy.ContactPerson{{FullName: "Ada Birch", Email: "ada@example.test"},
			{Email: "bob@example.test"}, {FullName: "Eve"}}}, o); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.get(path).has(http.StatusOK, "The organization is created.", "Orchard", "crm-7", "third.example.test",
		"mailto:bob@example.test", "one\ntwo", path+"/edit", path+"/deactivate")
	b.get(path).lacks("The organization is created.")

	edit := b.get(path+"/edit").has(http.StatusOK, "Ada Birch &lt;ada@example.test&gt;\n&lt;bob@example.test&gt;\nEve")
	sent = url.Values{"name": {"Orchard Ltd"}, "alias": {""}, "version": {edit.hidden("version")},
		"contactPersons": {"Ada Birch <ada@example.test>\r\n<bob@example.test>\r\nEve <>"}}
	d.Clock.Advance(time.Second)
	b.post(path+"/edit", sent).redirects(path)
	b.get(path).has(http.StatusOK, "The changes are saved.", "orchard-ltd", "Eve").lacks("crm-7")
	// Somebody who saw it before changes nothing.
	b.post(path+"/edit", sent).has(http.StatusConflict, "Somebody else has changed this organization")
	sent.Set("version", "nonsense")
	b.post(path+"/edit", sent).has(http.StatusConflict, "Somebody else has changed this organization")

	b.get(path + "/activate").redirects(path)
	b.get(path+"/deactivate").has(http.StatusOK, "Deactivate Orchard Ltd?", "its clients and applications get no tokens")
	b.post(path+"/deactivate", url.Values{}).redirects(path)
	b.get(path).has(http.StatusOK, "Nobody gets in with what it had.", "Inactive", path+"/activate").
		lacks(path + "/deactivate")
	b.get(path + "/deactivate").redirects(path)
	b.get(path+"/activate").has(http.StatusOK, "Activate Orchard Ltd?", "Keep the former codes")
	b.post(path+"/activate", url.Values{"keepSecrets": {"on"}}).redirects(path)
	events := d.Events(t, o.ID)
	if want := []string{"organization.create", "organization.update", "organization.update",
		"organization.update"}; !slices.Equal(events, want) {
		t.Errorf("the events are %q, want %q", events, want)
	}
	b.get(path+"/history").has(http.StatusOK, "organization.create", "admin", `&#34;secrets&#34;:&#34;kept&#34;`)
}

// Each error is shown at its field, and what was typed is kept.
func TestOrganizationErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	taken := d.Organization(t, "Taken")
	b.post("/console/organizations/new", url.Values{"name": {""}, "description": {"typed before"},
		"emailDomains": {"no domain!"}, "contactPersons": {strings.Repeat("x", 300) + " <a@example.test>"}}).
		has(http.StatusUnprocessableEntity, `id="e-name">Name is required.`, "typed before", `id="e-emailDomains"`,
			`id="e-contactPersons"`, "no domain!", strings.Repeat("x", 300), "What is wrong is written below",
			`aria-describedby="e-emailDomains h-emailDomains"`)
	b.post("/console/organizations/new", url.Values{"name": {"taken"}, "alias": {"mine"}}).
		has(http.StatusConflict, `id="e-name">There is an organization with this name already.`, `value="mine"`)
	b.get("/console/organizations").has(http.StatusOK).lacks("typed before", ">taken<")
	b.post(organizationPath(taken.ID)+"/edit", url.Values{"name": {strings.Repeat("n", 500)}, "version": {"x"}}).
		has(http.StatusConflict, "Somebody else has changed")
	edit := b.get(organizationPath(taken.ID) + "/edit")
	b.post(organizationPath(taken.ID)+"/edit", url.Values{"name": {strings.Repeat("n", 500)},
		"version": {edit.hidden("version")}}).has(http.StatusUnprocessableEntity, `id="e-name"`,
		edit.hidden("version"))
}

// A form that is sent twice does its work once; the same text in another showing is another request.
func TestFormsSentTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	form := url.Values{"name": {"Orchard"}, "once": {b.get("/console/organizations/new").hidden("once")}}
	first := b.post("/console/organizations/new", form)
	to := first.header.Get("Location")
	first.redirects(to)
	b.post("/console/organizations/new", form).redirects(to)
	back := url.Values{"name": {"Birch"}, "once": {form.Get("once")}}
	if other := b.post("/console/organizations/new", back); other.header.Get("Location") == to {
		t.Error("what was typed after going back is taken for the former request")
	}
	b.post("/console/organizations/new", url.Values{"name": {"Orchard"}, "once": {"another"}}).
		has(http.StatusConflict, "There is an organization with this name already.")
	_, n, err := d.ListOrganizations(context.Background(), d.Root(), tenancy.ListParams{})
	if err != nil || n != 2 {
		t.Errorf("there are %d organizations, want 2 (%v)", n, err)
	}
	b.send(http.MethodPost, "/console/organizations/new", "name=Elm").
		has(http.StatusBadRequest, "The form is incomplete.")
	b.send(http.MethodPost, "/console/organizations/new", "name=Elm&once="+strings.Repeat("x", 65)).
		has(http.StatusBadRequest, "The form is incomplete.")
}

// The list is searched, sorted, limited to a state and read page by page.
func TestOrganizationList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	var last tenancy.Organization
	for i := range 120 {
		last = d.Organization(t, fmt.Sprintf("company %03d", i))
	}
	off := false
	if _, err := d.UpdateOrganization(context.Background(), d.Root(), last.ID,
		tenancy.UpdateOrganizationParams{Active: &off}); err != nil {
		t.Fatal(err)
	}
	var names []string
	pages := 0
	for path := "/console/organizations?sort=-name"; path != ""; pages++ {
		a := b.get(path).has(http.StatusOK, `aria-sort="descending"`)
		names = append(names, rowNames(a.body)...)
		path = nextPage(a.body)
	}
	if pages != 3 || len(names) != 120 || names[0] != "company 119" || names[119] != "company 000" {
		t.Errorf("%d pages with %d names from %s to %s", pages, len(names), names[0], names[len(names)-1])
	}
	for query, want := range map[string][]string{
		"q=pany+00": {"company 000", "company 001", "company 002", "company 003", "company 004",
			"company 005", "company 006", "company 007", "company 008", "company 009"},
		"q=" + last.ID.String():     {"company 119"},
		"state=inactive":            {"company 119"},
		"state=inactive&q=118":      nil,
		"q=%22+or+name+pr+or+%22":   nil,
		"q=" + url.QueryEscape(`\`): nil,
		"q=company+11&sort=-createdAt": {"company 119", "company 118", "company 117", "company 116", "company 115",
			"company 114", "company 113", "company 112", "company 111", "company 110"},
	} {
		a := b.get("/console/organizations?" + query).has(http.StatusOK)
		if got := rowNames(a.body); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
		if want == nil {
			a.has(http.StatusOK, "No organization is like this.")
		}
	}
	next := nextPage(b.get("/console/organizations").body)
	for _, query := range []string{"sort=description", "sort=name,id", "state=deleted", "after=x", "unknown=1",
		"q=a&q=b", strings.TrimPrefix(next, "/console/organizations?") + "&sort=id", "sort=--name"} {
		b.get("/console/organizations?"+query).has(http.StatusBadRequest, "The address of this list cannot be read.")
	}
}

func rowNames(body string) []string {
	var names []string
	for _, part := range strings.Split(body, `<th scope="row">`)[1:] {
		_, rest, _ := strings.Cut(part, `">`)
		name, _, _ := strings.Cut(rest, "<")
		names = append(names, name)
	}
	return names
}

func nextPage(body string) string {
	_, rest, found := strings.Cut(body, `rel="next" href="`)
	if !found {
		return ""
	}
	path, _, _ := strings.Cut(rest, `"`)
	return strings.ReplaceAll(path, "&amp;", "&")
}

// The tabs show what there is, page by page.
func TestOrganizationTabs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	ctx := context.Background()
	o := d.Organization(t, "Orchard")
	path := organizationPath(o.ID)
	for tab, empty := range map[string]string{"/codes": "This organization has no codes yet.",
		"/clients": "No client has enrolled here yet."} {
		b.get(path+tab).has(http.StatusOK, empty, `aria-current="page">`)
	}
	code, err := d.CreateAuthCode(ctx, d.Root(), o.ID, tenancy.AuthCodeParams{Name: "tills",
		Limits: tenancy.CodeLimits{MaxUses: 100, Never: true}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.IssuePrimaryAuthCode(ctx, d.Root(), o.ID); err != nil {
		t.Fatal(err)
	}
	for i := range 55 {
		if _, err := d.Enrol(ctx, d.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(),
			Name: fmt.Sprint("till ", i), InstanceID: fmt.Sprint("serial ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	b.get(path+"/codes").has(http.StatusOK, "tills", "55 / 100", "Primary", "Without a name").
		lacks(code.Text.Reveal())
	clients := b.get(path+"/clients").has(http.StatusOK, "till 54", "serial 54").lacks(`>till 0</a>`)
	b.get(nextPage(clients.body)).has(http.StatusOK, `>till 0</a>`, "First page").lacks("Next page")
	history := b.get(path+"/history").has(http.StatusOK, "client.enrol", "127.0.0.1")
	b.get(nextPage(history.body)).has(http.StatusOK, "organization.create")
	for _, bad := range []string{"/codes?after=x", "/clients?after=x", "/history?after=x", "/history?q=x",
		"/codes?sort=name",
		strings.Replace(strings.TrimPrefix(nextPage(history.body), path), "history", "codes", 1)} {
		b.get(path + bad).has(http.StatusBadRequest)
	}
}

// Whatever people type is shown as text.
func TestScriptsAreText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	safe := func(a answer) {
		t.Helper()
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") {
			t.Errorf("a script is in the page: %s", a.body)
		}
		if !strings.Contains(a.body, "&lt;script&gt;alert") {
			t.Errorf("the text is not there: %s", a.body)
		}
	}
	typed := url.Values{"name": {script}, "alias": {script}, "description": {script}, "externalId": {script},
		"emailDomains": {script}, "contactPersons": {script}}
	safe(b.post("/console/organizations/new", typed)) // refused: this is no domain
	typed.Set("emailDomains", "")
	to := b.post("/console/organizations/new", typed).header.Get("Location")
	safe(b.get(to))
	for _, path := range []string{"/edit", "/deactivate", "/codes", "/clients", "/history"} {
		safe(b.get(to + path))
	}
	typed.Set("version", script)
	safe(b.post(to+"/edit", typed))
	safe(b.get("/console/organizations"))
	safe(b.get("/console/organizations?q=" + url.QueryEscape(script)))
	safe(b.post("/console/sign-in", login(script, "x")))
	b.get("/console/" + url.PathEscape(script)).has(http.StatusNotFound).lacks("<script>alert")
	b.get("/console/organizations?sort=" + url.QueryEscape(script)).has(http.StatusBadRequest).
		lacks("<script>alert")
	b.get("/console/organizations/new?x=" + url.QueryEscape(script)).has(http.StatusOK).lacks("<script>alert")
}

// People see what they may, and nothing else has a page.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own, foreign := d.Organization(t, "Own"), d.Organization(t, "Foreign")
	tenant := d.browser(t).signIn("tenant", d.Operator(t, "tenant", tenancy.Administrator, own.ID))
	manager := d.browser(t).signIn("manager", d.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID))
	auditor := d.browser(t).signIn("auditor", d.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))

	tenant.get("/console").has(http.StatusOK, "Your organization", organizationPath(own.ID))
	tenant.get("/console/organizations").has(http.StatusOK, "Own").lacks("Foreign", "New organization")
	tenant.get(organizationPath(own.ID)).has(http.StatusOK, "Own").lacks("/edit", "/deactivate")
	for _, page := range []string{organizationPath(foreign.ID), organizationPath(foreign.ID) + "/codes",
		organizationPath(foreign.ID) + "/clients", organizationPath(foreign.ID) + "/history",
		organizationPath(own.ID) + "/edit", organizationPath(own.ID) + "/deactivate",
		"/console/organizations/new", "/console/organizations/or-999999", "/console/organizations/nonsense",
		"/console/organizations/or-0/edit", "/console/nothing", organizationPath(own.ID) + "/nothing"} {
		a := tenant.get(page).has(http.StatusNotFound, "There is no such page, or you may not see it.", "tenant")
		a.lacks("Foreign")
	}
	tenant.post(organizationPath(foreign.ID)+"/deactivate", url.Values{}).has(http.StatusNotFound)
	tenant.post(organizationPath(own.ID)+"/deactivate", url.Values{}).has(http.StatusForbidden)
	tenant.post("/console/organizations/new", url.Values{"name": {"More"}}).has(http.StatusForbidden)
	auditor.get(organizationPath(own.ID)).has(http.StatusOK, "History").lacks("/edit")
	auditor.get(organizationPath(own.ID)+"/history").has(http.StatusOK, "organization.create")
	auditor.post(organizationPath(own.ID)+"/edit", url.Values{"name": {"Mine"}}).has(http.StatusForbidden)
	manager.get(organizationPath(own.ID)).has(http.StatusOK).lacks("History")
	manager.get(organizationPath(own.ID) + "/history").has(http.StatusNotFound)
	d.browser(t).get("/console/nothing").has(http.StatusNotFound).lacks("Sign out")
}
