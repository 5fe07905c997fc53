// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	ccadmin = "/ccadmin/v1"
	ccapp   = "/ccapp/v1"
	ccstore = "/ccstore/v1"
	cvRoot  = "/commandcenter/api"
	v1      = "/v1"

	jsonType = "Content-Type: application/json"
	formType = "Content-Type: application/x-www-form-urlencoded"

	// tokenLife is after how much time operators log in again; their tokens live 15 minutes.
	tokenLife = 4 * time.Minute
)

func bearer(token string) string { return "Authorization: Bearer " + token }

func basic(id, key string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+key))
}

// operator is logged in on the three APIs.
type operator struct {
	caller             *caller
	username, password string

	mu     sync.Mutex
	at     time.Time
	tokens tokens
}

// tokens are of ccadmin, of the Commvault wire and of the native API, each as its header.
type tokens struct{ admin, session, native string }

// headers returns the tokens, and logs in when they are not new.
func (o *operator) headers(ctx context.Context) (tokens, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.at) < tokenLife {
		return o.tokens, nil
	}
	t, err := o.logIn(ctx)
	if err == nil {
		o.tokens, o.at = t, time.Now()
	}
	return t, err
}

func (o *operator) logIn(ctx context.Context) (t tokens, err error) {
	form := url.Values{"grant_type": {"password"}, "username": {o.username}, "password": {o.password}}
	a, err := o.caller.do(ctx, ask{"POST", ccadmin + "/login", form.Encode(), []string{formType}, 200,
		"access_token"})
	if err != nil {
		return t, err
	}
	t.admin = bearer(a.member("access_token"))
	body := fmt.Sprintf(`{"username":%q,"password":%q,"deviceId":"soak"}`, o.username,
		base64.StdEncoding.EncodeToString([]byte(o.password)))
	a, err = o.caller.do(ctx, ask{"POST", cvRoot + "/Login", body, []string{jsonType,
		"Accept: application/json"}, 200,
		"token"})
	if err != nil {
		return t, err
	}
	t.session = "Authtoken: " + a.member("token")
	t.native, err = o.native(ctx, o.password, 200)
	return t, err
}

// native logs in on the native API, which must answer with the status.
func (o *operator) native(ctx context.Context, password string, status int) (string, error) {
	a, err := o.caller.do(ctx, ask{"POST", v1 + "/login", fmt.Sprintf(`{"username":%q,"password":%q}`,
		o.username,
		password), []string{jsonType}, status, ""})
	return bearer(a.member("accessToken")), err
}

// logOut ends the tokens on each API.
func (o *operator) logOut(ctx context.Context, t tokens) error {
	for _, q := range []ask{
		{"POST", ccadmin + "/logout", "", []string{t.admin}, 200, ""},
		{"POST", cvRoot + "/Logout", "", []string{t.session}, 200, ""},
		{"POST", v1 + "/logout", "", []string{t.native}, 204, ""},
	} {
		if _, err := o.caller.do(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// company is an organization with what belongs to it. One task at a time uses it.
type company struct {
	mu                          sync.Mutex
	id                          string // or-100001
	code, codeID                string // without limits
	application, applicationKey string
}

func (c *company) number() string { return strings.TrimPrefix(c.id, "or-") }

// newCompany makes an organization, a code and an application.
func newCompany(ctx context.Context, o *operator, i int) (*company, error) {
	t, err := o.headers(ctx)
	if err != nil {
		return nil, err
	}
	a, err := o.caller.do(ctx, ask{"POST", ccadmin + "/organizations",
		fmt.Sprintf(`{"name":"company %03d"}`, i),
		[]string{jsonType, t.admin}, 200, "or-"})
	if err != nil {
		return nil, err
	}
	c := &company{id: a.member("id")}
	a, err = o.caller.do(ctx, ask{"POST", v1 + "/organizations/" + c.id + "/auth-codes",
		`{"name":"tills","expiresAt":"never","maxUses":"unlimited"}`, []string{jsonType, t.native}, 201,
		"GHC"})
	if err != nil {
		return nil, err
	}
	c.code, c.codeID = a.member("authorizationCode"), a.member("id")
	a, err = o.caller.do(ctx, ask{"POST", ccadmin + "/applicationIds", fmt.Sprintf(
		`{"name":"shop %03d","type":"application"}`, i), []string{jsonType, t.admin}, 200, "token"})
	c.application, c.applicationKey = a.member("id"), a.member("token")
	return c, err
}
