// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
)

var codeText = regexp.MustCompile(`GHC[0-9A-Z]{30}`)

// text returns the authorization code on a page; "" if there is none.
func (a answer) text() string { return codeText.FindString(a.body) }

// codes returns the codes of an organization, the newest first.
func (d *desk) codes(t *testing.T, id tenancy.OrganizationID) []tenancy.AuthCode {
	t.Helper()
	all, err := d.ListAuthCodes(context.Background(), d.Root(), id, tenancy.IDOrder{Limit: 99})
	if err != nil {
		t.Fatal(err)
	}
	return all.Items
}

// present presents a code from an address.
func (d *desk) present(text, instance, address string) error {
	_, err := d.Enrol(context.Background(), tenancy.Anonymous(tenancy.Origin{Address: address, RequestID: "t"}),
		tenancy.EnrolParams{AuthCode: text, Name: instance, InstanceID: instance})
	return err
}

func unlimited(name string) url.Values {
	return url.Values{"name": {name}, "never": {"on"}, "anyNumber": {"on"}}
}

// A code is made with all its limits, shown once, listed, edited, and shown again.
func TestAuthCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	list := organizationPath(o.ID) + "/codes"
	b.get(list).has(http.StatusOK, list+"/new")
	form := b.get(list+"/new").has(http.StatusOK, "New code")
	sent := url.Values{"name": {" Tills "}, "note": {"one\r\ntwo"}, "expiresAt": {"2026-05-01T12:30"},
		"maxUses": {" 2 "}, "cidrs": {"192.0.2.0/24\r\n2001:db8::/32"}, "tags": {"red\r\nblue sky"},
		"once": {form.hidden("once")}}
	made := b.post(list+"/new", sent).has(http.StatusOK, "The new code",
		`src="data:image/svg&#43;xml;base64,`, "data-copy")
	if again := b.post(list+"/new", sent); made.text() == "" || again.text() != made.text() {
		t.Errorf("sent twice: %s and %s", made.text(), again.text())
	}
	codes := d.codes(t, o.ID)
	if len(codes) != 1 {
		t.Fatalf("there are %d codes", len(codes))
	}
	code := codes[0]
	var nets []string
	for _, net := range code.Limits.Sources {
		nets = append(nets, net.String())
	}
	got := []any{code.Name, code.Note, code.Limits.ExpiresAt.Format(time.RFC3339), code.Limits.MaxUses, nets,
		code.Tags, code.Canary}
	if diff := cmp.Diff([]any{"Tills", "one\ntwo", "2026-05-01T12:30:00Z", int64(2),
		[]string{"192.0.2.0/24", "2001:db8::/32"}, []string{"blue sky", "red"}, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	path := list + "/" + code.ID
	b.get(list).has(http.StatusOK, path, "Tills", "0 / 2", "2 networks").lacks(made.text())
	b.get(path).has(http.StatusOK, "It lets clients enrol.", "one\ntwo", "0 of 2", "blue sky", "2001:db8::/32",
		"2026-05-01 12:30 UTC", path+"/reveal", path+"/rotate", path+"/disable", "Nobody has used it so.").
		lacks(made.text(), path+"/enable", path+"/end-overlap", "<svg")

	edit := b.get(path+"/edit").has(http.StatusOK, `value="2026-05-01T12:30"`, "192.0.2.0/24\n2001:db8::/32",
		"blue sky\nred", `name="maxUses" type="text" value="2"`)
	change := unlimited("Doors")
	change.Set("version", edit.hidden("version"))
	d.Clock.Advance(time.Second)
	b.post(path+"/edit", change).redirects(path)
	b.get(path).has(http.StatusOK, "The changes are saved.", "Doors", "0, without a limit", "Anywhere").
		lacks("blue sky", "2026-05-01")
	b.post(path+"/edit", change).has(http.StatusConflict, "Somebody else has changed this code")

	b.get(path+"/reveal").has(http.StatusOK, "stays in the history").lacks("password")
	if shown := b.post(path+"/reveal", url.Values{}).has(http.StatusOK); shown.text() != made.text() {
		t.Errorf("%q is revealed", shown.text())
	}
	if events := d.Events(t, o.ID); !slices.Equal(events, []string{"organization.create", "auth_code.create",
		"auth_code.update", "auth_code.reveal"}) {
		t.Errorf("events: %q", events)
	}
}

// What is wrong with a code is said at its field, and what was typed is kept.
func TestAuthCodeErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	path := organizationPath(o.ID) + "/codes/new"
	for _, c := range []struct{ field, value, wrong string }{
		{"name", "", "e-name"}, {"name", strings.Repeat("n", 300), "e-name"},
		{"note", strings.Repeat("n", 1100), "e-note"}, {"never", "", `id="e-expiresAt">Expiry (UTC) is required.`},
		{"expiresAt", "2027-01-01T00:00", "e-expiresAt"}, // and never
		{"expiresAt", "soon", `id="e-expiresAt">Expiry (UTC) must be a time such as`},
		{"anyNumber", "", "e-maxUses"}, {"maxUses", "7", "e-maxUses"}, {"maxUses", "0", "e-maxUses"},
		{"maxUses", "seven", "e-maxUses"}, {"cidrs", "192.0.2.1", "e-cidrs"}, {"cidrs", "192.0.2.1/24", "e-cidrs"},
		{"tags", strings.Repeat("t", 65), "e-tags"},
		{"tags", "t\n" + script + strings.Repeat("x", 64), "e-tags"},
	} {
		form := unlimited("typed before")
		form.Set(c.field, c.value)
		a := b.post(path, form).has(http.StatusUnprocessableEntity, c.wrong).lacks("<script>alert")
		if c.field != "name" {
			a.has(http.StatusUnprocessableEntity, `value="typed before"`)
		}
	}
	b.post(path, url.Values{"anyNumber": {"on"}}).has(http.StatusUnprocessableEntity,
		`id="e-name">Name is required.`,
		`id="e-expiresAt"`)
	for _, past := range []string{"2026-04-02T07:53", "2026-04-02", "2026-04-02 07:53:28"} {
		b.post(path, url.Values{"name": {"n"}, "expiresAt": {past}, "anyNumber": {"on"}}).
			has(http.StatusUnprocessableEntity, "must be in the future", `value="`+past+`"`)
	}
	if codes := d.codes(t, o.ID); len(codes) > 0 {
		t.Errorf("%d codes were made", len(codes))
	}
	off := false
	if _, err := d.UpdateOrganization(context.Background(), d.Root(), o.ID,
		tenancy.UpdateOrganizationParams{Active: &off}); err != nil {
		t.Fatal(err)
	}
	b.post(path, unlimited("n")).has(http.StatusConflict, `id="problem"`, "not active")
	b.get(organizationPath(o.ID) + "/codes").lacks(path)
}

