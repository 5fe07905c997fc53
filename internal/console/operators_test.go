// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// An operator is created with a chosen password, shown, changed, switched off and on, and removed.
func TestOperator(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	b.get("/console/operators").has(http.StatusOK, "admin", "New operator", "This server")
	sent := url.Values{"username": {"ada"}, "displayName": {"Ada"}, "role": {"auditor"},
		"organization": {o.ID.String()}, "password": {"correct horse battery"}}
	created := b.post("/console/operators/new", sent)
	path := created.header.Get("Location")
	created.redirects(path)
	b.get(path).has(http.StatusOK, "The operator is created.", "Ada", "Auditor", organizationPath(o.ID),
		path+"/disable")
	ada := d.browser(t).signIn("ada", secret.Of("correct horse battery"))
	ada.get("/console").has(http.StatusOK)

	edit := b.get(path+"/edit").has(http.StatusOK, `value="Ada"`, o.ID.String(), `value="auditor" selected`)
	d.Clock.Advance(time.Second)
	change := url.Values{"displayName": {"Ada B"}, "role": {"administrator"}, "organization": {"or-0"},
		"version": {edit.hidden("version")}}
	b.post(path+"/edit", change).redirects(path)
	b.get(path).has(http.StatusOK, "The changes are saved.", "Ada B", "This server")
	ada.get("/console").redirects("/console/sign-in")
	b.post(path+"/edit", change).has(http.StatusConflict, `id="problem"`, `value="Ada B"`)

	b.get(path + "/enable").redirects(path)
	b.get(path+"/disable").has(http.StatusOK, "Switch off ada?")
	b.post(path+"/disable", url.Values{}).redirects(path)
	b.get(path).has(http.StatusOK, "The operator is switched off.", "Switched off", path+"/enable").lacks(path + "/disable")
	b.get(path+"/enable").has(http.StatusOK, "Switch on ada?")
	b.post(path+"/enable", url.Values{}).redirects(path)
	ada = d.browser(t).signIn("ada", secret.Of("correct horse battery"))
	b.get(path+"/end-sessions").has(http.StatusOK, "End all sessions of ada?")
	b.post(path+"/end-sessions", url.Values{}).redirects(path)
	ada.get("/console").redirects("/console/sign-in")
	b.get(path+"/history").has(http.StatusOK, "operator.disable", "operator.end_sessions")
	b.get(path+"/remove").has(http.StatusOK, "Remove ada?", "gone for good")
	b.post(path+"/remove", url.Values{}).redirects("/console/operators")
	b.get("/console/operators").has(http.StatusOK, "The operator is removed.").lacks(">ada<")
	b.get(path).has(http.StatusNotFound)
}

// A password that is made is shown once, the same if the form is sent twice, and lets the operator in.
func TestPasswordMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	page := b.get("/console/operators/new").has(http.StatusOK, `value="auditor" selected`)
	sent := url.Values{"username": {"bob"}, "role": {"auditor"}, "organization": {"or-0"},
		"made": {page.hidden("made")}, "once": {page.hidden("once")}}
	first := b.post("/console/operators/new", sent).has(http.StatusOK, "The password of bob",
		page.hidden("made"))
	b.post("/console/operators/new", sent).has(http.StatusOK, "The password of bob", page.hidden("made"))
	path := regexp.MustCompile(`/console/operators/[0-9a-f-]{36}`).FindString(first.body)
	d.browser(t).signIn("bob", secret.Of(page.hidden("made")))
	b.get(path).has(http.StatusOK, "bob").lacks(page.hidden("made"))
	page = b.get(path+"/password").has(http.StatusOK, "New password for bob")
	b.post(path+"/password", url.Values{"made": {page.hidden("made")}}).
		has(http.StatusOK, "The password of bob", page.hidden("made"))
	d.browser(t).signIn("bob", secret.Of(page.hidden("made")))
	b.post(path+"/password", url.Values{"password": {"short"}}).
		has(http.StatusUnprocessableEntity, `id="e-password"`).lacks(`value="short"`)
	b.post(path+"/password", url.Values{"password": {"correct horse battery"}}).redirects(path)
	d.browser(t).signIn("bob", secret.Of("correct horse battery"))
	b.post(path+"/password", url.Values{}).has(http.StatusUnprocessableEntity, `id="e-password"`)
}

