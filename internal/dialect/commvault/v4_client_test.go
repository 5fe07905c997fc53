// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

// The types below have the members and types of the vendor's OpenAPI document for V4/Company, as a client
// generated from it has them. Members that only our answers have are marked as ours.
type (
	idName struct {
		ID   *int32  `json:"id"`
		Name *string `json:"name"`
	}
	vendorContact struct { // of the list
		idName
		Email *string `json:"email"` // ours
	}
	vendorDetailsContact struct {
		ID       *string `json:"id"`
		Name     *string `json:"name"`
		FullName *string `json:"fullname"`
		Email    *string `json:"email"`
	}
	vendorCompanies struct {
		Companies []struct {
			ID                      *int32          `json:"id"`
			Name                    *string         `json:"name"`
			GUID                    *string         `json:"GUID"`
			Alias                   *string         `json:"alias"`
			IsReseller              *bool           `json:"isReseller"`
			PrimaryContacts         []vendorContact `json:"primaryContacts"`
			AssociatedEntitiesCount *int32          `json:"associatedEntitiesCount"`
			Status                  *string         `json:"status"`
			Tags                    *struct {
				idName
				Value *string `json:"value"`
			} `json:"tags"`
			Commcell *struct {
				ID          *int32  `json:"id"` // ours
				Name        *string `json:"name"`
				DisplayName *string `json:"displayName"`
			} `json:"commcell"`
			Operators []struct {
				FullName              *string `json:"fullName"`
				User, UserGroup, Role *idName
			} `json:"operators"`
		} `json:"companies"`
		CompanyCount *int32 `json:"companyCount"`
	}
	vendorGeneral struct {
		NewAlias                *string `json:"newAlias"`
		EmailSuffix             *string `json:"emailSuffix"`
		AuthcodeForInstallation *bool   `json:"authcodeForInstallation"`
		TwoFactorAuth           *struct {
			Enable     *bool    `json:"enable"`
			All        *bool    `json:"all"`
			UserGroups []idName `json:"userGroups"`
		} `json:"twoFactorAuth"`
		ResellerMode *bool `json:"resellerMode"`
	}
	vendorStatus struct { // of the vendor's update
		Deactivate *bool `json:"deactivate"`
		Options    *struct {
			DisableBackup  *bool `json:"disableBackup"`
			DisableRestore *bool `json:"disableRestore"`
			DisableLogin   *bool `json:"disableLogin"`
		} `json:"options"`
	}
	vendorCompany struct {
		ID           *int32                 `json:"id"`
		Name         *string                `json:"name"` // ours
		GUID         *string                `json:"GUID"` // ours
		CreationTime *int32                 `json:"creationTime"`
		Status       *vendorStatus          `json:"status"` // ours, in the form of the vendor's update
		General      *vendorGeneral         `json:"general"`
		Security     []idName               `json:"security"`
		Contacts     []vendorDetailsContact `json:"contacts"`
		Plans        []idName               `json:"plans"`
	}
)

