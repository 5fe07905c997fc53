// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/ogen-go/ogen/ogenerrors"

	"gatehouse/generated/commvault/ogen"
)

// commvaultSecrets is what an ogen client of the Commvault wire proves itself with.
type commvaultSecrets struct{ token string }

func (s *commvaultSecrets) Authtoken(context.Context, ogen.OperationName) (ogen.Authtoken, error) {
	return ogen.Authtoken{APIKey: s.token}, nil
}

func (s *commvaultSecrets) Bearer(context.Context, ogen.OperationName) (ogen.Bearer, error) {
	return ogen.Bearer{}, ogenerrors.ErrSkipClientSecurity
}

func commvaultByOgen(ctx context.Context, t task) (o outcome, err error) {
	secrets := &commvaultSecrets{}
	c, err := ogen.NewClient(t.Server, secrets, ogen.WithClient(asksForJSON{}))
	if err != nil {
		return outcome{}, err
	}
	answer, err := commvaultLoginByOgen(ctx, c, t.Username, "no "+t.Password)
	if err != nil {
		return outcome{}, err
	}
	if answer.Type != ogen.LoginRefusedLoginOKApplicationJSON {
		return outcome{}, fmt.Errorf("a wrong password is answered with %s", answer.Type)
	}
	o.Refused = answer.LoginRefused.ErrList[0].ErrLogMessage

	if answer, err = commvaultLoginByOgen(ctx, c, t.Username, t.Password); err != nil {
		return outcome{}, err
	}
	if answer.Type != ogen.LoggedInLoginOKApplicationJSON {
		return outcome{}, fmt.Errorf("the log-in is answered with %s", answer.Type)
	}
	secrets.token = string(answer.LoggedIn.Token)
	found, err := c.ListOrganizations(ctx, ogen.ListOrganizationsParams{
		Fq: []string{"connectName:eq:" + t.Name}, Start: ogen.NewOptInt(0), Limit: ogen.NewOptInt(10)})
	if err != nil {
		return outcome{}, fmt.Errorf("list: %w", err)
	}
	list, ok := found.(*ogen.Companies)
	if !ok {
		return outcome{}, fmt.Errorf("the list is answered with %T", found)
	}
	for _, company := range list.Providers {
		o.Found = append(o.Found, strconv.Itoa(company.ShortName.ID))
	}
	if len(o.Found) == 0 {
		return outcome{}, fmt.Errorf("no organization is found")
	}
	return commvaultCodeByOgen(ctx, c, o)
}

func commvaultLoginByOgen(ctx context.Context, c *ogen.Client, username,
	password string) (*ogen.LoginOKApplicationJSON, error) {
	body := ogen.NewLoginTodayLogin(ogen.LoginToday{
		Username: username, Password: base64.StdEncoding.EncodeToString([]byte(password))})
	answer, err := c.Login(ctx, &body)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	login, ok := answer.(*ogen.LoginOKApplicationJSON)
	if !ok {
		return nil, fmt.Errorf("the log-in is answered with %T", answer)
	}
	return login, nil
}

// commvaultCodeByOgen makes the first organization a code and reads it back.
func commvaultCodeByOgen(ctx context.Context, c *ogen.Client, o outcome) (outcome, error) {
	answer, err := c.GenerateAuthToken(ctx, ogen.GenerateAuthTokenParams{ID: ogen.NumberText(o.Found[0])})
	if err != nil {
		return outcome{}, fmt.Errorf("make a code: %w", err)
	}
	made, ok := answer.(*ogen.GenerateAuthTokenOKApplicationJSON)
	if !ok || made.Type != ogen.CodeMadeGenerateAuthTokenOKApplicationJSON {
		return outcome{}, fmt.Errorf("making a code is answered with %T", answer)
	}
	read, err := c.GetAuthToken(ctx, ogen.GetAuthTokenParams{ID: ogen.NumberText(o.Found[0])})
	if err != nil {
		return outcome{}, fmt.Errorf("show the code: %w", err)
	}
	shown, ok := read.(*ogen.CodeShown)
	if !ok {
		return outcome{}, fmt.Errorf("showing the code is answered with %T", read)
	}
	o.Code = string(made.CodeMade.OrganizationProperties.AuthCode)
	o.Shown = string(shown.OrganizationInfo.OrganizationProperties.AuthCode.Value)
	return o, nil
}
