// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/api"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancytest"
)

const asked = `{"name":"Birch Tools","requesterComments":"please","relatedOrganization":"Forest",
	"organization":{"externalId":"B-1","emailDomains":["example.test"],"properties":{"region":"north"}},
	"contact":{"firstName":"Ada","lastName":"Birch","email":"ada@example.test","properties":{"phone":"1"}}}`

// From the wish to be let in to the organization, on both engines.
func TestRequestLife(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		a := d.want(t, d.post(t, "", "/organization-requests", asked), 201)
		id, organization := a.text("id"), a.text("organizationId")
		path := "/organization-requests/" + id
		want := map[string]any{"name": "Birch Tools", "status": "new", "requesterComments": "please",
			"approverComments":    "",
			"relatedOrganization": "Forest", "organizationId": organization, "email": "ada@example.test"}
		if diff := cmp.Diff(want, members(a.json)); diff != "" {
			t.Errorf("submitted (-want +got):\n%s", diff)
		}
		a = d.want(t, d.get(t, d.admin, path), 200)
		tag := a.header.Get("ETag")
		want["contact"] = map[string]any{"firstName": "Ada", "lastName": "Birch", "email": "ada@example.test",
			"properties": map[string]any{"phone": "1"}}
		of, _ := a.json["organization"].(map[string]any)
		if of["id"] != organization || of["state"] != "applicant" || of["name"] != "Birch Tools" ||
			of["externalId"] != "B-1" ||
			fmt.Sprint(of["emailDomains"], of["properties"]) != "[example.test] map[region:north]" {
			t.Errorf("the applicant is %v", of)
		}
		want["organization"] = of
		if diff := cmp.Diff(want, members(a.json)); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		wantProblem(t, d.get(t, d.admin, "/organizations/"+organization), 404, "organization_not_found")
		if a := d.want(t, d.get(t, d.admin, "/organization-requests"), 200); !slices.Equal(a.items("id"),
			[]string{id}) {
			t.Errorf("listed: %s", a.body)
		}

		change := `{"status":"moreInfoNeeded","organization":{"name":"Birch & Co","alias":"b"},"contact":{"email":"eve@example.test","properties":{"phone":null}}}`
		a = d.want(t, d.patch(t, d.admin, path, change, "If-Match: "+tag), 200)
		of, _ = a.json["organization"].(map[string]any)
		contact, _ := a.json["contact"].(map[string]any)
		if a.text("status") != "moreInfoNeeded" || a.text("email") != "eve@example.test" ||
			of["name"] != "Birch & Co" || of["alias"] != "b" ||
			contact["firstName"] != "Ada" || fmt.Sprint(contact["properties"]) != "map[]" {
			t.Errorf("changed: %s", a.body)
		}
		wantProblem(t, d.patch(t, d.admin, path, change, "If-Match: "+tag), 412, "request_changed")
		wantProblem(t, d.patch(t, d.admin, path, change, "If-Match: x"), 400, "bad_if_match")

		a = d.want(t, d.post(t, d.admin, path+"/approve", `{"approverComments":"welcome"}`), 200)
		if a.text("status") != "approved" || a.text("approverComments") != "welcome" || a.text("decidedAt") == "" ||
			!strings.HasPrefix(a.text("decidedBy"), "operator:") {
			t.Errorf("approved: %s", a.body)
		}
		for _, verb := range []string{"/approve", "/reject"} {
			wantProblem(t, d.post(t, d.admin, path+verb, ""), 409, "request_decided")
		}
		wantProblem(t, d.patch(t, d.admin, path, change), 409, "request_decided")
		if a := d.want(t, d.get(t, d.admin, "/organizations/"+organization), 200); a.text("state") != "active" {
			t.Errorf("let in: %s", a.body)
		}
		wantProblem(t, d.do(t, "DELETE", d.admin, path, ""), 409, "organization_active")
		d.want(t, d.post(t, d.admin, "/organizations/"+organization+"/deactivate", ""), 200)
		d.want(t, d.do(t, "DELETE", d.admin, path, ""), 204)
		wantProblem(t, d.do(t, "DELETE", d.admin, path, ""), 404, "organization_request_not_found")
		wantProblem(t, d.get(t, d.admin, path), 404, "organization_request_not_found")
		wantProblem(t, d.get(t, d.admin, "/organizations/"+organization), 404, "organization_not_found")

		taken := d.want(t, d.post(t, "", "/organization-requests", `{"name":"cherry"}`), 201).text("id")
		wantProblem(t, d.post(t, d.admin, "/organization-requests/"+taken+"/approve", ""), 409,
			"organization_name_taken")
		if a := d.want(t, d.post(t, d.admin, "/organization-requests/"+taken+"/reject", `{}`),
			200); a.text("status") != "rejected" {
			t.Errorf("rejected: %s", a.body)
		}
	})
}

