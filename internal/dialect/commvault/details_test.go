// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"net/http"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// details reads a company over the wire.
func (s *server) details(t testing.TB, token, id string) map[string]any {
	t.Helper()
	w := s.call(t, "GET", base+"/Organization/"+id, "", "Authtoken", token)
	if w.Code != http.StatusOK {
		t.Fatalf("details of %s: %d %s", id, w.Code, w.Body)
	}
	return tree(t, w)
}

// The members that cvpysdk 11.40.2 requires have the types that it expects.
func TestDetailsHaveWhatClientsNeed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.admin(t)
	o, err := s.CreateOrganization(t.Context(), s.Root(),
		tenancy.CreateOrganizationParams{Name: "Orchard Ltd", Alias: "orchard", Description: "trees",
			EmailDomains: []string{"orchard.example.test"}, ContactPersons: contacts{{FullName: "Ann Pear",
				Email: "ann@orchard.example.test"}}})
	if err != nil {
		t.Fatal(err)
	}
	d := s.details(t, token, number(o))
	const organization, properties = "organizationInfo.organization.", properties + "."
	for path, want := range map[string]any{
		organization + "connectName": "Orchard Ltd", organization + "description": "trees", organization +
			"shortName.domainName": "orchard",
		organization + "shortName.id": float64(o.ID), organization + "emailDomainNames.0": "orchard.example.test",
		organization + "providerGUID":                    guidOf(o.ID),
		organization + "deactivateOptions.disableBackup": false, organization +
			"deactivateOptions.disableRestore": false,
		organization + "deactivateOptions.disableLogin": false, organization + "status": float64(1),
		properties + "enableAuthCodeGen": false, properties + "authCode": nil, properties +
			"advancedPrivacySettings.authType": float64(0),
		properties + "advancedPrivacySettings.passkeySettings.enableAuthorizeForRestore": false, properties +
			"allowUsersToEnablePasskey": false,
		properties + "clientGroupForceClientSideDownload": false, properties +
			"orgCreationDateTime": float64(o.CreatedAt.Unix()),
		properties + "totalMachineCount": float64(0), properties + "userCount": float64(0), properties +
			"serverCount": float64(0),
		properties + "operatorRole.roleName": "", properties + "primaryContacts.0.fullName": "Ann Pear",
		properties + "primaryContacts.0.user.userName": "ann@orchard.example.test", properties +
			"primaryContacts.0.user.userId": float64(0),
	} {
		if got := at(d, path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{properties + "globalFiltersInfo.globalFiltersInfoList",
		"organizationInfo.planDetails"} {
		if list, there := at(d, path).([]any); !there || len(list) != 0 {
			t.Errorf("%s must be an empty list", path)
		}
	}
	root := s.details(t, token, "0")
	if text(root, organization+"connectName") != rootName ||
		at(root, organization+"shortName.id") != float64(0) ||
		at(root, properties+"enableAuthCodeGen") != false {
		t.Errorf("the server itself: %v", root)
	}
}

// Each answer with a code in the details is a reveal. Without a code there is nothing to audit. A caller that
// may not reveal the code sees that there is one.
func TestDetailsReveal(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine, foreign := s.Organization(t, "mine"), s.Organization(t, "foreign")
	admin := s.admin(t)
	tenant := s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	s.details(t, admin, number(mine))
	if s.reveals(t, mine.ID) != 0 {
		t.Error("there was no code to reveal")
	}
	for _, o := range []tenancy.Organization{mine, {ID: tenancy.RootID}} {
		made := s.generate(t, admin, o)
		for i, token := range []string{admin, admin, auditor} {
			d := s.details(t, token, number(o))
			want := made
			if token == auditor {
				want = ""
			}
			if got := text(d, properties+".authCode"); got != want ||
				at(d, properties+".enableAuthCodeGen") != true {
				t.Errorf("details %d of %s: got code %q, enabled %v", i, o.ID, got,
					at(d, properties+".enableAuthCodeGen"))
			}
			if _, there := at(d, properties).(map[string]any)["authCode"]; there != (want != "") {
				t.Error("without a code to show the member must be left out")
			}
		}
		if n := s.reveals(t, o.ID); n != 2 {
			t.Errorf("%d reveals of %s in the audit, want 2", n, o.ID)
		}
	}
	if got := text(s.details(t, tenant, number(mine)), properties+".authCode"); got == "" {
		t.Error("a tenant's administrator does not see the own code")
	}
	s.disable(t, admin, mine)
	if d := s.details(t, admin, number(mine)); at(d, properties+".enableAuthCodeGen") != false ||
		at(d, properties+".authCode") != nil {
		t.Errorf("after the switch-off: %v", d)
	}
	for _, call := range []string{"/Organization/" + number(foreign), "/Organization/0", "/Organization/7",
		"/Organization/x", "/Organization/" + number(foreign) + "/TwoFactorAuth"} {
		if w := s.call(t, "GET", base+call, "", "Authtoken", tenant); w.Code != http.StatusNotFound {
			t.Errorf("%s: a tenant gets %d %s", call, w.Code, w.Body)
		}
	}
}

// The code is not shown if its audit event cannot be written. A caller that sees no code needs no event.
func TestDetailsFailWithoutTheAudit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "mine")
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	s.generate(t, token, o)
	s.Store.Fail("Update", &problem.Error{Kind: problem.Unavailable, Message: "away"})
	w := s.call(t, "GET", base+"/Organization/"+number(o), "", "Authtoken", token)
	if w.Code != http.StatusServiceUnavailable || at(tree(t, w), "organizationInfo") != nil {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	s.details(t, token, "0")
	s.details(t, auditor, number(o))
}

func TestSideCalls(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "mine")
	for _, root := range roots() {
		get := func(path string, want int) map[string]any {
			t.Helper()
			w := s.call(t, "GET", root+path, "", "Authtoken", token)
			if w.Code != want {
				t.Errorf("%s: got %d %s", path, w.Code, w.Body)
			}
			return tree(t, w)
		}
		if mode := at(get("//ORGANIZATION/"+number(o)+"/twofactorauth/", 200),
			"twoFactorAuthenticationInfo.mode"); mode != float64(0) {
			t.Errorf("mode is %v", mode)
		}
		if e := get("/Organization/7/TwoFactorAuth", 404); at(e, "error.errorCode") != float64(404) ||
			text(e, "error.errorString") == "" {
			t.Errorf("two-factor error: %v", e)
		}
		for _, path := range []string{"/UserGroup?parentProvider/providerId=" + number(o), "/usergroup",
			"//UserGroup?PARENTPROVIDER%2fproviderid=0"} {
			if list, there := at(get(path, 200), "userGroups").([]any); !there || len(list) != 0 {
				t.Errorf("%s: no empty list", path)
			}
		}
		for path, want := range map[string]int{"=7": 404, "=x": 404, "=": 404,
			"=1&parentProvider/providerId=2": 400, "=%zz": 400} {
			if e := get("/UserGroup?parentProvider/providerId"+path, want); at(e, "errorCode") != float64(want) {
				t.Errorf("UserGroup%s: %v", path, e)
			}
		}
		c := get("/CommServ", 200)
		for path, want := range map[string]any{"hostName": "example.com", "commcell.commCellName": rootName,
			"commcell.commCellId": float64(0),
			"commcell.csGUID":     guidOf(0), "csTimeZone.TimeZoneName": "UTC", "currentSPVersion": float64(40),
			"csVersionInfo": "11 SP40.2"} {
			if got := at(c, path); got != want {
				t.Errorf("%s: got %v, want %v", path, got, want)
			}
		}
	}
}
