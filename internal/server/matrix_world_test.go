// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/sqlite"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// world is a database with two organizations, requests, applications and people. Each
// request that may change something gets a copy of it.
type world struct {
	file    string
	keys    *secret.Keyring
	clock   time.Time
	ids     map[string]string // values of {…} in paths and samples, by "name target"
	tokens  map[string]string // by "door tree party"
	current *instance
}

// instance is one copy of the world with its service and doors.
type instance struct {
	tenancytest.Services
	handlers map[string]http.Handler
}

func (c *instance) handler(door string) http.Handler { return c.handlers[door] }

func newWorld(t *testing.T) *world {
	t.Helper()
	w, elsewhere := emptyWorld(t), emptyWorld(t)
	for _, one := range []*world{w, elsewhere} {
		one.createDatabase(t)
	}
	for key, token := range elsewhere.tokens {
		if strings.HasSuffix(key, "/v1 application") {
			w.tokens[strings.TrimSuffix(key, "application")+"foreign application"] = token
		}
	}
	return w
}

func emptyWorld(t *testing.T) *world {
	t.Helper()
	keys, err := secret.NewKeyring(secret.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	return &world{keys: keys, clock: time.Date(2026, 4, 2, 7, 53, 28, 0, time.UTC), ids: map[string]string{},
		tokens: map[string]string{}}
}

// createDatabase creates and fills the database, and remembers its file.
func (w *world) createDatabase(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gatehouse.db")
	store := storetest.SQLiteAt(t, file)
	c := w.serve(t, store)
	w.populate(t, c)
	w.tenantApplication(t, c, store)
	if err := store.Close(); err != nil { // so that the file is all there is
		t.Fatal(err)
	}
	w.file = file
}

// serve makes the service on a database, and its doors.
func (w *world) serve(t *testing.T, store tenancy.Store) *instance {
	t.Helper()
	s := tenancytest.Over(store, w.keys, func() time.Time { return w.clock },
		tenancytest.Options{Hasher: secret.NewCheapHasher(), PublicRequests: true, NoLimits: true})
	c := &instance{Services: s, handlers: map[string]http.Handler{}}
	for _, door := range doors(s) {
		c.handlers[door.Name] = observed(t, door)
	}
	return c
}

// newCopy opens a copy of the database.
func (w *world) newCopy(t *testing.T) *instance {
	t.Helper()
	content, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "gatehouse.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w.serve(t, store)
}

// populate creates all organizations, operators and applications, and logs them in. The
// organization "own" is the tenant's, "foreign" is another one.
func (w *world) populate(t *testing.T, c *instance) {
	t.Helper()
	ctx, root, password := context.Background(), tenancy.System("test"), secret.NewPassword()
	if _, err := c.Start(ctx, password); err != nil {
		t.Fatal(err)
	}
	var tenant tenancy.OrganizationID
	for _, target := range []string{"own", "foreign"} {
		o, err := c.CreateOrganization(ctx, root, tenancy.CreateOrganizationParams{Name: target})
		if err != nil {
			t.Fatal(err)
		}
		if target == "own" {
			tenant = o.ID
		}
		if _, _, err := c.IssuePrimaryAuthCode(ctx, root, o.ID); err != nil {
			t.Fatal(err)
		}
		r, link, err := c.SubmitLinkedRequest(ctx, tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1"}),
			tenancy.SubmitRequestParams{Name: target + " asks"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.CreateApplication(ctx, root, identity.CreateApplicationParams{Name: target,
			Type: tenancy.TypeApplication})
		if err != nil {
			t.Fatal(err)
		}
		w.ids["organization "+target], w.ids["request "+target], w.ids["application "+target] = o.ID.String(),
			r.ID.String(), a.ID
		w.ids["link "+target] = link.Reveal()
		w.ids["number "+target] = strings.TrimPrefix(o.ID.String(), "or-")
		w.ids["key "+target] = a.KeyText.Reveal()
		w.enrol(t, c, o.ID, target)
		if o, err = c.GetOrganization(ctx, root, o.ID); err != nil {
			t.Fatal(err)
		}
		w.ids["version "+target] = o.UpdatedAt.Format(time.RFC3339Nano)
	}
	for name, p := range map[string]identity.CreateOperatorParams{
		"administrator": {Role: tenancy.Administrator}, "account-manager": {Role: tenancy.AccountManager},
		"auditor":              {Role: tenancy.Auditor},
		"tenant administrator": {Role: tenancy.Administrator, Organization: tenant},
		"tenant auditor":       {Role: tenancy.Auditor, Organization: tenant},
	} {
		p.Username, p.Password = strings.ReplaceAll(name, " ", "-"), password
		o, err := c.CreateOperator(ctx, root, p)
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "administrator":
			w.ids["user foreign"] = o.Number.String()
		case "tenant administrator":
			w.ids["user own"] = o.Number.String()
		}
		w.logIn(t, c, name, p.Username, password)
	}
	w.logInKey(t, c, "application", w.ids["key own"])
	w.operatorTokens(t, c)
	w.ids["password any"] = password.Reveal()
	w.ids["encoded any"] = base64.StdEncoding.EncodeToString([]byte(password.Reveal()))
	w.ids["session any"] = w.tokens["commvault  administrator"]
	w.special(t, c, password)
}

// tenantApplication registers an application of the tenant. No use case creates one, but
// the store allows it.
func (w *world) tenantApplication(t *testing.T, c *instance, store tenancy.Store) {
	t.Helper()
	tenant, err := tenancy.ParseOrganizationID(w.ids["organization own"])
	if err != nil {
		t.Fatal(err)
	}
	a := tenancy.StoredApplication{Application: tenancy.Application{ID: uuid.NewString(), OrganizationID: tenant,
		Name: "of the tenant", Type: tenancy.TypeApplication,
		CreatedAt: w.clock, Key: tenancy.ApplicationKey{ID: secret.NewID(), IssuedAt: w.clock}}}
	key, err := w.keys.SignKey(secret.KeyClaims{Issuer: secret.Issuer, ApplicationID: a.ID, ID: a.Key.ID,
		IssuedAt: a.Key.IssuedAt})
	if err != nil {
		t.Fatal(err)
	}
	a.KeyDigest = w.keys.Digest(secret.ForApplicationKey, key)
	if err := store.Update(context.Background(),
		func(tx tenancy.Tx) error { return tx.InsertApplication(context.Background(), a) }); err != nil {
		t.Fatal(err)
	}
	w.logInKey(t, c, "tenant application", key.Reveal())
}

// logInKey logs an application in and stores its tokens, one for each tree.
func (w *world) logInKey(t *testing.T, c *instance, party, key string) {
	t.Helper()
	native, err := c.LoginWithKey(context.Background(), tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1"}),
		key, identity.NativeAudience)
	if err != nil {
		t.Fatal(err)
	}
	w.tokens["api  "+party] = native.Text.Reveal()
	for _, tree := range []string{"/ccadmin/v1", "/ccapp/v1", "/ccagent/v1", "/ccappagent/v1"} {
		w.tokens["occ "+tree+" "+party] = w.must(t, c, "occ", "POST", tree+"/login",
			"grant_type=client_credentials", key)["access_token"].(string)
	}
}

// operatorTokens makes three access tokens: one for the administrator, one that is
// limited to WhoAmI, and one for the tenant's operator.
func (w *world) operatorTokens(t *testing.T, c *instance) {
	t.Helper()
	issue := func(operator, body string) map[string]any {
		return w.must(t, c, "commvault", "POST", "/commandcenter/api/V4/AccessToken", body,
			w.tokens["commvault  "+operator])["tokenInfo"].(map[string]any)
	}
	foreign, own := issue("administrator", `{"tokenName":"theirs"}`),
		issue("tenant administrator", `{"tokenName":"mine"}`)
	w.tokens["commvault  access token"] = foreign["accessToken"].(string)
	w.tokens["commvault  limited token"] = issue("administrator",
		`{"tokenName":"limited","tokenType":3,"apiEndpoints":["/WhoAmI"]}`)["accessToken"].(string)
	w.ids["token own"], w.ids["token foreign"] = fmt.Sprint(own["accessTokenId"]),
		fmt.Sprint(foreign["accessTokenId"])
	w.ids["accessToken any"], w.ids["refreshToken any"] = own["accessToken"].(string),
		own["refreshToken"].(string)
}

// special adds the callers whose tokens are no longer valid.
func (w *world) special(t *testing.T, c *instance, password secret.Secret) {
	t.Helper()
	ctx, root := context.Background(), tenancy.System("test")
	_, err := c.CreateOperator(ctx, root, identity.CreateOperatorParams{Username: "leaver", Password: password,
		Role: tenancy.Administrator})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := c.CreateOrganization(ctx, root, tenancy.CreateOrganizationParams{Name: "gone"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateOperator(ctx, root, identity.CreateOperatorParams{Username: "stranded",
		Password: password,
		Role:     tenancy.Administrator, Organization: gone.ID}); err != nil {
		t.Fatal(err)
	}
	w.logIn(t, c, "revoked", "leaver", password)
	for _, tree := range []string{"/ccadmin/v1", "/ccagent/v1"} {
		w.must(t, c, "occ", "POST", tree+"/logout", "", w.tokens["occ "+tree+" revoked"])
	}
	w.must(t, c, "commvault", "POST", "/commandcenter/api/Logout", "", w.tokens["commvault  revoked"])
	w.must(t, c, "api", "POST", "/v1/logout", "", w.tokens["api  revoked"])
	caller, err := c.AuthenticateBrowser(ctx, tenancy.Origin{Address: "127.0.0.1"}, w.tokens["console  revoked"])
	if err == nil {
		err = c.Logout(ctx, caller)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.logIn(t, c, "switched off", "stranded", password)
	inactive := false
	if _, err := c.UpdateOrganization(ctx, root, gone.ID,
		tenancy.UpdateOrganizationParams{Active: &inactive}); err != nil {
		t.Fatal(err)
	}
	// Only an inactive organization can be deleted, and nobody can log in to an inactive one.
	w.ids["idle own"] = strings.TrimPrefix(gone.ID.String(), "or-")
	w.ids["idle foreign"] = w.ids["idle own"]
	now := w.clock
	w.clock = now.Add(-25 * time.Hour) // so far back that the server follows
	w.logIn(t, c, "expired", "leaver", password)
	w.clock = now
}

// logIn logs a party in and stores its tokens for the trees of operators, and a session.
// On ccapp it sends the token of ccadmin, which is not valid there.
func (w *world) logIn(t *testing.T, c *instance, party, username string, password secret.Secret) {
	t.Helper()
	form := url.Values{"grant_type": {"password"}, "username": {username},
		"password": {password.Reveal()}}.Encode()
	trees := []string{"/ccadmin/v1", "/ccagent/v1"}
	if strings.HasPrefix(party, "tenant ") || party == "switched off" {
		trees = append(trees, "/ccstore/v1")
	}
	for _, tree := range trees {
		w.tokens["occ "+tree+" "+party] = w.must(t, c, "occ", "POST", tree+"/login", form,
			"")["access_token"].(string)
	}
	native, err := json.Marshal(map[string]string{"username": username, "password": password.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	w.tokens["api  "+party] = w.must(t, c, "api", "POST", "/v1/login", string(native),
		"")["accessToken"].(string)
	body, err := json.Marshal(map[string]string{
		"username": username, "password": base64.StdEncoding.EncodeToString([]byte(password.Reveal())),
		"deviceId": "laptop7"})
	if err != nil {
		t.Fatal(err)
	}
	w.tokens["console  "+party] = w.openConsole(t, c, username, password)
	w.tokens["commvault  "+party] = strings.TrimPrefix(w.must(t, c, "commvault", "POST",
		"/commandcenter/api/Login", string(body), "")["token"].(string), "QSDK ")
}

// openConsole signs an operator in to the console and returns the session.
func (w *world) openConsole(t *testing.T, c *instance, username string, password secret.Secret) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9080/console/sign-in",
		strings.NewReader(url.Values{"username": {username}, "password": {password.Reveal()}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := httptest.NewRecorder()
	c.handler("console").ServeHTTP(a, r)
	for _, cookie := range a.Result().Cookies() {
		if cookie.Name == sessionCookie {
			return cookie.Value
		}
	}
	t.Fatalf("sign in: %d %s", a.Code, a.Body)
	return ""
}

// must sends a request that has to succeed, and returns the members of its answer.
func (w *world) must(t *testing.T, c *instance, door, method, path, body, token string) map[string]any {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:9080"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("Content-Type", "application/json")
	if isForm(body) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a := httptest.NewRecorder()
	c.handler(door).ServeHTTP(a, r)
	content, err := io.ReadAll(a.Body)
	if err != nil || a.Code != http.StatusOK && a.Code != http.StatusNoContent {
		t.Fatalf("%s %s: %d %s %v", method, path, a.Code, content, err)
	}
	var members map[string]any
	if bytes.HasPrefix(content, []byte("{")) {
		if err := json.Unmarshal(content, &members); err != nil {
			t.Fatal(err)
		}
	}
	return members
}

// token returns the token that a party sends to a route. If it can have none for that
// tree, it is the token of ccadmin.
func (w *world) token(door, tree, party string) string {
	if door == "api" || door == "oauth" {
		if token := w.tokens["api  "+party]; token != "" {
			return token
		}
		return w.tokens["commvault  "+party]
	}
	if token := w.tokens["console  "+party]; door == "console" && token != "" {
		return token
	}
	if party == "client" {
		return w.tokens["api  client"]
	}
	if door == "commvault" {
		if strings.HasSuffix(party, "application") {
			return w.tokens["occ /ccadmin/v1 "+party]
		}
		return w.tokens["commvault  "+party]
	}
	if token := w.tokens["occ "+tree+" "+party]; token != "" {
		return token
	}
	if token := w.tokens["commvault  "+party]; strings.HasSuffix(party, " token") {
		return token
	}
	return w.tokens["occ /ccadmin/v1 "+party]
}

// path puts the target's ids into the pattern.
func (w *world) path(t *testing.T, route httpkit.Route, target string) string {
	t.Helper()
	noun := ""
	switch {
	case strings.HasPrefix(route.Pattern, "/v1/"), strings.HasPrefix(route.Pattern, "/oauth2/"),
		strings.HasPrefix(route.Pattern, "/console"), strings.HasPrefix(route.Pattern, "/join"):
		return w.nativePath(route, target)
	case strings.Contains(route.Pattern, "/organizations/{id}"):
		noun = "organization"
	case strings.Contains(route.Pattern, "/organizationRequests/{id}"):
		noun = "request"
	case strings.Contains(route.Pattern, "/applicationIds/{id}"):
		noun = "application"
	case route.Name == "activateOrganization", route.Name == "deleteOrganization",
		route.Name == "v4DeleteCompany":
		noun = "idle"
	case strings.Contains(route.Pattern, "/organization/{id}"), strings.Contains(route.Pattern, "/company/{id}"):
		noun = "number"
	case strings.Contains(route.Pattern, "/accesstoken/{token}"):
		return strings.Replace(route.Pattern, "{token}", w.ids["token "+target], 1)
	case strings.Contains(route.Pattern, "/user/{user}"):
		return strings.Replace(route.Pattern, "{user}", w.ids["user "+target], 1)
	case strings.Contains(route.Pattern, "{"):
		t.Fatalf("what does the wildcard in %s mean? Add it here.", route.Pattern)
	}
	return strings.Replace(route.Pattern, "{id}", w.ids[noun+" "+target], 1) + w.query(route.Name)
}
