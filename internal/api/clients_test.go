// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func TestEnrol(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t, "maxUses", 1, "tags", []string{"north"})
		text := made.text("authorizationCode")
		typed := strings.ToLower(text[:8]) + "-" + text[8:20] + " " + text[20:] // as people write it down
		a := d.want(t, d.enrol(t, typed, "till-1"), 201)
		if len(a.json) != 5 || !strings.HasPrefix(a.text("clientKey"), "GHK") || a.text("state") != "active" ||
			a.text("organizationId") != d.organization.ID.String() {
			t.Errorf("enrolled: %s", a.body)
		}
		again := d.want(t, d.enrol(t, text, "till-1"), 200)
		if again.text("clientId") != a.text("clientId") || again.text("clientKey") == a.text("clientKey") {
			t.Errorf("the same again: %s", again.body)
		}
		read := d.want(t, d.get(t, d.admin, "/clients/"+a.text("clientId")), 200)
		if read.text("instanceId") != "till-1" || read.text("address") != "192.0.2.7" ||
			fmt.Sprint(read.json["tags"]) != "[north]" || strings.Contains(read.body, "GHK") {
			t.Errorf("the client: %s", read.body)
		}
		uses := d.want(t, d.get(t, d.admin, d.codes()+"/"+made.text("id")+"/uses"), 200)
		wantProblem(t, d.enrol(t, text, "till-2"), 403, "enrolment_refused")
		after := d.want(t, d.get(t, d.admin, d.codes()+"/"+made.text("id")+"/uses"), 200)
		if got := append(uses.items("outcome"), after.items("reason")...); !slices.Equal(got,
			[]string{"repeated", "accepted", "exhausted", "<nil>", "<nil>"}) {
			t.Errorf("the ledger: %q", got)
		}
		for _, all := range []answer{uses, after} {
			if strings.Contains(all.body, text) || strings.Contains(all.body, "GHK") {
				t.Errorf("a secret is in the ledger: %s", all.body)
			}
		}
	})
}

// Every refusal of a code is the same, byte for byte except for the id of the request.
func TestEnrolRefusedAlike(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	off, brief, away := d.code(t), d.code(t, "expiresAt", d.Clock.Now().Add(time.Minute)),
		d.code(t, "cidrs", []string{"198.51.100.0/24"})
	canary, gone := d.code(t, "canary", true), d.code(t)
	d.want(t, d.post(t, d.admin, d.codes()+"/"+off.text("id")+"/disable", ""), 200)
	d.want(t, d.post(t, d.admin, d.codes()+"/"+gone.text("id")+"/rotate", `{"overlap":"0s"}`), 201)
	d.Clock.Advance(time.Minute)
	good := d.code(t).text("authorizationCode")
	var bodies []string
	for _, text := range []string{"", "x", good + "x", strings.Replace(good, good[5:7], "00", 1),
		strings.Repeat("G", 1000), off.text("authorizationCode"),
		brief.text("authorizationCode"), away.text("authorizationCode"), canary.text("authorizationCode"),
		gone.text("authorizationCode")} {
		a := d.enrol(t, text, "x")
		wantProblem(t, a, 403, "enrolment_refused")
		bodies = append(bodies, strings.ReplaceAll(a.body, a.text("requestId"), ""))
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Errorf("refusals differ: %q", slices.Compact(bodies))
	}
	if !slices.Contains(d.Events(t, d.organization.ID), "auth_code.canary") {
		t.Error("the canary left no mark")
	}
}

func TestEnrolInvalid(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	code := d.code(t).text("authorizationCode")
	client := func(members string) answer {
		return d.post(t, "", "/enrollments", `{"authorizationCode":"`+code+`","client":{`+members+`}}`)
	}
	for members, field := range map[string]string{
		`"instanceId":"i"`: "client.name required", `"name":"n"`: "client.instanceId required",
		`"name":" ","instanceId":"i"`:                                "client.name required",
		`"name":"n","instanceId":"` + strings.Repeat("x", 129) + `"`: "client.instanceId too_long",
		`"name":"n","instanceId":"a\nb"`:                             "client.instanceId one_line",
		`"name":"n","instanceId":"i","colour":1`:                     "client.colour unknown_member",
		`"NAME":"n","instanceId":"i"`:                                "client.NAME unknown_member",
		`"name":"n","name":"m","instanceId":"i"`:                     "client.name sent_twice",
		`"name":null,"instanceId":"i"`:                               "client.name null_member",
		`"name":7,"instanceId":"i"`:                                  "client.name wrong_type",
		`"name":"n","instanceId":"i","publicKey":null`:               "client.publicKey null_member",
	} {
		if a := client(members); a.status != 400 || !slices.Equal(a.fields(), []string{field}) {
			t.Errorf("%.80s: %d %q %.200s, want %s", members, a.status, a.fields(), a.body, field)
		}
	}
	wantProblem(t, client(`"name":"n","instanceId":"`+strings.Repeat("x", 1<<20)+`"`), 413, "body_too_large")
	wantProblem(t, d.post(t, "", "/enrollments", ""), 400, "body_empty")
	wantProblem(t, d.post(t, "", "/enrollments", `{"authorizationCode":"`+code+`","client":"x"}`), 400,
		"wrong_type")
	wantProblem(t, d.post(t, "", "/enrollments", `{}`, "Content-Type: text/xml"), 415, "body_not_json")
}

