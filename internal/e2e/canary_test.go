// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/secret"
)

// TestOutputHoldsNoSecret puts a secret wherever a client can put one, provokes
// every kind of error, and then searches all that the server said: its log at
// the most talkative level, its terminal, its metrics, its error answers with
// their headers, and its audit.
//
// Left out by name are the answers that must hold a secret, which are the
// successes that issueEverything asks for, and the sentences that repeat a
// faulty limit, offset, q or sort to the caller who sent it, as the vendor's
// do: see echoes.
func TestOutputHoldsNoSecret(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s, outage := newCanarySite(t, e)
		given := secret.NewPassword().Reveal()
		traces, header := newCollector(t), secret.NewPassword().Reveal()
		p := start(t, s.with("GATEHOUSE_ADMIN_PASSWORD", given).with("GATEHOUSE_TRACE_HEADERS", "X-Key="+header),
			"--log-level", "debug", "--public-requests", "on", "--trace-endpoint", traces.URL, "--trace-parents",
			"all")
		c := &canary{client: newClient(t, p.url), password: given}
		c.admin = c.token(ccadmin, "admin", given)
		c.live = c.session("admin", given)
		c.needles = append(issueEverything(t, s, c.client, given), newTokenNeedle("used token", c.admin),
			newSessionNeedle("used session", c.live), newNeedle("header for the collector", header))

		c.auditor = c.token(ccadmin, "audrey", addOperator(t, s, "audrey", "--role", "auditor"))

		c.run(c.headers())
		c.run(c.addresses())
		c.run(c.lists())
		c.run(c.bodies())
		c.run(c.xml())
		c.run(c.native())
		c.rawRequests(t)
		c.tooMany(t)
		c.brokenSchema(t, s)
		outage(t, c)
		metrics := c.want(c.get("/metrics"), http.StatusOK, "metrics")
		p.stop(t)

		for where, text := range map[string]string{"stdout": p.stdout.String(), "the log": p.stderr.String(),
			"the metrics": metrics.body, "the traces": traces.raw.String()} {
			checkAbsent(t, where, text, c.needles)
		}
		if n := len(traces.spans); n < 1000 {
			t.Errorf("only %d spans were sent, so they prove little", n)
		}
		var audit strings.Builder
		s.query(t, "SELECT * FROM audit_events", func(values []any) { fmt.Fprintln(&audit, values...) })
		checkAbsent(t, "the audit", audit.String(), c.needles)
		if n := strings.Count(p.stderr.String(), `"msg":"request"`); n < 100 {
			t.Errorf("only %d requests are in the log, so it proves little", n)
		}
		for _, status := range []int{400, 401, 403, 404, 405, 406, 413, 415, 429, 500, 503} {
			if !strings.Contains(p.stderr.String(), fmt.Sprintf(`"status":%d,`, status)) {
				t.Errorf("no request ended with %d", status)
			}
		}
		if audit.Len() < 1000 {
			t.Error("the audit is empty")
		}
	})
}

// newCanarySite returns a site and a function that makes its database unavailable for a
// while.
func newCanarySite(t *testing.T, e engine) (site, func(*testing.T, *canary)) {
	if e == onSQLite {
		s := newSite(t, e).watched()
		return s, func(t *testing.T, c *canary) { c.lockedFile(t, s) }
	}
	server := pgtest.NewServer(t)
	return postgresSite(t, server.URL("postgres")).watched(), func(t *testing.T, c *canary) {
		server.Stop()
		time.Sleep(time.Second) // for so long a token that was just used may be remembered
		c.run(c.outage(http.StatusServiceUnavailable))
		server.Start()
		within(t, time.Minute, "the server is ready again",
			func() bool { return c.get("/readyz").status == http.StatusOK })
	}
}

// canary is a client that sends secrets where they do not belong.
type canary struct {
	*client
	password, admin, live string // of admin: password, access token, session
	auditor               string // access token of an operator who may see no code
	needles               []needle
}

// mint makes a secret and remembers where it is going to be put.
func (c *canary) mint(place string) string {
	text := rand.Text()
	c.needles = append(c.needles, newNeedle(place, text))
	return text
}

// provocation is a request that is refused.
type provocation struct {
	name, method, path, body string
	headers                  []string
	want                     int
	echoes                   bool // the answer, and only that, repeats to the caller what the caller sent
}

