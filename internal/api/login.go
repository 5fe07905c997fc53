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
	life, err := lifetimeOf(body)
	if err != nil {
		return err
	}
	token, err := a.identity.LoginWithPassword(r.Context(), caller, identity.LoginParams{Username: body.Username,
		Password: secret.Of(body.Password), TOTPCode: body.TOTP,
		RecoveryCode: body.RecoveryCode, Audience: root, Lifetime: life})
	if err != nil {
		return err
	}
	httpkit.InfoOf(r).Caller = token.Owner
	return write(w, http.StatusOK, apitype.AccessToken{AccessToken: token.Text.Reveal(), TokenType: "Bearer",
		ExpiresIn: int64(token.ExpiresIn / time.Second)})
}

// lifetimeOf returns how long the token of a log-in is to live; 0: it does not say.
func lifetimeOf(body apitype.Login) (time.Duration, error) {
	if body.Lifetime == nil {
		return 0, nil
	}
	life, err := time.ParseDuration(*body.Lifetime)
	if err != nil || life == 0 { // to the use case, 0 is none
		return 0, aboutField(identity.FieldLifetime, codeBadTokenLife, identity.FieldLifetime)
	}
	return life, nil
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
