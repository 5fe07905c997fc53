// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/tenancy"
)

// Clients look up a user by name and use its number for the access tokens.
func TestFromANameToTheAccessTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	ann := s.session(t, "Ann", s.Operator(t, "Ann", tenancy.Administrator, o.ID))
	s.sendJSON(t, "POST", tokensPath, `{"tokenName":"of Ann"}`, ann)
	for name, c := range map[string]struct {
		path, number, member string
		token                string
	}{
		"Terraform": {"/User?fq=name%3Aeq%3Aann", "users.0.userEntity.userId",
			"users.0.userEntity.userName", token},
		"cvpysdk, cached": {"/User?fq=users.userEntity.userName:eq:Ann&sort=userName:1&start=0&limit=5",
			"users.0.userEntity.userId", "users.0.userEntity.userName", token},
		"V4": {"/v4/user?fq=name:contains:nn", "users.0.id", "users.0.name", token},
		"search": {"/User?search=ann", "users.0.userEntity.userId", "users.0.userEntity.userName",
			token},
		"themselves, by the list": {"/v4/user", "users.0.id", "users.0.name", ann},
		"themselves":              {"/v2/WhoAmI", "user.id", "user.name", ann},
		"themselves, older":       {"/WhoAmI", "user.userId", "user.userName", ann},
	} {
		method := "GET"
		if c.path == "/WhoAmI" {
			method = "POST"
		}
		found := tree(t, s.call(t, method, base+c.path, "", "Authtoken", c.token))
		number, is := at(found, c.number).(float64)
		if !is || text(found, c.member) != "Ann" || at(found, "users.1") != nil {
			t.Errorf("%s: got %v", name, found)
			continue
		}
		w := s.sendJSON(t, "GET", tokensPath+fmt.Sprintf("/?userId=%.0f", number), "", c.token)
		if listed := tree(t, w); text(listed, "accessTokens.0.tokenName") != "of Ann" ||
			at(listed, "accessTokens.0.userId") != number {
			t.Errorf("%s: got %s", name, w.Body)
		}
		for _, path := range []string{"/User/%.0f?Level=50", "/v4/user/%.0f"} {
			w := s.call(t, "GET", base+fmt.Sprintf(path, number), "", "Authtoken", c.token)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"Ann"`) ||
				!strings.Contains(w.Body.String(), `"company":{"id":100001,"name":"Orchard Ltd"}`) {
				t.Errorf("%s: got %d %s", name, w.Code, w.Body)
			}
		}
	}
	for _, path := range []string{"/User/self", "/v4/user/Self"} {
		for want, caller := range map[string]string{"Ann": ann, "admin": token} {
			if w := s.call(t, "GET", base+path, "", "Authtoken", caller); w.Code != http.StatusOK ||
				!strings.Contains(w.Body.String(), `"`+want+`"`) {
				t.Errorf("%s of %s: got %d %s", path, want, w.Code, w.Body)
			}
		}
	}
	who := tree(t, s.call(t, "GET", base+"/v2/WhoAmI", "", "Authtoken", token))
	if at(who, "company.id") != float64(0) || text(who, "company.name") != "Commcell" ||
		at(who, "user.id") != float64(100001) {
		t.Errorf("the server's own: %v", who)
	}
}

// A caller that may not see another user learns nothing about that user, and no answer contains a secret.
func TestUsersOfOthers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, o := s.admin(t), s.Organization(t, "Orchard Ltd")
	password := s.Operator(t, "tenant", tenancy.Administrator, o.ID)
	s.Operator(t, "other", tenancy.Auditor, o.ID)
	s.Factor(t, "other")
	tenant, auditor := s.session(t, "tenant", password), s.session(t, "auditor",
		s.Operator(t, "auditor", tenancy.Auditor, tenancy.RootID))
	numbers := map[string]string{}
	all := tree(t, s.call(t, "GET", base+"/v4/user?sort=name:-1", "", "Authtoken", admin))
	for i, want := range []string{"tenant", "other", "auditor", "admin"} {
		if got := text(all, fmt.Sprintf("users.%d.name", i)); got != want {
			t.Fatalf("user %d: got %q, want %q: %v", i, got, want, all)
		}
		numbers[want] = fmt.Sprint(int64(at(all, fmt.Sprintf("users.%d.id", i)).(float64)))
	}
	if at(all, "numberOfUsers") != float64(4) {
		t.Errorf("got %v", all)
	}
	for _, caller := range []string{tenant, auditor} {
		for _, path := range []string{"/User/" + numbers["other"], "/v4/user/" + numbers["other"], "/User/" +
			numbers["admin"], "/v4/user/7", "/v4/user/x", "/User/0", "/User/me", "/v4/user/Me",
			"/V4/AccessToken?userId=me",
			"/Security/TwoFactorAuth/Status?username=other", "/Security/TwoFactorAuth/Status?username=nobody",
			"/V4/AccessToken?userId=" + numbers["other"]} {
			for _, media := range []string{mediaJSON, mediaXML} {
				w := s.call(t, "GET", base+path, "", "Authtoken", caller, "Accept", media)
				if code, message := failure(t, w, "", media); w.Code != 404 || code != 404 || message == "" {
					t.Errorf("%s: %s: got %d %s", path, media, w.Code, w.Body)
				}
			}
		}
		for _, path := range []string{"/User?fq=name:eq:other", "/v4/user?fq=userId:eq:" + numbers["other"],
			"/User?search=oth", "/User?search=id:contains:x", "/v4/user?search=userId:contains:",
			"/User?start=1", "/User?fq=name:neq:tenant&fq=name:neq:auditor"} {
			if list, is := at(tree(t, s.call(t, "GET", base+path, "", "Authtoken", caller)), "users").([]any); !is ||
				len(list) != 0 {
				t.Errorf("%s: got %v", path, list)
			}
		}
	}
	for _, c := range []struct {
		path, token string
		want        bool
	}{{"?username=OTHER", admin, true}, {"?username=tenant", admin, false}, {"", tenant, false},
		{"?username=tenant", tenant, false}} {
		got := tree(t, s.call(t, "GET", base+"/Security/TwoFactorAuth/Status"+c.path, "", "Authtoken",
			c.token))
		if at(got, "twoFactorInfo.isTwoFactorAuthenticationEnabled") != c.want ||
			at(got, "errorCode") != float64(0) {
			t.Errorf("%s: got %v", c.path, got)
		}
	}
	for _, path := range []string{"/v2/WhoAmI", "/User", "/User/" + numbers["other"], "/v4/user",
		"/v4/user/100001", "/Commcell/Properties/TwoFactorAuth", "/Security/TwoFactorAuth/Status"} {
		if w := s.call(t, "GET", base+path, ""); w.Code != 401 {
			t.Errorf("%s without a session: got %d", path, w.Code)
		}
		for _, media := range []string{mediaJSON, mediaXML} {
			body := s.call(t, "GET", base+path, "", "Authtoken", admin, "Accept", media).Body.String()
			for _, leak := range []string{"argon2", "email", "@", "password", "secret"} {
				if strings.Contains(strings.ToLower(body), leak) {
					t.Errorf("%s: %q in %s", path, leak, body)
				}
			}
		}
	}
	for _, query := range []string{"fq=email:eq:x", "fq=name:like:x", "fq=name", "sort=email:1",
		"limit=10001", "start=-1", "fq=userId:eq:x", "search=email:contains:x"} {
		for _, path := range []string{"/User?", "/v4/user?"} {
			if w := s.call(t, "GET", base+path+query, "", "Authtoken", admin); w.Code != 400 {
				t.Errorf("%s%s: got %d %s", path, query, w.Code, w.Body)
			}
		}
	}
}
