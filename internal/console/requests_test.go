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
	"gatehouse/internal/tenancytest"
)

func requestPath(id tenancy.RequestID) string { return "/console/requests/" + id.String() }

// submit sends a request with everything that a page shows.
func (d *desk) submit(t *testing.T, name, email string, domains ...string) tenancy.Request {
	t.Helper()
	d.Clock.Advance(time.Second)
	return tenancytest.Must(d.SubmitRequest(context.Background(), d.Anyone(), tenancy.SubmitRequestParams{
		Name: name, RequesterComments: "please " + name, RelatedOrganization: "sister of " + name,
		Organization: tenancy.CreateOrganizationParams{Description: "about " + name, ExternalID: "crm " + name,
			EmailDomains: domains},
		Contact: tenancy.ContactParams{FirstName: "Ada", LastName: "Birch", Email: email}}))(t)
}

// The page of a request shows all that helps to decide, and the decision is made there.
func TestRequest(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDesk(t)
	b := d.admin(t)
	member := tenancytest.Must(d.CreateOrganization(ctx, d.Root(), tenancy.CreateOrganizationParams{
		Name: "Orchard", EmailDomains: []string{"example.test"}}))(t)
	other := d.submit(t, "0rchard", "eve@example.test")
	const name = "Оrchard" // with a Cyrillic О
	r := d.submit(t, name, "ada@Example.test", "orchard.example.test", "second.example.test")
	path := requestPath(r.ID)
	b.get(path).has(http.StatusOK, "please Оrchard", "sister of Оrchard", "about Оrchard", "crm Оrchard",
		"second.example.test", "mailto:ada@Example.test", "Ada Birch", "Look twice",
		"mixes letters of several scripts",
		"Its name looks like: <a href=\""+organizationPath(member.ID),
		"Its name looks like: <a href=\""+requestPath(other.ID),
		"Has the same e-mail domain: <a href=\""+organizationPath(member.ID),
		"Has the same e-mail domain: <a href=\""+requestPath(other.ID), "is of none of the domains",
		"organization_request.submit", "127.0.0.1", `value="approve"`)
	if body := b.get(path).body; strings.Count(body, `href="`+path+`"`) != 0 {
		t.Errorf("the request is beside itself: %s", body)
	}
	b.get(requestPath(d.submit(t, "Quite another", "bob@third.example.test", "third.example.test").ID)).
		has(http.StatusOK).lacks("Look twice", "same e-mail domain")

	long := strings.Repeat("x", 1001)
	for _, decision := range []string{"approve", "ask", "review", "reject"} {
		b.post(path, url.Values{"decision": {decision}, "approverComments": {long}}).
			has(http.StatusUnprocessableEntity, `id="e-approverComments"`, long, "What is wrong is written below")
	}
	for _, decision := range []string{"", "delete", script} {
		b.post(path, url.Values{"decision": {decision}, "approverComments": {"typed before"}}).
			has(http.StatusUnprocessableEntity, "Choose one of the decisions.", "typed before").lacks("<script>alert")
	}
	b.post(path, url.Values{"decision": {"ask"}, "approverComments": {"Who\r\nare you?"}}).redirects(path)
	b.get(path).has(http.StatusOK, "waits for the organization to say more", "More is wanted", "Who\nare you?")
	b.post(path, url.Values{"decision": {"review"}}).redirects(path)
	b.get(path).has(http.StatusOK, "The request is in review.", "Who\nare you?").lacks(`value="review"`)
	once := url.Values{"decision": {"approve"}, "approverComments": {"welcome"}, "once": {"showing"}}
	b.post(path, once).redirects(path)
	b.post(path, once).redirects(path) // a double click
	b.get(path).has(http.StatusOK, "The request is approved", "welcome",
		organizationPath(r.OrganizationID), "Decided").
		lacks(`name="decision"`, "Who\nare you?")
	b.post(path, url.Values{"decision": {"reject"}}).has(http.StatusConflict)
	b.post(path, url.Values{"decision": {"ask"}}).has(http.StatusConflict)
	if got, want := d.Events(t, r.OrganizationID), []string{"organization_request.submit",
		"organization_request.update", "organization_request.update",
		"organization_request.approve"}; !slices.Equal(got, want) {
		t.Errorf("the events are %q, want %q", got, want)
	}

	// A name that a member has is said in the form, and the request can be rejected.
	taken := requestPath(d.submit(t, "orchard", "x@fourth.example.test").ID)
	b.post(taken, url.Values{"decision": {"approve"}, "approverComments": {"typed before"}}).
		has(http.StatusConflict, "There is an organization with this name already.", "typed before",
			`value="reject"`)
	b.post(taken, url.Values{"decision": {"reject"}}).redirects(taken)
	b.get(taken).has(http.StatusOK, "The request is rejected.").lacks(organizationPath(r.OrganizationID))
}

