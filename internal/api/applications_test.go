// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// application registers one and returns the answer.
func (d *door) application(t *testing.T, pairs ...any) answer {
	t.Helper()
	all := append([]any{"name", "shop", "expiresAt", "never"}, pairs...)
	return d.want(t, d.post(t, d.admin, "/applications", body(all...)), 201)
}

// keyToken returns an access token that a key gets.
func (d *door) keyToken(t *testing.T, key string) string {
	t.Helper()
	token, err := d.LoginWithKey(t.Context(), d.Anyone(), key, "/v1")
	if err != nil {
		t.Fatal(err)
	}
	return token.Text.Reveal()
}

func keyOf(a answer, member, name string) string {
	key, _ := a.json[member].(map[string]any)
	if key == nil || key[name] == nil {
		return ""
	}
	return fmt.Sprint(key[name])
}

// The key is in the answer that makes it, and in no other.
func TestApplications(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.application(t)
		path, key := "/applications/"+made.text("id"), made.text("applicationKey")
		if key == "" || made.text("type") != "application" || keyOf(made, "key", "state") != "active" ||
			made.text("organizationId") != "or-0" ||
			keyOf(made, "key", "expiresAt") != "never" || keyOf(made, "key", "lastUsedAt") != "" ||
			made.json["formerKey"] != nil {
			t.Errorf("made: %s", made.body)
		}
		own := d.keyToken(t, key)
		read := d.want(t, d.get(t, own, path), 200) // an application reads itself
		if keyOf(read, "key", "lastUsedAt") == "" || read.header.Get("ETag") == "" ||
			strings.Contains(read.body, key) {
			t.Errorf("read: %s", read.body)
		}
		until := d.Clock.Now().Add(time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
		changed := d.want(t, d.patch(t, d.admin, path, body("name", " web ", "expiresAt", until),
			"If-Match: "+read.header.Get("ETag")), 200)
		if changed.text("name") != "web" || keyOf(changed, "key", "expiresAt") != until ||
			changed.header.Get("ETag") == read.header.Get("ETag") {
			t.Errorf("changed: %s", changed.body)
		}
		wantProblem(t, d.patch(t, d.admin, path, `{"name":"x"}`, "If-Match: "+read.header.Get("ETag")), 412,
			"application_changed")
		wantProblem(t, d.patch(t, own, path, `{"name":"x"}`), 403, "permission_missing")
		d.Clock.Advance(time.Hour)
		if a := d.want(t, d.get(t, d.login(t, d.Admin, d.AdminPassword.Reveal()), path), 200); keyOf(a, "key",
			"state") != "expired" {
			t.Errorf("expired: %s", a.body)
		}
		d.admin = d.login(t, d.Admin, d.AdminPassword.Reveal())
		wantProblem(t, d.do(t, "DELETE", d.admin, path, "", "If-Match: *"), 400, "no_precondition")
		d.want(t, d.do(t, "DELETE", d.admin, path, ""), 204)
		wantProblem(t, d.get(t, d.admin, path), 404, "application_not_found")
		wantProblem(t, d.do(t, "DELETE", d.admin, path, `{"x":1}`), 400, "unknown_member")
	})
}

func TestRotateKey(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.application(t)
		path, old := "/applications/"+made.text("id"), made.text("applicationKey")
		own := d.keyToken(t, old)
		rotated := d.want(t, d.post(t, own, path+"/rotateKey", `{"overlap":"72h"}`), 201) // its own
		fresh := rotated.text("applicationKey")
		if fresh == "" || fresh == old || keyOf(rotated, "formerKey", "id") != keyOf(made, "key", "id") ||
			keyOf(rotated, "key", "id") == keyOf(made, "key", "id") {
			t.Errorf("rotated: %s", rotated.body)
		}
		if at, err := time.Parse(time.RFC3339, keyOf(rotated, "formerKey", "validUntil")); err != nil ||
			at.Sub(d.Clock.Now()).Round(time.Minute) != 72*time.Hour {
			t.Errorf("the former key is good until %v, %v", at, err)
		}
		d.want(t, d.get(t, own, path), 200)
		newer := d.keyToken(t, fresh)
		wantProblem(t, d.post(t, own, path+"/rotateKey", `{"overlap":"0s"}`), 401, "invalid_token")
		wantProblem(t, d.post(t, d.admin, path+"/rotateKey", `{"overlap":"1s"}`), 409, "key_overlap")
		ended := d.want(t, d.post(t, newer, path+"/endOverlap", ""), 200)
		if ended.json["formerKey"] != nil || strings.Contains(ended.body, fresh) {
			t.Errorf("ended: %s", ended.body)
		}
		wantProblem(t, d.get(t, own, path), 401, "invalid_token")
		wantProblem(t, d.post(t, d.admin, path+"/endOverlap", ""), 409, "key_not_rotated")
		for _, body := range []string{`{}`, `{"overlap":"0s"}`} { // absent is none
			former := d.keyToken(t, fresh)
			a := d.want(t, d.post(t, d.admin, path+"/rotateKey", body), 201)
			if fresh = a.text("applicationKey"); a.json["formerKey"] != nil {
				t.Errorf("%s: %s", body, a.body)
			}
			wantProblem(t, d.get(t, former, path), 401, "invalid_token")
		}
		until := d.Clock.Now().Add(time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
		if a := d.want(t, d.post(t, d.admin, path+"/rotateKey", body("expiresAt", until)), 201); keyOf(a, "key",
			"expiresAt") != until {
			t.Errorf("with an expiry: %s", a.body)
		}
	})
}