func (c *canary) run(list []provocation) {
	c.t.Helper()
	for _, p := range list {
		a := c.do(p.method, p.path, p.body, p.headers...)
		if a.status != p.want {
			c.t.Errorf("%s: got %d, want %d", p.name, a.status, p.want)
		}
		if p.echoes {
			a.body = ""
		}
		c.check(p.name, a)
	}
}

func (c *canary) check(name string, a answer) {
	c.t.Helper()
	var b strings.Builder
	if err := a.header.Write(&b); err != nil {
		c.t.Fatal(err)
	}
	checkAbsent(c.t, "the answer to "+name, b.String()+a.body, c.needles)
}

func (c *canary) headers() []provocation {
	k := c.mint
	list := []provocation{{name: "a code for an auditor", method: "POST", path: ccadmin +
		"/organizations/or-100001/authorizationCode", want: 403,
		headers: []string{bearer(c.auditor), "Cookie: " + k("cookie of an auditor")},
		body:    k("body that means nothing")}}
	add := func(name, path string, want int, headers ...string) {
		list = append(list, provocation{name: name, method: "GET", path: path, headers: headers, want: want})
	}
	organizations, code := ccadmin+"/organizations", codePath(cvRoot, "or-100001")
	tampered := c.admin[:len(c.admin)-4] + "AAAA"
	add("a made-up token", organizations, 401, bearer(k("bearer")))
	add("a tampered token", organizations, 401, bearer(tampered))
	add("a token of another tree", ccapp+"/organizations", 401, bearer(c.admin))
	add("a session as a token", organizations, 401, bearer(strings.TrimPrefix(c.live, "QSDK ")))
	add("no scheme", organizations, 401, "Authorization: "+k("no scheme"))
	add("another scheme", organizations, 401, "Authorization: Basic "+base64.StdEncoding.EncodeToString(
		[]byte("admin:"+k("basic"))))
	add("a token too long", organizations, 401, bearer(strings.Repeat(k("long token"), 200)))
	add("a made-up session", code, 401, authtoken("QSDK "+k("session")))
	add("a made-up access token", code, 401, bearer("GHA"+k("access token")))
	add("another scheme in Authtoken", code, 401, authtoken("SAML "+k("saml")))
	add("a token in Authtoken", code, 401, authtoken("Bearer "+c.admin))
	add("other headers", organizations, 401, "Cookie: session="+k("cookie"), "User-Agent: "+k("user agent"),
		"Referer: http://localhost/"+k("referer"),
		"X-Forwarded-For: "+k("forwarded"), "X-CCAsset-Language: "+k("language"),
		"X-CCProfileType: "+k("profile type"), "If-Match: "+k("etag"),
		"Traceparent: "+k("trace"), "Tracestate: x="+k("trace state"), "Baggage: x="+k("baggage"),
		k("header name")+": x", "Accept-Language: "+k("accept language"))
	// A well-formed id of the caller is used. These are not well-formed.
	add("a token as request id", organizations, 401, "X-Request-Id: "+c.admin)
	add("a session as request id", organizations, 401, "X-Request-Id: "+c.live)
	add("a longer text as request id", organizations, 401,
		"X-Request-Id: "+k("request id")+k("request id, second")+k("request id, third"))
	add("a sentence as request id", organizations, 401, "X-Request-Id: "+k("request id")+" please")
	for name, path := range map[string]string{"occ": organizations, "commvault": code} {
		add("Accept on "+name, path, 406, bearer(c.admin), authtoken(c.live), "Accept: text/"+k("accept"))
	}
	for name, path := range map[string]string{"occ": organizations, "commvault": cvRoot + "/Login"} {
		for _, media := range []string{"application/" + k("media type"), "text/plain; charset=" + k("charset"),
			"/" + k("bad media type") + ";;="} {
			list = append(list, provocation{name: "Content-Type on " + name, method: "POST", path: path,
				body:    `{"name":"x"}`,
				headers: []string{bearer(c.admin), "Content-Type: " + media}, want: 415})
		}
	}
	return list
}

