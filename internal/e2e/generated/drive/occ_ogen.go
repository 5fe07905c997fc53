// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/ogen-go/ogen/ogenerrors"

	"gatehouse/generated/occ/ogen"
)

// occSecrets is what an ogen client of the OCC wire proves itself with. An empty
// one is not sent.
type occSecrets struct{ key, token string }

func (s *occSecrets) ApplicationKey(context.Context, ogen.OperationName) (ogen.ApplicationKey, error) {
	if s.key == "" {
		return ogen.ApplicationKey{}, ogenerrors.ErrSkipClientSecurity
	}
	return ogen.ApplicationKey{Token: s.key}, nil
}

func (s *occSecrets) AccessToken(context.Context, ogen.OperationName) (ogen.AccessToken, error) {
	return ogen.AccessToken{Token: s.token}, nil
}

func occByOgen(ctx context.Context, t task) (o outcome, err error) {
	secrets := &occSecrets{}
	c, err := ogen.NewClient(t.Server, secrets)
	if err != nil {
		return outcome{}, err
	}
	refused, err := c.Login(ctx,
		&ogen.LoginReqApplicationXWwwFormUrlencoded{GrantType: ogen.NewOptString("password"),
			Username: ogen.NewOptString(t.Username), Password: ogen.NewOptString("no " + t.Password)},
		ogen.LoginParams{})
	if err != nil {
		return outcome{}, fmt.Errorf("log in with a wrong password: %w", err)
	}
	refusal, ok := refused.(*ogen.LoginErrorAnswerStatusCode)
	if !ok {
		return outcome{}, fmt.Errorf("a wrong password is answered with %T", refused)
	}
	o.Refused = string(refusal.Response.Error)

	secrets.key = t.Key
	login, err := c.Login(ctx, &ogen.LoginReqApplicationXWwwFormUrlencoded{
		GrantType: ogen.NewOptString("client_credentials")}, ogen.LoginParams{})
	if err != nil {
		return outcome{}, fmt.Errorf("log in: %w", err)
	}
	token, ok := login.(*ogen.Token)
	if !ok {
		return outcome{}, fmt.Errorf("the log-in is answered with %T", login)
	}
	secrets.token = token.AccessToken
	return occCodeByOgen(ctx, c, t, o)
}

// occCodeByOgen finds the organization and makes it a code.
func occCodeByOgen(ctx context.Context, c *ogen.Client, t task, o outcome) (outcome, error) {
	answer, err := c.ListOrganizations(ctx, ogen.ListOrganizationsParams{
		Q: ogen.NewOptString(fmt.Sprintf("name eq %q", t.Name)), Limit: ogen.NewOptInt(10),
		Offset: ogen.NewOptInt(0)})
	if err != nil {
		return outcome{}, fmt.Errorf("list: %w", err)
	}
	list, ok := answer.(*ogen.OrganizationList)
	if !ok {
		return outcome{}, fmt.Errorf("the list is answered with %T", answer)
	}
	for _, item := range list.Items {
		o.Found = append(o.Found, string(item.OrganizationItem.ID))
	}
	if len(o.Found) == 0 {
		return outcome{}, fmt.Errorf("no organization is found")
	}
	made, err := c.AuthorizationCode(ctx, ogen.AuthorizationCodeParams{ID: ogen.OrganizationId(o.Found[0])})
	if err != nil {
		return outcome{}, fmt.Errorf("make a code: %w", err)
	}
	code, ok := made.(*ogen.AuthorizationCodeOK)
	if !ok {
		return outcome{}, fmt.Errorf("making a code is answered with %T", made)
	}
	o.Code = code.AuthorizationCode
	return o, nil
}
