// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// harmless lists the POST operations that do not look at Idempotency-Key, with the reason.
func harmless() map[string]string {
	return map[string]string{
		"login": "another token expires by itself", "logout": "an ended token stays ended",
		"changePassword": "it sets the same password", "startTOTP": "the next one takes its place",
		"confirmTOTP": "a code works once", "removeTOTP": "it stays removed",
		"renewRecoveryCodes": "a one-time code works once",
		"revealAuthCode":     "each time that a code is shown has its own event",
		"verifyAuthCode":     "it changes nothing",
	}
}

// repeatables returns, for each operation that honours Idempotency-Key, a function that
// prepares a request that works once.
func repeatables() map[string]func(t *testing.T, d *door) route {
	brief := func(t *testing.T, d *door) string { // its state changes between the answers
		return d.code(t, "expiresAt", d.Clock.Now().Add(time.Hour)).text("id")
	}
	of := func(make func(t *testing.T, d *door) string, verb, body string) func(*testing.T, *door) route {
		return func(t *testing.T, d *door) route {
			return route{method: http.MethodPost, path: d.codes() + "/" + make(t, d) + verb, body: body}
		}
	}
	client := func(verb string, pending bool) func(*testing.T, *door) route {
		return func(t *testing.T, d *door) route {
			d.policy(t, `{"showCodesOnce":false,"maxCodeLife":"unlimited","approveEnrolments":`+fmt.Sprint(pending)+
				`}`)
			a := d.enrol(t, d.code(t).text("authorizationCode"), "till")
			return route{method: http.MethodPost, path: "/clients/" + a.text("clientId") + verb}
		}
	}
	app := func(verb, sent string) func(*testing.T, *door) route {
		return func(t *testing.T, d *door) route { // its key expires between the answers
			path := "/applications/" + d.application(t, "expiresAt", d.Clock.Now().Add(time.Hour)).text("id")
			if verb == "/endOverlap" {
				d.want(t, d.post(t, d.admin, path+"/rotateKey", `{"overlap":"1h"}`), 201)
			}
			return route{method: http.MethodPost, path: path + verb, body: sent}
		}
	}
	operator := func(verb string) func(*testing.T, *door) route {
		return func(t *testing.T, d *door) route {
			d.Operator(t, "one", tenancy.Auditor, tenancy.RootID)
			return route{method: http.MethodPost, path: "/operators/" + d.find(t, "one").text("id") + verb}
		}
	}
	all := organizationRepeatables()
	maps.Copy(all, map[string]func(*testing.T, *door) route{
		"createOperator": func(*testing.T, *door) route {
			return route{method: http.MethodPost, path: "/operators",
				body: body("username", "new", "password", "correct horse battery",
					"role", "auditor", "organizationId", "or-0")}
		},
		"disableOperator": operator("/disable"), "enableOperator": operator("/enable"),
		"endOperatorSessions": operator("/endSessions"),
		"createApplication": func(t *testing.T, d *door) route {
			return route{method: http.MethodPost, path: "/applications",
				body: body("name", "n", "expiresAt", d.Clock.Now().Add(time.Hour))}
		},
		"rotateApplicationKey": app("/rotateKey", `{"overlap":"1h"}`), "endKeyOverlap": app("/endOverlap", ""),
		"createAuthCode": func(t *testing.T, d *door) route {
			return route{method: http.MethodPost, path: d.codes(), body: body("name", "n", "maxUses", 1,
				"expiresAt", d.Clock.Now().Add(time.Hour))}
		},
		"rotateAuthCode":  of(brief, "/rotate", `{"overlap":"1h"}`),
		"disableAuthCode": of(brief, "/disable", ""),
		"enableAuthCode": of(func(t *testing.T, d *door) string {
			id := brief(t, d)
			d.want(t, d.post(t, d.admin, d.codes()+"/"+id+"/disable", ""), 200)
			return id
		}, "/enable", ""),
		"endOverlap": of(func(t *testing.T, d *door) string {
			id := brief(t, d)
			d.want(t, d.post(t, d.admin, d.codes()+"/"+id+"/rotate", `{"overlap":"1h"}`), 201)
			return id
		}, "/endOverlap", ""),
		"enroll": func(t *testing.T, d *door) route {
			code := d.code(t, "maxUses", 1).text("authorizationCode")
			return route{method: http.MethodPost, path: "/enrollments",
				body: enrolment(code, map[string]any{"name": "till", "instanceId": "till"})}
		},
		"approveClient": client("/approve", true), "refuseClient": client("/refuse", true),
		"revokeClient": client("/revoke", false),
	})
	return all
}

func (d *door) policy(t *testing.T, policy string) {
	t.Helper()
	d.want(t, d.do(t, http.MethodPut, d.admin, "/organizations/"+d.organization.ID.String()+"/policy", policy),
		200)
}

