// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/identity"
	"gatehouse/internal/openapitest"
	"gatehouse/internal/tenancy"
)

// noValueBodies are the bodies, by operation, into which the members without a value are put. A %d becomes a
// different number in each request. Each new operation needs a row.
func noValueBodies(company tenancy.Organization, login string) map[string][]string {
	id := number(company)
	return map[string][]string{
		"login":              {`{` + login + `}`},
		"createOrganization": {`{"organizationInfo":{"organization":{"connectName":"Company %d"}}}`},
		"updateOrganization": {
			`{"organizationInfo":{"organization":{"shortName":{"id":` + id +
				`}},"organizationProperties":{"enableAuthCodeGen":false}}}`,
			`{"organizationInfo":{"organization":{"shortName":{"id":` + id +
				`}},"organizationProperties":{"enableAuthCodeGen":true}}}`},
		"deactivateOrganization": {`{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`},
		"v4UpdateCompany":        {`{}`, `{"status":{"deactivate":true}}`},
		"createAccessToken": {`{"tokenName":"token %d"}`,
			`{"tokenName":"token %d","tokenType":3,"apiEndpoints":["/plan"]}`},
		"updateAccessToken": {`{"tokenName":"narrow"}`, `{"tokenName":"narrow","apiEndpoints":["/plan"]}`},
	}
}

// walk is a server with the things that a member without a value could harm: the code of the server itself, a
// company, and a limited access token.
type walk struct {
	*server
	session string
	company tenancy.Organization
	narrow  identity.IssuedOperatorToken
	n       int
}

func newWalk(t *testing.T) *walk {
	w := &walk{server: newServer(t)}
	w.session, w.company = w.admin(t), w.Organization(t, "Orchard Ltd")
	w.generate(t, w.session, tenancy.Organization{ID: tenancy.RootID})
	w.narrow = w.accessToken(t, "narrow", "/plan")
	return w
}

