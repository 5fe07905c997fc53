// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// golden compares one exchange with a file. Values that differ between runs are replaced: the organization's
// number by the 6 of the vendor's example, codes by its code, tokens and ids by words.
type golden struct {
	name                 string
	method, path, body   string
	accept, label, token string
}

// The exchanges contain {org}, {token}, {password} and so on; see values. They run in this order on one
// server. The last one ends the session of the others.
func exchanges(format, media string) []golden {
	const get, post, put, login = "GET", "POST", "PUT", "/Login"
	right, wrong := `{"mode":4,"username":"admin","password":"{password}","deviceId":"laptop7","clientType":30}`,
		`{"username":"admin","password":"bm8="}`
	renew := `{"sessionId":"{old}","deviceId":"laptop7"}`
	create, custom := `{"tokenName":"deploy","renewableUntilTimestamp":1780000000}`,
		`{"tokenName":"narrow","tokenType":3,"apiEndpoints":["/Organization","/v4/plan"]}`
	rename, pair := `{"tokenName":"renamed","tokenType":3,"apiEndpoints":["/client"]}`,
		`{"accessToken":"{access}","refreshToken":"{refresh}"}`
	if format == "xml" {
		right = `<DM2ContentIndexing_CheckCredentialReq mode="Webconsole" username="admin" password="{password}" deviceId="laptop7" timeOut="30"/>`
		wrong = `<DM2ContentIndexing_CheckCredentialReq username="admin" password="bm8="/>`
		renew = `<DM2ContentIndexing_RenewLoginTokenReq sessionId="{old}" deviceId="laptop7"/>`
		create = `<AccessTokenRequest tokenName="deploy" renewableUntilTimestamp="1780000000"/>`
		custom = `<AccessTokenRequest tokenName="narrow" tokenType="3"><apiEndpoints val="/Organization"/><apiEndpoints val="/v4/plan"/></AccessTokenRequest>`
		rename = `<AccessTokenRequest tokenName="renamed" tokenType="3"><apiEndpoints val="/client"/></AccessTokenRequest>`
		pair = `<AccessTokenRenewRequest accessToken="{access}" refreshToken="{refresh}"/>`
	}
	off, change,
		made := `{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`,
		`{"organizationInfo":{"organization":{"shortName":{"id":{other}},"description":"trees"},"organizationProperties":{"enableAuthCodeGen":false}}}`, creation(media, "Orchard Ltd", "orchard")
	v4Made, v4Change := `{"name":"Fig Ltd","alias":"fig","email":"fay@fig.example.test","contactName":"Fay Fig","emailSuffix":"fig.example.test"}`, `{"general":{"authcodeForInstallation":true}}`
	if format == "xml" {
		v4Made = `<R name="Fig Ltd" alias="fig" email="fay@fig.example.test" contactName="Fay Fig" emailSuffix="fig.example.test"/>`
		v4Change = `<R><general authcodeForInstallation="1"/></R>`
		off = `<R><deactivateOptions disableBackup="1" disableRestore="1" disableLogin="1"/></R>`
		change = `<Api_UpdateOrganizationPropertiesRequest><organizationInfo><organization description="trees"><shortName id="{other}"/></organization>` +
			`<organizationProperties enableAuthCodeGen="0"/></organizationInfo></Api_UpdateOrganizationPropertiesRequest>`
	}
	return []golden{
		{"get_auth_token", get, "/Organization/{org}/AuthToken", "", media, "", "{token}"},
		{"get_auth_token_none", get, "/Organization/0/AuthToken", "", media, "", "{token}"},
		{"get_auth_token_not_found", get, "/Organization/7/AuthToken", "", media, "", "{token}"},
		{"get_auth_token_denied", get, "/Organization/{org}/AuthToken", "", media, "", "{auditor}"},
		{"get_auth_token_not_acceptable", get, "/Organization/{org}/AuthToken", "", "text/html", "", "{token}"},
		{"generate_auth_token", post, "/Organization/{other}/Authtoken", "", media, mediaXML, "{token}"},
		{"generate_auth_token_inactive", post, "/Organization/{inactive}/Authtoken", "", media, mediaXML,
			"{token}"},
		{"generate_auth_token_not_found", post, "/Organization/7/Authtoken", "", media, mediaXML, "{token}"},
		{"disable_auth_token", put, "/Organization/{other}/AuthToken/Action/disable", "", media, mediaXML,
			"{token}"},
		{"login", post, login, right, media, media, ""},
		{"login_wrong", post, login, wrong, media, media, ""},
		{"login_malformed", post, login, `<{`, media, media, ""},
		{"login_wrong_type", post, login, `{"username":{},"password":""}`, media, mediaJSON, ""},
		{"login_unsupported", post, login, "a=b", media, "application/x-www-form-urlencoded", ""},
		{"login_wrong_method", "DELETE", login, "", media, "", "{token}"},
		{"renew_refused", post, "/RenewLoginToken", strings.ReplaceAll(renew, "laptop7", "laptop8"), media, media,
			""},
		{"renew", post, "/RenewLoginToken", renew, media, media, ""},
		{"create_access_token", post, "//V4/AccessToken", create, media, media, "{token}"},
		{"create_access_token_custom", post, "/V4/AccessToken", custom, media, media, "{token}"},
		{"create_access_token_taken", post, "/V4/AccessToken", create, media, media, "{token}"},
		{"create_access_token_type", post, "/V4/AccessToken", strings.Replace(strings.Replace(custom, `:3`, `:1`,
			1), `"3"`, `"1"`, 1), media, media, "{token}"},
		{"create_access_token_by_token", post, "/V4/AccessToken", strings.Replace(create, "deploy", "made", 1),
			media, media, "Bearer {access}"},
		{"update_access_token", put, "//V4/AccessToken/{narrow}", rename, media, media, "{token}"},
		{"update_access_token_not_found", put, "/V4/AccessToken/7", rename, media, media, "{token}"},
		{"list_access_tokens", get, "//V4/AccessToken/?userId=", "", media, "", "{token}"},
		{"list_access_tokens_not_found", get, "/V4/AccessToken/?userId=2", "", media, "", "{token}"},
		{"outside_scope", get, "/Organization/{org}/AuthToken", "", media, "", "Bearer {client}"},
		{"renew_access_token", post, "//V4/AccessToken/Renew", pair, media, media, "Bearer {access}"},
		{"renew_access_token_again", post, "/V4/AccessToken/Renew", pair, media, media, ""},
		{"delete_access_token", "DELETE", "/V4/AccessToken/{narrow}", "", media, "", "{token}"},
		{"delete_access_token_not_found", "DELETE", "/V4/AccessToken/{narrow}", "", media, "", "{token}"},
		{"who_am_i", post, "/WhoAmI", "", media, mediaXML, "{token}"},
		{"v2_who_am_i", get, "/v2/WhoAmI", "", media, "", "{token}"},
		{"list_users", get, "/User?fq=name%3Aeq%3Aadmin", "", media, "", "{token}"},
		{"list_users_unknown_column", get, "/User?fq=email:eq:x", "", media, "", "{token}"},
		{"get_user", get, "/User/100002?Level=50", "", media, "", "{token}"},
		{"get_user_not_found", get, "/User/100001", "", media, "", "{auditor}"},
		{"v4_list_users", get, "/v4/user?additionalProperties=true", "", media, "", "{token}"},
		{"v4_get_user", get, "/v4/user/100001", "", media, "", "{token}"},
		{"server_two_factor", get, "/Commcell/Properties/TwoFactorAuth", "", media, "", "{token}"},
		{"user_two_factor", get, "/Security/TwoFactorAuth/Status?username=admin", "", media, "", "{token}"},
		{"root", get, "/", "", media, "", ""},
		{"unknown_path", get, "/Nothing", "", media, "", "{token}"},
		{"list_companies", get, "/Organization?sort=connectName:1", "", media, "", "{token}"},
		{"list_companies_found", get, "/Organization?fl=providers.status&fq=name%3Aeq%3Aasleep", "", media, "",
			"{token}"},
		{"list_companies_none", get, "/Organization?fq=name:eq:nobody", "", media, "", "{token}"},
		{"list_companies_unknown_column", get, "/Organization?fq=colour:eq:x", "", media, "", "{token}"},
		{"details", get, "/Organization/{org}", "", media, "", "{token}"},
		{"details_without_code", get, "/Organization/0", "", media, "", "{token}"},
		{"details_not_revealed", get, "/Organization/{org}", "", media, "", "{auditor}"},
		{"details_not_found", get, "/Organization/7", "", media, "", "{token}"},
		{"create_company", post, "/Organization", made, media, media, "{token}"},
		{"create_company_taken", post, "/Organization", made, media, media, "{token}"},
		{"create_company_denied", post, "/Organization", made, media, media, "{auditor}"},
		{"details_of_created", get, "/Organization/100004", "", media, "", "{token}"},
		{"update_company", put, "/Organization", change, media, media, "{token}"},
		{"update_company_not_found", put, "/Organization?organizationId=7", made, media, media, "{token}"},
		{"v4_list", get, "/V4/Company?sort=id:1", "", media, "", "{token}"},
		{"v4_create", post, "/V4/Company", v4Made, media, media, "{token}"},
		{"v4_create_taken", post, "/V4/Company", v4Made, media, media, "{token}"},
		{"v4_get", get, "/V4/Company/{org}", "", media, "", "{token}"},
		{"v4_update", put, "/V4/Company/{other}", v4Change, media, media, "{token}"},
		{"v4_delete_active", "DELETE", "/V4/Company/{org}", "", media, "", "{token}"},
		{"v4_not_found", get, "/V4/Company/7", "", media, "", "{token}"},
		{"activate", post, "/Organization/{inactive}/action/activate", "", media, mediaXML, "{token}"},
		{"delete_active", "DELETE", "/Organization/{inactive}", "", media, "", "{token}"},
		{"deactivate", post, "/Organization/{inactive}/action/deactivate", off, media, media, "{token}"},
		{"deactivate_root", post, "/Organization/0/action/deactivate", off, media, media, "{token}"},
		{"delete", "DELETE", "/Organization/{inactive}", "", media, "", "{token}"},
		{"two_factor", get, "/Organization/{org}/TwoFactorAuth", "", media, "", "{token}"},
		{"two_factor_not_found", get, "/Organization/7/TwoFactorAuth", "", media, "", "{token}"},
		{"user_groups", get, "/UserGroup?parentProvider/providerId={org}", "", media, "", "{token}"},
		{"comm_serv", get, "/CommServ", "", media, "", "{token}"},
		{"logout_no_session", post, "/Logout", "", media, mediaXML, ""},
		{"logout", post, "/Logout", "", media, mediaXML, "{token}"},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for format, media := range map[string]string{"json": mediaJSON, "xml": mediaXML} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			values := s.values(t)
			for _, g := range exchanges(format, media) {
				g.name += "." + format
				var headers []string
				for _, h := range [][2]string{{"Accept", g.accept}, {"Content-Type", g.label},
					{"Authtoken", values.Replace(g.token)}} {
					if h[1] != "" {
						headers = append(headers, h[0], h[1])
					}
				}
				w := s.call(t, g.method, base+values.Replace(g.path), values.Replace(g.body), headers...)
				g.compare(t, headers, w)
			}
		})
	}
}