// The queue has those that wait, its tabs the others, and it is searched, sorted and read page by page.
func TestRequests(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDesk(t)
	b := d.admin(t)
	b.get("/console/requests").has(http.StatusOK, "No request waits for a decision.").lacks("<table")
	d.Organization(t, "company 01")
	var all []tenancy.Request
	for i := range 60 {
		all = append(all, d.submit(t, fmt.Sprintf("company %02d", i),
			fmt.Sprintf("u%02d@d%d.example.test", i, i%2)))
	}
	first := b.get("/console/requests").has(http.StatusOK, `Waiting <span class="mark">60</span>`,
		`New <span class="mark">60</span>`, `More is wanted <span class="mark">0</span>`, "Looks like another",
		`name="request" value="`+all[0].ID.String())
	for _, one := range []struct {
		i  int
		to tenancy.RequestStatus
	}{{0, tenancy.RequestApproved}, {1, tenancy.RequestRejected}, {2, tenancy.RequestReview},
		{3, tenancy.RequestMoreInfoNeeded}} {
		var err error
		switch id := all[one.i].ID; one.to {
		case tenancy.RequestApproved:
			_, err = d.ApproveRequest(ctx, d.Root(), id, "")
		case tenancy.RequestRejected:
			_, err = d.RejectRequest(ctx, d.Root(), id, "")
		default:
			_, err = d.UpdateRequest(ctx, d.Root(), id, tenancy.UpdateRequestParams{Status: &one.to})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	names := rowNames(first.body)
	b.get(nextPage(first.body)).has(http.StatusOK, "First page")
	names = append(names, rowNames(b.get(nextPage(first.body)).body)...)
	if len(names) != 60 || names[0] != "company 00" || !slices.IsSorted(names) {
		t.Errorf("the walk has %d: %q", len(names), names)
	}
	b.get("/console/requests").has(http.StatusOK, `Waiting <span class="mark">58</span>`,
		`In review <span class="mark">1</span>`).lacks(">company 00<", ">company 01<")
	for query, want := range map[string][]string{
		"state=approved": {"company 00"}, "state=rejected": {"company 01"}, "state=review": {"company 02"},
		"state=moreInfoNeeded": {"company 03"}, "state=all&q=company+00": {"company 00"}, "q=company+00": nil,
		"q=Y+5&sort=-name&state=new": {"company 59", "company 58", "company 57", "company 56", "company 55",
			"company 54", "company 53", "company 52", "company 51", "company 50"},
		"q=" + all[7].ID.String(): {"company 07"},
		"q=u09%40":                {"company 09"},
		"q=%40D1.example.test&state=moreInfoNeeded": {"company 03"},
		"q=%22+or+name+pr+or+%22":                   nil,
		"state=new&q=company+2&sort=-createdAt&after=": {"company 29", "company 28", "company 27", "company 26",
			"company 25", "company 24", "company 23", "company 22", "company 21", "company 20"},
	} {
		a := b.get("/console/requests?" + query).has(http.StatusOK)
		if got := rowNames(a.body); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
		if want == nil {
			a.has(http.StatusOK, "No request is like this.")
		}
	}
	for _, query := range []string{"sort=status", "state=deleted", "after=x", "x=1", "q=a&q=b"} {
		b.get("/console/requests?"+query).has(http.StatusBadRequest, "The address of this list cannot be read.")
	}
}

// Several requests are decided at once, each with its result.
func TestDecideSeveral(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	d.Organization(t, "Taken")
	good, taken, decided := d.submit(t, "Good", "a@example.test"), d.submit(t, "TAKEN", ""),
		d.submit(t, "Decided", "")
	ids := []string{good.ID.String(), taken.ID.String(), decided.ID.String()}
	b.get("/console/requests/decide").has(http.StatusOK, "You have chosen no request.").
		lacks("<form class=\"sheet\"")
	page := b.get("/console/requests/decide?"+url.Values{"request": ids}.Encode()).has(http.StatusOK,
		">Good<", ">TAKEN<", ">Decided<", "Looks like another", `name="request" value="`+ids[2])
	b.get("/console/requests/decide?request=999999").has(http.StatusNotFound)
	b.get("/console/requests/decide?request=" + url.QueryEscape(script)).has(http.StatusNotFound)
	long := strings.Repeat("x", 1001)
	b.post("/console/requests/decide", url.Values{"request": ids, "decision": {"approve"},
		"approverComments": {long}}).
		has(http.StatusUnprocessableEntity, `id="e-approverComments"`, long, ">Good<")
	b.post("/console/requests/decide", url.Values{"request": ids, "approverComments": {"typed before"}}).
		has(http.StatusUnprocessableEntity, "approve or reject", "typed before", ">TAKEN<")
	b.post("/console/requests/decide", url.Values{"decision": {"approve"}}).has(http.StatusUnprocessableEntity)
	b.post("/console/requests/decide", url.Values{"request": append(ids, ids[0]), "decision": {"approve"}}).
		has(http.StatusUnprocessableEntity)
	b.post(requestPath(decided.ID), url.Values{"decision": {"reject"}}).redirects(requestPath(decided.ID))
	sent := url.Values{"request": ids, "decision": {"approve"}, "approverComments": {"welcome"},
		"once": {page.hidden("once")}}
	for range 2 { // the second is a double click
		a := b.post("/console/requests/decide", sent).has(http.StatusOK, "Approved",
			"There is an organization with this name already.", "Not decided", ">Good<", ">Decided<")
		if n := strings.Count(a.body, "Not decided"); n != 2 {
			t.Errorf("%d were not decided: %s", n, a.body)
		}
	}
	b.get(requestPath(good.ID)).has(http.StatusOK, "Approved", "welcome")
	b.get(requestPath(taken.ID)).has(http.StatusOK, "New")
}

// Whoever may not decide sees no button, and whoever may not read sees no page.
func TestRequestsOfOthers(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDesk(t)
	own, foreign := d.submit(t, "Own", "a@example.test"), d.submit(t, "Foreign", "b@example.test")
	tenancytest.Must(d.ApproveRequest(ctx, d.Root(), own.ID, ""))(t)
	tenant := d.browser(t).signIn("tenant", d.Operator(t, "tenant", tenancy.Administrator,
		own.OrganizationID))
	manager := d.browser(t).signIn("manager", d.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID))
	auditor := d.browser(t).signIn("auditor", d.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	tenant.get("/console/requests?state=all").has(http.StatusOK, ">Own<").lacks("Foreign", "checkbox")
	tenant.get(requestPath(own.ID)).has(http.StatusOK, "please Own")
	for _, path := range []string{requestPath(foreign.ID), "/console/requests/decide",
		"/console/requests/999999",
		"/console/requests/nonsense"} {
		tenant.get(path).has(http.StatusNotFound, "There is no such page, or you may not see it.").lacks("Foreign")
	}
	decision := url.Values{"decision": {"approve"}, "request": {foreign.ID.String()}}
	for _, b := range []*browser{tenant, auditor} {
		b.post(requestPath(foreign.ID), decision).has(http.StatusForbidden).lacks("Foreign")
		b.post(requestPath(foreign.ID), url.Values{}).has(http.StatusForbidden).lacks("Foreign")
		b.post("/console/requests/decide", decision).has(http.StatusForbidden).lacks("Foreign")
		b.get("/console/requests/decide").has(http.StatusNotFound)
	}
	auditor.get(requestPath(foreign.ID)).has(http.StatusOK, "organization_request.submit").
		lacks(`name="decision"`)
	auditor.get("/console/requests").has(http.StatusOK, ">Foreign<").lacks("checkbox", "Decide the chosen")
	manager.get(requestPath(foreign.ID)).has(http.StatusOK, `name="decision"`).
		lacks("organization_request.submit")
	manager.post(requestPath(foreign.ID), decision).redirects(requestPath(foreign.ID))
	d.browser(t).get(requestPath(own.ID)).redirects("/console/sign-in?next=" +
		url.QueryEscape(requestPath(own.ID)))
	d.browser(t).post(requestPath(own.ID), decision).has(http.StatusSeeOther)
}

// What a stranger typed is shown as text.
func TestRequestScriptsAreText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	r := tenancytest.Must(d.SubmitRequest(context.Background(), d.Anyone(), tenancy.SubmitRequestParams{
		Name: script, RequesterComments: script, RelatedOrganization: script,
		Organization: tenancy.CreateOrganizationParams{Description: script, ExternalID: script},
		Contact:      tenancy.ContactParams{FirstName: script, LastName: script}}))(t)
	for _, a := range []answer{b.get("/console/requests"), b.get(requestPath(r.ID)),
		b.get("/console/requests/decide?request=" + r.ID.String()),
		b.get("/console/requests?q=" + url.QueryEscape(script)),
		b.post(requestPath(r.ID), url.Values{"decision": {"x"}, "approverComments": {script}}),
		b.post("/console/requests/decide", url.Values{"decision": {"x"}, "request": {r.ID.String()},
			"approverComments": {script}}),
		b.post("/console/requests/decide", url.Values{"decision": {"reject"}, "request": {r.ID.String()},
			"approverComments": {script}}), b.get(requestPath(r.ID))} {
		a.lacks("<script>alert", "<img src=x")
		if !strings.Contains(a.body, "&lt;script&gt;alert") {
			t.Errorf("%d: the text is not there: %s", a.status, a.body)
		}
	}
}