func (c *canary) addresses() []provocation {
	k := c.mint
	var list []provocation
	add := func(method, path string, want int) {
		name, _, _ := strings.Cut(path, "?")
		for _, n := range c.needles {
			name = strings.ReplaceAll(name, n.parts[0], "…")
		}
		list = append(list, provocation{name: method + " " + name, method: method, path: path,
			headers: []string{bearer(c.admin), authtoken(c.live)}, want: want})
	}
	add("GET", "/"+k("path"), 404)
	add("GET", ccadmin+"/"+k("operation"), 404)
	add("GET", ccadmin+"/"+c.admin, 404)
	add("GET", ccadmin+"/organizations/"+k("organization"), 404)
	add("GET", ccadmin+"/organizations/or-"+k("organization, prefixed"), 404)
	add("POST", ccadmin+"/organizations/"+k("organization of a code")+"/authorizationCode", 404)
	add("GET", ccadmin+"/organizationRequests/"+k("request"), 404)
	add("POST", ccadmin+"/organizationRequests/"+k("request to approve")+"/approve", 404)
	for _, id := range []string{k("application"), "%00" + k("NUL"), "%ff%fe" + k("no UTF-8"), k("slash") +
		"%2F..%2F", strings.Repeat(k("long"), 50)} {
		add("GET", ccadmin+"/applicationIds/"+id, 404)
		add("DELETE", ccadmin+"/applicationIds/"+id, 404)
	}
	add("GET", cvRoot+"/"+k("call"), 404)
	add("GET", cvRoot+"/Organization/"+k("company")+"/AuthToken", 404)
	add("POST", cvRoot+"/Organization/"+k("company to make a code for")+"/AuthToken", 404)
	add("GET", cvRoot+"/"+strings.ReplaceAll(c.live, " ", "%20"), 404)
	add(k("method"), ccadmin+"/organizations", 405)
	add(k("method"), cvRoot+"/Login", 405)
	add(k("method"), "/livez", 405)
	add("POST", ccadmin+"/login?grant_type=password&username=admin&password="+url.QueryEscape(c.password), 400)
	add("POST", ccadmin+"/login?username="+k("username in the query"), 400)
	add("POST", ccadmin+"/login?grant_type="+k("grant type in the query"), 400)
	add("POST", ccadmin+"/login?%zz"+k("bad escape"), 400)
	add("POST", ccadmin+"/mfalogin?totp_code="+k("totp in the query"), 400)
	add("GET", ccadmin+"/applicationIds?type="+k("type"), 400)
	add("GET", ccadmin+"/applicationIds/x?type="+k("type of one"), 400)
	add("GET", ccapp+"/organizations?access_token="+c.admin, 401)
	add("GET", ccadmin+"/organizations?q=%zz"+k("bad escape in a list"), 400)
	return list
}

// lists are the answers that echo: a faulty value comes back in the sentence.
func (c *canary) lists() []provocation {
	var list []provocation
	for _, collection := range []string{"/organizations", "/organizationRequests"} {
		k := func(place string) string { return c.mint(place + " of" + collection) }
		for _, query := range []url.Values{
			{"limit": {k("limit")}}, {"offset": {k("offset")}},
			{"q": {k("q")}}, {"q": {`name eq "` + k("open q")}}, {"q": {"name " + k("operator") + ` "x"`}},
			{"q": {k("property") + ` eq "x"`}},
			{"q": {"name eq " + k("bare value")}}, {"q": {`name eq "x" ` + k("behind")}},
			{"q": {`creationTime gt "` + k("time") + `"`}},
			{"q": {`id eq "` + k("id") + `"`}}, {"q": {"name eq '" + k("single quotes") + "'"}},
			{"sort": {k("sort") + ":asc"}}, {"sort": {"name:" + k("order")}},
		} {
			list = append(list, provocation{name: "a list of" + collection, method: "GET", path: ccadmin + collection +
				"?" + query.Encode(),
				headers: []string{bearer(c.admin)}, want: 400, echoes: true})
		}
	}
	return list
}

