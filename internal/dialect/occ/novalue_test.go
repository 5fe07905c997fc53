// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/openapitest"
	"gatehouse/internal/tenancy"
)

// noValueBodies are the bodies, by operation, into which the members without a value are put. A %d becomes a
// different number in each request. Each new operation needs a row.
func noValueBodies() map[string][]string {
	return map[string][]string{
		"appIdOperation":      {`{"op":"genAuthToken","type":"application"}`},
		"createApplicationID": {`{"name":"Shop %d","type":"application","lifetimeDays":30}`},
		"updateApplicationID": {`{"name":"Shop","type":"application"}`},
		"createOrganization": {`{"name":"Company %d"}`,
			`{"name":"Company %d","approvalRequired":true,"orderPriceLimit":100}`},
		"updateOrganization":        {`{"description":"trees"}`},
		"createOrganizationRequest": {`{"name":"Request %d","profile":{"firstName":"Ada","lastName":"Birch","email":"ada%d@example.test"}}`},
		"updateOrganizationRequests": {
			`{"name":"Birch"}`, `{"name":"Birch","organization":{"description":"trees"}}`},
	}
}

// plain are members that are data without a meaning here. null and the empty text remove them, and have no
// other effect.
func plain() []string {
	return []string{"type", "customerType", "organization.type", "organization.customerType"}
}

type walk struct {
	*client
	token        string
	organization tenancy.Organization
	application  string
	request      tenancy.RequestID
	n            int
}

func newWalk(t *testing.T) *walk {
	c := newClient(t)
	w := &walk{client: c, token: c.admin(t, admin), application: c.Application(t, "Shop").ID}
	w.organization = c.Organization(t, "Orchard")
	body := `{"active":false,"type":"company","customerType":"OEM","allowPunchoutShopping":false,"delegateApprovalManagement":false,"approvalRequired":true,"orderPriceLimit":100}`
	if a := c.do(t, "PUT", admin+"/organizations/"+w.organization.ID.String(), w.token, body); a.status != 200 {
		t.Fatal(a.body)
	}
	filed, err := c.SubmitRequest(t.Context(), c.Anyone(), tenancy.SubmitRequestParams{Name: "Birch",
		Contact: tenancy.ContactParams{FirstName: "Ada", LastName: "Birch", Email: "ada@example.test"}})
	if err != nil {
		t.Fatal(err)
	}
	w.request = filed.ID
	return w
}

