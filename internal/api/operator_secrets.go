// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"gatehouse/apitype"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// changePassword answers POST …/{operator}/password.
func (a *api) changePassword(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.PasswordChange
	if err := read(w, r, &body); err != nil {
		return err
	}
	err := a.identity.ChangePassword(r.Context(), caller, operatorOf(r), identity.ChangePasswordParams{
		Old: secret.Of(body.OldPassword), New: secret.Of(body.Password)})
	if err != nil {
		return err
	}
	return writeNothing(w)
}

// startTOTP answers POST …/{operator}/totp.
func (a *api) startTOTP(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.TOTPStart
	if err := read(w, r, &body); err != nil {
		return err
	}
	pending, err := a.identity.StartTOTP(r.Context(), caller, operatorOf(r), secret.Of(body.Password))
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, apitype.PendingTOTP{Secret: pending.Secret.Reveal(),
		URI: pending.URL.Reveal()})
}

// confirmTOTP answers POST …/{operator}/totp/confirm.
func (a *api) confirmTOTP(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.TOTPConfirmation
	if err := read(w, r, &body); err != nil {
		return err
	}
	codes, err := a.identity.ConfirmTOTP(r.Context(), caller, operatorOf(r), body.TOTP)
	if err != nil {
		return err
	}
	return writeRecoveryCodes(w, http.StatusOK, codes)
}

// renewRecoveryCodes answers POST …/{operator}/recoveryCodes.
func (a *api) renewRecoveryCodes(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.TOTPRemoval
	if err := read(w, r, &body); err != nil {
		return err
	}
	codes, err := a.identity.RenewRecoveryCodes(r.Context(), caller, operatorOf(r), removalOf(body))
	if err != nil {
		return err
	}
	return writeRecoveryCodes(w, http.StatusCreated, codes)
}

func writeRecoveryCodes(w http.ResponseWriter, status int, codes []secret.Secret) error {
	body := apitype.RecoveryCodes{RecoveryCodes: []string{}}
	for _, c := range codes {
		body.RecoveryCodes = append(body.RecoveryCodes, secret.PrintedRecoveryCode(c).Reveal())
	}
	return write(w, status, body)
}

func removalOf(body apitype.TOTPRemoval) identity.RemoveTOTPParams {
	return identity.RemoveTOTPParams{Password: secret.Of(body.Password), Code: body.TOTP,
		RecoveryCode: body.RecoveryCode}
}

// removeTOTP answers POST …/{operator}/totp/remove.
func (a *api) removeTOTP(w http.ResponseWriter, r *http.Request, caller tenancy.Caller) error {
	var body apitype.TOTPRemoval
	if err := read(w, r, &body); err != nil {
		return err
	}
	err := a.identity.RemoveTOTP(r.Context(), caller, operatorOf(r), removalOf(body))
	if err != nil {
		return err
	}
	return writeNothing(w)
}