func (c *canary) bodies() []provocation {
	k := c.mint
	var list []provocation
	add := func(name, method, path, body string, want int, headers ...string) {
		list = append(list, provocation{name: name, method: method, path: path, body: body, headers: headers,
			want: want})
	}
	form := func(name, body string, want int, headers ...string) {
		add(name, "POST", ccadmin+"/login", body, want, append(headers, formType)...)
	}
	form("a wrong password", "grant_type=password&username=admin&password="+k("wrong password"), 401)
	form("a password as name", "grant_type=password&username="+k("password as name")+"&password=x", 401)
	form("a name that is no UTF-8", "grant_type=password&username=%ff"+k("name, no UTF-8")+"&password=x", 400)
	form("a name with NUL", "grant_type=password&username=a%00"+k("name, NUL")+"&password=x", 400)
	form("a name too long", "grant_type=password&username="+strings.Repeat(k("long name"), 60)+"&password=x",
		401)
	form("no password", "grant_type=password&username="+k("name without password"), 400)
	form("a grant type", "grant_type="+k("grant type"), 400)
	form("two grant types", "grant_type=password&grant_type="+k("second grant type"), 400)
	form("a bad escape", "grant_type=password&password=%zz"+k("escape"), 400)
	form("a semicolon", "grant_type=password;password="+k("semicolon"), 400)
	form("a made-up key", "grant_type=client_credentials", 401, bearer(k("key")))
	form("a token as key", "grant_type=client_credentials", 401, bearer(c.admin))
	add("JSON at a log-in", "POST", ccadmin+"/login", `{"password":"`+k("JSON at a log-in")+`"}`, 415, jsonType)
	add("a one-time code that is none", "POST", ccadmin+"/mfalogin",
		"grant_type=password&username=olga&password="+k("password with text for a code")+"&totp_code="+k(
			"one-time code"), 400, formType)
	add("a wrong one-time code", "POST", ccadmin+"/mfalogin", "grant_type=password&username=olga&password="+k(
		"password with code")+"&totp_code=000000", 401, formType)

	as := []string{jsonType, bearer(c.admin), authtoken(c.live)}
	for _, path := range []string{ccadmin + "/organizations", cvRoot + "/Login"} {
		for name, body := range map[string]string{
			"a bare text": k("bare"), "a string": `"` + k("string") + `"`, "an array": `["` + k("array") + `"]`,
			"a cut object": `{"name":"` + k("cut"),
			"no comma":     `{"name":"x" ` + k("no comma"), "bad escape": `{"name":"\q` + k("escape") + `"}`,
			"bad number":  `{"name":1` + k("number") + `}`,
			"two objects": `{}{"` + k("second") + `":1}`, "no UTF-8": "{\"name\":\"\xff" + k("no UTF-8") + `"}`,
			"control character": "{\"name\":\"\x01" + k("control") + `"}`,
			"too deep":          strings.Repeat(`{"`+k("deep")+`":`, 40) + "1" + strings.Repeat("}", 40),
		} {
			add("JSON, "+name+" to "+path, "POST", path, body, 400, as...)
		}
		add("a body too large to "+path, "POST", path, `{"name":"`+strings.Repeat(k("large"), 3000)+`"}`, 413,
			as...)
	}
	add("wrong types", "POST", ccadmin+"/organizations", `{"name":{"`+k("object")+`":1}}`, 400, as...)
	add("a name of several lines", "POST", ccadmin+"/organizations", `{"name":"a\n`+k("second line")+`"}`, 400,
		as...)
	add("a name too long", "POST", ccadmin+"/organizations", `{"name":"`+strings.Repeat(k("long name"), 20)+`"}`,
		400, as...)
	add("a code to write", "POST", ccadmin+"/organizations", `{"name":"x","authorizationCode":"`+k(
		"code to write")+`"}`, 400, as...)
	add("a name taken", "POST", ccadmin+"/organizations", `{"name":"Orchard Ltd","description":"`+k(
		"description")+`"}`, 400, as...)
	add("an op", "POST", ccadmin+"/applicationIds/x", `{"op":"`+k("op")+`","type":"application"}`, 400, as...)
	add("a type", "POST", ccadmin+"/applicationIds", `{"name":"x","type":"`+k("type of application")+`"}`, 400,
		as...)
	add("a type with an op", "POST", ccadmin+"/applicationIds/x",
		`{"op":"genAuthToken","type":"`+k("type with op")+`"}`, 400, as...)
	add("a lifetime", "POST", ccadmin+"/applicationIds", `{"name":"x","type":"application","lifetimeDays":"`+k(
		"lifetime")+`"}`, 400, as...)
	add("an address", "POST", ccstore+"/organizationRequests", `{"name":"x","profile":{"email":"`+k(
		"email")+`"}}`, 400, as...)
	add("comments too long", "POST", ccadmin+"/organizationRequests/1/approve",
		`{"approverComments":"`+strings.Repeat(k("comments"), 60)+`"}`, 400, as...)
	add("comments of nothing", "POST", ccadmin+"/organizationRequests/1/reject",
		`{"approverComments":"`+k("comments")+`"}`, 404, as...)

	login := func(name, members string, want int) {
		add(name, "POST", cvRoot+"/Login", "{"+members+"}", want,
			as...)
	}
	login("a wrong password on Commvault", `"username":"admin","password":"`+base64.StdEncoding.EncodeToString(
		[]byte(k("wrong password, Base64")))+`"`, 200)
	login("a password in clear", `"username":"admin","password":"`+k("password in clear")+`"`, 200)
	login("a password as name on Commvault", `"username":"`+k("password as name, Commvault")+`","password":""`,
		200)
	login("a domain", `"username":"admin","domain":"`+k("domain")+`","password":"`+k("password of a domain")+`"`,
		200)
	login("a timeout", `"username":"admin","password":"`+k("password with timeout")+`","timeout":"`+k(
		"timeout")+`"`, 400)
	login("a device too long", `"username":"admin","password":"x","deviceId":"`+strings.Repeat(k("device"),
		20)+`"`, 400)
	login("a device of another type", `"username":"admin","password":"x","deviceId":["`+k("device list")+`"]`,
		400)
	login("a device with NUL", `"username":"admin","password":"`+base64.StdEncoding.EncodeToString(
		[]byte(c.password))+`","deviceId":"a\u0000`+k("device, NUL")+`"`, 400)
	login("no password on Commvault", `"username":"`+k("name without password, Commvault")+`"`, 400)
	add("a made-up session to renew", "POST", cvRoot+"/RenewLoginToken",
		`{"sessionId":"QSDK `+k("renewal")+`","deviceId":"`+k("device to renew")+`"}`, 200, jsonType)
	add("a session to renew elsewhere", "POST", cvRoot+"/RenewLoginToken",
		`{"sessionId":"`+c.live+`","deviceId":"`+k("another device")+`"}`, 200, jsonType)
	add("a made-up pair to renew", "POST", cvRoot+"/V4/AccessToken/Renew",
		`{"accessToken":"GHA`+k("access to renew")+`","refreshToken":"GHR`+k("refresh")+`"}`, 400, jsonType)
	add("a scope of an access token", "POST", cvRoot+"/V4/AccessToken",
		`{"tokenName":"x","tokenType":3,"apiEndpoints":["/`+k("endpoint")+` `+k("endpoint, second")+`"]}`, 400,
		jsonType, authtoken(c.live))
	add("a time of an access token", "POST", cvRoot+"/V4/AccessToken",
		`{"tokenName":"x","tokenExpiryTimestamp":"`+k("time")+`"}`, 400, jsonType, authtoken(c.live))
	add("no object to renew", "POST", cvRoot+"/RenewLoginToken", `"`+c.live+`"`, 400, jsonType)
	return list
}

