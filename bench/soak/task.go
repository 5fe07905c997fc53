// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"fmt"
	"net/url"
)

// task is one thing that clients do: several requests, each with its answer checked.
type task struct {
	name   string
	weight int // how often it is done, next to the others
	do     func(ctx context.Context, t *turn) error
}

// turn is one execution of a task, with a company that no other task uses meanwhile.
type turn struct {
	*caller
	*company
	operator *operator
	tokens   tokens
	number   int64 // of this turn
}

func (t *turn) must(ctx context.Context, questions ...ask) error {
	for _, q := range questions {
		if _, err := t.do(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// tasks are all of them.
func tasks() []task {
	return []task{
		{"generate and reveal", 8, generate},
		{"enrol", 8, enrol},
		{"register", 4, register},
		{"join", 6, join},
		{"application", 6, application},
		{"life of a code", 4, codeLife},
		{"lists", 8, lists},
		{"wrong requests", 4, wrong},
		{"cut off", 2, cutOff},
		{"log in", 1, logIn},
	}
}

// generate makes a code on one wire and reads it on the other, as JSON and as XML.
func generate(ctx context.Context, t *turn) error {
	a, err := t.do(ctx, ask{"POST", ccadmin + "/organizations/" + t.id + "/authorizationCode", "",
		[]string{t.tokens.admin}, 200, "GHC"})
	if err != nil {
		return err
	}
	code := a.member("authorizationCode")
	path := "/Organization/" + t.company.number() + "/AuthToken"
	return t.must(ctx,
		ask{"GET", cvRoot + path, "", []string{t.tokens.session, "Accept: application/json"}, 200, code},
		ask{"GET", "/webconsole/api" + path, "", []string{t.tokens.session, "Accept: application/xml"},
			200, code})
}

// enrol lets a client in, twice as after a lost answer, and lets it get and end a token.
func enrol(ctx context.Context, t *turn) error {
	body := fmt.Sprintf(`{"authorizationCode":%q,"client":{"name":"till","instanceId":"till-%d"}}`,
		t.code, t.number)
	if _, err := t.do(ctx, ask{"POST", v1 + "/enrollments", body, []string{jsonType}, 201,
		"GHK"}); err != nil {
		return err
	}
	a, err := t.do(ctx, ask{"POST", v1 + "/enrollments", body, []string{jsonType}, 200, "GHK"})
	if err != nil {
		return err
	}
	return t.useToken(ctx, basic(a.member("clientId"), a.member("clientKey")))
}

// useToken gets a token with credentials, asks what it is worth, and ends it.
func (t *turn) useToken(ctx context.Context, credentials string) error {
	a, err := t.do(ctx, ask{"POST", "/oauth2/token", "grant_type=client_credentials", []string{formType,
		credentials},
		200, "access_token"})
	if err != nil {
		return err
	}
	form := url.Values{"token": {a.member("access_token")}}.Encode()
	return t.must(ctx,
		ask{"POST", "/oauth2/introspect", form, []string{formType, t.tokens.native}, 200, `"active":true`},
		ask{"POST", "/oauth2/revoke", form, []string{formType, credentials}, 200, ""})
}

// register is enrol by OAuth, and the end of the registration.
func register(ctx context.Context, t *turn) error {
	a, err := t.do(ctx, ask{"POST", "/oauth2/register", `{"client_name":"agent"}`, []string{jsonType,
		bearer(t.code)},
		201, "client_secret"})
	if err != nil {
		return err
	}
	id, manage := a.member("client_id"), bearer(a.member("registration_access_token"))
	if err := t.useToken(ctx, basic(id, a.member("client_secret"))); err != nil {
		return err
	}
	return t.must(ctx, ask{"GET", "/oauth2/register/" + id, "", []string{manage}, 200, id},
		ask{"DELETE", "/oauth2/register/" + id, "", []string{manage}, 204, ""})
}

// join submits a request, finds it, and approves or rejects it.
func join(ctx context.Context, t *turn) error {
	name := fmt.Sprintf("Birch Tools %d", t.number)
	a, err := t.do(ctx, ask{"POST", ccstore + "/organizationRequests", fmt.Sprintf(
		`{"name":%q,"profile":{"firstName":"Ada","lastName":"Birch","email":"ada@example.test"}}`, name),
		[]string{jsonType}, 200, `"id":`})
	if err != nil {
		return err
	}
	found := ccadmin + "/organizationRequests?" + url.Values{
		"q":    {`status eq "new" and name co "` + name + `"`},
		"sort": {"creationTime:desc"}, "limit": {"10"}}.Encode()
	decide := "/approve"
	if t.number%4 == 0 {
		decide = "/reject"
	}
	return t.must(ctx, ask{"GET", found, "", []string{t.tokens.admin}, 200, name},
		ask{"POST", ccadmin + "/organizationRequests/" + a.member("id") + decide,
			`{"approverComments":"soak"}`,
			[]string{jsonType, t.tokens.admin}, 200, ""})
}

// application uses the key of an application, gives it another, and uses that.
func application(ctx context.Context, t *turn) error {
	use := func() error {
		a, err := t.do(ctx, ask{"POST", ccapp + "/login", "grant_type=client_credentials",
			[]string{formType, bearer(t.applicationKey)}, 200, "access_token"})
		if err != nil {
			return err
		}
		return t.must(ctx, ask{"GET", ccapp + "/organizationRequests?limit=1", "",
			[]string{bearer(a.member("access_token"))}, 200, "totalResults"})
	}
	if err := use(); err != nil {
		return err
	}
	a, err := t.do(ctx, ask{"POST", ccadmin + "/applicationIds/" + t.company.application,
		`{"op":"genAuthToken","type":"application"}`, []string{jsonType, t.tokens.admin}, 200, "token"})
	if err != nil {
		return err
	}
	t.applicationKey = a.member("token")
	return use()
}