// state returns the stored things and the audit, without the values that differ between two equal requests.
func (w *walk) state(t *testing.T) (things map[string]string, events map[string]int) {
	t.Helper()
	differs := regexp.MustCompile(`"[^"]*":"(or-|bb-)?[^"]*[0-9][^"]*"`)
	things, events = map[string]string{}, map[string]int{}
	o, code, err := w.GetPrimaryAuthCode(t.Context(), w.Root(), w.organization.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range o.Properties {
		things[name] = string(value)
	}
	o.Properties, o.UpdatedAt = nil, time.Time{} // each change has a time of its own
	things["organization"] = fmt.Sprint(o, code.ID)
	detail, err := w.GetRequestDetail(t.Context(), w.Root(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range detail.Organization.Properties {
		things["organization."+name] = string(value)
	}
	things["request"] = fmt.Sprint(detail.Request)
	application, err := w.GetApplication(t.Context(), w.Root(), w.application)
	if err != nil {
		t.Fatal(err)
	}
	things["application"] = fmt.Sprint(application)
	err = w.Store.View(t.Context(), func(tx tenancy.Reader) error {
		heads, err := tx.AuditHeads(t.Context(), -1, 1000)
		for i := 0; err == nil && i < len(heads); i++ {
			var list []tenancy.AuditEvent
			list, err = tx.AuditEvents(t.Context(), heads[i].OrganizationID, 0, 1000)
			for _, e := range list {
				events[e.Action+" "+differs.ReplaceAllString(e.Detail, "")]++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return things, events
}

// try sends a request. It returns the answer, the changes and the audit events.
func (w *walk) try(t *testing.T, in openapitest.Input, query, body string) (a answer, changed,
	written []string) {
	t.Helper()
	things, events := w.state(t)
	root := admin
	if in.Operation == "createOrganizationRequest" {
		root = store
	}
	id := map[bool]string{true: w.organization.ID.String(), false: w.application}[strings.HasPrefix(in.Path,
		"/organizations")]
	if strings.HasPrefix(in.Path, "/organizationRequests") {
		id = w.request.String()
	}
	w.n++
	a = w.do(t, in.Method, root+strings.ReplaceAll(in.Path, "{id}", id)+query, w.token,
		strings.ReplaceAll(body, "%d", strconv.Itoa(w.n)))
	if a.status >= 500 {
		t.Errorf("%s %s: %d %s", in.Operation, body, a.status, a.body)
	}
	after, more := w.state(t)
	for _, name := range slices.Sorted(maps.Keys(things)) {
		if after[name] != things[name] {
			changed = append(changed, name)
		}
	}
	for _, e := range slices.Sorted(maps.Keys(more)) {
		if more[e] != events[e] {
			written = append(written, e)
		}
	}
	return a, changed, written
}

// An empty value is never a number or a word of a list. It is refused, or has the same effect as an absent
// value. As plain data it may remove the one member that was sent.
func TestNoValueIsNoNumber(t *testing.T) {
	t.Parallel()
	d, err := document()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range d.Inputs() {
		t.Run(in.Operation+" "+in.Name, func(t *testing.T) {
			t.Parallel()
			w := newWalk(t)
			switch bodies := noValueBodies()[in.Operation]; {
			case in.Method == "GET":
				w.readWithout(t, in)
			case in.Query && in.Name == "type": // the guard of a delete, see TestTypeGuards
			// what is shown, and what is sent elsewhere
			case in.Query && in.Name == "expand", in.Name == "grant_type":
			case len(bodies) == 0:
				t.Errorf("there is no body to try it in")
			default:
				for _, body := range bodies {
					w.memberWithout(t, in, body)
				}
			}
		})
	}
}

// readWithout checks that an empty parameter never makes a list longer.
func (w *walk) readWithout(t *testing.T, in openapitest.Input) {
	t.Helper()
	whole, _, _ := w.try(t, in, "", "")
	for _, value := range []string{"", " ", "null", "[]", "{}", "false"} {
		query := "?" + in.Name + "=" + url.QueryEscape(value)
		if a, _, written := w.try(t, in, query, ""); len(written) > 0 || a.status == 200 &&
			len(a.body) > len(whole.body) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func (w *walk) memberWithout(t *testing.T, in openapitest.Input, body string) {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatal(err)
	}
	made := func(value json.RawMessage) string {
		b, err := json.Marshal(openapitest.With(t, whole, in.Name, value))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	w.try(t, in, "", made(nil)) // the effect of the first request does not matter
	absent, absentChanged, absentWritten := w.try(t, in, "", made(nil))
	for _, value := range openapitest.NoValues() {
		// each has a meaning
		if in.Switch && string(value) == "false" || in.Name == "authorizationCode" &&
			string(value) == "null" {
			continue
		}
		a, changed, written := w.try(t, in, "", made(value))
		switch {
		case a.status >= 400 && len(changed)+len(written) == 0:
		case a.status == absent.status && slices.Equal(changed, absentChanged) &&
			slices.Equal(written, absentWritten):
		case a.status == 200 && slices.Contains(plain(), in.Name) && slices.Equal(changed, []string{in.Name}):
		default:
			t.Errorf("%s: %d, changed %q, wrote %q; without it %d, changed %q, wrote %q", made(value),
				a.status, changed, written,
				absent.status, absentChanged, absentWritten)
		}
	}
}