// strictly decodes an answer into a type. A member that the type does not have is an error.
func strictly[T any](t *testing.T, body []byte) (v T) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// A client generated from the vendor's document can read the list and the details.
func TestV4AsTheVendorsTypes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	made := s.call(t, "POST", base+"/V4/Company",
		`{"name":"Orchard Ltd","alias":"orchard","contactName":"Ann Pear","email":"ann@orchard.example.test","emailSuffix":"a.example.test,b.example.test"}`,
		"Authtoken", token, "Content-Type", mediaJSON)
	company := strictly[idName](t, made.Body.Bytes())
	list := strictly[vendorCompanies](t, s.call(t, "GET", base+"/V4/Company", "", "Authtoken",
		token).Body.Bytes())
	first := list.Companies[0]
	if *list.CompanyCount != 1 || *first.ID != *company.ID || *first.Status != "ACTIVE" ||
		first.Tags == nil || *first.Commcell.DisplayName != "Commcell" ||
		*first.PrimaryContacts[0].Name != "Ann Pear" || *first.PrimaryContacts[0].ID != 0 {
		t.Errorf("list: %+v", first)
	}
	path := fmt.Sprintf("%s/V4/Company/%d", base, *company.ID)
	get := func() vendorCompany {
		t.Helper()
		return strictly[vendorCompany](t, s.call(t, "GET", path, "", "Authtoken", token).Body.Bytes())
	}
	d := get()
	if *d.General.NewAlias != "orchard" || *d.General.EmailSuffix != "a.example.test,b.example.test" ||
		*d.Contacts[0].ID != "0" ||
		*d.Contacts[0].FullName != "Ann Pear" || *d.Contacts[0].Email != "ann@orchard.example.test" ||
		*d.Status.Deactivate {
		t.Errorf("details: %+v", d)
	}
	// The client changes one member of what it read, and sends back the whole.
	*d.Name, *d.Contacts[0].FullName = "Plum Ltd", "Bo Fig"
	d.Contacts = append(d.Contacts, vendorDetailsContact{Email: new("cleo@orchard.example.test")},
		vendorDetailsContact{Name: new("Dora Nut")}, vendorDetailsContact{})
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	s.change(t, token, "PUT", strings.TrimPrefix(path, base), string(body), "")
	d = get()
	var people []string
	for _, c := range d.Contacts {
		people = append(people, *c.FullName+" <"+*c.Email+">")
	}
	if want := []string{"Bo Fig <ann@orchard.example.test>", " <cleo@orchard.example.test>",
		"Dora Nut <>"}; *d.Name != "Plum Ltd" || !slices.Equal(people, want) {
		t.Errorf("after the change: %q, %q; want %q", *d.Name, people, want)
	}
	s.change(t, token, "PUT", strings.TrimPrefix(path, base), `{"contacts":[]}`, "")
	if d = get(); len(d.Contacts) != 0 {
		t.Errorf("contacts: %+v", d.Contacts)
	}
}

// The details can be sent back as a whole. This changes neither the company nor its code, and causes no audit
// event.
func TestUpdatesTakeWhatDetailsGave(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	full := s.Organization(t, "Orchard & \"Söhne\" <Ltd>")
	off, bare := s.Organization(t, "off"), s.Organization(t, "bare")
	s.change(t, token, "PUT", "/V4/Company/"+number(full),
		`{"general":{"newAlias":"orchard","emailSuffix":"a.example.test,b.example.test","authcodeForInstallation":true},`+
			`"contacts":[{"fullname":"Ann Pear","email":"ann@orchard.example.test"},{"fullname":"Bo"},{"email":"cleo@orchard.example.test"}]}`, "")
	s.change(t, token, "PUT", "/Organization?organizationId="+number(full),
		`{"organizationInfo":{"organization":{"description":"trees & \"more\""}}}`, "error.")
	s.change(t, token, "POST", "/Organization/"+number(off)+"/action/deactivate",
		`{"deactivateOptions":{"disableBackup":true,"disableRestore":false,"disableLogin":true}}`, "response.")
	for _, c := range []struct {
		name, get, put, errorPath string
		id                        tenancy.OrganizationID
	}{
		{"V4", "/V4/Company/%d", "/V4/Company/%d", "", full.ID},
		{"V4, inactive", "/V4/Company/%d", "/V4/Company/%d", "", off.ID},
		{"V4, little", "/V4/Company/%d", "/V4/Company/%d", "", bare.ID},
		{"V4, the server", "/V4/Company/%d", "/V4/Company/%d", "", tenancy.RootID},
		{"older", "/Organization/%d", "/Organization?organizationId=%d", "error.", full.ID},
		{"older, inactive", "/Organization/%d", "/Organization?organizationId=%d", "error.", off.ID},
		{"older, little", "/Organization/%d", "/Organization?organizationId=%d", "error.", bare.ID},
		{"older, the server", "/Organization/%d", "/Organization?organizationId=%d", "error.", tenancy.RootID},
	} {
		for _, media := range []string{mediaJSON, mediaXML} {
			get := func() string {
				w := s.call(t, "GET", base+fmt.Sprintf(c.get, c.id), "", "Authtoken", token, "Accept", media)
				if w.Code != http.StatusOK {
					t.Fatalf("%s: %s: %d %s", c.name, media, w.Code, w.Body)
				}
				return w.Body.String()
			}
			before := get()
			writes := s.events(t, c.id)
			s.change(t, token, "PUT", fmt.Sprintf(c.put, c.id), before, c.errorPath)
			if now := s.events(t, c.id); now != writes {
				t.Errorf("%s: %s: %d events in the audit, then %d", c.name, media, writes, now)
			}
			if after := get(); after != before {
				t.Errorf("%s: %s: before\n%s\nafter\n%s", c.name, media, before, after)
			}
		}
	}
}