// jwk returns a key as a JWK.
func jwk(t *testing.T, key any, change ...func(map[string]any)) map[string]any {
	t.Helper()
	b, err := jose.JSONWebKey{Key: key}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(b, &members); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(members)
	}
	return members
}

func with(name string, value any) func(map[string]any) {
	return func(m map[string]any) { m[name] = value }
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	code := d.code(t).text("authorizationCode")
	pub, private, _ := ed25519.GenerateKey(rand.Reader)
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	weak, _ := rsa.GenerateKey(rand.Reader, 2048)
	enrol := func(instance string, key any) answer {
		return d.post(t, "", "/enrollments", enrolment(code, map[string]any{"name": "n", "instanceId": instance,
			"publicKey": key}))
	}
	for what, key := range map[string]any{
		"private Ed25519": jwk(t, private), "private P-256": jwk(t, p256), "P-384": jwk(t, &p384.PublicKey),
		"RSA":       jwk(t, &weak.PublicKey),
		"symmetric": map[string]any{"kty": "oct", "k": "AAAA"}, "for encryption": jwk(t, pub, with("use", "enc")),
		"text": "x", "none": map[string]any{},
		"off the curve": jwk(t, &p256.PublicKey, with("y", jwk(t, &p256.PublicKey)["x"])),
		"short":         jwk(t, pub, with("x", "AAAA")),
		"null d":        jwk(t, pub, with("d", nil)), "long": jwk(t, pub, with("kid", strings.Repeat("x", 3000))),
		"list": []any{jwk(t, pub)},
	} {
		a := enrol("bad", key)
		if wantProblem(t, a, 400, "bad_public_key"); !slices.Equal(a.fields(),
			[]string{"client.publicKey bad_public_key"}) {
			t.Errorf("%s: %q", what, a.fields())
		}
	}
	a := d.want(t, enrol("one", jwk(t, pub, with("kid", "k1"), with("use", "sig"))), 201)
	if again := d.want(t, enrol("one", jwk(t, pub)), 200); again.text("clientId") != a.text("clientId") {
		t.Error("the same key again is another client")
	}
	if other := d.want(t, enrol("one", jwk(t, &p256.PublicKey)),
		201); other.text("clientId") == a.text("clientId") {
		t.Error("another key is the same client")
	}
	read := d.want(t, d.get(t, d.admin, "/clients/"+a.text("clientId")), 200)
	if key := read.json["publicKey"].(map[string]any); len(key) != 3 || key["x"] != jwk(t, pub)["x"] ||
		read.text("thumbprint") == "" {
		t.Errorf("the key is shown as %s", read.body)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		_, err := d.UpdateOrganization(t.Context(), d.Root(), d.organization.ID,
			tenancy.UpdateOrganizationParams{Policy: &tenancy.Policy{ApproveEnrolments: true}})
		if err != nil {
			t.Fatal(err)
		}
		code := d.code(t).text("authorizationCode")
		one, two := d.want(t, d.enrol(t, code, "1"), 202), d.want(t, d.enrol(t, code, "2"), 202)
		if one.text("state") != "pending" {
			t.Errorf("it waits as %s", one.body)
		}
		path := func(a answer, verb string) string { return "/clients/" + a.text("clientId") + verb }
		a := d.want(t, d.post(t, d.admin, path(one, "/approve"), ""), 200)
		if a.text("state") != "active" || a.text("decidedBy") == "" {
			t.Errorf("approved: %s", a.body)
		}
		wantProblem(t, d.post(t, d.admin, path(one, "/approve"), ""), 409, "client_decided")
		wantProblem(t, d.post(t, d.admin, path(one, "/refuse"), ""), 409, "client_decided")
		if a := d.want(t, d.post(t, d.admin, path(two, "/refuse"), ""), 200); a.text("state") != "refused" {
			t.Errorf("refused: %s", a.body)
		}
		for range 2 { // twice is fine
			if a := d.want(t, d.post(t, d.admin, path(one, "/revoke"), ""), 200); a.text("state") != "revoked" {
				t.Errorf("revoked: %s", a.body)
			}
		}
		for query, want := range map[string]int{"": 2, "?state=revoked": 1, "?state=refused": 1, "?state=active": 0,
			"?organization=" + d.organization.ID.String(): 2, "?authCode=nothing": 0} {
			if got := d.want(t, d.get(t, d.admin, "/clients"+query), 200).items("id"); len(got) != want {
				t.Errorf("%s: %d clients, want %d", query, len(got), want)
			}
		}
		for _, state := range []string{"", "Active", "gone"} {
			wantProblem(t, d.get(t, d.admin, "/clients?state="+state), 400, "bad_client_state")
		}
	})
}

