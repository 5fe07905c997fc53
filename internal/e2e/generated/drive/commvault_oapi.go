// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"

	"gatehouse/generated/commvault/oapi"
)

func commvaultByOapiCodegen(ctx context.Context, t task) (o outcome, err error) {
	c, err := oapi.NewClientWithResponses(t.Server, oapi.WithHTTPClient(asksForJSON{}))
	if err != nil {
		return outcome{}, err
	}
	answer, err := commvaultLoginByOapiCodegen(ctx, c, t.Username, "no "+t.Password)
	if err != nil {
		return outcome{}, err
	}
	refused, err := answer.AsLoginRefused()
	if err != nil || len(refused.ErrList) == 0 {
		return outcome{}, fmt.Errorf("a wrong password is not refused: %w", err)
	}
	o.Refused = refused.ErrList[0].ErrLogMessage

	if answer, err = commvaultLoginByOapiCodegen(ctx, c, t.Username, t.Password); err != nil {
		return outcome{}, err
	}
	session, err := answer.AsLoggedIn()
	if err != nil {
		return outcome{}, fmt.Errorf("read the session: %w", err)
	}
	withToken := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authtoken", session.Token)
		return nil
	}
	list, err := c.ListOrganizationsWithResponse(ctx, &oapi.ListOrganizationsParams{
		Fq: &oapi.Fq{"connectName:eq:" + t.Name}, Start: pointer(0), Limit: pointer(10)}, withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("list: %w", err)
	}
	if list.JSON200 == nil {
		return outcome{}, fmt.Errorf("the list is answered with %s", list.Status())
	}
	for _, company := range list.JSON200.Providers {
		o.Found = append(o.Found, strconv.Itoa(company.ShortName.Id))
	}
	if len(o.Found) == 0 {
		return outcome{}, fmt.Errorf("no organization is found")
	}
	return commvaultCodeByOapiCodegen(ctx, c, o, withToken)
}

func commvaultLoginByOapiCodegen(ctx context.Context, c *oapi.ClientWithResponses, username, password string,
) (*oapi.Login200JSONResponseBody, error) {
	var body oapi.LoginJSONRequestBody
	if err := body.FromLoginToday(oapi.LoginToday{
		Username: username, Password: base64.StdEncoding.EncodeToString([]byte(password))}); err != nil {
		return nil, err
	}
	login, err := c.LoginWithResponse(ctx, body)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	if login.JSON200 == nil {
		return nil, fmt.Errorf("the log-in is answered with %s", login.Status())
	}
	return login.JSON200, nil
}

// commvaultCodeByOapiCodegen makes the first organization a code and reads it back.
func commvaultCodeByOapiCodegen(ctx context.Context, c *oapi.ClientWithResponses, o outcome,
	withToken oapi.RequestEditorFn) (outcome, error) {
	answer, err := c.GenerateAuthTokenWithResponse(ctx, o.Found[0], withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("make a code: %w", err)
	}
	if answer.JSON200 == nil {
		return outcome{}, fmt.Errorf("making a code is answered with %s", answer.Status())
	}
	made, err := answer.JSON200.AsCodeMade()
	if err != nil {
		return outcome{}, fmt.Errorf("read the code: %w", err)
	}
	shown, err := c.GetAuthTokenWithResponse(ctx, o.Found[0], withToken)
	if err != nil {
		return outcome{}, fmt.Errorf("show the code: %w", err)
	}
	if shown.JSON200 == nil || shown.JSON200.OrganizationInfo.OrganizationProperties.AuthCode == nil {
		return outcome{}, fmt.Errorf("showing the code is answered with %s and no code", shown.Status())
	}
	o.Code = made.OrganizationProperties.AuthCode
	o.Shown = *shown.JSON200.OrganizationInfo.OrganizationProperties.AuthCode
	return o, nil
}
