// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"time"

	"gatehouse/apitype"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// login answers POST /v1/login.
func (a *api) login(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.Login
	if err := read(w, r, &body); err != nil {
		return err
	}
	token, err := a.identity.LoginWithPassword(r.Context(), caller, identity.LoginParams{Username: body.Username,
		Password: secret.Of(body.Password), TOTPCode: body.TOTP,
		RecoveryCode: body.RecoveryCode, Audience: root})
	if err != nil {
		return err
	}
	httpkit.InfoOf(r).Caller = token.Owner
	return write(w, http.StatusOK, apitype.AccessToken{AccessToken: token.Text.Reveal(), TokenType: "Bearer",
		ExpiresIn: int64(token.ExpiresIn / time.Second)})
}

// logout answers POST /v1/logout.
func (a *api) logout(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	if err := readNothing(w, r); err != nil {
		return err
	}
	if err := a.identity.Logout(r.Context(), caller); err != nil {
		return err
	}
	return writeNothing(w)
}
