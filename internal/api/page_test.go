// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A walk over a list shows everything that was there all the time, once, while things are
// added and ended.
func TestWalk(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		var codes, clients []string
		first := d.code(t)
		codes = append(codes, first.text("id"))
		for i := range 9 {
			codes = append(codes, d.code(t).text("id"))
			clients = append(clients, d.want(t, d.enrol(t, first.text("authorizationCode"), fmt.Sprint(i)), 201).text("clientId"))
		}
		d.walk(t, d.codes()+"?count=2", codes, func() {
			d.want(t, d.post(t, d.admin, d.codes()+"/"+codes[3]+"/disable", ""), 200)
			d.code(t)
		})
		d.walk(t, "/clients?count=2&organization="+d.organization.ID.String(), clients, func() {
			d.want(t, d.post(t, d.admin, "/clients/"+clients[2]+"/revoke", ""), 200)
			d.want(t, d.enrol(t, d.code(t).text("authorizationCode"), "new"), 201)
		})
		uses := d.walk(t, d.codes()+"/"+first.text("id")+"/uses?count=4", nil, func() {})
		if len(uses) != 9 {
			t.Errorf("the ledger has %d uses", len(uses))
		}
	})
}

// walk reads all pages and makes a change between them.
func (d *door) walk(t *testing.T, path string, want []string, between func()) (seen []string) {
	t.Helper()
	next := ""
	for range 30 {
		a := d.want(t, d.get(t, d.admin, path+next), 200)
		if a.items("id") == nil {
			seen = append(seen, a.items("instanceId")...)
		} else {
			seen = append(seen, a.items("id")...)
		}
		cursor := a.text("nextCursor")
		if cursor == "" {
			break
		}
		next = "&cursor=" + url.QueryEscape(cursor)
		between()
	}
	for _, id := range want {
		if !slices.Contains(seen, id) {
			t.Errorf("%s: %s was never shown", path, id)
		}
	}
	for i, id := range seen {
		if id != "<nil>" && slices.Contains(seen[:i], id) {
			t.Errorf("%s: %s was shown twice", path, id)
		}
	}
	return seen
}

func TestBadPages(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		made := d.code(t)
		d.code(t)
		d.want(t, d.enrol(t, made.text("authorizationCode"), "a"), 201)
		d.want(t, d.enrol(t, made.text("authorizationCode"), "b"), 201)
		lists := []string{d.codes(), "/clients", d.codes() + "/" + made.text("id") + "/uses"}
		cursors := map[string]string{}
		for _, list := range lists {
			cursors[list] = d.want(t, d.get(t, d.admin, list+"?count=1"), 200).text("nextCursor")
			if cursors[list] == "" {
				t.Fatalf("%s has no second page", list)
			}
		}
		for _, list := range lists {
			for _, count := range []string{"0", "-1", "251", "x", "", "1.0", "1e2", "99999999999999999999"} {
				wantProblem(t, d.get(t, d.admin, list+"?count="+count), 400, "bad_count")
			}
			d.want(t, d.get(t, d.admin, list+"?count=250"), 200)
			wantProblem(t, d.get(t, d.admin, list+"?count=1&count=1"), 400, "sent_twice")
			wantProblem(t, d.get(t, d.admin, list+"?cursor="+cursors[list]+"&cursor="+cursors[list]), 400, "sent_twice")
			forged := base64.RawURLEncoding.EncodeToString([]byte("/v1" + list + "\n" + strings.Repeat("x", 65)))
			bad := []string{"", "x", "!", forged, cursors[list][:len(cursors[list])/2], cursors[list] + "A", cursors[list] + "="}
			for _, other := range lists {
				if other != list {
					bad = append(bad, cursors[other])
				}
			}
			for _, cursor := range bad {
				wantProblem(t, d.get(t, d.admin, list+"?cursor="+url.QueryEscape(cursor)), 400, "bad_cursor")
			}
		}
		// A cursor is for its conditions only.
		wantProblem(t, d.get(t, d.admin, "/clients?state=active&cursor="+cursors["/clients"]), 400, "bad_cursor")
		checkPositions(t, d, lists)
	})
}

// checkPositions sends cursors of a list with positions that no list has.
func checkPositions(t *testing.T, d *door, lists []string) {
	t.Helper()
	for _, position := range []string{"\x00", "\xff", "0", "-1", "nothing"} { // where nothing is
		for _, list := range lists {
			path := strings.ReplaceAll(list, "?", "")
			suffix := ""
			if list == "/clients" {
				suffix = "&&&"
			}
			a := d.get(t, d.admin, list+"?cursor="+base64.RawURLEncoding.EncodeToString([]byte("/v1"+path+suffix+"\n"+position)))
			if a.status != 200 && a.status != 400 {
				t.Errorf("%s with a made up position %q: %d %s", list, position, a.status, a.body)
			}
		}
	}
}
