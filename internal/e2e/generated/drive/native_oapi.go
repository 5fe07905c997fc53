// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"

	native "gatehouse/generated/native/oapi"
	oauth "gatehouse/generated/oauth/oapi"
)

// nativeByOapiCodegen makes a code and enrols two clients with it: one over the native API,
// one by OAuth. The first gets a token, and the second asks what that is worth.
func nativeByOapiCodegen(ctx context.Context, t task) (o outcome, err error) {
	c, err := native.NewClientWithResponses(t.Server + "/v1")
	if err != nil {
		return outcome{}, err
	}
	refused, err := c.LoginWithResponse(ctx, native.Login{Username: t.Username, Password: "no " + t.Password})
	if err != nil {
		return outcome{}, fmt.Errorf("log in with a wrong password: %w", err)
	}
	if refused.ApplicationproblemJSON401 == nil {
		return outcome{}, fmt.Errorf("a wrong password is answered with %s", refused.Status())
	}
	o.Refused = refused.ApplicationproblemJSON401.Code

	login, err := c.LoginWithResponse(ctx, native.Login{Username: t.Username, Password: t.Password})
	if err != nil {
		return outcome{}, fmt.Errorf("log in: %w", err)
	}
	if login.JSON200 == nil {
		return outcome{}, fmt.Errorf("the log-in is answered with %s", login.Status())
	}
	withToken := native.RequestEditorFn(bearer(login.JSON200.AccessToken))
	var unlimited native.Uses
	if err := unlimited.FromUses0("unlimited"); err != nil {
		return outcome{}, err
	}
	code, err := c.CreateAuthCodeWithResponse(ctx, t.Name, nil,
		native.AuthCodeParams{Name: t.Client, ExpiresAt: "never", MaxUses: unlimited}, withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("make a code: %w", err)
	}
	if code.JSON201 == nil || code.JSON201.AuthorizationCode == nil {
		return outcome{}, fmt.Errorf("making a code is answered with %s", code.Status())
	}
	o.Code = *code.JSON201.AuthorizationCode
	enrolled, err := c.EnrollWithResponse(ctx, nil, native.Enrolment{AuthorizationCode: o.Code,
		Client: native.EnrolmentClient{Name: t.Client, InstanceId: t.Client}})
	if err != nil {
		return outcome{}, fmt.Errorf("enrol: %w", err)
	}
	if enrolled.JSON201 == nil {
		return outcome{}, fmt.Errorf("the enrolment is answered with %s", enrolled.Status())
	}
	if o.Shown, err = oauthByOapiCodegen(ctx, t, o.Code, enrolled.JSON201); err != nil {
		return outcome{}, err
	}
	list, err := c.ListClientsWithResponse(ctx, &native.ListClientsParams{AuthCode: &code.JSON201.Id}, withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("list: %w", err)
	}
	if list.JSON200 == nil {
		return outcome{}, fmt.Errorf("the list is answered with %s", list.Status())
	}
	for _, client := range list.JSON200.Items {
		o.Found = append(o.Found, client.Id)
	}
	return o, nil
}

// oauthByOapiCodegen returns the name of the client that an active token is of.
func oauthByOapiCodegen(ctx context.Context, t task, code string, enrolled *native.Enrolled) (string, error) {
	c, err := oauth.NewClientWithResponses(t.Server)
	if err != nil {
		return "", err
	}
	registered, err := c.RegisterWithResponse(ctx, oauth.ClientMetadata{ClientName: pointer(t.Client +
		" by OAuth")}, oauth.RequestEditorFn(bearer(code)))
	if err != nil {
		return "", fmt.Errorf("register: %w", err)
	}
	if registered.JSON201 == nil {
		return "", fmt.Errorf("the registration is answered with %s", registered.Status())
	}
	token, err := c.TokenWithFormdataBodyWithResponse(ctx, oauth.TokenForm{GrantType: "client_credentials",
		ClientId: &registered.JSON201.ClientId, ClientSecret: registered.JSON201.ClientSecret})
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	if token.JSON200 == nil {
		return "", fmt.Errorf("the token is answered with %s", token.Status())
	}
	own, err := c.TokenWithFormdataBodyWithResponse(ctx, oauth.TokenForm{GrantType: "client_credentials"},
		func(_ context.Context, r *http.Request) error {
			r.SetBasicAuth(enrolled.ClientId, enrolled.ClientKey)
			return nil
		})
	if err != nil {
		return "", fmt.Errorf("get a token by the header: %w", err)
	}
	if own.JSON200 == nil {
		return "", fmt.Errorf("the token by the header is answered with %s", own.Status())
	}
	found, err := c.IntrospectWithFormdataBodyWithResponse(ctx,
		oauth.IntrospectionForm{Token: token.JSON200.AccessToken},
		oauth.RequestEditorFn(bearer(token.JSON200.AccessToken)))
	if err != nil {
		return "", fmt.Errorf("introspect: %w", err)
	}
	if found.JSON200 == nil || !found.JSON200.Active || found.JSON200.ClientName == nil {
		return "", fmt.Errorf("the introspection is answered with %s", found.Status())
	}
	return *found.JSON200.ClientName, nil
}