func (c *canary) xml() []provocation {
	k := c.mint
	var list []provocation
	for name, body := range map[string]string{
		"an entity": `<r username="admin" password="a&` + k("entity") + `;"/>`,
		"an ampersand": `<r username="admin" password="` + k("before ampersand") + `&` +
			k("behind ampersand") + `"/>`,
		"a less-than sign":       `<r username="admin" password="<` + k("less-than") + `"/>`,
		"no quotes":              `<r password=` + k("no quotes") + `/>`,
		"no value":               `<r ` + k("no value") + `/>`,
		"an attribute twice":     `<r password="x" password="` + k("twice") + `"/>`,
		"an element not closed":  `<` + k("not closed") + `>`,
		"an element crossed":     `<` + k("outer") + `></` + k("inner") + `>`,
		"a stray end":            `<r/></` + k("stray end") + `>`,
		"text outside":           `<r/>` + k("outside"),
		"a second root":          `<r/><` + k("second root") + `/>`,
		"a document type":        `<!DOCTYPE r [<!ENTITY a "` + k("document type") + `">]><r password="&a;"/>`,
		"an instruction":         `<?` + k("instruction") + ` x?><r/>`,
		"an encoding":            `<?xml version="1.0" encoding="` + k("encoding") + `"?><r/>`,
		"a version":              `<?xml version="` + k("version") + `"?><r/>`,
		"a bad name":             `<r:` + k("prefix") + `:x/>`,
		"a comment":              `<r><!-- ` + k("comment") + ` -- ` + k("double hyphen") + ` --></r>`,
		"a control character":    "<r password=\"\x01" + k("control in XML") + `"/>`,
		"no UTF-8":               "<r password=\"\xff" + k("no UTF-8 in XML") + `"/>`,
		"character data":         `<r>` + k("data") + `]]></r>`,
		"CDATA":                  `<r><![CDATA[` + k("CDATA"),
		"too deep":               strings.Repeat("<"+k("deep")+">", 40),
		"an element for a value": `<r username="admin"><password>` + k("element") + `</password></r>`,
		"a bad timeout":          `<r username="admin" password="x" timeout="` + k("timeout in XML") + `"/>`,
	} {
		for _, path := range []string{"/Login", "/RenewLoginToken"} {
			want := 400
			if name == "an encoding" {
				want = 415
			}
			if path != "/Login" && slices.Contains([]string{"an element for a value", "a bad timeout"}, name) {
				want = 200 // no member that this call looks at: a refusal, which is no HTTP error there
			}
			list = append(list, provocation{name: "XML, " + name + " to " + path, method: "POST", path: cvRoot + path,
				body:    body,
				headers: []string{"Content-Type: application/xml"}, want: want})
		}
	}
	return append(list, provocation{name: "XML, too large", method: "POST", path: cvRoot + "/Login", want: 413,
		body:    `<r password="` + strings.Repeat(k("large XML"), 3000) + `"/>`,
		headers: []string{"Content-Type: application/xml"}})
}