func TestUpdateClient(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.want(t, d.enrol(t, d.code(t, "tags", []string{"a"}).text("authorizationCode"), "1"),
		201).text("clientId")
	read := d.want(t, d.get(t, d.admin, "/clients/"+id), 200)
	tag := read.header.Get("ETag")
	a := d.want(t, d.patch(t, d.admin, "/clients/"+id, `{"tags":["c","b"]}`, "If-Match: "+tag), 200)
	if fmt.Sprint(a.json["tags"]) != "[b c]" || a.text("name") != "till" || a.header.Get("ETag") == tag {
		t.Errorf("changed: %s %v", a.body, a.header)
	}
	wantProblem(t, d.patch(t, d.admin, "/clients/"+id, `{"name":"x"}`, "If-Match: "+tag), 412, "client_changed")
	if a := d.want(t, d.patch(t, d.admin, "/clients/"+id, `{"name":"x","tags":[]}`),
		200); len(a.json["tags"].([]any)) != 0 {
		t.Errorf("without tags: %s", a.body)
	}
	wantProblem(t, d.patch(t, d.admin, "/clients/"+id, `{"name":""}`), 400, "invalid_input")
}

func TestVerify(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.code(t, "cidrs", []string{"192.0.2.0/24"})
	text := made.text("authorizationCode")
	app, err := d.LoginWithKey(t.Context(), d.Anyone(), d.Application(t, "shop").KeyText.Reveal(), "/v1")
	if err != nil {
		t.Fatal(err)
	}
	verify := func(token string, pairs ...any) answer {
		return d.post(t, token, "/auth-codes/verify", body(append([]any{"authorizationCode", text}, pairs...)...))
	}
	for what, c := range map[string]struct {
		a    answer
		want string
	}{
		"from here":      {verify(d.admin), `{"valid":true}`},
		"from elsewhere": {verify(d.admin, "address", "203.0.113.9"), `{"valid":false}`},
		"mapped":         {verify(d.admin, "address", "::ffff:192.0.2.9"), `{"valid":true}`},
		"by a program":   {verify(app.Text.Reveal(), "address", "203.0.113.9"), `{"valid":false}`},
		"mistyped": {verify(d.admin, "authorizationCode", "x", "explain", true),
			`{"valid":false,"reason":"unknown"}`},
	} {
		if c.a.status != 200 || c.a.body != c.want {
			t.Errorf("%s: %d %s, want %s", what, c.a.status, c.a.body, c.want)
		}
	}
	a := d.want(t, verify(d.admin, "address", "203.0.113.9", "explain", true), 200)
	if a.text("reason") != "source" || a.json["authCode"].(map[string]any)["id"] != made.text("id") ||
		strings.Contains(a.body, text) {
		t.Errorf("explained: %s", a.body)
	}
	wantProblem(t, verify(app.Text.Reveal(), "explain", true), 403, "permission_missing")
	for _, address := range []string{"x", "192.0.2.0/24", "192.0.2.7:80", "300.0.0.1"} {
		wantProblem(t, verify(d.admin, "address", address), 400, "bad_client_address")
	}
}

func TestTooManyRefusals(t *testing.T) {
	t.Parallel()
	d := newDoor(t, tenancytest.Limits)
	for range 61 {
		if a := d.enrol(t, "x", "x"); a.status == 429 {
			if wantProblem(t, a, 429, a.text("code")); a.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			return
		}
	}
	t.Error("61 refusals within a minute")
}
