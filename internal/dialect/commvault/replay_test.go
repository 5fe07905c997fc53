// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// program sends requests as the vendor's programs do. It makes a new connection for each request and follows
// no redirect, since none may be sent.
type program struct {
	t      *testing.T
	client *http.Client
	base   string
	token  string
	device string
	acting string // the company of the header operatorCompanyId, if any
}

func (s *server) program(t *testing.T, root string) *program {
	t.Helper()
	// s.handler is not used, because its records are for one request after the other.
	handler := httpkit.Observe(httpkit.CleanPaths(Door(s.Service, s.Identity).Handler()),
		slog.New(slog.DiscardHandler), func(httpkit.Info, string, int, time.Duration) {})
	live := httptest.NewServer(handler)
	t.Cleanup(live.Close)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &program{t: t, client: client, base: live.URL + root, device: "laptop7"}
}

// send sends one request over a connection of its own.
func (p *program) send(method, path, body string, headers ...string) (status int, answer []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	if answer, err = io.ReadAll(a.Body); err != nil {
		p.t.Fatal(err)
	}
	if !a.Close {
		p.t.Errorf("%s %s: the connection stays open", method, path)
	}
	return a.StatusCode, answer
}

// sdk sends a request as cvpysdk does. It accepts JSON and sends JSON, or declares XML if it sends no body.
// After a 401 it renews its token and sends the request again.
func (p *program) sdk(method, path, body string) map[string]any {
	p.t.Helper()
	label := mediaJSON
	if body == "" && method == http.MethodPost {
		label = mediaXML
	}
	status, answer := p.send(method, path, body, "Accept", mediaJSON, "Content-Type", label, "Authtoken",
		p.token, actingHeader, p.acting)
	if status == http.StatusUnauthorized {
		renewal := `{"sessionId":"` + p.token + `","deviceId":"` + p.device + `"}`
		_, renewed := p.send("POST", "/RenewLoginToken", renewal, "Accept", mediaJSON, "Content-Type",
			mediaJSON, "Authtoken", p.token)
		p.token = text(p.decode(renewed), "token")
		status, answer = p.send(method, path, body, "Accept", mediaJSON, "Content-Type", label, "Authtoken",
			p.token, actingHeader, p.acting)
	}
	if status != http.StatusOK && status != http.StatusCreated {
		p.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return p.decode(answer)
}

func (p *program) decode(answer []byte) map[string]any {
	p.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(answer, &v); err != nil {
		p.t.Fatalf("%v: %s", err, answer)
	}
	return v
}

// must returns a member that cvpysdk reads without checking that it is present.
func (p *program) must(v any, path string) any {
	p.t.Helper()
	got := at(v, path)
	if got == nil {
		p.t.Fatalf("there is no %s in %v", path, v)
	}
	return got
}

// organizations is commcell.organizations: two requests, with names in lower case.
func (p *program) organizations() map[string]string {
	p.t.Helper()
	list := p.must(p.sdk("GET", "/Organization", ""), "providers").([]any)
	ids := map[string]string{}
	for _, entry := range list {
		_ = p.must(entry, "providerGUID").(string)
		id, _ := json.Marshal(p.must(entry, "shortName.id"))
		ids[strings.ToLower(p.must(entry, "connectName").(string))] = string(id)
	}
	for _, entry := range p.must(p.sdk("GET",
		"/Organization?Fl=providers.associatedEntitiesCount,providers.shortName,providers.connectName",
		""), "providers").([]any) {
		if ids[strings.ToLower(p.must(entry, "connectName").(string))] == "" ||
			p.must(entry, "associatedEntitiesCount") != float64(0) {
			p.t.Errorf("the two lists differ in %v", entry)
		}
	}
	return ids
}

// details reads the members that organizations.get(name) reads, in its order. It returns the organization as
// the client sends it back, and the code.
func (p *program) details(id string) (echo, code string) {
	p.t.Helper()
	d := p.sdk("GET", "/Organization/"+id, "")
	for _, path := range []string{"organization.description", "organization.shortName.domainName",
		"organization.connectName",
		"organization.deactivateOptions.disableBackup", "organization.deactivateOptions.disableRestore",
		"organization.deactivateOptions.disableLogin",
		"organizationProperties.advancedPrivacySettings.authType",
		"organizationProperties.advancedPrivacySettings.passkeySettings.enableAuthorizeForRestore",
		"organizationProperties.allowUsersToEnablePasskey",
		"organizationProperties.clientGroupForceClientSideDownload",
		"organizationProperties.orgCreationDateTime", "organizationProperties.totalMachineCount",
		"organizationProperties.userCount",
		"organizationProperties.serverCount", "organizationProperties.operatorRole.roleName",
		"organizationProperties.globalFiltersInfo.globalFiltersInfoList"} {
		p.must(d, "organizationInfo."+path)
	}
	contacts, _ := at(d, "organizationInfo.organizationProperties.primaryContacts").([]any)
	for _, contact := range contacts {
		p.must(contact, "fullName")
		p.must(contact, "user.userName")
		p.must(contact, "user.userId")
	}
	code = text(d, "organizationInfo.organizationProperties.authCode")
	if p.must(d, "organizationInfo.organizationProperties.enableAuthCodeGen") != (code != "") {
		p.t.Errorf("the code is %q, and the switch says otherwise", code)
	}
	organization, err := json.Marshal(at(d, "organizationInfo.organization"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(organization), code
}

func (p *program) side(id string) {
	p.t.Helper()
	p.must(p.sdk("GET", "/Organization/"+id+"/TwoFactorAuth", ""), "twoFactorAuthenticationInfo.mode")
}

// get is organizations.get(name).
func (p *program) get(id string) (echo, code string) {
	p.t.Helper()
	p.side(id)
	echo, code = p.details(id)
	p.sdk("GET", "/UserGroup?parentProvider/providerId="+id, "")
	p.side(id)
	return echo, code
}

// logInAsSDK is Commcell(host, user, password).
func (p *program) logInAsSDK(s *server) {
	p.t.Helper()
	if status, _ := p.send("GET", "/", "", "Accept", "*/*"); status != http.StatusOK {
		p.t.Fatalf("the service is not there: %d", status)
	}
	body := `{"mode":4,"username":"admin","password":"` + encoded(s.AdminPassword) + `","deviceId":"` +
		p.device + `","clientType":30}`
	answer := p.sdk("POST", "/Login", body)
	_ = p.must(answer, "userName")
	p.token = p.must(answer, "token").(string)
}

func TestReplaySDK(t *testing.T) {
	t.Parallel()
	for _, root := range roots() {
		t.Run(root[1:], func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			p := s.program(t, root)
			p.logInAsSDK(s)
			if ids := p.organizations(); len(ids) != 0 {
				t.Fatalf("an empty server has %v", ids)
			}
			// organizations.add
			if answer := p.sdk("POST", "/Organization", creation(mediaJSON, "Orchard Ltd", "orchard")); p.must(answer,
				"response.errorCode") != float64(0) {
				t.Fatalf("add: %v", answer)
			}
			id := p.organizations()["orchard ltd"]
			if _, code := p.get(id); code != "" {
				t.Errorf("a code that nobody made")
			}
			// enable_auth_code, twice: each call makes another code, and the last one is shown
			first, second := p.enable(id), p.enable(id)
			echo, shown := p.get(id)
			if first == second || shown != second {
				t.Error("the code shown is not the last one made")
			}
			// disable_auth_code
			p.disable("/Organization?organizationId="+id, echo)
			if _, code := p.details(id); code != "" {
				t.Error("the code lives after the switch-off")
			}
			p.sdk("GET", "/UserGroup?parentProvider/providerId="+id, "")
			p.side(id)
			p.commcell(t)
			// an expired session is renewed within the run
			s.Clock.Advance(31 * time.Minute)
			before := p.token
			if p.organizations(); p.token == before {
				t.Error("the token was not renewed")
			}
			p.delete(id)
			if _, answer := p.send("POST", "/Logout", "", "Authtoken", p.token); string(answer) != "User logged out" {
				t.Errorf("logout: %s", answer)
			}
		})
	}
}

func (p *program) enable(id string) string {
	p.t.Helper()
	answer := p.sdk("POST", "/Organization/"+id+"/Authtoken", "")
	if p.must(answer, "error.errorCode") != float64(0) {
		p.t.Fatalf("enable: %v", answer)
	}
	return p.must(answer, "organizationProperties.authCode").(string)
}

func (p *program) disable(path, echo string) {
	p.t.Helper()
	body := `{"organizationInfo":{"organization":` + echo +
		`,"organizationProperties":{"enableAuthCodeGen":false}}}`
	if answer := p.sdk("PUT", path, body); p.must(answer, "error.errorCode") != float64(0) {
		p.t.Fatalf("disable: %v", answer)
	}
}

// commcell does the same for the server itself.
func (p *program) commcell(t *testing.T) {
	t.Helper()
	made := p.enable("0")
	root := p.sdk("GET", "/Organization/0", "")
	if got := text(root, "organizationInfo.organizationProperties.authCode"); got != made {
		t.Error("the server's code is another than the one made")
	}
	p.disable("/Organization", `{"shortName":{"id":0,"domainName":"Commcell"}}`)
	if root = p.sdk("GET", "/Organization/0", ""); p.must(root,
		"organizationInfo.organizationProperties.enableAuthCodeGen") != false {
		t.Error("the server's code lives")
	}
}

// delete is organizations.delete(name).
func (p *program) delete(id string) {
	p.t.Helper()
	p.details(id)
	options := `{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`
	if answer := p.sdk("POST", "/Organization/"+id+"/action/deactivate", options); p.must(answer,
		"response.errorCode") != float64(0) {
		p.t.Fatalf("deactivate: %v", answer)
	}
	p.details(id)
	answer := p.sdk("DELETE", "/Organization/"+id, "")
	_ = p.must(answer, "errorMessage").(string)
	if p.must(answer, "errorCode") != float64(0) {
		p.t.Fatalf("delete: %v", answer)
	}
	if ids := p.organizations(); len(ids) != 0 {
		p.t.Errorf("after the delete: %v", ids)
	}
}

// Commcell(host, authtoken=…) asks who the user is and does not log in.
func TestReplaySDKWithToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.program(t, base)
	p.token = s.admin(t)
	if status, _ := p.send("GET", "/", "", "Accept", "*/*"); status != http.StatusOK {
		t.Fatal("the service is not there")
	}
	if who := p.must(p.sdk("POST", "/WhoAmI", ""), "user.userName"); who != "admin" {
		t.Errorf("it is %v", who)
	}
	p.organizations()
}

// These are the SDK's filters as get_organizations_cache writes them.
func TestReplaySDKCache(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.program(t, base)
	p.token = s.admin(t)
	s.Organization(t, "Apple Ltd")
	s.Organization(t, "Pear Ltd")
	query := "fl=providers.connectName,providers.shortName,providers.connectName,providers.shortname.id,providers.primaryContacts.fullName," +
		"providers.associatedEntitiesCount,providers.status,providers.providerGUID,providers.provider.tags,providers.canCreateCompanies," +
		"providers.ownerCompanyName,providers.commcell&fq=providers.connectName:contains:ltd&fq=providers.status:eq:ACTIVE&start=0&limit=1" +
		"&sort=providers.connectName:-1&hardRefresh=true&search=providers.connectName,providers.primaryContacts.fullName,providers.providerGUID,providers.status:contains:r"
	answer := p.sdk("GET", "/Organization?&"+query, "")
	if got := p.must(answer, "providers.0.connectName"); got != "Pear Ltd" ||
		p.must(answer, "filterQueryCount") != float64(1) {
		t.Errorf("got %v", answer)
	}
	for _, member := range []string{"shortName.id", "providerGUID", "status", "associatedEntitiesCount",
		"canCreateCompanies", "ownerCompanyName", "primaryContacts", "provider.providerId"} {
		p.must(answer, "providers.0."+member)
	}
}

// TestReplayTerraform makes the calls of the provider: a log-in in XML, the search for a name, whose first
// row the provider takes without checking, and then create, deactivate and delete. The provider takes any
// status but 200 for an error.
func TestReplayTerraform(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	// The company is neither the first nor the last one, and another company has the name within its name.
	for _, name := range []string{"Orchard Ltd & Sons", "Zebra", "Aardvark", "The Orchard Ltd"} {
		s.Organization(t, name)
	}
	p := s.program(t, "/webconsole/api")
	login := `<DM2ContentIndexing_CheckCredentialReq mode="5" username="admin" password="` +
		encoded(s.AdminPassword) + `" timeOut="30"></DM2ContentIndexing_CheckCredentialReq>`
	status, body := p.send("POST", "/login", login, "Accept", mediaXML, "Content-Type", mediaXML)
	var session struct {
		Name  string `xml:"userName,attr"`
		Token string `xml:"token,attr"`
		GUID  string `xml:"userGUID,attr"`
	}
	if err := xml.Unmarshal(body, &session); err != nil || status != http.StatusOK ||
		session.Name != "admin" || session.Token == "" || session.GUID == "" {
		t.Fatalf("%d %s %v", status, body, err)
	}
	call := func(method, path, body string) map[string]any {
		t.Helper()
		status, answer := p.send(method, path, body, "Accept", mediaJSON, "Content-Type", mediaJSON,
			"AuthToken", session.Token, "operatorCompanyId", "0")
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
		return p.decode(answer)
	}
	lookUp := func(name string) []any {
		t.Helper()
		return p.must(call("GET", "/Organization?fq=name%3Aeq%3A"+url.QueryEscape(name), ""),
			"providers").([]any)
	}
	if found := lookUp("Orchard Ltd"); len(found) != 0 {
		t.Fatalf("found what is not there: %v", found)
	}
	made := call("POST", "/Organization",
		`{"organizationInfo":{"organization":{"connectName":"Orchard Ltd","emailDomainNames":[""],"shortName":{"domainName":"orchard"}},`+
			`"organizationProperties":{"primaryContacts":[{"fullName":"Ann Pear","email":"ann@example.test"}]},"planDetails":[]},"sendEmail":false}`)
	id := p.must(made, "response.entity.providerId")
	found := lookUp("Orchard Ltd")
	if len(found) != 1 || at(found[0], "shortName.id") != id {
		t.Fatalf("the first row is another company: %v", found)
	}
	number, _ := json.Marshal(id)
	path := "/Organization/" + string(number)
	if a := call("POST", path+"/action/deactivate",
		`{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`); p.must(a,
		"response.errorCode") != float64(0) {
		t.Errorf("deactivate: %v", a)
	}
	if a := call("DELETE", path, ""); p.must(a, "errorCode") != float64(0) {
		t.Errorf("delete: %v", a)
	}
	if names, _ := s.companies(t, s.admin(t), ""); slices.Contains(names, "Orchard Ltd") || len(names) != 4 {
		t.Errorf("left: %v", names)
	}
}

// The administrator of a tenant sees the own company with cvpysdk, and switches its code.
func TestReplaySDKAsTenant(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine := s.Organization(t, "Mine")
	s.Organization(t, "Foreign")
	p := s.program(t, base)
	p.token = s.session(t, "tenant", s.Operator(t, "tenant", tenancy.Administrator, mine.ID))
	ids := p.organizations()
	if len(ids) != 1 || ids["mine"] != number(mine) {
		t.Fatalf("sees %v", ids)
	}
	made := p.enable(ids["mine"])
	echo, shown := p.get(ids["mine"])
	if shown != made {
		t.Error("another code is shown")
	}
	p.disable("/Organization?organizationId="+ids["mine"], echo)
	if _, code := p.details(ids["mine"]); code != "" {
		t.Error("the code lives")
	}
}

// Commcell.as_operator_of sends the company with every later request and still names the CommCell, 0. So it
// switches the code of the company, and not that of the server.
func TestReplaySDKAsOperatorOf(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine, other := s.Organization(t, "Mine"), s.Organization(t, "Other")
	root := tenancy.Organization{ID: tenancy.RootID}
	admin := s.admin(t)
	rootCode, others := s.generate(t, admin, root), s.generate(t, admin, other)
	p := s.program(t, base)
	p.token, p.acting = admin, number(mine)
	if ids := p.organizations(); len(ids) != 1 || ids["mine"] != number(mine) {
		t.Fatalf("sees %v", ids)
	}
	made := p.enable("0")
	if d := p.sdk("GET", "/Organization/0", ""); text(d,
		"organizationInfo.organization.connectName") != "Mine" ||
		text(d, properties+".authCode") != made {
		t.Errorf("details of 0: %v", d)
	}
	if s.code(t, admin, mine) != made || s.code(t, admin, root) != rootCode {
		t.Error("the code made is not the company's")
	}
	p.disable("/Organization", `{"shortName":{"id":0}}`)
	if s.code(t, admin, mine) != "" || s.code(t, admin, root) != rootCode ||
		s.code(t, admin, other) != others {
		t.Error("the code switched off is not the company's")
	}
	p.acting = "0" // Commcell.reset_company
	if ids := p.organizations(); len(ids) != 2 {
		t.Errorf("sees %v", ids)
	}
}