// rawRequests are those no HTTP client would send.
func (c *canary) rawRequests(t *testing.T) {
	k := c.mint
	for name, request := range map[string]string{
		"a version":         "GET / HTTP/" + k("HTTP version") + "\r\n\r\n",
		"no request":        k("no request") + "\r\n\r\n",
		"a bad path":        "GET " + k("bad path") + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"a bad escape":      "GET /%zz" + k("bad escape") + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"no colon":          "GET / HTTP/1.1\r\nHost: x\r\n" + k("no colon") + "\r\n\r\n",
		"a bad header":      "GET / HTTP/1.1\r\nHost: x\r\nX: a\x01" + k("bad header") + "\r\n\r\n",
		"a bad header name": "GET / HTTP/1.1\r\nHost: x\r\nX(" + k("bad header name") + ": a\r\n\r\n",
		"a bad host":        "GET / HTTP/1.1\r\nHost: x\x01" + k("bad host") + "\r\n\r\n",
		"two hosts":         "GET / HTTP/1.1\r\nHost: x\r\nHost: " + k("second host") + "\r\n\r\n",
		"a length":          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + k("length") + "\r\n\r\n",
		"a coding":          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + k("coding") + "\r\n\r\n",
		"an expectation":    "POST / HTTP/1.1\r\nHost: x\r\nExpect: " + k("expectation") + "\r\n\r\n",
		"a bad chunk": "POST " + ccadmin +
			"/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + k("chunk") + "\r\n",
		"a bad chunk on CV": "POST " + cvRoot +
			"/Login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + k("chunk on CV") + "\r\n",
		"a body cut short": "POST " + ccadmin +
			"/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npassword=" + k("cut short"),
		"headers too large": "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat(k("large header"), 2000) +
			"\r\n\r\n",
		"a bad trailer": "POST " + ccadmin +
			"/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: " + k("trailer") + "\r\n\r\n0\r\n" +
			k("trailer line") + "\r\n\r\n",
		"a proxy's request":  "GET http://" + k("proxied host") + "/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"a tunnel":           "CONNECT " + k("tunnel") + ":443 HTTP/1.1\r\nHost: x\r\n\r\n",
		"an HTTP/2 preface":  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + k("HTTP/2"),
		"TLS":                "\x16\x03\x01\x00\x05" + k("TLS"),
		"a host of a secret": "GET " + ccadmin + "/organizations HTTP/1.1\r\nHost: " + k("host") + "\r\n\r\n",
	} {
		text := raw(t, c.base, request)
		if status, _, _ := strings.Cut(text, "\r\n"); strings.Contains(status, " 200 ") &&
			name != "a proxy's request" {
			t.Errorf("%s is taken: %s", name, status)
		}
		checkAbsent(t, "the answer to "+name, text, c.needles)
	}
}