// The text of a code is shown again to people who show who they are, if they signed in a while ago.
func TestRevealAsksForThePassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	list := organizationPath(o.ID) + "/codes"
	text := b.post(list+"/new", unlimited("n")).text()
	path := list + "/" + d.codes(t, o.ID)[0].ID + "/reveal"
	d.Clock.Advance(15*time.Minute - time.Second)
	b.get(path).has(http.StatusOK).lacks(`type="password"`)
	d.Clock.Advance(time.Second)
	b.get(path).has(http.StatusOK, `name="password" type="password"`)
	b.post(path, url.Values{}).has(http.StatusUnprocessableEntity, `id="e-password">Your password is required.`).
		lacks(text)
	b.post(path, url.Values{"password": {"wrong one"}}).has(http.StatusForbidden, `id="e-password"`).
		lacks(text, "wrong one")
	if n := len(d.Events(t, o.ID)); n != 2 {
		t.Errorf("there are %d events: %q", n, d.Events(t, o.ID))
	}
	b.post(path, url.Values{"password": {d.AdminPassword.Reveal()}}).has(http.StatusOK, text)
	b.post(path, url.Values{}).has(http.StatusUnprocessableEntity).lacks(text)
}

// An organization that shows a code once shows it in the answer to the form that makes it, and never again.
func TestShowOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	if _, err := d.UpdateOrganization(context.Background(), d.Root(), o.ID, tenancy.UpdateOrganizationParams{
		Policy: &tenancy.Policy{ShowCodesOnce: true}}); err != nil {
		t.Fatal(err)
	}
	list := organizationPath(o.ID) + "/codes"
	text := b.post(list+"/new", unlimited("n")).has(http.StatusOK, "shows a code only once").text()
	path := list + "/" + d.codes(t, o.ID)[0].ID
	b.get(path).has(http.StatusOK).lacks(path + "/reveal")
	b.get(path + "/reveal").redirects(path)
	b.post(path+"/reveal", url.Values{}).has(http.StatusForbidden, "once, when it is made").lacks(text)
}