// values creates what the exchanges refer to.
func (s *server) values(t *testing.T) *strings.Replacer {
	t.Helper()
	ctx := t.Context()
	org, other := s.Organization(t, "company001"), s.Organization(t, "Orchard & Söhne")
	inactive := s.Organization(t, "asleep")
	no := false
	if _, _, err := s.IssuePrimaryAuthCode(ctx, s.Root(), org.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateOrganization(ctx, s.Root(), inactive.ID,
		tenancy.UpdateOrganizationParams{Active: &no}); err != nil {
		t.Fatal(err)
	}
	old, err := s.StartSession(ctx, s.Anyone(), identity.StartSessionParams{Username: s.Admin,
		Password: s.AdminPassword, DeviceID: "laptop7"})
	if err != nil {
		t.Fatal(err)
	}
	auditor := s.session(t, "auditor", s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	made, narrow := s.accessToken(t, "given"), s.accessToken(t, "small", "/client")
	number := func(o tenancy.Organization) string { return fmt.Sprint(int64(o.ID)) }
	return strings.NewReplacer("{org}", number(org), "{other}", number(other), "{inactive}", number(inactive),
		"{token}", s.admin(t), "{old}", sessionText(old.Text), "{auditor}", auditor,
		"{access}", made.Access.Reveal(), "{refresh}", made.Refresh.Reveal(), "{client}", narrow.Access.Reveal(),
		"{narrow}", narrow.ID.String(),
		"{password}", encoded(s.AdminPassword))
}

func (g golden) compare(t *testing.T, headers []string, w *httptest.ResponseRecorder) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s\n", g.method, base, g.path)
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\n", headers[i], headers[i+1])
	}
	if g.body != "" {
		fmt.Fprintf(&b, "\n%s\n", g.body)
	}
	fmt.Fprintf(&b, "\n%d\nContent-Type: %s\n", w.Code, w.Header().Get("Content-Type"))
	if allow := w.Header().Get("Allow"); allow != "" {
		fmt.Fprintf(&b, "Allow: %s\n", allow)
	}
	fmt.Fprintf(&b, "\n%s\n", w.Body)
	got := masked(b.String())
	file := filepath.Join("testdata", g.name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// masked replaces the values that differ between runs.
func masked(s string) string {
	for _, m := range [][2]string{
		{`GHA[0-9A-Z]{56}`, "<access>"}, // before the shorter one, which may be in it
		{`GHR[0-9A-Z]{56}`, "<refresh>"},
		{`\bGHC[0-9A-Z]{30}\b`, "CBABAB761"},
		{`[0-9a-f]{72}`, "<token>"},
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "<uuid>"},
		{`[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}`, "<UUID>"},
		{`\b100001\b`, "6"},
		{`((?:orgCreationDateTime|creationTime)"?[:=]"?)\d+`, "${1}<seconds>"},
	} {
		s = regexp.MustCompile(m[0]).ReplaceAllString(s, m[1])
	}
	return s
}

// This is the example of the vendor's page as published, except for its blanks.
const published = `{
"organizationInfo": {
"organization": {
"connectName": "company001",
"shortName": {
"domainName": "company001",
"id": 6
}
},
"organizationProperties": {
"enableAuthCodeGen": true,
"authCode": "CBABAB761"
}
}
}`

func TestGetAuthTokenIsThePublishedExample(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	o := s.Organization(t, "company001")
	_, code, err := s.IssuePrimaryAuthCode(t.Context(), s.Root(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	w := s.call(t, "GET", codePath(o), "", "Accept", mediaJSON, "Authtoken", s.admin(t))
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(published)); err != nil {
		t.Fatal(err)
	}
	if got := masked(w.Body.String()); got != want.String() {
		t.Errorf("got %s, want %s", got, want.String())
	}
	if got := text(tree(t, w), "organizationInfo.organizationProperties.authCode"); got != code.Text.Reveal() {
		t.Error("the answer has another code than the one issued")
	}
	if _, err := secret.ParseAuthCode(code.Text.Reveal()); err != nil {
		t.Error(err)
	}
}
