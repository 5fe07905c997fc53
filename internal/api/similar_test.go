// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gatehouse/apitype"
	"gatehouse/internal/tenancy"
)

// Whoever approves a request is told when its name may be taken for another one.
func TestNamesThatLookAlike(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, d *door) {
		submit := func(name, organization string) string {
			body := map[string]any{"name": name, "contact": map[string]any{"firstName": "Ada", "lastName": "Birch",
				"email": "ada@example.test"}}
			if organization != "" {
				body["organization"] = map[string]any{"name": organization}
			}
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			return d.want(t, d.post(t, "", "/organization-requests", string(text)), 201).text("id")
		}
		told := func(a answer, member string) string {
			var shown struct {
				NameWarnings []string
				SimilarNames []apitype.SimilarName
				Organization struct {
					NameWarnings []string
					SimilarNames []apitype.SimilarName
				}
			}
			if err := json.Unmarshal([]byte(a.body), &shown); err != nil {
				t.Fatal(err)
			}
			if member == "organization" {
				return fmt.Sprint(shown.Organization.NameWarnings, shown.Organization.SimilarNames)
			}
			return fmt.Sprint(shown.NameWarnings, shown.SimilarNames)
		}
		want := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("%s: got %+q, want %+q", what, got, want)
			}
		}
		cherry := d.organization.ID.String()
		honest := submit("Birch Tools", "")
		fullWidth := submit("\uff23herry", "")
		hidden := submit("Harmless", "Ch\u3164erry")
		member := fmt.Sprintf("{organization %s Cherry active}", cherry)
		request := fmt.Sprintf("{organizationRequest %s \uff23herry new}", fullWidth)

		read := func(id string) answer { return d.want(t, d.get(t, d.admin, "/organization-requests/"+id), 200) }
		want("an honest name", told(read(honest), ""), "[] []")
		want("full-width", told(read(fullWidth), ""), "[variantCharacters] ["+member+"]")
		want("its organization", told(read(fullWidth), "organization"), "[variantCharacters] ["+member+"]")
		want("a harmless request", told(read(hidden), ""), "[] []")
		want("its organization", told(read(hidden), "organization"),
			"[invisibleCharacters] ["+member+" "+request+"]")
		want("the one that it looks like", told(d.want(t, d.get(t, d.admin, "/organizations/"+cherry), 200), ""),
			"[] ["+request+"]")
		changed := d.want(t, d.patch(t, d.admin, "/organization-requests/"+honest, `{"name":"Ch\u0435rry"}`), 200)
		want("a changed name", told(changed, ""), "[mixedScripts looksLatin] ["+member+" "+request+"]")

		var list struct{ Items []json.RawMessage }
		for path, texts := range map[string]map[string]string{
			"/organization-requests?sort=id&filter=" + "status%20ne%20%22approved%22": {fullWidth: "variantCharacters",
				honest: "mixedScripts", hidden: ""},
			"/organizations": {cherry: ""}} {
			a := d.want(t, d.get(t, d.admin, path), 200)
			if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Items) != len(texts) {
				t.Fatalf("%s: %v %s", path, err, a.body)
			}
			for _, item := range list.Items {
				var one struct{ ID string }
				if err := json.Unmarshal(item, &one); err != nil || !strings.Contains(string(item), texts[one.ID]) ||
					strings.Contains(string(item), "similarNames") == (texts[one.ID] == "") {
					t.Errorf("%s: %v %s", path, err, item)
				}
			}
		}
		own := d.login(t, "own", d.Operator(t, "own", tenancy.AccountManager, d.organization.ID).Reveal())
		want("a caller of an organization", told(d.want(t, d.get(t, own, "/organizations/"+cherry), 200), ""),
			"[] []")
		d.want(t, d.post(t, d.admin, "/organization-requests/"+fullWidth+"/reject", `{}`), 200)
		want("once it is decided", told(read(fullWidth), ""), "[variantCharacters] []")
		want("nor is it found", told(d.want(t, d.get(t, d.admin, "/organizations/"+cherry), 200), ""),
			"[] [{organizationRequest "+honest+" Ch\u0435rry new}]")
	})
}
