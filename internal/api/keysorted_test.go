// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/problem"
)

// walked returns the texts of a member of all items of a list, page by page.
func (d *door) walked(t *testing.T, path, member string) (found []string) {
	t.Helper()
	for cursor := ""; ; {
		a := d.want(t, d.get(t, d.admin, path+cursor), 200)
		found = append(found, a.items(member)...)
		if a.text("nextCursor") == "" {
			return found
		}
		cursor = "&cursor=" + a.text("nextCursor")
	}
}

// Codes, clients and applications are sorted by what people look for, in both directions, page
// by page. What is absent is the last in ascending order.
func TestSortedByOneProperty(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		tomorrow := d.Clock.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
		names := []string{"delta", "Alpha", "charlie", "Bravo"}
		var codes, programs []string
		for i, name := range names {
			expires := any("never")
			if i == 2 {
				expires = tomorrow
			}
			codes = append(codes, d.code(t, "name", name, "expiresAt", expires).text("authorizationCode"))
			programs = append(programs, d.application(t, "name", name, "expiresAt", expires).text("applicationKey"))
			d.Clock.Advance(time.Second)
		}
		for i, name := range names { // the first code has one use, the last one four
			for n := range i + 1 {
				d.want(t, d.post(t, "", "/enrollments", enrolment(codes[i],
					map[string]any{"name": name, "instanceId": fmt.Sprint(i, n)})), 201)
			}
			d.Clock.Advance(time.Second)
		}
		d.keyToken(t, programs[1])
		for _, c := range []struct{ path, sort, want string }{
			{d.codes(), "name", "Alpha Bravo charlie delta"},
			{d.codes(), "name:desc", "delta charlie Bravo Alpha"},
			{d.codes(), "createdAt:asc", "delta Alpha charlie Bravo"},
			{d.codes(), "uses:desc", "Bravo charlie Alpha delta"},
			{d.codes(), "lastUsedAt", "delta Alpha charlie Bravo"},
			{d.codes(), "expiresAt:asc", "charlie delta Alpha Bravo"},
			{d.codes(), "expiresAt:desc", "Bravo Alpha delta charlie"},
			{"/clients", "name", "Alpha Alpha Bravo Bravo Bravo Bravo charlie charlie charlie delta"},
			{"/clients", "createdAt", "delta Alpha Alpha charlie charlie charlie Bravo Bravo Bravo Bravo"},
			{"/applications", "name", "Alpha Bravo charlie delta"},
			{"/applications", "name:desc", "delta charlie Bravo Alpha"},
			{"/applications", "createdAt", "delta Alpha charlie Bravo"},
			{"/applications", "createdAt:desc", "Bravo charlie Alpha delta"},
		} {
			for _, count := range []string{"1", "3", "50"} {
				got := fmt.Sprint(d.walked(t, c.path+query("sort", c.sort, "count", count), "name"))
				if got != "["+c.want+"]" {
					t.Errorf("%s by %s, %s at a time: got %s, want %s", c.path, c.sort, count, got, c.want)
				}
			}
		}
		// Those that were never used or never expire are in the order of their ids, which are
		// made by chance.
		for sort, first := range map[string]string{"lastUsedAt": "Alpha", "expiresAt": "charlie"} {
			got := d.walked(t, "/applications"+query("sort", sort, "count", "1"), "name")
			if len(got) != 4 || got[0] != first {
				t.Errorf("by %s: got %q, want %s first", sort, got, first)
			}
			back := d.walked(t, "/applications"+query("sort", sort+":desc", "count", "3"), "name")
			if slices.Reverse(back); !slices.Equal(got, back) {
				t.Errorf("by %s: got %q and backwards %q", sort, got, back)
			}
		}
		d.sortedErrors(t)
	})
}

// sortedErrors: see TestSortedByOneProperty.
func (d *door) sortedErrors(t *testing.T) {
	t.Helper()
	for _, path := range []string{d.codes(), "/clients", "/applications"} {
		next := d.want(t, d.get(t, d.admin, path+query("sort", "name", "count", "1")), 200).text("nextCursor")
		for _, other := range []string{"name:desc", "createdAt", "id"} {
			a := d.get(t, d.admin, path+query("sort", other, "cursor", next))
			wantProblem(t, a, 400, "bad_cursor")
		}
		wantProblem(t, d.get(t, d.admin, path+query("sort", "name,createdAt")), 400, "one_sort_key")
		wantProblem(t, d.get(t, d.admin, path+query("sort", "colour")), 400, "bad_sort")
	}
	d.Store.Fail("Clients", problem.TooManyToSort(10_000))
	a := d.get(t, d.admin, "/clients?sort=name")
	wantProblem(t, a, 400, "too_many_to_sort")
}

// The uses of a code and applications are found by filters.
func TestFilteredUsesAndApplications(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	c := d.code(t, "maxUses", 2)
	for i := range 4 {
		d.enrol(t, c.text("authorizationCode"), fmt.Sprint("till-", i))
		d.Clock.Advance(time.Second)
	}
	uses := d.codes() + "/" + c.text("id") + "/uses"
	for filter, want := range map[string]string{
		`outcome eq "refused"`:                        "[till-3 till-2]",
		`reason eq "exhausted"`:                       "[till-3 till-2]",
		`not (reason pr) and clientId pr`:             "[till-1 till-0]",
		`instanceId ew "1" or instanceId eq "TILL-3"`: "[till-3 till-1]",
		`at lt "2026-01-01"`:                          "[]",
		`address eq "192.0.2.250"`:                    "[]",
	} {
		for _, count := range []string{"1", "50"} {
			if got := fmt.Sprint(d.walked(t, uses+query("filter", filter, "count", count),
				"instanceId")); got != want {
				t.Errorf("%s: got %s, want %s", filter, got, want)
			}
		}
	}
	wantProblem(t, d.get(t, d.admin, uses+query("filter", `outcome eq "maybe"`)), 400, "bad_filter")
	for _, name := range []string{"shop", "Till", "tower"} {
		d.application(t, "name", name)
	}
	d.want(t, d.post(t, d.admin, "/applications", `{"name":"ext","type":"extension"}`), 201)
	for filter, want := range map[string]string{`name sw "T"`: "[Till tower]", `type eq "extension"`: "[ext]",
		`not (expiresAt pr)`: "[ext shop Till tower]", `lastUsedAt pr`: "[]",
		`organizationId eq "or-0"`: "[ext shop Till tower]"} {
		for _, count := range []string{"1", "50"} {
			path := "/applications" + query("filter", filter, "count", count, "sort", "name")
			if got := fmt.Sprint(d.walked(t, path, "name")); got != want {
				t.Errorf("%s: got %s, want %s", filter, got, want)
			}
		}
	}
	wantProblem(t, d.get(t, d.admin, "/applications"+query("filter", `type eq "robot"`)), 400, "bad_filter")
}
