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

// authenticate returns the caller that the token of the request belongs to. A token of another tree is
// invalid, unless it belongs to an application and the tree is trusted.
func (d *dialect) authenticate(r *http.Request, t tree, trusted []string) (tenancy.Caller, error) {
	caller, err := d.identity.AuthenticateToken(r.Context(), origin(r), httpkit.Bearer(r.Header), string(t),
		trusted...)
	if err == nil {
		httpkit.InfoOf(r).Caller = caller.Ref()
	}
	return caller, err
}

const (
	grantKey      = "client_credentials"
	grantPassword = "password"
)

// login answers both grants. An operator with a second factor must use mfalogin.
func (d *dialect) login(w http.ResponseWriter, r *http.Request, x exchange) error {
	return d.loginWithForm(w, r, x, "/login", false)
}

// mfalogin is login for people who send a one-time code with the password. The wire requires the code, so
// clients send a made-up one for operators without a second factor.
func (d *dialect) mfalogin(w http.ResponseWriter, r *http.Request, x exchange) error {
	return d.loginWithForm(w, r, x, "/mfalogin", true)
}

func (d *dialect) loginWithForm(w http.ResponseWriter, r *http.Request, x exchange, path string,
	withCode bool,
) error {
	form, err := loginForm(w, r)
	if err != nil {
		return err
	}
	var token identity.IssuedToken
	switch grant := form.Get(paramGrantType); {
	case grant == grantKey && x.tree != ccstore:
		token, err = d.identity.LoginWithKey(r.Context(), x.caller, httpkit.Bearer(r.Header), string(x.tree))
	case grant == grantPassword && (x.tree == ccadmin || x.tree == ccagent || x.tree == ccstore):
		token, err = d.passwordLogin(r, x, form, withCode)
	case grant == "":
		return missingField(paramGrantType)
	default:
		return phrase(codeUnsupportedGrantType).Error(problem.Invalid)
	}
	setCookie(w, r, x, err)
	if err == nil {
		httpkit.InfoOf(r).Caller = token.Owner
	}
	return writeToken(w, r, x, path, token, err)
}

// setCookie sets a cookie without a value that expires at once, if a log-in succeeded. A public tool stores
// the cookies of a log-in and stops if there are none. No client sends the cookie back, and this wire never
// reads cookies.
func setCookie(w http.ResponseWriter, r *http.Request, x exchange, err error) {
	if err != nil {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "gatehouse", MaxAge: -1, Path: string(x.tree), HttpOnly: true,
		Secure: httpkit.InfoOf(r).Scheme == "https", SameSite: http.SameSiteStrictMode})
}

// passwordLogin checks a password, and the one-time code if the operation has one.
func (d *dialect) passwordLogin(r *http.Request, x exchange, form url.Values, withCode bool,
) (identity.IssuedToken, error) {
	p := identity.LoginParams{Username: form.Get(paramUsername), Password: secret.Of(form.Get(paramPassword)),
		Audience: string(x.tree), OfOrganization: x.tree == ccstore, CodeDemanded: withCode}
	required := []string{paramUsername, paramPassword}
	if withCode {
		p.TOTPCode = form.Get(paramTOTPCode)
		required = append(required, paramTOTPCode)
	}
	for _, name := range required {
		if form.Get(name) == "" {
			return identity.IssuedToken{}, missingField(name)
		}
	}
	// The route also accepts keys, which are quick to check, so it is not in this class as a whole.
	if err := httpkit.Enter(r, httpkit.LogIn); err != nil {
		return identity.IssuedToken{}, err
	}
	return d.identity.LoginWithPassword(r.Context(), x.caller, p)
}

// loginForm reads the form. grant_type may be in the query instead, as some clients send it. Secrets may not,
// because addresses end up in logs.
func loginForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return nil, err
	}
	if t := httpkit.MediaType(r); httpkit.IsJSON(t) && string(bytes.TrimSpace(body)) == "{}" {
		body = nil // some clients send this instead of an empty body
	}
	if t := httpkit.MediaType(r); len(body) > 0 && t != "" && t != mediaForm {
		return nil, httpkit.NewError(http.StatusUnsupportedMediaType, phrase(codeBodyNoForm, mediaForm))
	}
	form, err := httpkit.ParseForm(body)
	if err != nil {
		return nil, err
	}
	bodyOnly := []string{paramUsername, paramPassword, paramTOTPCode}
	if err := checkSpelling(form, append(bodyOnly, paramGrantType)); err != nil {
		return nil, err
	}
	query := httpkit.QueryOf(r)
	for name := range query {
		isName := func(secret string) bool { return strings.EqualFold(secret, httpkit.MeantName(name)) }
		if i := slices.IndexFunc(bodyOnly, isName); i >= 0 {
			return nil, httpkit.NewError(http.StatusBadRequest, phrase(codeSecretInAddress, bodyOnly[i]))
		}
	}
	grants := slices.Compact(append(form[paramGrantType], query[paramGrantType]...))
	if len(grants) > 1 {
		return nil, httpkit.NewError(http.StatusBadRequest, phrase(codeTwoGrantTypes))
	}
	if len(grants) == 1 {
		form.Set(paramGrantType, grants[0])
	}
	return form, nil
}

func missingField(name string) error {
	return fieldError("invalid_input", name, problem.CodeRequired, name)
}

func (d *dialect) refresh(w http.ResponseWriter, r *http.Request, x exchange) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	token, err := d.identity.RefreshToken(r.Context(), x.caller)
	return writeToken(w, r, x, "/refresh", token, err)
}

func writeToken(w http.ResponseWriter, r *http.Request, x exchange, path string, token identity.IssuedToken,
	err error,
) error {
	if err != nil {
		return err
	}
	body := tokenResponse{AccessToken: token.Text.Reveal(), TokenType: "bearer",
		ExpiresIn: int(token.ExpiresIn / time.Second), Links: selfLinks(r, string(x.tree)+path)}
	httpkit.Write(w, http.StatusOK, mediaJSON, body.appendJSON(make([]byte, 0, 2*usualSize)))
	return nil
}

func (d *dialect) verify(w http.ResponseWriter, r *http.Request, _ exchange) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	// dialect.answer has checked the token
	httpkit.Write(w, http.StatusOK, mediaJSON, []byte(`{"success":true}`))
	return nil
}

func (d *dialect) logout(w http.ResponseWriter, r *http.Request, x exchange) error {
	if err := discardBody(w, r); err != nil {
		return err
	}
	if err := d.identity.Logout(r.Context(), x.caller); err != nil {
		return err
	}
	return writeOK(w, struct {
		Result bool `json:"result"`
	}{true})
}