// events returns the audit without the values that differ between two equal requests.
func (w *walk) events(t *testing.T) (all []string) {
	t.Helper()
	differs := regexp.MustCompile(`"(alias|name)":"[^"]*"`)
	err := w.Store.View(t.Context(), func(tx tenancy.Reader) error {
		heads, err := tx.AuditHeads(t.Context(), -1, 1000)
		for i := 0; err == nil && i < len(heads); i++ {
			var events []tenancy.AuditEvent
			events, err = tx.AuditEvents(t.Context(), heads[i].OrganizationID, 0, 1000)
			for _, e := range events {
				all = append(all, e.Action+" "+differs.ReplaceAllString(e.Detail, ""))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// state returns the state that must not change by itself.
func (w *walk) state(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, id := range []tenancy.OrganizationID{tenancy.RootID, w.company.ID} {
		o, code, err := w.GetPrimaryAuthCode(t.Context(), w.Root(), id)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, o, code.ID)
	}
	err := w.Store.View(t.Context(), func(tx tenancy.Reader) error {
		list, err := tx.OperatorTokens(t.Context(), w.narrow.OperatorID)
		for _, token := range list {
			if token.ID == w.narrow.ID {
				fmt.Fprintln(&b, token)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// try sends a request, and returns its status and its effect.
func (w *walk) try(t *testing.T, in openapitest.Input, query, body string) (status int, effect string) {
	t.Helper()
	before := map[string]int{}
	for _, e := range w.events(t) {
		before[e]++
	}
	media := mediaJSON
	if strings.HasPrefix(body, "<") {
		media = mediaXML
	}
	path := strings.NewReplacer("{id}", number(w.company), "{token}", w.narrow.ID.String()).Replace(in.Path)
	w.n++
	body = strings.ReplaceAll(body, "%d", strconv.Itoa(w.n))
	r := w.call(t, in.Method, base+path+query, body, "Content-Type", media, "Accept", mediaJSON, "Authtoken",
		w.session)
	if r.Code >= 500 {
		t.Errorf("%s %s: %d %s", in.Operation, body, r.Code, r.Body)
	}
	effect = w.state(t)
	for _, e := range w.events(t) {
		if before[e]--; before[e] < 0 {
			effect += e + "\n"
		}
	}
	return r.Code, effect
}

// No empty value means the server itself, all operations or no expiry. It is refused, or has the same effect
// as an absent value.
func TestNoValueIsNoNumber(t *testing.T) {
	t.Parallel()
	d, err := document()
	if err != nil {
		t.Fatal(err)
	}
	w := newWalk(t)
	bodies := noValueBodies(w.company, credentials(w.Admin, w.AdminPassword))
	inputs := d.Inputs()
	for _, name := range []string{"createAccessToken", "updateAccessToken"} { // lists that limit a token
		for _, in := range inputs {
			if in.Operation == name && in.Name == "tokenType" {
				in.Name = "apiEndpoints"
				inputs = append(inputs, in)
				in.Name = "allowedIPs"
				inputs = append(inputs, in)
			}
		}
	}
	for _, in := range inputs {
		switch {
		case in.Query && in.Method == http.MethodGet:
			w.readWithout(t, in)
		case in.Query:
			w.changeWithout(t, in, bodies[in.Operation])
		case len(bodies[in.Operation]) == 0:
			t.Errorf("%s: there is no body to try %s in", in.Operation, in.Name)
		case !strings.HasPrefix(in.Name, "DM2"): // the same members as today's form of a log-in
			for _, body := range bodies[in.Operation] {
				w.memberWithout(t, in, body)
			}
		}
	}
}

// readWithout checks that an empty parameter never makes a list longer.
func (w *walk) readWithout(t *testing.T, in openapitest.Input) {
	t.Helper()
	path := strings.ReplaceAll(in.Path, "{id}", number(w.company))
	whole := w.call(t, in.Method, base+path, "", "Authtoken", w.session).Body.Len()
	for _, value := range []string{"", " ", "null", "[]", "{}", "false"} {
		query := "?" + url.QueryEscape(in.Name) + "=" + url.QueryEscape(value)
		r := w.call(t, in.Method, base+path+query, "", "Authtoken", w.session)
		if r.Code >= 500 || r.Code == http.StatusOK && r.Body.Len() > whole {
			t.Errorf("%s%s: %d %s", in.Operation, query, r.Code, r.Body)
		}
	}
}

// changeWithout checks that an empty value never selects what a change is for.
func (w *walk) changeWithout(t *testing.T, in openapitest.Input, bodies []string) {
	t.Helper()
	for _, body := range bodies {
		for _, member := range []string{`"id":` + number(w.company), `"id":0`, `"id":null`} {
			body := strings.Replace(body, `"id":`+number(w.company), member, 1)
			for _, value := range []string{"", "%20", "null", "[]", "{}", "false", "+0", "00", "-0"} {
				state := w.state(t)
				status, effect := w.try(t, in, "?"+in.Name+"="+value, body)
				if status < 400 || effect != state {
					t.Errorf("%s?%s=%s %s: %d, %s", in.Operation, in.Name, value, body, status, effect)
				}
			}
		}
	}
}

// memberWithout puts each empty value into a body, in JSON and in XML.
func (w *walk) memberWithout(t *testing.T, in openapitest.Input, body string) {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatal(err)
	}
	absent := asJSON(t, openapitest.With(t, whole, in.Name, nil))
	w.try(t, in, "", absent) // the effect of the first request does not matter
	absentStatus, absentEffect := w.try(t, in, "", absent)
	for _, value := range openapitest.NoValues() {
		if in.Switch && string(value) == "false" {
			continue
		}
		made := openapitest.With(t, whole, in.Name, value)
		sent := []string{asJSON(t, made)}
		if v := string(value); v != "null" && v != "[]" {
			sent = append(sent, asXML("R", made))
		}
		for _, body := range sent {
			state := w.state(t)
			status, effect := w.try(t, in, "", body)
			refused := status >= 400 && effect == state
			if !refused && (status != absentStatus || effect != absentEffect) {
				t.Errorf("%s %s: %d\n%swithout %s: %d\n%s", in.Operation, body, status, effect, in.Name,
					absentStatus, absentEffect)
			}
		}
	}
}

func asJSON(t *testing.T, body map[string]any) string {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// asXML writes a body in XML: scalars are attributes, other values are elements.
func asXML(name string, value any) string {
	if raw, is := value.(json.RawMessage); is {
		_ = json.Unmarshal(raw, &value)
	}
	o, is := value.(map[string]any)
	if !is {
		return fmt.Sprintf("<%s val=%q/>", name, fmt.Sprint(value))
	}
	var attributes, children string
	for member, v := range o {
		if raw, is := v.(json.RawMessage); is {
			_ = json.Unmarshal(raw, &v)
		}
		switch v := v.(type) {
		case map[string]any:
			children += asXML(member, v)
		case []any:
			for _, item := range v {
				children += asXML(member, item)
			}
		default:
			attributes += fmt.Sprintf(" %s=%q", member, fmt.Sprint(v))
		}
	}
	return "<" + name + attributes + ">" + children + "</" + name + ">"
}
