// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

func TestRotate(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t, "tags", []string{"a"})
		path := d.codes() + "/" + made.text("id")
		wantProblem(t, d.post(t, d.admin, path+"/endOverlap", ""), 409, "auth_code_not_rotated")
		for overlap, field := range map[string]string{`"never"`: "overlap bad_overlap_text", `""`: "overlap bad_overlap_text", `"-1s"`: "overlap bad_overlap",
			`"9000h"`: "overlap bad_overlap", `72`: "overlap wrong_type", `null`: "overlap null_member"} {
			a := d.post(t, d.admin, path+"/rotate", `{"overlap":`+overlap+`}`)
			if a.status != 400 || !slices.Equal(a.fields(), []string{field}) {
				t.Errorf("overlap %s: %d %s, want %s", overlap, a.status, a.body, field)
			}
		}
		if a := d.post(t, d.admin, path+"/rotate", `{}`); a.status != 400 || !slices.Equal(a.fields(), []string{"overlap required"}) {
			t.Errorf("without an overlap: %d %s", a.status, a.body)
		}
		next := d.want(t, d.post(t, d.admin, path+"/rotate", `{"overlap":"72h"}`), 201)
		former := d.want(t, d.get(t, d.admin, path), 200)
		if former.text("state") != "superseded" || former.text("replacedBy") != next.text("id") ||
			former.text("validUntil") != "2026-04-05T07:53:28.134Z" {
			t.Errorf("the former code: %s", former.body)
		}
		if next.text("name") != "spring" || next.text("authorizationCode") == made.text("authorizationCode") || next.text("state") != "active" {
			t.Errorf("the new code: %s", next.body)
		}
		wantProblem(t, d.post(t, d.admin, path+"/rotate", `{"overlap":"72h"}`), 409, "auth_code_rotated")
		d.want(t, d.enrol(t, made.text("authorizationCode"), "in the overlap"), 201)
		ended := d.want(t, d.post(t, d.admin, path+"/endOverlap", ""), 200)
		if ended.text("state") != "superseded" || ended.text("validUntil") != "" {
			t.Errorf("after the end: %s", ended.body)
		}
		d.want(t, d.post(t, d.admin, path+"/endOverlap", ""), 200) // twice is fine
		wantProblem(t, d.enrol(t, made.text("authorizationCode"), "after it"), 403, "enrolment_refused")
		d.want(t, d.enrol(t, next.text("authorizationCode"), "with the new one"), 201)
		wantProblem(t, d.patch(t, d.admin, path, `{"name":"x"}`), 409, "auth_code_ended")
		for _, verb := range []string{"/disable", "/enable", "/reveal"} {
			wantProblem(t, d.post(t, d.admin, path+verb, ""), 409, "auth_code_ended")
		}
	})
}

// An organization that shows its codes once reveals none again.
func TestShownOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, err := d.UpdateOrganization(t.Context(), d.Root(), d.organization.ID,
		tenancy.UpdateOrganizationParams{Policy: &tenancy.Policy{ShowCodesOnce: true, MaxCodeLife: 24 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if a := d.post(t, d.admin, d.codes(), `{"name":"n","expiresAt":"never","maxUses":1}`); a.status != 400 ||
		!slices.Equal(a.fields(), []string{"expiresAt expiry_needed"}) {
		t.Errorf("a code without an end: %d %s", a.status, a.body)
	}
	made := d.code(t, "expiresAt", d.Clock.Now().Add(time.Hour))
	wantProblem(t, d.post(t, d.admin, d.codes()+"/"+made.text("id")+"/reveal", ""), 403, "auth_code_shown_once")
}