func keyed(key string) string { return "Idempotency-Key: " + key }

// Every POST of the document honours Idempotency-Key, or is on the list of those for which
// there is a reason not to.
func TestEveryPostMayBeRepeated(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	requests, excepted := repeatables(), harmless()
	for _, operation := range doc.Operations() {
		parts := strings.Fields(operation)
		name, post := parts[0], parts[1] == http.MethodPost
		prepare, honours := requests[name]
		_, isExcepted := excepted[name]
		delete(requests, name)
		delete(excepted, name)
		switch {
		case !post && (honours || isExcepted):
			t.Errorf("%s is no POST", name)
		case post && honours == isExcepted:
			t.Errorf("%s must either honour Idempotency-Key or be an exception with a reason", name)
		case doc.HasParameter(name, "Idempotency-Key") != honours:
			t.Errorf("the document must name Idempotency-Key where it is honoured: %s", name)
		case honours:
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				onEngines(t, func(t *testing.T, d *door) { repeats(t, d, prepare(t, d)) })
			})
		}
	}
	for name := range requests {
		t.Errorf("there is no operation %s", name)
	}
	for name := range excepted {
		t.Errorf("there is no operation %s", name)
	}
}

// repeats sends a request twice, and others with its key.
func repeats(t *testing.T, d *door, r route) {
	t.Helper()
	open := r.path == "/enrollments" || r.path == "/organization-requests"
	token := func() string {
		if open {
			return ""
		}
		return d.login(t, d.Admin, d.AdminPassword.Reveal())
	}
	first := d.do(t, r.method, token(), r.path, r.body, keyed("a-key"))
	if first.status >= 300 {
		t.Fatalf("%s: %d %s", first.what, first.status, first.body)
	}
	events := d.Events(t, d.organization.ID)
	d.Clock.Advance(23 * time.Hour)
	for _, spelling := range []string{"a-key", `"a-key"`} {
		again := d.do(t, r.method, token(), r.path, r.body, keyed(spelling))
		if again.status != first.status || again.body != first.body ||
			again.header.Get("ETag") != first.header.Get("ETag") {
			t.Errorf("again: %d %s\nwant %d %s", again.status, again.body, first.status, first.body)
		}
	}
	other := r.body + " "
	if r.body == "" {
		other = "{}"
	}
	a := d.do(t, r.method, token(), r.path, other, keyed("a-key"))
	wantProblem(t, a, 422, "idempotency_key_reused")
	if now := d.Events(t, d.organization.ID); !slices.Equal(now, events) {
		t.Errorf("the audit went on: %v, then %v", events, now)
	}
	if !open {
		password := d.Operator(t, "another", tenancy.Administrator, tenancy.RootID)
		a := d.do(t, r.method, d.login(t, "another", password.Reveal()), r.path, other, keyed("a-key"))
		if a.status == 422 {
			t.Errorf("another caller has the key, too: %d %s", a.status, a.body)
		}
	}
}

// After a day the key names nothing, whether or not a cleaner was there.
func TestKeyIsForgotten(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		create := func(members string) answer {
			return d.post(t, d.login(t, d.Admin, d.AdminPassword.Reveal()), d.codes(),
				`{"expiresAt":"never","maxUses":1,`+members, keyed("a-key"))
		}
		first := d.want(t, create(`"name":"one"}`), 201)
		d.Clock.Advance(24*time.Hour - time.Millisecond)
		if again := d.want(t, create(`"name":"one"}`), 201); again.body != first.body {
			t.Errorf("a moment before: %s", again.body)
		}
		d.Clock.Advance(time.Millisecond)
		if a := d.want(t, create(`"name":"two"}`), 201); a.text("name") != "two" {
			t.Errorf("after a day: %s", a.body)
		}
		wantProblem(t, create(`"name":"one"}`), 422, "idempotency_key_reused")
	})
}