// What is wrong with a body is said of each member, and a decision is no change.
func TestRequestFields(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/organization-requests/" + d.Submit(t, "Birch").ID.String()
	long := strings.Repeat("x", 1001)
	both := map[string][]string{
		`{"name":""}`: {"name required"}, `{"name":"n","requesterComments":"` + long +
			`"}`: {"requesterComments too_long"},
		`{"name":"n","organization":{"alias":"` + long +
			`","emailDomains":["a b"]},"contact":{"email":"nobody"}}`: {"organization.alias too_long",
			"organization.emailDomains not_domains", "contact.email not_email"},
		`{"name":"n","organization":{"contactPersons":[]}}`: {"organization.contactPersons unknown_member"},
		`{"name":"n","organization":{"properties":{"a:b":1}},"contact":{"properties":{"c:d":1}}}`: {
			"organization.properties.a:b property_with_colon", "contact.properties.c:d property_with_colon"},
		`{"name":"n","contact":null}`:           {"contact null_member"},
		`{"name":"n","approverComments":"yes"}`: {"approverComments unknown_member"},
	}
	for body, want := range both {
		for _, a := range []answer{d.post(t, "", "/organization-requests", body), d.patch(t, d.admin, path, body)} {
			if a.status != 400 || !slices.Equal(a.fields(), want) {
				t.Errorf("%s %.100s: %d %q, want %q", a.what, body, a.status, a.fields(), want)
			}
		}
	}
	for _, status := range []string{"new", "approved", "rejected", "", "x"} {
		if a := d.patch(t, d.admin, path, body("status", status)); a.status != 400 ||
			!slices.Equal(a.fields(), []string{"status bad_status"}) ||
			!strings.Contains(a.body, "status can be set to review or moreInfoNeeded.") {
			t.Errorf("status %q: %d %s", status, a.status, a.body)
		}
	}
	wantProblem(t, d.post(t, "", "/organization-requests", ""), 400, "body_empty")
	wantProblem(t, d.post(t, "", "/organization-requests", `{"name":"n","status":"approved"}`), 400,
		"unknown_member")
	wantProblem(t, d.post(t, "", "/organization-requests?x=1", asked), 400, "unknown_parameter")
	for _, verb := range []string{"/approve", "/reject"} {
		wantProblem(t, d.post(t, d.admin, path+verb, `{"comments":"x"}`), 400, "unknown_member")
		if a := d.post(t, d.admin, path+verb, body("approverComments", long)); a.status != 400 ||
			!slices.Equal(a.fields(), []string{"approverComments too_long"}) {
			t.Errorf("%s: %d %s", verb, a.status, a.body)
		}
	}
	if a := d.get(t, d.admin, path); a.text("status") != "new" || a.text("name") != "Birch" {
		t.Errorf("after refusals: %s", a.body)
	}
}

// The setting of the server and the limit of a source are those of the other APIs.
func TestPublicRequests(t *testing.T) {
	t.Parallel()
	off := newDoor(t, func(o *tenancytest.Options) { o.PublicRequests = false })
	wantProblem(t, off.post(t, "", "/organization-requests", asked), 403, "public_requests_off")
	wantProblem(t, off.post(t, off.admin, "/organization-requests", asked), 403, "public_requests_off")
	d := newDoor(t, tenancytest.Limits)
	for range 10 {
		d.want(t, d.post(t, "", "/organization-requests", asked), 201) // the same wish again is another one
	}
	a := d.post(t, "", "/organization-requests", asked)
	if wantProblem(t, a, 429, "too_many_attempts"); a.header.Get("Retry-After") == "" {
		t.Errorf("429 without Retry-After: %v", a.header)
	}
}

