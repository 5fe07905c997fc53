// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The roots of the two wires.
const (
	ccadmin   = "/ccadmin/v1"
	ccapp     = "/ccapp/v1"
	ccadminui = "/ccadminui/v1"
	ccagent   = "/ccagent/v1"
	ccstore   = "/ccstore/v1"
	cvRoot    = "/commandcenter/api"
)

const (
	jsonType = "Content-Type: application/json"
	formType = "Content-Type: application/x-www-form-urlencoded"
)

// client speaks to one server, and compares what it is answered with the OpenAPI documents. It
// never follows a redirect: that would be a fault of the server's, since real clients repeat a
// redirected POST as a GET.
type client struct {
	t         testing.TB
	base      string
	http      *http.Client
	transport *http.Transport
}

func newClient(t testing.TB, base string) *client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 16} // no proxy, whatever the environment says
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t, base, &http.Client{Transport: held{t, transport}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the server redirects") }},
		transport}
}

// trusting has the client speak TLS, and HTTP/2 where it is offered.
func (c *client) trusting(config *tls.Config) *client {
	// a transport changes its config
	c.transport.TLSClientConfig, c.transport.ForceAttemptHTTP2 = config.Clone(), true
	return c
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// try sends a request. Headers are "Name: value"; without an Accept among them it asks for JSON.
func (c *client) try(method, path string, body io.Reader, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		return answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b)}, err
}

// do is try that ends the test when there is no answer. It is for the test's own goroutine.
func (c *client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(method, path, strings.NewReader(body), headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (c *client) get(path string, headers ...string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, "", headers...)
}

func (c *client) post(path, body string, headers ...string) answer {
	c.t.Helper()
	return c.do(http.MethodPost, path, body, headers...)
}

// want fails the test when the status is another. Bodies of successes are not
// told: they may hold secrets.
func (c *client) want(a answer, status int, what string) answer {
	c.t.Helper()
	if a.status != status {
		body := a.body
		if a.status == http.StatusOK {
			body = "(a success)"
		}
		c.t.Fatalf("%s: got %d, want %d: %s", what, a.status, status, body)
	}
	return a
}

// member finds a value in a JSON answer by its path, "" when it is not there.
// Numbers and booleans are given as text.
func (a answer) member(path ...string) string {
	var v any
	dec := json.NewDecoder(strings.NewReader(a.body))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return ""
	}
	for _, name := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	switch at := v.(type) {
	case string:
		return at
	case json.Number:
		return at.String()
	case bool:
		return strconv.FormatBool(at)
	}
	return ""
}

// list returns one member of each of the items of a JSON answer.
func (a answer) list(name string) []string {
	var body struct {
		Items []map[string]any `json:"items"`
	}
	_ = json.Unmarshal([]byte(a.body), &body)
	var out []string
	for _, item := range body.Items {
		text, _ := item[name].(string)
		out = append(out, text)
	}
	return out
}

func bearer(token string) string  { return "Authorization: Bearer " + token }
func authtoken(tok string) string { return "Authtoken: " + tok }

// login logs an operator in on the OCC wire.
func (c *client) login(tree, username, password string) answer {
	c.t.Helper()
	form := url.Values{"grant_type": {"password"}, "username": {username}, "password": {password}}
	return c.post(tree+"/login", form.Encode(), formType)
}

// token is login that must work, and returns the access token.
func (c *client) token(tree, username, password string) string {
	c.t.Helper()
	return c.want(c.login(tree, username, password), http.StatusOK, "log in").member("access_token")
}

// mfa logs an operator in with a second factor.
func (c *client) mfa(username, password, code string) answer {
	c.t.Helper()
	form := url.Values{"grant_type": {"password"}, "username": {username}, "password": {password},
		"totp_code": {code}}
	return c.post(ccadmin+"/mfalogin", form.Encode(), formType)
}

// keyLogin logs an application in.
func (c *client) keyLogin(tree, key string) answer {
	c.t.Helper()
	return c.post(tree+"/login", "grant_type=client_credentials", formType, bearer(key))
}

// session logs an operator in on the Commvault wire and returns the session token.
func (c *client) session(username, password string) string {
	c.t.Helper()
	body := marshal(map[string]string{"username": username, "deviceId": "e2e",
		"password": base64.StdEncoding.EncodeToString([]byte(password))})
	a := c.want(c.post(cvRoot+"/Login", body, jsonType), http.StatusOK, "Login")
	if a.member("token") == "" {
		c.t.Fatalf("Login: %s", a.body)
	}
	return a.member("token")
}

// organization makes one and returns its id, "or-100001".
func (c *client) organization(tree, token, name string) string {
	c.t.Helper()
	a := c.post(tree+"/organizations", marshal(map[string]string{"name": name}), jsonType, bearer(token))
	return c.want(a, http.StatusOK, "create organization").member("id")
}

// issue makes an organization's code on the OCC wire.
func (c *client) issue(tree, token, organization string) string {
	c.t.Helper()
	a := c.post(tree+"/organizations/"+organization+"/authorizationCode", "", bearer(token))
	return c.want(a, http.StatusOK, "authorizationCode").member("authorizationCode")
}

// codePath is the address of an organization's code on the Commvault wire.
func codePath(root, organization string) string {
	return root + "/Organization/" + strings.TrimPrefix(organization, "or-") + "/AuthToken"
}

// reveal reads an organization's code on the Commvault wire; "" when there is none.
func (c *client) reveal(session, organization string) string {
	c.t.Helper()
	a := c.want(c.get(codePath(cvRoot, organization), authtoken(session)), http.StatusOK, "AuthToken")
	code := a.member("organizationInfo", "organizationProperties", "authCode")
	if on := a.member("organizationInfo", "organizationProperties",
		"enableAuthCodeGen"); on != strconv.FormatBool(code != "") {
		c.t.Errorf("enableAuthCodeGen is %s, but there being a code is %t", on, code != "")
	}
	return code
}

// application registers one and returns its id and key.
func (c *client) application(token, name string) (id, key string) {
	c.t.Helper()
	a := c.post(ccadmin+"/applicationIds", marshal(map[string]string{"name": name, "type": "application"}),
		jsonType, bearer(token))
	c.want(a, http.StatusOK, "create application")
	return a.member("id"), a.member("token")
}

// renewKey returns an application a new key.
func (c *client) renewKey(token, id string) string {
	c.t.Helper()
	a := c.post(ccadmin+"/applicationIds/"+id, `{"op":"genAuthToken","type":"application"}`, jsonType,
		bearer(token))
	return c.want(a, http.StatusOK, "genAuthToken").member("token")
}

// submit files a request and returns its number.
func (c *client) submit(name string) string {
	c.t.Helper()
	a := c.post(ccstore+"/organizationRequests", marshal(map[string]any{"name": name,
		"profile": map[string]string{"firstName": "Ada", "lastName": "Birch", "email": "ada@example.test"}}),
		jsonType)
	return c.want(a, http.StatusOK, "submit").member("id")
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the tests' own values
	}
	return string(b)
}

// xmlCode is the XML form of an organization's code.
type xmlCode struct {
	XMLName xml.Name `xml:"Api_GetOrganizationPropertiesResponse"`
	Info    struct {
		Organization struct {
			Name  string `xml:"connectName,attr"`
			Short struct {
				ID string `xml:"id,attr"`
			} `xml:"shortName"`
		} `xml:"organization"`
		Properties struct {
			Enabled string `xml:"enableAuthCodeGen,attr"`
			Code    string `xml:"authCode,attr"`
		} `xml:"organizationProperties"`
	} `xml:"organizationInfo"`
}
