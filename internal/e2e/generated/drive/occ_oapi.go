// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"

	"gatehouse/generated/occ/oapi"
)

func occByOapiCodegen(ctx context.Context, t task) (o outcome, err error) {
	c, err := oapi.NewClientWithResponses(t.Server)
	if err != nil {
		return outcome{}, err
	}
	refused, err := c.LoginWithFormdataBodyWithResponse(ctx, nil, oapi.LoginFormdataRequestBody{
		GrantType: pointer("password"), Username: &t.Username, Password: pointer("no " + t.Password)})
	if err != nil {
		return outcome{}, fmt.Errorf("log in with a wrong password: %w", err)
	}
	if refused.JSON4XX == nil {
		return outcome{}, fmt.Errorf("a wrong password is answered with %s", refused.Status())
	}
	o.Refused = string(refused.JSON4XX.Error)

	token, err := occTokenByOapiCodegen(ctx, c, t)
	if err != nil {
		return outcome{}, err
	}
	withToken := bearer(token)
	list, err := c.ListOrganizationsWithResponse(ctx, &oapi.ListOrganizationsParams{
		Q: pointer(fmt.Sprintf("name eq %q", t.Name)), Limit: pointer(10), Offset: pointer(0)}, withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("list: %w", err)
	}
	if list.JSON200 == nil {
		return outcome{}, fmt.Errorf("the list is answered with %s", list.Status())
	}
	for _, item := range list.JSON200.Items {
		organization, err := item.AsOrganizationItem()
		if err != nil {
			return outcome{}, fmt.Errorf("read an item: %w", err)
		}
		o.Found = append(o.Found, organization.Id)
	}
	if len(o.Found) == 0 {
		return outcome{}, fmt.Errorf("no organization is found")
	}
	code, err := c.AuthorizationCodeWithResponse(ctx, o.Found[0], nil, withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("make a code: %w", err)
	}
	if code.JSON200 == nil {
		return outcome{}, fmt.Errorf("making a code is answered with %s", code.Status())
	}
	o.Code = code.JSON200.AuthorizationCode
	return o, nil
}

// occTokenByOapiCodegen logs in with the key of an application.
func occTokenByOapiCodegen(ctx context.Context, c *oapi.ClientWithResponses, t task) (string, error) {
	login, err := c.LoginWithFormdataBodyWithResponse(ctx, nil,
		oapi.LoginFormdataRequestBody{GrantType: pointer("client_credentials")}, bearer(t.Key))
	if err != nil {
		return "", fmt.Errorf("log in: %w", err)
	}
	if login.JSON200 == nil {
		return "", fmt.Errorf("the log-in is answered with %s", login.Status())
	}
	return login.JSON200.AccessToken, nil
}

func bearer(token string) func(context.Context, *http.Request) error {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}