// organizationRepeatables is repeatables for organizations and requests.
func organizationRepeatables() map[string]func(t *testing.T, d *door) route {
	request := func(verb string) func(*testing.T, *door) route {
		return func(t *testing.T, d *door) route {
			return route{method: "POST", path: "/organization-requests/" + d.Submit(t, "Birch").ID.String() + verb,
				body: `{"approverComments":"x"}`}
		}
	}
	organization := func(verb string) func(*testing.T, *door) route {
		return func(t *testing.T, d *door) route {
			return route{method: "POST", path: "/organizations/" + d.organization.ID.String() + verb}
		}
	}
	return map[string]func(*testing.T, *door) route{
		"createOrganization": func(t *testing.T, d *door) route {
			return route{method: "POST", path: "/organizations", body: `{"name":"Oak","emailDomains":["example.test"],
				"contactPersons":[{"fullName":"Ada"}],"properties":{"a":{"b":[]}}}`}
		},
		"activateOrganization": func(t *testing.T, d *door) route {
			d.want(t, d.post(t, d.admin, "/organizations/"+d.organization.ID.String()+"/deactivate", ""), 200)
			return organization("/activate")(t, d)
		},
		"deactivateOrganization": organization("/deactivate"),
		"submitOrganizationRequest": func(t *testing.T, d *door) route {
			return route{method: "POST", path: "/organization-requests", body: asked}
		},
		"approveOrganizationRequest": request("/approve"), "rejectOrganizationRequest": request("/reject"),
		"decideOrganizationRequests": func(t *testing.T, d *door) route {
			return route{method: "POST", path: "/organization-requests/decide", body: fmt.Sprintf(`{"decisions":[{"id":"%v","decision":"approve"},
				{"id":"%v","decision":"reject"}]}`, d.Submit(t, "Birch").ID, d.Submit(t, "Elm").ID)}
		},
	}
}

// What was decided is not decided again, what failed is tried again, and the key names these
// decisions only.
func TestDecideManyAgain(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		one, taken, other := d.Submit(t, "one"), d.Submit(t, "CHERRY"), d.Submit(t, "other")
		list := func(ids ...any) string {
			text := fmt.Sprintf(strings.Repeat(`{"id":"%v","decision":"approve"},`, len(ids)), ids...)
			return `{"decisions":[` + strings.TrimSuffix(text, ",") + `]}`
		}
		ask := func(body string) answer {
			return d.post(t, d.admin, "/organization-requests/decide", body, keyed("k"))
		}
		first := results(d.want(t, ask(list(one.ID, taken.ID)), 200))
		wantProblem(t, ask(list(other.ID)), 422, "idempotency_key_reused")
		wantProblem(t, d.post(t, d.admin, "/organizations", `{"name":"n"}`, keyed("k")), 422,
			"idempotency_key_reused")
		if a := d.get(t, d.admin, "/organization-requests/"+other.ID.String()); a.text("status") != "new" {
			t.Errorf("decided by another request's key: %s", a.body)
		}
		d.want(t, d.patch(t, d.admin, "/organizations/"+d.organization.ID.String(), `{"name":"Sour cherry"}`), 200)
		again := results(d.want(t, ask(list(one.ID, taken.ID)), 200))
		want := []string{one.ID.String() + " approved", taken.ID.String() + " 409 organization_name_taken true"}
		if !slices.Equal(first, want) {
			t.Errorf("first %q, want %q", first, want)
		}
		if want[1] = taken.ID.String() + " approved"; !slices.Equal(again, want) {
			t.Errorf("again %q, want %q", again, want)
		}
		if events := d.Events(t, one.OrganizationID); len(events) != 2 {
			t.Errorf("the audit has %v", events)
		}
	})
}

// results lists "id status-or-code" of the answer to many decisions.
func results(a answer) (found []string) {
	list, _ := a.json["results"].([]any)
	for _, one := range list {
		m := one.(map[string]any)
		text := fmt.Sprint(m["id"], " ", m["status"])
		if p, failed := m["problem"].(map[string]any); failed {
			text = fmt.Sprint(m["id"], " ", p["status"], " ", p["code"], " ",
				p["type"] == "urn:gatehouse:problem:"+fmt.Sprint(p["code"]) && p["title"] != "" && p["detail"] != "" &&
					p["requestId"] != "")
		}
		found = append(found, text)
	}
	return found
}

