// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

func TestRotate(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t, "tags", []string{"a"})
		path := d.codes() + "/" + made.text("id")
		wantProblem(t, d.post(t, d.admin, path+"/endOverlap", ""), 409, "auth_code_not_rotated")
		for overlap, field := range map[string]string{`"never"`: "overlap bad_overlap_text",
			`""`: "overlap bad_overlap_text", `"-1s"`: "overlap bad_overlap",
			`"9000h"`: "overlap bad_overlap", `72`: "overlap wrong_type", `null`: "overlap null_member"} {
			a := d.post(t, d.admin, path+"/rotate", `{"overlap":`+overlap+`}`)
			if a.status != 400 || !slices.Equal(a.fields(), []string{field}) {
				t.Errorf("overlap %s: %d %s, want %s", overlap, a.status, a.body, field)
			}
		}
		if a := d.post(t, d.admin, path+"/rotate", `{}`); a.status != 400 ||
			!slices.Equal(a.fields(), []string{"overlap required"}) {
			t.Errorf("without an overlap: %d %s", a.status, a.body)
		}
		next := d.want(t, d.post(t, d.admin, path+"/rotate", `{"overlap":"72h"}`), 201)
		former := d.want(t, d.get(t, d.admin, path), 200)
		if former.text("state") != "superseded" || former.text("replacedBy") != next.text("id") ||
			former.text("validUntil") != "2026-04-05T07:53:28.134Z" {
			t.Errorf("the former code: %s", former.body)
		}
		if next.text("name") != "spring" || next.text("authorizationCode") == made.text("authorizationCode") ||
			next.text("state") != "active" {
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

// A dry run says whom the rotation would have refused, and the rotation is still to be done.
func TestRotateDryRun(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t)
		path := d.codes() + "/" + made.text("id") + "/rotate"
		client := d.want(t, d.enrol(t, made.text("authorizationCode"), "till-7"), 201).text("clientId")
		d.Clock.Advance(36 * time.Hour)
		d.admin = d.login(t, d.Admin, d.AdminPassword.Reveal())
		for body, field := range map[string]string{`{"overlap":"72h","days":7}`: "days only_dry_run",
			`{"overlap":"24h","dryRun":true,"days":1}`: "days bad_preview_days",
			`{"overlap":"0s","dryRun":true,"days":0}`:  "days bad_preview_days", `{"dryRun":true}`: "overlap required",
			`{"overlap":"168h","dryRun":true}`:          "days bad_preview_days",
			`{"overlap":"0s","dryRun":"yes"}`:           "dryRun wrong_type",
			`{"overlap":"0s","dryRun":true,"days":1.5}`: "days wrong_type"} {
			if a := d.post(t, d.admin, path, body); a.status != 400 || !slices.Equal(a.fields(), []string{field}) {
				t.Errorf("%s: %d %s, want %s", body, a.status, a.body, field)
			}
		}
		for _, c := range []struct {
			body, since string
			days, uses  float64
		}{
			{`{"overlap":"72h","dryRun":true}`, "2026-03-30T19:53:28.134Z", 7, 1},
			{`{"overlap":"12h","dryRun":true,"days":2}`, "2026-04-02T07:53:28.134Z", 2, 1},
			{`{"overlap":"13h","dryRun":true,"days":2}`, "2026-04-02T08:53:28.134Z", 2, 0},
		} {
			a := d.want(t, d.post(t, d.admin, path, c.body), 200)
			sources := []any{}
			if c.uses > 0 {
				sources = append(sources, map[string]any{"instanceId": "till-7", "address": "192.0.2.7",
					"clientId": client, "uses": 1.0, "lastUsedAt": "2026-04-02T07:53:28.134Z"})
			}
			want := map[string]any{"overlap": a.text("overlap"), "days": c.days, "refusedSince": c.since,
				"refusedUses": c.uses, "sources": sources, "totalSources": c.uses, "olderUses": 0.0}
			if diff := cmp.Diff(want, a.json); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.body, diff)
			}
		}
		plum := d.Operator(t, "plum", tenancy.Administrator, d.Organization(t, "Plum").ID)
		wantProblem(t, d.post(t, d.login(t, "plum", plum.Reveal()), path, `{"overlap":"72h","dryRun":true}`), 404,
			"organization_not_found")
		d.want(t, d.post(t, d.admin, path, `{"overlap":"72h","dryRun":false}`), 201)
		wantProblem(t, d.post(t, d.admin, path, `{"overlap":"72h","dryRun":true}`), 409, "auth_code_rotated")
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
