// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestSettingsThatAreNotKept checks each setting that the vendor's programs send and that this server does
// not store: it is refused, or accepted and listed in the README.
func TestSettingsThatAreNotKept(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	id := number(o)
	const properties, organization, info, body, v4, general = "organizationProperties", "organization",
		"organizationInfo", "body", "V4", "general"
	tests := []struct {
		in, member string
		refused    bool
	}{
		// cvpysdk's setters
		{properties, `"loginSessionTimeoutInMinutes":30`, true}, {properties, `"agePasswordDays":90`, true},
		{properties, `"autoRetireDevices":{"retireDevicesAfterDays":90,"forceDeleteDevicesAfterDays":-1}`, true},
		{properties, `"allowUsersToEnablePasskey":true`, true}, {properties, `"allowUsersToEnablePasskey":false`,
			false},
		{properties, `"allowUsersToEnablePrivacy":true`, true}, {properties, `"allowUsersToEnablePrivacy":false`,
			false},
		{properties, `"privacy":{"enableDataSecurity":true}`, true},
		{properties, `"privacy":{"enableDataSecurity":false}`, false},
		{properties, `"showDLP":true`, true}, {properties, `"showDLP":false`, false},
		{properties, `"canCreateCompanies":true`, true},
		{properties, `"operators":[{"user":{"userName":"ann"}}],"operatorsOperationType":2`, true},
		{properties, `"operators":[],"operatorsOperationType":1`, false},
		{properties, `"operatorRole":{"roleId":"7","roleName":"Master"}`, true},
		{properties, `"operatorRole":{"roleName":""}`, false},
		{properties,
			`"advancedPrivacySettings":{"authType":2,"passkeySettings":{"enableAuthorizeForRestore":true}}`, true},
		{properties,
			`"advancedPrivacySettings":{"authType":0,"passkeySettings":{"enableAuthorizeForRestore":false,"allowUsersToEnablePasskey":false}}`, false},
		{properties,
			`"primaryDomain":"example.test","additionalDomains":["a.example.test"],"additionalDomainsOperationType":"OVERWRITE"`, false},
		{properties, `"enableAutoDiscovery":true`, false}, {properties, `"useUPNForEmail":true`, false},
		{properties, `"infrastructureType":2`, false},
		{properties, `"autoClientOwnerAssignmentType":3,"autoClientOwnerAssignmentValue":"x"`, false},
		{properties, `"supportedSolutions":7`, false},
		{properties, `"jobStartTime":3600`, false}, {properties, `"senderName":"a","senderSmtp":"a@example.test"`,
			false},
		{properties, `"preferenceMachineCentricClient":true`, false},
		{properties, `"defaultPlans":[{"plan":{"planId":7}}],"defaultPlansOperationType":"OVERWRITE"`, false},
		{properties, `"globalFiltersInfo":{"globalFiltersInfoList":[{"operatingSystemType":1}]}`, false},
		{properties, `"enableTwoFactorAuthentication":true`, true},
		{properties, `"enableLocalAuthentication":false`, true}, {properties, `"enableLocalAuthentication":true`,
			false},
		// unknown members are refused, unless they switch nothing on
		{properties, `"requireHardwareKeys":true`, true}, {properties, `"LoginSessionTimeoutInMinutes":5`, true},
		{properties, `"requireHardwareKeys":false`, false},
		{properties, `"EnableLocalAuthentication":false`, true},
		{properties, `"EnableLocalAuthentication":true,"UserCount":3`, false},
		{properties, `"enableLocalAuthentication":"false"`, true}, {properties, `"enableLocalAuthentication":"off"`,
			true},
		{properties, `"enableLocalAuthentication":{"a":1}`, true}, {properties, `"enableLocalAuthentication":0`,
			true}, {properties, `"enableLocalAuthentication":null`, false},
		{properties, `"showDLP":false,"ShowDLP":true`, true},
		{properties, `"EnableAuthCodeGen":false,"AUTHCODE":"x"`, false},
		{properties, `"somethingNew":{"a":[0,""],"b":null}`, false}, {properties, `"somethingNew":{"a":[0,"x"]}`,
			true},

		{organization, `"agePasswordDays":30`, true}, {organization, `"loginSessionTimeoutInMinutes":5`, true},
		{organization, `"enableLocalAuthentication":false`, true},
		{organization, `"AgePasswordDays":30`, true}, {organization, `"LoginSessionTimeoutInMinutes":5`, true},
		{organization, `"ENABLELOCALAUTHENTICATION":false`, true},
		{organization, `"CanCreateCompanies":true`, true}, {organization, `"CanCreateCompanies":false`, false},
		{organization, `"status":2`, true}, {organization, `"status":7`, true}, {organization, `"status":1`, false},
		{organization, `"status":0`, false},
		{organization, `"deactivateOptions":{"disableLogin":true}`, true},
		{organization, `"deactivateOptions":{"disableBackup":false,"disableRestore":false,"disableLogin":false}`,
			false},
		{organization, `"serviceType":5,"flags":0,"enabled":true,"providerGUID":"x"`, false},

		{general, `"twoFactorAuth":{"enable":true,"all":true}`, true},
		{general, `"twoFactorAuth":{"enable":true,"userGroups":[{"id":1}]}`, true},
		{general, `"twoFactorAuth":{"enable":false,"all":true}`, false},
		{general, `"twoFactorAuth":{"enable":false,"all":false}`, false},
		{general, `"twoFactorAuth":{"all":true}`, true}, {general, `"twoFactorAuth":true`, true},
		{general, `"resellerMode":true`, true}, {general, `"resellerMode":false`, false},
		{general, `"enableDataEncryption":true`, true}, {general, `"autoDiscoverApp":true`, false},
		{general, `"infrastructureType":"RENTED_STORAGE"`, false},
		{general,
			`"supportedSolutions":["FILE_SERVER"],"assignLaptopOwners":"DISABLED","upnInsteadOfEmail":true,"serviceCommcells":[{"id":1}]`, false},
		{general, `"requireHardwareKeys":true`, true}, {general, `"TwoFactorAuth":{"Enable":true}`, true},
		{general, `"TwoFactorAuth":{"Enable":false,"all":true}`, false},
		{general, `"twoFactorAuth":{"enable":false,"Enable":true}`, true},
		{general, `"EmailSuffix":"","SUPPORTEDSOLUTIONS":7`, false},

		{v4, `"security":[{"user":{"id":1},"role":{"id":1}}]`, true}, {v4, `"security":[]`, false},
		{v4, `"tenantOperators":[{"user":{"id":1}}]`, true},
		{organization, `"twoFactorAuthenticationInfo":{"mode":1}`, true},
		{organization, `"privacy":{"enableDataSecurity":true}`, true}, {organization, `"security":[]`, false},
		{info, `"agePasswordDays":9`, true}, {info, `"Security":[{"a":1}]`, true},
		{info, `"enableLocalAuthentication":true,"planDetails":[{"plan":{"planId":7}}]`, false},
		{body, `"enableTwoFactorAuthentication":true`, true}, {body, `"organizationProperties":{}`, false},
		{body, `"operators":[]`, false},
		{v4, `"enableLocalAuthentication":false`, true}, {v4, `"agePasswordDays":9`, true},
		{v4, `"Security":[{"user":{"id":1}}]`, true}, {v4, `"TwoFactorAuth":{"enable":true}`, true},
		{v4, `"PASSKEY":true`, true}, {v4, `"Privacy":true`, true},
		{v4, `"general":{"twoFactorAuth":{"enable":true}}`, true},
		{v4, `"general":{"twoFactorAuth":{"enable":false}}`, false},
		{v4, `"operators":[{"id":1}]`, true}, {v4, `"passkey":{"enable":true}`, true},
		{v4, `"plans":[{"id":1}],"emailSetting":{"senderName":"a"}`, false},
	}
	for _, test := range tests {
		calls := [][3]string{{"PUT", "/Organization?organizationId=" + id,
			fmt.Sprintf(`{"organizationInfo":{%q:{%s}}}`, test.in, test.member)},
			{"POST", "/Organization", fmt.Sprintf(
				`{"organizationInfo":{"organization":{"connectName":"N %%d"%s},"organizationProperties":{%s}}}`, "",
				test.member)}}
		switch test.in {
		case organization:
			calls[1][2] = fmt.Sprintf(`{"organizationInfo":{"organization":{"connectName":"N %%d",%s}}}`, test.member)
		case info:
			calls[0][2] = fmt.Sprintf(`{"organizationInfo":{%s}}`, test.member)
			calls[1][2] = fmt.Sprintf(`{"organizationInfo":{"organization":{"connectName":"N %%d"},%s}}`, test.member)
		case body:
			calls[0][2] = fmt.Sprintf(`{%s}`, test.member)
			calls[1][2] = fmt.Sprintf(`{"organizationInfo":{"organization":{"connectName":"N %%d"}},%s}`, test.member)
		case general:
			calls = [][3]string{{"PUT", "/V4/Company/" + id, fmt.Sprintf(`{"newName":"N %%d","general":{%s}}`,
				test.member)}}
		case v4:
			calls = [][3]string{{"PUT", "/V4/Company/" + id, fmt.Sprintf(`{"newName":"N %%d",%s}`, test.member)},
				{"POST", "/V4/Company", fmt.Sprintf(`{"name":"N %%d","alias":"n-%%d",%s}`, test.member)}}
		}
		for i, call := range calls {
			n := fmt.Sprint(len(s.infos))
			before, _ := s.companies(t, token, "")
			w := s.sendJSON(t, call[0], base+call[1], strings.ReplaceAll(call[2], "%d", n), token)
			after, _ := s.companies(t, token, "")
			if refused := w.Code == http.StatusBadRequest; refused != test.refused || !refused &&
				w.Code != http.StatusOK {
				t.Errorf("%d %s %s: %d %s", i, call[0], test.member, w.Code, w.Body)
			}
			if test.refused && fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("%s %s: refused, and something was done: %v", call[0], test.member, after)
			}
		}
	}
	// In XML all values are texts.
	for rest, refused := range map[string]bool{
		`agePasswordDays="90"/>`: true, `agePasswordDays="0"/>`: false, `showDLP="1"/>`: true,
		`showDLP="false"/>`:                   false,
		`enableLocalAuthentication="False"/>`: true, `enableLocalAuthentication="0"/>`: true,
		`EnableLocalAuthentication="1"/>`: false, `AgePasswordDays="9"/>`: true,
		`xmlns:n="urn:n" n:agePasswordDays="9"/>`:                                                true,
		`><agePasswordDays>9</agePasswordDays></organizationProperties>`:                         true,
		`><enableLocalAuthentication>false</enableLocalAuthentication></organizationProperties>`: true,
		`><privacy/></organizationProperties>`:                                                   false,
	} {
		body := `<R><organizationInfo><organization><shortName id="` + id +
			`"/></organization><organizationProperties ` + rest + `</organizationInfo></R>`
		w := s.call(t, "PUT", base+"/Organization", body, "Authtoken", token, "Content-Type", mediaXML,
			"Accept", mediaJSON)
		if (w.Code == http.StatusBadRequest) != refused {
			t.Errorf("%s: %d %s", rest, w.Code, w.Body)
		}
	}
}