// One decision that fails stops no other, also if the store fails.
func TestDecideMany(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		one, taken, last := d.Submit(t, "one").ID.String(), d.Submit(t, "CHERRY").ID.String(),
			d.Submit(t, "last").ID.String()
		body := `{"decisions":[{"id":"` + one + `","decision":"approve","approverComments":"yes"},{"id":"` + taken + `","decision":"approve"},
			{"id":"7","decision":"reject"},{"id":"` + last + `","decision":"reject"}]}`
		want := []string{one + " approved", taken + " 409 organization_name_taken true",
			"7 404 organization_request_not_found true", last + " rejected"}
		if got := results(d.want(t, d.post(t, d.admin, "/organization-requests/decide", body),
			200)); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		want[0], want[3] = one+" 409 request_decided true", last+" 409 request_decided true"
		if got := results(d.want(t, d.post(t, d.admin, "/organization-requests/decide", body),
			200)); !slices.Equal(got, want) {
			t.Errorf("again: got %q, want %q", got, want)
		}
		if a := d.get(t, d.admin, "/organization-requests/"+one); a.text("approverComments") != "yes" {
			t.Errorf("decided: %s", a.body)
		}
		d.Store.Fail("LockApplicant", errors.New("disk on fire"))
		a := d.want(t, d.post(t, d.admin, "/organization-requests/decide", body), 200)
		if got := results(a); len(got) != 4 || got[0] != one+" 500 internal true" ||
			strings.Contains(a.body, "fire") {
			t.Errorf("with a broken store: %s", a.body)
		}
		d.Store.Heal()
	})
}

// A fault within an answer of 200 is in the log, with its cause; a conflict is none.
func TestDecideManyFaultIsLogged(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var log bytes.Buffer
	d.handler = httpkit.Observe(api.Door(d.Service, d.Identity).Handler(),
		slog.New(slog.NewJSONHandler(&log, nil)), func(httpkit.Info, string, int, time.Duration) {})
	decide := func() string {
		log.Reset()
		d.want(t, d.post(t, d.admin, "/organization-requests/decide",
			`{"decisions":[{"id":"7","decision":"reject"}]}`), 200)
		return log.String()
	}
	if line := decide(); !strings.Contains(line, `"level":"INFO"`) || strings.Contains(line, "error") {
		t.Errorf("a request that is not there: %s", line)
	}
	d.Store.Fail("LockApplicant", errors.New("disk on fire"))
	if line := decide(); !strings.Contains(line, `"level":"ERROR"`) || !strings.Contains(line, "disk on fire") {
		t.Errorf("a fault: %s", line)
	}
}

// Nothing is decided if the call itself is wrong.
func TestDecideManyRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.Submit(t, "one").ID.String()
	good := `{"id":"` + id + `","decision":"approve"}`
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf(`{"id":"%d","decision":"reject"}`, i+1))
	}
	for decisions, want := range map[string]string{
		"": "decisions decisions_count", strings.Join(many, ","): "decisions decisions_count",
		good + "," + good:    "decisions decided_twice",
		good + `,{"id":"5"}`: "decisions bad_decision", good +
			`,{"id":"5","decision":"Approve"}`: "decisions bad_decision",
		good + `,{"id":"5","decision":"approved"}`:                "decisions bad_decision",
		good + `,{"id":"x","decision":"reject"}`:                  "decisions.1.id bad_request_id",
		good + `,{"decision":"reject"}`:                           "decisions.1.id bad_request_id",
		good + `,{"id":"05","decision":"reject"}`:                 "decisions.1.id bad_request_id",
		good + `,{"id":"5","decision":"reject","comments":"why"}`: "decisions.1.comments unknown_member",
		good + `,null`: "decisions.1 null_member",
	} {
		a := d.post(t, d.admin, "/organization-requests/decide", `{"decisions":[`+decisions+`]}`)
		if a.status != 400 || !slices.Equal(a.fields(), []string{want}) {
			t.Errorf("%.100s: %d %q, want %q", decisions, a.status, a.fields(), want)
		}
	}
	if got := results(d.want(t, d.post(t, d.admin, "/organization-requests/decide",
		`{"decisions":[`+strings.Join(many[:100], ",")+`]}`), 200)); len(got) != 100 {
		t.Errorf("100 decisions: %d results", len(got))
	}
	if a := d.get(t, d.admin, "/organization-requests/"+id); a.text("status") != "new" {
		t.Errorf("it is %s", a.body)
	}
}
