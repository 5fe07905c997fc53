// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/ogen-go/ogen/ogenerrors"

	native "gatehouse/generated/native/ogen"
	oauth "gatehouse/generated/oauth/ogen"
)

// nativeToken is what an ogen client of the native API proves itself with.
type nativeToken string

func (s *nativeToken) Token(context.Context, native.OperationName) (native.Token, error) {
	return native.Token{Token: string(*s)}, nil
}

// nativeByOgen does the same as nativeByOapiCodegen.
func nativeByOgen(ctx context.Context, t task) (o outcome, err error) {
	var token nativeToken
	c, err := native.NewClient(t.Server+"/v1", &token)
	if err != nil {
		return outcome{}, err
	}
	refused, err := c.Login(ctx, &native.Login{Username: t.Username, Password: "no " + t.Password})
	if err != nil {
		return outcome{}, fmt.Errorf("log in with a wrong password: %w", err)
	}
	refusal, ok := refused.(*native.LoginUnauthorized)
	if !ok {
		return outcome{}, fmt.Errorf("a wrong password is answered with %T", refused)
	}
	o.Refused = refusal.Code

	login, err := c.Login(ctx, &native.Login{Username: t.Username, Password: t.Password})
	if err != nil {
		return outcome{}, fmt.Errorf("log in: %w", err)
	}
	issued, ok := login.(*native.AccessToken)
	if !ok {
		return outcome{}, fmt.Errorf("the log-in is answered with %T", login)
	}
	token = nativeToken(issued.AccessToken)
	made, err := c.CreateAuthCode(ctx, &native.AuthCodeParams{Name: t.Client, ExpiresAt: "never",
		MaxUses: native.NewUses0Uses("unlimited")}, native.CreateAuthCodeParams{Organization: t.Name})
	if err != nil {
		return outcome{}, fmt.Errorf("make a code: %w", err)
	}
	code, ok := made.(*native.AuthCodeHeaders)
	if !ok {
		return outcome{}, fmt.Errorf("making a code is answered with %T", made)
	}
	o.Code = code.Response.AuthorizationCode.Value
	answer, err := c.Enroll(ctx, &native.Enrolment{AuthorizationCode: o.Code,
		Client: native.EnrolmentClient{Name: t.Client, InstanceId: t.Client}}, native.EnrollParams{})
	if err != nil {
		return outcome{}, fmt.Errorf("enrol: %w", err)
	}
	enrolled, ok := answer.(*native.EnrollCreated)
	if !ok {
		return outcome{}, fmt.Errorf("the enrolment is answered with %T", answer)
	}
	if o.Shown, err = oauthByOgen(ctx, t, o.Code, enrolled); err != nil {
		return outcome{}, err
	}
	page, err := c.ListClients(ctx, native.ListClientsParams{AuthCode: native.NewOptString(code.Response.ID)})
	if err != nil {
		return outcome{}, fmt.Errorf("list: %w", err)
	}
	list, ok := page.(*native.ClientList)
	if !ok {
		return outcome{}, fmt.Errorf("the list is answered with %T", page)
	}
	for _, client := range list.Items {
		o.Found = append(o.Found, client.ID)
	}
	return o, nil
}

// oauthSecrets is what an ogen client of the OAuth endpoints proves itself with. An empty one
// is not sent.
type oauthSecrets struct{ code, token, id, key string }

func (s *oauthSecrets) AuthorizationCode(context.Context, oauth.OperationName) (oauth.AuthorizationCode,
	error) {
	return oauth.AuthorizationCode{Token: s.code}, nil
}

func (s *oauthSecrets) RegistrationToken(context.Context, oauth.OperationName) (oauth.RegistrationToken,
	error) {
	return oauth.RegistrationToken{}, ogenerrors.ErrSkipClientSecurity
}

func (s *oauthSecrets) AccessToken(context.Context, oauth.OperationName) (oauth.AccessToken, error) {
	if s.token == "" {
		return oauth.AccessToken{}, ogenerrors.ErrSkipClientSecurity
	}
	return oauth.AccessToken{Token: s.token}, nil
}

func (s *oauthSecrets) ClientSecret(context.Context, oauth.OperationName) (oauth.ClientSecret, error) {
	if s.id == "" {
		return oauth.ClientSecret{}, ogenerrors.ErrSkipClientSecurity
	}
	return oauth.ClientSecret{Username: s.id, Password: s.key}, nil
}

// oauthByOgen does the same as oauthByOapiCodegen.
func oauthByOgen(ctx context.Context, t task, code string, enrolled *native.EnrollCreated) (string, error) {
	secrets := &oauthSecrets{code: code}
	c, err := oauth.NewClient(t.Server, secrets)
	if err != nil {
		return "", err
	}
	answer, err := c.Register(ctx, &oauth.ClientMetadata{ClientName: oauth.NewOptString(t.Client + " by OAuth")})
	if err != nil {
		return "", fmt.Errorf("register: %w", err)
	}
	registered, ok := answer.(*oauth.Registration)
	if !ok {
		return "", fmt.Errorf("the registration is answered with %T", answer)
	}
	token := func(form *oauth.TokenForm) (string, error) {
		answer, err := c.Token(ctx, form)
		if err != nil {
			return "", fmt.Errorf("get a token: %w", err)
		}
		issued, ok := answer.(*oauth.IssuedToken)
		if !ok {
			return "", fmt.Errorf("the token is answered with %T", answer)
		}
		return issued.AccessToken, nil
	}
	form := oauth.TokenForm{GrantType: oauth.TokenFormGrantTypeClientCredentials}
	secrets.id, secrets.key = enrolled.ClientId, enrolled.ClientKey
	if _, err := token(&form); err != nil {
		return "", err
	}
	secrets.id, secrets.key = "", ""
	form.ClientID, form.ClientSecret = oauth.NewOptString(registered.ClientID), registered.ClientSecret
	if secrets.token, err = token(&form); err != nil {
		return "", err
	}
	found, err := c.Introspect(ctx, &oauth.IntrospectionForm{Token: secrets.token})
	if err != nil {
		return "", fmt.Errorf("introspect: %w", err)
	}
	worth, ok := found.(*oauth.Introspection)
	if !ok || !worth.Active {
		return "", fmt.Errorf("the introspection is answered with %T", found)
	}
	return worth.ClientName.Value, nil
}
