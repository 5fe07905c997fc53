// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/console"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// linkOf returns the address of the link that a page shows.
func linkOf(a answer) string {
	a.t.Helper()
	link := regexp.MustCompile(`/join/GHJ[0-9A-Z]{43}`).FindString(a.body)
	if link == "" {
		a.t.Fatalf("there is no link in %s", a.body)
	}
	return link
}

// An organization asks, sees its request by the link, and answers when more is wanted.
func TestJoin(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDesk(t)
	b := d.browser(t)
	b.get("/join").has(http.StatusOK, "Ask to join", `name="contact.email"`)
	b.post("/join", url.Values{"name": {""}, "contact.email": {"no address"},
		"requesterComments": {"typed before"}, "organization.emailDomains": {"no domain!"}}).
		has(http.StatusUnprocessableEntity, `id="e-name"`, `id="e-contact.email"`, "no address",
			`id="e-organization.emailDomains"`, "typed before")
	form := url.Values{"name": {"Birch Tools"}, "organization.description": {"We make\r\ntools."},
		"organization.emailDomains": {"birch.example.test"}, "contact.firstName": {"Ada"},
		"contact.lastName": {"Birch"}, "contact.email": {" ada@birch.example.test "},
		"relatedOrganization": {"Forest"}, "requesterComments": {"please"}, "once": {"showing"}}
	link := linkOf(b.post("/join", form).has(http.StatusOK, "Birch Tools", "shown only here"))
	if again := linkOf(b.post("/join", form)); again != link { // a double click
		t.Errorf("the links are %s and %s", link, again)
	}
	requests, total, err := d.ListRequests(ctx, d.Root(), tenancy.ListParams{Limit: 9})
	if err != nil || total != 1 {
		t.Fatalf("there are %d, %v", total, err)
	}
	r := tenancytest.Must(d.GetRequestDetail(ctx, d.Root(), requests[0].ID))(t)
	if r.Name != "Birch Tools" || r.RelatedOrganization != "Forest" || r.RequesterComments != "please" ||
		r.Organization.Description != "We make\ntools." || r.Contact.FirstName+r.Contact.LastName != "AdaBirch" ||
		r.Email != "ada@birch.example.test" || !slices.Equal(r.Organization.EmailDomains,
		[]string{"birch.example.test"}) {
		t.Errorf("the request is %+v", r)
	}
	b.get(link).has(http.StatusOK, "Birch Tools", "waits for somebody to read it", "please").lacks("<textarea")
	b.post(link, url.Values{"requesterComments": {"unasked"}}).has(http.StatusConflict)
	admin := d.admin(t)
	admin.post(requestPath(r.Request.ID), url.Values{"decision": {"ask"}, "approverComments": {"Who are you?"}}).
		redirects(requestPath(r.Request.ID))
	b.get(link).has(http.StatusOK, "Who are you?", "Answer it below", "\nplease</textarea>")
	long := strings.Repeat("x", 1001)
	b.post(link, url.Values{"requesterComments": {long}}).has(http.StatusUnprocessableEntity,
		`id="e-requesterComments"`, long, "Who are you?")
	answer := url.Values{"requesterComments": {"We are\r\nBirch."}, "name": {"Orchard"}, "once": {"answer"}}
	b.post(link, answer).redirects(link)
	b.post(link, answer).redirects(link) // a double click
	b.get(link).has(http.StatusOK, "Your answer is sent.", "We are\nBirch.").lacks("<textarea")
	admin.get(requestPath(r.Request.ID)).has(http.StatusOK, "We are\nBirch.", "In review", "Birch Tools").
		lacks("Orchard")
	if got, want := d.Events(t, r.OrganizationID), []string{"organization_request.submit",
		"organization_request.update", "organization_request.update"}; !slices.Equal(got, want) {
		t.Errorf("the events are %q, want %q", got, want)
	}
	tenancytest.Must(d.ApproveRequest(ctx, d.Root(), r.Request.ID, "welcome"))(t)
	b.get(link).has(http.StatusOK, "Approved", "welcome").lacks("<textarea")
	b.post(link, url.Values{"requesterComments": {"late"}}).has(http.StatusConflict)
}