func TestApplicationsInvalid(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for sent, field := range map[string]string{
		`{"name":"n"}`: "expiresAt required", `{"expiresAt":"never"}`: "name required",
		`{"name":"n","expiresAt":"soon"}`:                     "expiresAt bad_expiry",
		`{"name":"n","expiresAt":"2020-01-01T00:00:00Z"}`:     "expiresAt expiry_past",
		`{"name":"n","expiresAt":"9999-01-01T00:00:00Z"}`:     "expiresAt too_far_ahead",
		`{"name":"n","expiresAt":"never","type":"robot"}`:     "type bad_application_type",
		`{"name":"n","type":"extension","expiresAt":"never"}`: "expiresAt no_key",
		`{"name":"","type":"extension"}`:                      "name required",
	} {
		if a := d.post(t, d.admin, "/applications", sent); a.status != 400 ||
			!slices.Equal(a.fields(), []string{field}) {
			t.Errorf("%s: %d %.300s, want %s", sent, a.status, a.body, field)
		}
	}
	extension := d.want(t, d.post(t, d.admin, "/applications", `{"name":"e","type":"extension"}`), 201)
	if extension.text("applicationKey") != "" || extension.json["key"] != nil {
		t.Errorf("extension: %s", extension.body)
	}
	path := "/applications/" + extension.text("id")
	wantProblem(t, d.post(t, d.admin, path+"/rotateKey", `{}`), 400, "no_key")
	wantProblem(t, d.post(t, d.admin, path+"/endOverlap", ""), 400, "no_key")
	if a := d.patch(t, d.admin, path, `{"expiresAt":"never"}`); !slices.Equal(a.fields(),
		[]string{"expiresAt no_key"}) {
		t.Errorf("expiry of an extension: %s", a.body)
	}
	app := "/applications/" + d.application(t).text("id")
	for _, overlap := range []string{"", "3", "-1h", "9000h", "1e9h"} {
		if a := d.post(t, d.admin, app+"/rotateKey", body("overlap", overlap)); a.status != 400 ||
			!strings.HasPrefix(strings.Join(a.fields(), " "), "overlap bad_overlap") {
			t.Errorf("overlap %q: %d %s", overlap, a.status, a.body)
		}
	}
	for _, id := range []string{"x", "%00", "%ff", strings.ToUpper(extension.text("id")),
		strings.Repeat("9", 400)} {
		for _, r := range applicationRoutes(id) {
			if strings.Contains(r.path, id) {
				wantProblem(t, d.do(t, r.method, d.admin, r.path, r.body), 404, "application_not_found")
			}
		}
	}
}

// People of an organization do not see the server's applications, and may change none.
func TestApplicationsOfOthers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.application(t).text("id")
	tenant := d.login(t, "plum", d.Operator(t, "plum", tenancy.Administrator, d.organization.ID).Reveal())
	auditor := d.login(t, "aud", d.Operator(t, "aud", tenancy.Auditor, tenancy.RootID).Reveal())
	if found := d.want(t, d.get(t, tenant, "/applications"), 200).items("id"); len(found) != 0 {
		t.Errorf("a tenant sees %q", found)
	}
	wantProblem(t, d.get(t, tenant, "/applications/"+id), 404, "application_not_found")
	d.want(t, d.get(t, auditor, "/applications/"+id), 200)
	for _, r := range applicationRoutes(id) {
		if r.method != "GET" {
			wantProblem(t, d.do(t, r.method, tenant, r.path, r.body), 403, "root_required")
			wantProblem(t, d.do(t, r.method, auditor, r.path, r.body), 403, "permission_missing")
		}
	}
}

func TestApplicationPages(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		var all []string
		for i := range 7 {
			if all = append(all, d.application(t, "name", fmt.Sprint(i)).text("id")); i%2 == 0 {
				d.Clock.Advance(time.Millisecond) // some are made in the same one
			}
		}
		extension := d.want(t, d.post(t, d.admin, "/applications", `{"name":"e","type":"extension"}`),
			201).text("id")
		gone := []string{all[5], all[3], all[1]}
		d.walk(t, "/applications?count=2", append([]string{extension}, all[0], all[2], all[4], all[6]), func() {
			d.application(t)
			if len(gone) > 0 {
				d.want(t, d.do(t, "DELETE", d.admin, "/applications/"+gone[0], ""), 204)
				gone = gone[1:]
			}
		})
		if found := d.want(t, d.get(t, d.admin, "/applications?type=extension"),
			200).items("id"); !slices.Equal(found, []string{extension}) {
			t.Errorf("extensions: %q", found)
		}
		for _, kind := range []string{"", "robot", "Extension"} {
			wantProblem(t, d.get(t, d.admin, "/applications?type="+kind), 400, "bad_type")
		}
		next := d.want(t, d.get(t, d.admin, "/applications?count=1"), 200).text("nextCursor")
		wantProblem(t, d.get(t, d.admin, "/applications?type=application&cursor="+next), 400, "bad_cursor")
	})
}