// A code is switched off and on, and rotated; the page says whom a rotation would hit.
func TestAuthCodeChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	list := organizationPath(o.ID) + "/codes"
	text := b.post(list+"/new", unlimited("Tills")).text()
	path := list + "/" + d.codes(t, o.ID)[0].ID

	b.get(path+"/disable").has(http.StatusOK, "Switch this code off?")
	b.post(path+"/disable", url.Values{}).redirects(path)
	b.get(path).has(http.StatusOK, "The code is switched off.", "It was switched off on", path+"/enable").
		lacks(path+"/disable", "It lets clients enrol.")
	if d.present(text, "till 1", "192.0.2.1") == nil {
		t.Error("a code that is switched off lets a client in")
	}
	b.get(path + "/disable").redirects(path)
	b.get(path+"/enable").has(http.StatusOK, "Switch this code on?")
	b.post(path+"/enable", url.Values{}).redirects(path)
	d.Clock.Advance(48 * time.Hour)
	b = d.admin(t)
	if err := d.present(text, "till 2", "192.0.2.2"); err != nil {
		t.Error(err)
	}
	b.get(path).has(http.StatusOK, "till 2", "192.0.2.2", "It was switched off.", "<svg", `class="in"`,
		`class="out"`,
		"let clients in 1 times and refused 1 times")
	b.get(path+"?state=refused").has(http.StatusOK, "till 1").lacks("till 2")
	b.get(path + "?state=nonsense").has(http.StatusBadRequest)

	b.get(path+"/rotate").has(http.StatusOK, "1 uses by 1 installations", "till 2", `value="72h0m0s" selected`).
		lacks("till 1")
	b.get(path+"/rotate?overlap=1h&days=1").has(http.StatusOK, "till 2", `value="1h0m0s"`)
	b.get(path+"/rotate?overlap=48h&days=2").has(http.StatusUnprocessableEntity, `id="e-days"`)
	for _, bad := range []string{"overlap=x", "days=x"} {
		b.get(path + "/rotate?" + bad).has(http.StatusBadRequest)
	}
	b.post(path+"/rotate", url.Values{"overlap": {"soon"}}).has(http.StatusUnprocessableEntity)
	b.post(path+"/rotate", url.Values{"overlap": {"-1h"}}).has(http.StatusUnprocessableEntity)
	sent := url.Values{"overlap": {"24h0m0s"}, "once": {"one"}}
	rotated := b.post(path+"/rotate", sent).has(http.StatusOK,
		"The former code stays good until 2026-04-05 07:53 UTC.", path)
	if again := b.post(path+"/rotate", sent); rotated.text() == text || rotated.text() != again.text() {
		t.Error("sent twice, the rotation shows two codes")
	}
	next := list + "/" + d.codes(t, o.ID)[0].ID
	b.get(path).has(http.StatusOK, "stays good until 2026-04-05 07:53 UTC", next, path+"/end-overlap").
		lacks(path + "/rotate")
	b.get(path+"/end-overlap").has(http.StatusOK, "End the overlap?")
	b.post(path+"/end-overlap", url.Values{}).redirects(path)
	b.get(path).has(http.StatusOK, "lets nobody in any more").lacks(path+"/edit", path+"/reveal")
	b.get(path + "/end-overlap").redirects(path)
	b.get(path + "/edit").redirects(path)
	b.get(path + "/rotate").redirects(path)
	if d.present(text, "till 3", "192.0.2.3") == nil || d.present(rotated.text(), "till 3", "192.0.2.3") != nil {
		t.Error("the former code lets a client in, or the newer one does not")
	}
	b.post(next+"/end-overlap", url.Values{}).has(http.StatusConflict, `id="problem"`)
}

// People see what they may do, and nothing of other organizations.
func TestAuthCodePermissions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o, other := d.Organization(t, "Orchard"), d.Organization(t, "Other")
	made, err := d.CreateAuthCode(context.Background(), d.Root(), o.ID,
		tenancy.AuthCodeParams{Name: "Tills", Limits: tenancy.Unlimited()}, false)
	if err != nil {
		t.Fatal(err)
	}
	list := organizationPath(o.ID) + "/codes"
	path := list + "/" + made.ID
	auditor := d.browser(t).signIn("auditor", d.Operator(t, "auditor", tenancy.Auditor, o.ID))
	auditor.get(path).has(http.StatusOK, "Tills", path+"/installer").
		lacks("/reveal", "/edit", "/rotate", "/disable")
	auditor.get(list).has(http.StatusOK, "Tills").lacks(list + "/new")
	foreign := d.browser(t).signIn("foreign", d.Operator(t, "foreign", tenancy.Administrator, other.ID))
	for _, way := range []string{"/reveal", "/edit", "/rotate", "/disable", "/enable", "/end-overlap"} {
		auditor.get(path+way).has(http.StatusNotFound, "There is no such page")
		auditor.post(path+way, url.Values{"overlap": {"1h"}, "name": {"n"}, "never": {"on"}, "anyNumber": {"on"}}).
			has(http.StatusForbidden).lacks(made.Text.Reveal())
		foreign.get(path + way).has(http.StatusNotFound)
		foreign.post(path+way, url.Values{"overlap": {"1h"}}).has(http.StatusNotFound).lacks(made.Text.Reveal())
		// A code of another organization is not one of the own.
		foreign.get(organizationPath(other.ID) + "/codes/" + made.ID + way).has(http.StatusNotFound)
	}
	for _, way := range []string{"", "/installer"} {
		foreign.get(path + way).has(http.StatusNotFound)
	}
	auditor.get(list + "/new").has(http.StatusNotFound)
	auditor.post(list+"/new", unlimited("n")).has(http.StatusForbidden)
	if n := len(d.codes(t, o.ID)); n != 1 {
		t.Errorf("there are %d codes", n)
	}
}