// What fails leaves no answer, so that it can be sent again.
func TestRefusalsAreNotKept(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		request := `{"name":"n","expiresAt":"never","maxUses":"unlimited"}`
		d.Store.Fail("Commit", errors.New("the disk is gone"))
		wantProblem(t, d.post(t, d.admin, d.codes(), request, keyed("k")), 500, "internal")
		d.Store.Heal()
		wantProblem(t, d.post(t, d.admin, d.codes(), `{"name":"n"}`, keyed("k")), 400, "invalid_input")
		made := d.want(t, d.post(t, d.admin, d.codes(), request, keyed("k")), 201)
		if n := len(d.get(t, d.admin, d.codes()).items("id")); n != 1 {
			t.Errorf("there are %d codes", n)
		}
		one := d.codes() + "/" + made.text("id")
		wantProblem(t, d.post(t, d.admin, one+"/endOverlap", "", keyed("e")), 409, "auth_code_not_rotated")
		d.want(t, d.post(t, d.admin, one+"/disable", ""), 200)
		client := enrolment(made.text("authorizationCode"), map[string]any{"name": "till", "instanceId": "till"})
		wantProblem(t, d.post(t, "", "/enrollments", client, keyed("e")), 403, "enrolment_refused")
		wantProblem(t, d.post(t, "", "/enrollments", client+" ", keyed("e")), 403, "enrolment_refused")
		if n := d.Store.Calls("DeleteAnswer"); n < 2 {
			t.Errorf("a refusal that is committed left its lock: %d", n)
		}
		d.want(t, d.post(t, d.admin, one+"/enable", ""), 200)
		d.want(t, d.post(t, "", "/enrollments", client, keyed("e")), 201)
		d.want(t, d.post(t, d.admin, one+"/disable", ""), 200)
		d.want(t, d.post(t, "", "/enrollments", client, keyed("e")), 201) // it was let in before
		d.want(t, d.post(t, d.admin, one+"/rotate", `{"overlap":"1h"}`), 201)
		d.want(t, d.post(t, d.admin, one+"/endOverlap", "", keyed("e")), 200)
	})
}

// Many at once with one key are one, in the end and for everybody who waits.
func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		code := d.code(t).text("authorizationCode")
		before := len(d.Events(t, d.organization.ID))
		var group sync.WaitGroup
		made, enrolled := make([]answer, 12), make([]answer, 12)
		for i := range made {
			group.Go(func() {
				made[i] = d.post(t, d.admin, d.codes(), `{"name":"n","expiresAt":"never","maxUses":1}`, keyed("k"))
			})
			group.Go(func() {
				enrolled[i] = d.post(t, "", "/enrollments", enrolment(code,
					map[string]any{"name": "n", "instanceId": "i"}), keyed("k"))
			})
		}
		group.Wait()
		for i := range made {
			if made[i].status != 201 || made[i].body != made[0].body || enrolled[i].status != 201 ||
				enrolled[i].body != enrolled[0].body {
				t.Errorf("got %d %s\nand %d %s", made[i].status, made[i].body, enrolled[i].status, enrolled[i].body)
			}
		}
		if events := d.Events(t, d.organization.ID)[before:]; len(events) != 2 {
			t.Errorf("the audit has %v", events)
		}
	})
}

// Two codes are two callers, even for the same client. A code that is not good has no keys.
func TestKeyIsOfTheCode(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ask := func(code string) answer {
		return d.post(t, "", "/enrollments", enrolment(code, map[string]any{"name": "n", "instanceId": "i"}),
			keyed("k"))
	}
	one := d.want(t, ask(d.code(t).text("authorizationCode")), 201)
	two := d.want(t, ask(d.code(t).text("authorizationCode")), 201)
	if one.text("clientId") == two.text("clientId") || one.text("clientKey") == two.text("clientKey") {
		t.Errorf("one client for two codes: %s %s", one.body, two.body)
	}
	wantProblem(t, ask("GHC"), 403, "enrolment_refused")
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	request := `{"name":"n","expiresAt":"never","maxUses":1}`
	for _, key := range []string{"", `""`, `"`, `"a`, `a"`, `"a"b"`, `"a\b"`, `"a\"`, `a\b`, "a b", "a,b", "a;b",
		`"a";p=1`, `"a", "b"`,
		"a\tb", "a\x00", "ключ", "\xff", strings.Repeat("k", 256), `"` + strings.Repeat("k", 256) + `"`} {
		wantProblem(t, d.post(t, d.admin, d.codes(), request, keyed(key)), 400, "bad_idempotency_key")
	}
	wantProblem(t, d.post(t, d.admin, d.codes(), strings.Repeat(" ", 70_000)+request, keyed("k")), 413,
		"body_too_large")
	if n := len(d.get(t, d.admin, d.codes()).items("id")); n != 0 {
		t.Errorf("there are %d codes", n)
	}
	for _, key := range []string{strings.Repeat("k", 255), `"` + strings.Repeat(`\"`, 255) + `"`, `" ,;"`,
		"!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~"} {
		d.want(t, d.post(t, d.admin, d.codes(), request, keyed(key)), 201)
	}
	d.want(t, d.post(t, d.admin, "/auth-codes/verify", `{"authorizationCode":"x"}`, keyed("")),
		200) // nobody looks
}

// Without a key nothing is looked up and nothing stored.
func TestWithoutAKey(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.want(t, d.post(t, d.admin, d.codes(), `{"name":"n","expiresAt":"never","maxUses":1}`), 201)
	d.Store.Fail("LockAnswer", errors.New("nobody asked for it"))
	d.want(t, d.post(t, d.admin, d.codes(), `{"name":"n","expiresAt":"never","maxUses":1}`), 201)
	wantProblem(t, d.post(t, d.admin, d.codes(), `{"name":"n","expiresAt":"never","maxUses":1}`, keyed("a-key")),
		500, "internal")
}
