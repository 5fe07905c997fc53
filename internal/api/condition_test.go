// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/problem"
)

// versioned is an operation that honours If-Match, with a body that changes something each time.
type versioned struct {
	path, body string
	changed    problem.Code // what it answers if the version is another
}

// updates returns every operation that changes a thing in place.
func (d *door) updates(t *testing.T) map[string]versioned {
	code := d.code(t)
	client := d.want(t, d.enrol(t, code.text("authorizationCode"), "till"), 201).text("clientId")
	return map[string]versioned{
		"updateApplication": {"/applications/" + d.Application(t, "web").ID, `{"name":"NEW"}`,
			problem.CodeApplicationChanged},
		"updateAuthCode": {d.codes() + "/" + code.text("id"), `{"name":"NEW"}`,
			problem.CodeAuthCodeChanged},
		"updateClient": {"/clients/" + client, `{"name":"NEW"}`, problem.CodeClientChanged},
		"updateOrganization": {"/organizations/" + d.organization.ID.String(), `{"name":"NEW"}`,
			problem.CodeOrganizationChanged},
		"updateOrganizationRequest": {"/organization-requests/" + d.Submit(t, "r").ID.String(), `{"name":"NEW"}`,
			problem.CodeRequestChanged},
		"updateOperator": {"/operators/me", `{"displayName":"NEW"}`, problem.CodeOperatorChanged},
		"replacePolicy": {"/organizations/" + d.organization.ID.String() + "/policy",
			`{"showCodesOnce":false,"maxCodeLife":"NEWh","approveEnrolments":false}`, problem.CodeOrganizationChanged},
	}
}

// Every PATCH and PUT honours If-Match, and changes nothing if no tag is the present one.
func TestEveryUpdateHasAVersion(t *testing.T) {
	t.Parallel()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	all := newDoor(t).updates(t)
	for _, operation := range doc.Operations() {
		parts := strings.Fields(operation)
		name, method := parts[0], parts[1]
		_, honours := all[name]
		delete(all, name)
		if changes := method == http.MethodPatch || method == http.MethodPut; changes != honours ||
			doc.HasParameter(name, "If-Match") != changes {
			t.Errorf("%s must be tested with If-Match, and name it in the document, if it changes something", name)
		}
		if honours {
			t.Run(name, func(t *testing.T) {
				d := newDoor(t)
				versions(t, d, method, d.updates(t)[name])
			})
		}
	}
	for name := range all {
		t.Errorf("there is no operation %s", name)
	}
}

func versions(t *testing.T, d *door, method string, u versioned) {
	t.Helper()
	n := 10
	send := func(headers ...string) answer {
		n++ // so that each change is one
		return d.do(t, method, d.admin, u.path, strings.ReplaceAll(u.body, "NEW",
			string(rune('0'+n/10))+string(rune('0'+n%10))), headers...)
	}
	present := func() string { return d.want(t, d.get(t, d.admin, u.path), 200).header.Get("ETag") }
	old := present()
	if a := d.want(t, send(), 200); a.header.Get("ETag") != present() || present() == old {
		t.Errorf("changed at %s, now %s, before %s", a.header.Get("ETag"), present(), old)
	}
	tag := present()
	for what, header := range map[string]string{"an old tag": old, "a weak tag": "W/" + tag,
		"one of something else": `"x"`, "an empty tag": `""`,
		"several": old + ", W/" + tag + `,"x"`, "one with a comma": `"a,b", "*"`,
		"another spelling": strings.Replace(tag, "Z", "+00:00", 1)} {
		wantProblem(t, send("If-Match: "+header), 412, string(u.changed))
		if present() != tag {
			t.Errorf("%s changed it", what)
		}
	}
	for _, header := range []string{"", tag[1:], tag[:len(tag)-1], "x", "*, " + tag, tag + ", *",
		tag + " " + tag, ",", "w/" + tag, "W/", "W/*", `"a b"`,
		tag + `, "`} {
		wantProblem(t, send("If-Match: "+header), 400, "bad_if_match")
	}
	if present() != tag {
		t.Error("a bad header changed it")
	}
	for _, header := range []string{"TAG", `"x", TAG`, `,"a,b" , ,TAG,`, "TAG,W/TAG", "*", " * "} {
		d.want(t, send("If-Match: "+strings.ReplaceAll(header, "TAG", present())), 200)
	}
}

// Several header lines are one list.
func TestIfMatchInSeveralLines(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.code(t)
	path := d.codes() + "/" + made.text("id")
	d.want(t, d.patch(t, d.admin, path, `{"name":"a"}`, `If-Match: "x"`, "If-Match: "+made.header.Get("ETag")),
		200)
	wantProblem(t, d.patch(t, d.admin, path, `{"name":"b"}`, "If-Match: *",
		"If-Match: "+made.header.Get("ETag")), 400, "bad_if_match")
}