// The text for installers names the code and the server, and never has the code itself.
func TestInstaller(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.admin(t)
	o := d.Organization(t, "Orchard")
	list := organizationPath(o.ID) + "/codes"
	form := unlimited(script)
	form.Set("note", script)
	form.Set("tags", script[:40])
	text := b.post(list+"/new", form).has(http.StatusOK).text()
	path := list + "/" + d.codes(t, o.ID)[0].ID
	for _, way := range []string{"", "/edit", "/reveal", "/rotate", "/disable", "/installer"} {
		b.get(path+way).has(http.StatusOK).lacks("<script>alert", "onerror=alert(1)>", text)
	}
	path += "/installer"
	for _, target := range []string{"linux", "macos", "ansible", "cloud-init", "terraform"} {
		b.get(path+"?for="+target).has(http.StatusOK, d.server.URL, o.ID.String(), "<pre").lacks(text)
	}
	b.get(path+"?for=linux&server=https://gate.example.test&client=till+11&caFile=/etc/ca.pem&codeFile=/run/c").
		has(http.StatusOK, "https://gate.example.test", "till 11", "/etc/ca.pem", "/run/c")
	b.get(path+"?for=linux&codeFile=relative").has(http.StatusOK, "There is no text for this").lacks("<pre")
	b.get(path+"?for=linux&server=nowhere").has(http.StatusOK, "There is no text for this").lacks("<pre")
	b.get(path+"?for=windows-msi").has(http.StatusOK, "Fill in the package").lacks("<pre")
	b.get(path+"?for=windows-msi&package=till.msi&property=authcode").has(http.StatusOK,
		"There is no text for this")
	b.get(path+"?for=windows-msi&package=till.msi&property=AUTHCODE").has(http.StatusOK, "till.msi", "AUTHCODE",
		"<pre")
	b.get(path + "?for=amiga").has(http.StatusBadRequest)
}

// A ledger that is longer than a page goes on, and its days are in the chart.
func TestAuthCodeUsesPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.Organization(t, "Orchard")
	made, err := d.CreateAuthCode(context.Background(), d.Root(), o.ID,
		tenancy.AuthCodeParams{Name: "Tills", Limits: tenancy.Unlimited()}, false)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Change(context.Background(), func(tx tenancy.Tx) error {
		for i := range 120 {
			if _, err := tx.InsertCodeUse(context.Background(), tenancy.CodeUse{AuthCodeID: made.ID,
				At: tenancy.Stored(d.Clock.Now().AddDate(0, 0, -i/4)), Outcome: tenancy.UseRefused,
				Refusal: tenancy.RefusedSource, Address: "192.0.2.9", InstanceID: "till"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b := d.admin(t)
	path := organizationPath(o.ID) + "/codes/" + made.ID
	seen, pages := 0, 0
	for next := path; next != ""; pages++ {
		a := b.get(next).has(http.StatusOK, "Not from this address.")
		seen += strings.Count(a.body, `<th scope="row">`)
		if pages == 0 {
			a.has(http.StatusOK, "refused 120 times", "At most 4 a day", "2026-03-04")
			if bars := strings.Count(a.body, "<rect"); bars != 30 {
				t.Errorf("there are %d bars", bars)
			}
		}
		next = ""
		if found := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(a.body); found != nil {
			next = strings.ReplaceAll(found[1], "&amp;", "&")
		}
	}
	if seen != 120 || pages != 3 {
		t.Errorf("%d uses on %d pages", seen, pages)
	}
}

// The picture on the page has the code.
func TestPicture(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.Organization(t, "Orchard")
	a := d.admin(t).post(organizationPath(o.ID)+"/codes/new", unlimited("n"))
	found := regexp.MustCompile(`base64,([A-Za-z0-9+/=&#;]+)"`).FindStringSubmatch(a.body)
	if found == nil {
		t.Fatal(a.body)
	}
	svg, err := base64.StdEncoding.DecodeString(
		strings.NewReplacer("&#43;", "+", "&#61;", "=").Replace(found[1]))
	if err != nil || !strings.HasPrefix(string(svg), "<svg ") {
		t.Errorf("%v %.40s", err, svg)
	}
}
