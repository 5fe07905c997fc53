// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// codeLife makes a code, with a repeat, and goes through its states.
func codeLife(ctx context.Context, t *turn) error {
	codes := v1 + "/organizations/" + t.id + "/auth-codes"
	headers := []string{jsonType, t.tokens.native}
	create := ask{"POST", codes, `{"name":"spring","expiresAt":"never","maxUses":5}`,
		append(headers, fmt.Sprintf("Idempotency-Key: soak-%d", t.number)), 201, "GHC"}
	a, err := t.do(ctx, create)
	if err != nil {
		return err
	}
	code, path := a.member("authorizationCode"), codes+"/"+a.member("id")
	create.contains = code // the repeat has the same answer
	// settle waits, if there are several servers, until each knows what was changed on one.
	settle := func() error {
		if len(t.places.list) > 1 {
			return pause(ctx, time.Second)
		}
		return nil
	}
	verify := func(verdict string) ask {
		return ask{"POST", v1 + "/auth-codes/verify", fmt.Sprintf(`{"authorizationCode":%q}`, code),
			headers, 200,
			`"valid":` + verdict}
	}
	if err := t.must(ctx, create, verify("true")); err != nil {
		return err
	}
	for _, step := range []struct {
		change  ask
		verdict string
	}{
		{ask{"POST", path + "/disable", "", headers, 200, `"state":"disabled"`}, "false"},
		{ask{"POST", path + "/enable", "", headers, 200, `"state":"active"`}, "true"},
		{ask{"POST", path + "/rotate", `{"overlap":"1h"}`, headers, 201, "GHC"}, "true"},
		{ask{"POST", path + "/endOverlap", "", headers, 200, ""}, "false"},
	} {
		if err := errors.Join(t.must(ctx, step.change), settle()); err != nil {
			return err
		}
		if err := t.must(ctx, verify(step.verdict)); err != nil {
			return err
		}
	}
	return t.must(ctx, ask{"GET", path + "/uses", "", headers, 200, "items"})
}

// lists reads a page of each list.
func lists(ctx context.Context, t *turn) error {
	native := []string{t.tokens.native}
	page := func(path, filter string) ask {
		return ask{"GET", v1 + path + "?" + url.Values{"filter": {filter}, "count": {"20"}}.Encode(), "",
			native, 200,
			`"items":[`}
	}
	return t.must(ctx, page("/organizations", `name co "irch"`), page("/clients", `state eq "active"`),

		ask{"GET", v1 + "/applications?count=20", "", native, 200, `"items":[`},
		page("/operators", `username eq "admin"`),
		page("/audit", `outcome eq "success"`), page("/organization-requests", `status eq "new"`),
		ask{"GET", ccadmin + "/organizationRequests?limit=50&offset=20", "", []string{t.tokens.admin}, 200,
			"totalResults"},
		ask{"GET", cvRoot + "/Organization", "", []string{t.tokens.session, "Accept: application/json"},
			200, "company"})
}

// wrong sends what is refused: an unknown code, bad JSON, no token.
func wrong(ctx context.Context, t *turn) error {
	unknown := "GHC00000000000000000000000000ABCD"
	return t.must(ctx,
		ask{"POST", v1 + "/enrollments", fmt.Sprintf(
			`{"authorizationCode":%q,"client":{"name":"x","instanceId":"x"}}`, unknown),
			[]string{jsonType}, 403,
			"enrolment_refused"},
		ask{"POST", v1 + "/organizations", `{"name":`, []string{jsonType, t.tokens.native}, 400, ""},
		ask{"GET", v1 + "/organizations", "", []string{bearer("nothing")}, 401, ""},
		ask{"GET", ccadmin + "/organizations/or-99", "", []string{t.tokens.admin}, 404, ""},
		ask{"POST", "/oauth2/token", "grant_type=client_credentials", []string{formType, basic("nobody",
			"GHK")}, 401,
			"invalid_client"})
}

// cutOff sends a whole request and one half of another, and reads neither answer.
func cutOff(ctx context.Context, t *turn) error {
	address, leave := t.places.enter()
	defer leave()
	conn, err := (&tls.Dialer{Config: t.trust}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "GET %s/organizationRequests HTTP/1.1\r\nHost: example.test\r\n%s\r\n\r\n"+
		"POST %s/login HTTP/1.1\r\nHost: example.test\r\nContent-Length: 1000\r\n\r\ngrant", ccadmin,
		t.tokens.admin, ccadmin)
	return err
}

// logIn logs an operator in on each API, and out again, after a wrong password.
func logIn(ctx context.Context, t *turn) error {
	if _, err := t.operator.native(ctx, "not the password", 401); err != nil {
		return err
	}
	got, err := t.operator.logIn(ctx)
	if err != nil {
		return err
	}
	return t.operator.logOut(ctx, got)
}