// The options of a deactivation in V4 take effect together with one. Alone they are refused, because they
// would change nothing.
func TestOptionsWithoutDeactivation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	for status, want := range map[string]int{
		`{"options":{"disableLogin":true}}`:                     http.StatusBadRequest,
		`{"deactivate":false,"options":{"DisableLogin":true}}`:  http.StatusBadRequest,
		`{"deactivate":null,"options":{"disableBackup":true}}`:  http.StatusBadRequest,
		`{"deactivate":false,"options":{"disableLogin":false}}`: http.StatusOK,
		`{"deactivate":false,"options":{}}`:                     http.StatusOK, `{"options":null}`: http.StatusOK,
	} {
		if w := s.sendJSON(t, "PUT", base+"/V4/Company/"+number(o), `{"status":`+status+`}`,
			token); w.Code != want {
			t.Errorf("%s: %d %s", status, w.Code, w.Body)
		}
	}
	if w := s.sendJSON(t, "POST", base+"/V4/Company",
		`{"name":"Birch","alias":"birch","status":{"deactivate":true}}`, token); w.Code != http.StatusBadRequest {
		t.Errorf("a new company that is deactivated: %d %s", w.Code, w.Body)
	}
}

// A client may send back the details as a whole; this changes nothing.
func TestDetailsMayBeSentBack(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	for _, deactivated := range []bool{false, true} {
		if deactivated {
			s.deactivate(t, o)
		}
		for get, put := range map[string]string{"/Organization/" + number(o): "/Organization",
			"/V4/Company/" + number(o): "/V4/Company/" + number(o)} {
			body := s.call(t, "GET", base+get, "", "Authtoken", token, "Accept", mediaJSON).Body.String()
			if w := s.sendJSON(t, "PUT", base+put, body, token); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", put, w.Code, w.Body)
			}
		}
	}
}