// A link that was never made looks like one of a request that is gone, and like that of another one.
func TestJoinOtherLinks(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDesk(t)
	b := d.browser(t)
	link := linkOf(b.post("/join", url.Values{"name": {"Birch"}}))
	foreign := linkOf(b.post("/join", url.Values{"name": {"Foreign"}}))
	gone := linkOf(b.post("/join", url.Values{"name": {"Gone"}}))
	requests, _, err := d.ListRequests(ctx, d.Root(), tenancy.ListParams{Limit: 9})
	if err != nil || len(requests) != 3 {
		t.Fatal(requests, err)
	}
	for _, r := range requests {
		if r.Name == "Gone" {
			if err := d.DeleteRequest(ctx, d.Root(), r.ID, tenancy.DeleteRequestParams{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	kit := tenancytest.New(t) // another server, with a request of the same id
	_, elsewhere, err := kit.SubmitLinkedRequest(ctx, kit.Anyone(),
		tenancy.SubmitRequestParams{Name: "Elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	request := regexp.MustCompile(`[0-9a-f]{16,}|/join/[^"]*`)
	wanted := request.ReplaceAllString(b.get(gone).has(http.StatusNotFound).body, "")
	for _, bad := range []string{link + "0", link[:len(link)-1], strings.ToLower(link), "/join/x",
		link[:22] + foreign[22:], "/join/" + elsewhere.Reveal(), "/join/" + url.PathEscape(script)} {
		a := b.get(bad).has(http.StatusNotFound).lacks("Birch", "Foreign", "<script>alert")
		if got := request.ReplaceAllString(a.body, ""); got != wanted {
			t.Errorf("%s differs: %s", bad, a.body)
		}
		b.post(bad, url.Values{"requesterComments": {"x"}}).has(http.StatusNotFound)
	}
}

// Without public requests there is a sentence in place of the form; too many from one source wait; a
// form of another site does nothing.
func TestJoinRefused(t *testing.T) {
	t.Parallel()
	closed := newDesk(t, func(o *tenancytest.Options) { o.PublicRequests = false })
	b := closed.browser(t)
	b.get("/join").has(http.StatusOK, "does not take requests from the public").lacks(`name="name"`)
	b.post("/join", url.Values{"name": {"x"}}).has(http.StatusForbidden, "does not take requests from the public")
	d := newDesk(t, tenancytest.Limits)
	b = d.browser(t)
	refused := 0
	for range 30 {
		if a := b.post("/join", url.Values{"name": {"Birch"}}); a.status == http.StatusTooManyRequests {
			a.has(http.StatusTooManyRequests, "Birch")
			refused++
		}
	}
	if refused < 10 {
		t.Errorf("%d of 30 were refused", refused)
	}
	b.send(http.MethodPost, "/join", "name=x").has(http.StatusBadRequest)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.post("/join", url.Values{"name": {"x"}}).has(http.StatusForbidden, "This form was sent from another site")
}

// No log has the link, and no page passes it on.
func TestJoinSecrecy(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	var log bytes.Buffer
	lines := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	door := console.Door(k.Service, k.Identity, "v1.2.3-test")
	s := httptest.NewServer(httpkit.Observe(httpkit.CleanPaths(door.Handler()), lines,
		func(info httpkit.Info, method string, _ int, _ time.Duration) {
			lines.Info("seen", "info", info, "m", method)
		}))
	b := (&desk{k, s}).browser(t)
	link := linkOf(b.post("/join", url.Values{"name": {script}, "requesterComments": {script}}))
	for _, a := range []answer{b.get(link), b.get(link + "x"), b.post(link, url.Values{})} {
		if a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the headers are %v", a.header)
		}
		a.lacks("<script>alert", "<img src=x")
	}
	s.Close()
	if text := log.String(); !strings.Contains(text, "readLinkedRequest") || strings.Contains(text, "GHJ") {
		t.Errorf("the log is %s", text)
	}
}