// raw sends bytes, says that no more will come and reads what comes back.
func raw(t testing.TB, base, request string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	// Errors are fine from here on: the server may hang up when it has had enough.
	_, _ = io.WriteString(conn, request)
	_ = conn.(*net.TCPConn).CloseWrite()
	text, _ := io.ReadAll(bufio.NewReader(conn))
	return string(text)
}

// tooMany guesses until the name is locked.
func (c *canary) tooMany(t *testing.T) {
	name := c.mint("name guessed at")
	for range 8 {
		c.check("guesses", c.login(ccadmin, name, c.mint("guess")))
	}
	a := c.login(ccadmin, name, c.mint("guess"))
	c.want(a, http.StatusTooManyRequests, "log in to a locked name")
	c.check("a guess too many", a)
	body := marshal(map[string]string{"username": name, "password": c.mint("guess on CV")})
	a = c.want(c.post(cvRoot+"/Login", body, jsonType), http.StatusOK, "log in to a locked name on Commvault")
	if a.member("isAccountLocked") != "true" {
		t.Errorf("a locked name on Commvault: %s", a.body)
	}
	c.check("a guess too many on Commvault", a)
	for range 200 { // 30 a minute are let through, and a busy machine guesses slowly
		a = c.keyLogin(ccapp, c.mint("guess at a key"))
		c.check("guesses at keys", a)
		if a.status == http.StatusTooManyRequests {
			break
		}
	}
	c.want(a, http.StatusTooManyRequests, "guess at keys")
}

// brokenSchema takes a table away: our own fault, of which a client learns nothing.
func (c *canary) brokenSchema(t *testing.T, s site) {
	s.exec(t, "ALTER TABLE auth_codes RENAME TO elsewhere")
	list := []provocation{
		{name: "a broken schema on OCC", method: "POST", path: ccadmin +
			"/organizations/or-100001/authorizationCode", want: 500,
			headers: []string{bearer(c.admin), "Cookie: " + c.mint("cookie at a fault")}},
		{name: "a broken schema on Commvault", method: "GET", path: codePath(cvRoot, "100001"), want: 500,
			headers: []string{authtoken(c.live), "Accept: application/xml"}},
	}
	c.run(list)
	for _, p := range list {
		if a := c.do(p.method, p.path, "", p.headers...); strings.Contains(a.body, "auth_codes") ||
			strings.Contains(strings.ToLower(a.body), "sql") {
			t.Errorf("%s tells the cause: %s", p.name, a.body)
		}
	}
	s.exec(t, "ALTER TABLE elsewhere RENAME TO auth_codes")
}

// outage are requests while the database is away.
func (c *canary) outage(want int) []provocation {
	k := c.mint
	password := base64.StdEncoding.EncodeToString([]byte(c.password))
	return []provocation{
		{name: "a log-in in an outage", method: "POST", path: ccadmin + "/login", want: want,
			headers: []string{formType},
			body: "grant_type=password&username=" + k("name in an outage") + "&password=" +
				url.QueryEscape(c.password)},
		{name: "a Login in an outage", method: "POST", path: cvRoot + "/Login", want: want,
			headers: []string{jsonType},
			body:    `{"username":"` + k("Login in an outage") + `","password":"` + password + `"}`},
		{name: "a token in an outage", method: "GET", path: ccadmin + "/organizations?q=" + k("q in an outage"),
			want: want, headers: []string{bearer(c.admin)}},
		{name: "a session in an outage", method: "GET", path: codePath(cvRoot, "100001"), want: want,
			headers: []string{authtoken(c.live)}},
		{name: "readiness in an outage", method: "GET", path: "/readyz?" + k("query in an outage"),
			want: http.StatusServiceUnavailable},
	}
}

// lockedFile holds SQLite's write lock for longer than the server waits for it.
func (c *canary) lockedFile(t *testing.T, s site) {
	db := s.openSQLite(t)
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	c.run([]provocation{{name: "a code while the file is locked", method: "POST", path: ccadmin +
		"/organizations/or-100001/authorizationCode",
		want: http.StatusServiceUnavailable, headers: []string{bearer(c.admin), "Cookie: " +
			c.mint("cookie at a lock")}}})
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}
