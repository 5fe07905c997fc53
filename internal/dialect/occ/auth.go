// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

func origin(r *http.Request) tenancy.Origin {
	info := httpkit.InfoOf(r)
	return tenancy.Origin{Address: info.Address, RequestID: info.RequestID}
}

// authenticate turns the Authorization header into a caller. A token of another
// tree is no token here, unless it is an application's and of one of the lenders.
func (d *dialect) authenticate(r *http.Request, t tree, lenders []string) (tenancy.Caller, error) {
	caller, err := d.identity.AuthenticateToken(r.Context(), origin(r), httpkit.Bearer(r.Header), string(t), lenders...)
	if err == nil {
		httpkit.InfoOf(r).Caller = caller.Ref()
	}
	return caller, err
}

const (
	grantKey      = "client_credentials"
	grantPassword = "password"
)

// login answers both grants. An operator with a second factor needs mfalogin.
func (d *dialect) login(w http.ResponseWriter, r *http.Request, c call) error {
	return d.logIn(w, r, c, "/login", false)
}

// mfalogin is login for people who send a one-time code with the password. The
// wire demands the code, so clients send a made-up one for operators without a
// second factor.
func (d *dialect) mfalogin(w http.ResponseWriter, r *http.Request, c call) error {
	return d.logIn(w, r, c, "/mfalogin", true)
}

func (d *dialect) logIn(w http.ResponseWriter, r *http.Request, c call, path string, withCode bool) error {
	form, err := loginForm(w, r)
	if err != nil {
		return err
	}
	var token identity.IssuedToken
	switch grant := form.Get(paramGrantType); {
	case grant == grantKey && c.tree != ccstore:
		token, err = d.identity.LoginWithKey(r.Context(), c.caller, httpkit.Bearer(r.Header), string(c.tree))
	case grant == grantPassword && (c.tree == ccadmin || c.tree == ccagent || c.tree == ccstore):
		token, err = d.passwordLogin(r, c, form, withCode)
	case grant == "":
		return missing(paramGrantType)
	default:
		return say(codeUnsupportedGrantType).Error(problem.Invalid)
	}
	setCookie(w, r, c, err)
	return writeToken(w, r, c, path, token, err)
}

// setCookie returns whoever logged in a cookie that has no value and is over at
// once: a public tool keeps the cookies of a log-in and ends when there are none.
// Nobody sends it back, and cookies are not read on this wire.
func setCookie(w http.ResponseWriter, r *http.Request, c call, err error) {
	if err != nil {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "gatehouse", MaxAge: -1, Path: string(c.tree), HttpOnly: true,
		Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode})
}

// passwordLogin checks a password, with the one-time code where the operation has one.
func (d *dialect) passwordLogin(r *http.Request, c call, form url.Values, withCode bool) (identity.IssuedToken, error) {
	p := identity.LoginParams{Username: form.Get(paramUsername), Password: secret.Of(form.Get(paramPassword)), Audience: string(c.tree),
		OfOrganization: c.tree == ccstore, CodeDemanded: withCode}
	required := []string{paramUsername, paramPassword}
	if withCode {
		p.TOTPCode = form.Get(paramTOTPCode)
		required = append(required, paramTOTPCode)
	}
	for _, name := range required {
		if form.Get(name) == "" {
			return identity.IssuedToken{}, missing(name)
		}
	}
	// The route also takes keys, which are quick.
	if err := httpkit.Enter(r, httpkit.LogIn); err != nil {
		return identity.IssuedToken{}, err
	}
	return d.identity.LoginWithPassword(r.Context(), c.caller, p)
}

// loginForm reads the form. grant_type may stand in the query instead, as some
// clients send it; what is secret may not: addresses end up in logs.
func loginForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return nil, err
	}
	if t := httpkit.MediaType(r); httpkit.IsJSON(t) && string(bytes.TrimSpace(body)) == "{}" {
		body = nil // what some clients send for no body
	}
	if t := httpkit.MediaType(r); len(body) > 0 && t != "" && t != mediaForm {
		return nil, httpkit.NewError(http.StatusUnsupportedMediaType, say(codeBodyNoForm, mediaForm))
	}
	form, err := httpkit.ParseForm(body)
	if err != nil {
		return nil, err
	}
	kept := []string{paramUsername, paramPassword, paramTOTPCode}
	if err := oneSpelling(form, append(kept, paramGrantType)); err != nil {
		return nil, err
	}
	query := httpkit.QueryOf(r)
	for name := range query {
		if i := slices.IndexFunc(kept, func(secret string) bool { return strings.EqualFold(secret, httpkit.MeantName(name)) }); i >= 0 {
			return nil, httpkit.NewError(http.StatusBadRequest, say(codeSecretInAddress, kept[i]))
		}
	}
	grants := slices.Compact(append(form[paramGrantType], query[paramGrantType]...))
	if len(grants) > 1 {
		return nil, httpkit.NewError(http.StatusBadRequest, say(codeTwoGrantTypes))
	}
	if len(grants) == 1 {
		form.Set(paramGrantType, grants[0])
	}
	return form, nil
}

func missing(name string) error { return fault("invalid_input", name, problem.CodeRequired, name) }

func (d *dialect) refresh(w http.ResponseWriter, r *http.Request, c call) error {
	if err := skipBody(w, r); err != nil {
		return err
	}
	token, err := d.identity.RefreshToken(r.Context(), c.caller)
	return writeToken(w, r, c, "/refresh", token, err)
}

func writeToken(w http.ResponseWriter, r *http.Request, c call, path string, token identity.IssuedToken, err error) error {
	if err != nil {
		return err
	}
	return writeOK(w, tokenResponse{AccessToken: token.Text.Reveal(), TokenType: "bearer",
		ExpiresIn: int(token.ExpiresIn / time.Second), Links: self(r, string(c.tree)+path)})
}

func (d *dialect) verify(w http.ResponseWriter, r *http.Request, _ call) error {
	if err := skipBody(w, r); err != nil {
		return err
	}
	return writeOK(w, struct {
		Success bool `json:"success"`
	}{true}) // answer checked the token
}

func (d *dialect) logout(w http.ResponseWriter, r *http.Request, c call) error {
	if err := skipBody(w, r); err != nil {
		return err
	}
	if err := d.identity.Logout(r.Context(), c.caller); err != nil {
		return err
	}
	return writeOK(w, struct {
		Result bool `json:"result"`
	}{true})
}