// Each error is at its field, and nobody takes the last administrator away.
func TestOperatorErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	b.post("/console/operators/new", url.Values{"displayName": {"typed before"}, "role": {"king"},
		"organization": {"or-0"}, "password": {"short"}}).
		has(http.StatusUnprocessableEntity, `id="e-username"`, `id="e-role"`, `id="e-password"`, "typed before").
		lacks(`value="short"`)
	for _, organization := range []string{"", "all", "or-999999"} {
		b.post("/console/operators/new", url.Values{"username": {"eve"}, "role": {"auditor"},
			"organization": {organization}, "password": {"correct horse battery"}}).
			has(http.StatusUnprocessableEntity, `id="e-organization"`, "There is no such organization.", `value="eve"`)
	}
	b.post("/console/operators/new", url.Values{"username": {"ADMIN"}, "role": {"auditor"},
		"organization": {"or-0"}, "password": {"correct horse battery"}}).
		has(http.StatusConflict, `id="e-username">There is an operator with this user name already.`)
	me := regexp.MustCompile(`/console/operators/[0-9a-f-]{36}`).FindString(b.get("/console/operators").body)
	b.get(me).has(http.StatusOK, "This is you.").lacks(me + "/password")
	b.get(me + "/password").redirects(me)
	b.post(me+"/password", url.Values{"password": {"correct horse battery"}}).
		has(http.StatusUnprocessableEntity, "New password for admin")
	for _, step := range []string{"/disable", "/remove"} {
		b.post(me+step, url.Values{}).has(http.StatusConflict, `id="problem"`, "This is you.")
	}
	edit := b.get(me + "/edit")
	b.post(me+"/edit", url.Values{"role": {"auditor"}, "organization": {"or-0"},
		"version": {edit.hidden("version")}}).
		has(http.StatusConflict, `id="problem"`)
	b.get("/console").has(http.StatusOK)
}

// The list is searched and read page by page; people of an organization have theirs, others none.
func TestWhoSeesOperators(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own, foreign := d.Organization(t, "Own"), d.Organization(t, "Foreign")
	tenant := d.browser(t).signIn("tenant", d.Operator(t, "tenant", tenancy.Administrator, own.ID))
	auditor := d.browser(t).signIn("auditor", d.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	for i := range 55 {
		d.Operator(t, fmt.Sprintf("person %02d", i), tenancy.Auditor, foreign.ID)
	}
	b := d.admin(t)
	first := b.get("/console/operators").has(http.StatusOK, "person 54", ">Foreign</a>").lacks("person 00")
	b.get(nextPage(first.body)).has(http.StatusOK, "person 00", ">tenant<").lacks("rel=\"next\"")
	b.get("/console/operators?q=SON+07").has(http.StatusOK, "person 07").lacks("person 08")
	b.get("/console/operators?q="+url.QueryEscape(script)).
		has(http.StatusOK, "No operator is like this.", "&lt;script&gt;").
		lacks("<script>alert")
	list := tenant.get("/console/operators").has(http.StatusOK, ">tenant<").lacks("person", ">auditor<")
	if strings.Contains(list.body, ">Organization<") {
		t.Error("people of an organization see a column of organizations")
	}
	tenant.get("/console/operators/new").has(http.StatusOK).lacks(`name="organization"`)
	page := tenant.post("/console/operators/new", url.Values{"username": {script}, "displayName": {script},
		"role": {"auditor"}, "organization": {foreign.ID.String()}, "password": {"correct horse battery"}})
	path := page.header.Get("Location")
	page.redirects(path)
	for _, one := range []string{"", "/edit", "/disable", "/remove", "/password", "/history"} {
		tenant.get(path+one).has(http.StatusOK, "&lt;script&gt;").lacks("<script>alert", "<img src=x", "Foreign")
		auditor.get(path + one).has(http.StatusNotFound)
	}
	other, err := d.ReadOperator(context.Background(), d.Root(), "100003")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []string{"", "/edit", "/disable", "/remove"} {
		tenant.get("/console/operators/" + other.ID + one).has(http.StatusNotFound)
	}
	tenant.post("/console/operators/"+other.ID+"/disable", url.Values{}).has(http.StatusNotFound)
	auditor.get("/console/operators").has(http.StatusNotFound)
	auditor.get("/console/operators/new").has(http.StatusNotFound)
	auditor.post("/console/operators/new", url.Values{"username": {"x"}}).has(http.StatusForbidden)
}
