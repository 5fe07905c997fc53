// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"gatehouse/bench/load"
)

// The roots of the two wires.
const (
	ccadmin = "/ccadmin/v1"
	ccapp   = "/ccapp/v1"
	cvRoot  = "/commandcenter/api"
)

const (
	jsonType = "Content-Type: application/json"
	formType = "Content-Type: application/x-www-form-urlencoded"
)

// access has the credentials of the bench. Tokens are fetched again before they expire.
type access struct {
	at       time.Time
	operator string // an access token on ccadmin
	session  string // on the Commvault wire
	native   string // on the native API
	apps     []application
	renewed  []application // whose keys come and go
}

type application struct{ id, key string }

const (
	manyApplications = 32
	tokenLife        = 4 * time.Minute // an application's ends after five
)

// setUp registers the applications of a fresh database.
func (a *access) setUp(ctx context.Context, s *stage) error {
	if err := a.logIn(ctx, s); err != nil {
		return err
	}
	for i := range 3 * manyApplications {
		var made struct{ ID, Token string }
		body := fmt.Sprintf(`{"name":"bench %d","type":"application"}`, i)
		if err := s.call(ctx, "POST", ccadmin+"/applicationIds", body, &made, jsonType,
			bearer(a.operator)); err != nil {
			return err
		}
		if i < manyApplications {
			a.apps = append(a.apps, application{made.ID, made.Token})
		} else {
			a.renewed = append(a.renewed, application{made.ID, made.Token})
		}
	}
	return nil
}

// logIn gets tokens for the operator, unless those there are will do.
func (a *access) logIn(ctx context.Context, s *stage) error {
	if time.Since(a.at) < tokenLife {
		return nil
	}
	var token struct {
		Text string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"password"}, "username": {"admin"}, "password": {s.site.Password}}
	if err := s.call(ctx, "POST", ccadmin+"/login", form.Encode(), &token, formType); err != nil {
		return err
	}
	var session struct{ Token string }
	body := fmt.Sprintf(`{"username":"admin","password":%q,"deviceId":"bench"}`,
		base64.StdEncoding.EncodeToString([]byte(s.site.Password)))
	if err := s.call(ctx, "POST", cvRoot+"/Login", body, &session, jsonType); err != nil {
		return err
	}
	var native struct{ AccessToken string }
	body = fmt.Sprintf(`{"username":"admin","password":%q}`, s.site.Password)
	if err := s.call(ctx, "POST", v1+"/login", body, &native, jsonType); err != nil {
		return err
	}
	a.at, a.operator, a.session, a.native = time.Now(), token.Text, session.Token, native.AccessToken
	return nil
}

// applicationTokens gets fresh tokens of all applications on a tree.
func (s *stage) applicationTokens(ctx context.Context, tree string) (list []string, err error) {
	for _, app := range s.access.apps {
		var token struct {
			Text string `json:"access_token"`
		}
		if err := s.call(ctx, "POST", tree+"/login", "grant_type=client_credentials", &token, formType,
			bearer(app.key)); err != nil {
			return nil, err
		}
		list = append(list, token.Text)
	}
	return list, nil
}

// call does one request that must succeed, and reads its JSON answer; into may be nil.
func (s *stage) call(ctx context.Context, method, path, body string, into any, headers ...string) error {
	return call(ctx, s.server.Address, method, path, body, into, headers...)
}

func call(ctx context.Context, address, method, path, body string, into any, headers ...string) error {
	err := ask(ctx, address, load.NewExchange(method, path, body, has(""), headers...), into)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// ask does one exchange and reads its JSON answer; into may be nil.
func (s *stage) ask(ctx context.Context, x *load.Exchange, into any) error {
	return ask(ctx, s.server.Address, x, into)
}

func ask(ctx context.Context, address string, x *load.Exchange, into any) error {
	res, err := load.Once(ctx, address, x)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(res.Body, into)
}

func bearer(token string) string    { return "Authorization: Bearer " + token }
func authtoken(token string) string { return "Authtoken: " + token }
func orID(id int64) string          { return "or-" + strconv.FormatInt(id, 10) }
