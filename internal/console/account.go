// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/base64"
	"html/template"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/qr"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	pathAccount  = "/account"
	pathPassword = pathAccount + "/password"
	pathFactor   = pathAccount + "/second-factor"
	pathRecovery = pathAccount + "/recovery-codes"
)

// The names of fields that are not the domain's.
const (
	fieldRepeated = "repeated"
	fieldSession  = "session"
)

func (c *console) accountRoutes() []page {
	slow := func(p page) page { p.class = httpkit.LogIn; return p }
	return []page{
		get("readAccount", pathAccount, c.readAccount),
		post("endSession", pathAccount+"/sessions/end", c.endSession),
		post("endSessions", pathAccount+"/sessions/end-all", c.endSessions),
		get("newPassword", pathPassword, c.newPassword),
		slow(post("changePassword", pathPassword, c.changePassword)),
		get("newFactor", pathFactor, c.newFactor),
		slow(post("startFactor", pathFactor, c.startFactor)),
		post("confirmFactor", pathFactor+"/confirm", c.confirmFactor),
		get("confirmNoFactor", pathFactor+"/remove", c.confirmNoFactor),
		slow(post("removeFactor", pathFactor+"/remove", c.removeFactor)),
		get("newRecoveryCodes", pathRecovery, c.newRecoveryCodes),
		slow(post("renewRecoveryCodes", pathRecovery, c.renewRecoveryCodes)),
	}
}

// accountPage is what the page about oneself shows.
type accountPage struct {
	tenancy.ListedOperator
	Sessions []tenancy.Session
	Current  string // id of the session of this browser
	Once     string
}

// readAccount answers GET /console/account.
func (c *console) readAccount(x *exchange) error {
	p := accountPage{Current: x.caller.Token.ID, Once: secret.NewID()}
	var err error
	if p.ListedOperator, err = x.operator(); err != nil {
		return err
	}
	if p.Sessions, err = c.identity.ListOwnSessions(x.r.Context(), x.caller); err != nil {
		return err
	}
	return x.show("account", p)
}

// operator returns the operator who is signed in.
func (x *exchange) operator() (tenancy.ListedOperator, error) {
	return x.c.identity.GetOperator(x.r.Context(), x.caller, identity.Self)
}

// endSession answers POST …/sessions/end. A session that has ended before is no error.
func (c *console) endSession(x *exchange) error {
	id := x.sent.Get(fieldSession)
	err := c.identity.EndOwnSession(x.r.Context(), x.caller, id)
	if err != nil && problem.As(err).Code != problem.CodeSessionNotFound {
		return err
	}
	if id == x.caller.Token.ID {
		return x.signedOut("notice.signed_out")
	}
	return x.done(Root+pathAccount, "notice.session_ended")
}

// endSessions answers POST …/sessions/end-all.
func (c *console) endSessions(x *exchange) error {
	if _, err := c.identity.EndOperatorSessions(x.r.Context(), x.caller, identity.Self); err != nil {
		return err
	}
	return x.signedOut("notice.sessions_ended")
}

// signedOut leads to the sign-in page after the session has ended.
func (x *exchange) signedOut(notice string) error {
	x.removeCookie(cookieSession)
	return x.done(Root+pathSignIn, notice)
}

func passwordFields() []field {
	return []field{
		{Name: identity.FieldOldPassword, Type: "password", Required: true, Autocomplete: "current-password",
			Codes: []problem.Code{problem.CodeNotConfirmed}},
		{Name: identity.FieldPassword, Label: "newPassword", Type: "password", Required: true, Hint: true,
			Autocomplete: "new-password"},
		{Name: fieldRepeated, Type: "password", Required: true, Autocomplete: "new-password"},
	}
}

// newPassword answers GET …/password.
func (c *console) newPassword(x *exchange) error {
	return x.show("account_password", x.accountForm(pathPassword, "action.save", passwordFields()))
}

// changePassword answers POST …/password. All sessions end, also this one.
func (c *console) changePassword(x *exchange) error {
	next := x.sent.Get(identity.FieldPassword)
	var err error
	if next != x.sent.Get(fieldRepeated) {
		err = problem.InvalidFields([]problem.FieldError{{Field: fieldRepeated, Phrase: say(codeNotRepeated)}})
	} else {
		err = c.identity.ChangePassword(x.r.Context(), x.caller, identity.Self, identity.ChangePasswordParams{
			Old: secret.Of(x.sent.Get(identity.FieldOldPassword)), New: secret.Of(next)})
	}
	if err == nil {
		return x.signedOut("notice.password_changed")
	}
	return x.accountAgain("account_password", pathPassword, "action.save", passwordFields(), err)
}

// accountForm returns a form about oneself.
func (x *exchange) accountForm(path, submit string, fields []field) *form {
	f := x.newForm(Root+path, submit, fields, nil)
	f.Cancel = Root + pathAccount
	return f
}

// accountAgain shows a form about oneself with what was wrong.
func (x *exchange) accountAgain(template, path, submit string, fields []field, err error) error {
	f, err := x.sentForm(Root+path, submit, fields, ofCode(err))
	if err != nil {
		return err
	}
	f.Cancel = Root + pathAccount
	return x.showAgain(template, f.cause, f)
}

// ofCode returns the error with those of one-time codes and recovery codes at the one field for both.
func ofCode(err error) error {
	return problem.As(err).Renamed(func(name string) string {
		if name == identity.FieldOneTimeCode || name == identity.FieldRecoveryCode {
			return fieldCode
		}
		return name
	})
}

// codesOf tells a one-time code from a recovery code. What is neither is taken for a recovery code
// unless it is empty.
func codesOf(typed string) (code, recovery string) {
	typed = strings.TrimSpace(typed)
	if _, is := secret.ReadTOTPCode(typed); is || typed == "" {
		return typed, ""
	}
	return "", typed
}

func passwordField() field {
	return field{Name: identity.FieldPassword, Type: "password", Required: true,
		Autocomplete: "current-password", Codes: []problem.Code{problem.CodeNotConfirmed}}
}

func codeField() field {
	return field{Name: fieldCode, Label: "ownCode", Required: true, Hint: true, Autocomplete: "one-time-code"}
}

// newFactor answers GET …/second-factor.
func (c *console) newFactor(x *exchange) error {
	o, err := x.operator()
	if err != nil {
		return err
	}
	if o.SecondFactor {
		return x.redirect(Root + pathAccount)
	}
	return x.show("account_factor", x.accountForm(pathFactor, "action.continue", []field{passwordField()}))
}

// factorPage shows a second factor that does not count yet.
type factorPage struct {
	Picture template.URL // "" if it was shown before
	Secret  string
	Form    *form
}

func confirmFields() []field {
	return []field{{Name: fieldCode, Label: "firstCode", Required: true, Autocomplete: "one-time-code",
		Codes: []problem.Code{problem.CodeNotConfirmed}}}
}

// startFactor answers POST …/second-factor with the secret, which is not shown again.
func (c *console) startFactor(x *exchange) error {
	pending, err := c.identity.StartTOTP(x.r.Context(), x.caller, identity.Self,
		secret.Of(x.sent.Get(identity.FieldPassword)))
	if err != nil {
		return x.accountAgain("account_factor", pathFactor, "action.continue", []field{passwordField()}, err)
	}
	picture, err := qr.SVG(pending.URL.Reveal())
	if err != nil {
		return err
	}
	return x.show("account_factor_confirm", factorPage{Secret: pending.Secret.Reveal(),
		Picture: template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(picture))),
		Form:    x.accountForm(pathFactor+"/confirm", "action.switch_on", confirmFields())})
}

// recoveryPage shows recovery codes, once.
type recoveryPage struct {
	Codes []string
	Ended bool // the session has ended
}

// confirmFactor answers POST …/second-factor/confirm with the recovery codes. All sessions end.
func (c *console) confirmFactor(x *exchange) error {
	codes, err := c.identity.ConfirmTOTP(x.r.Context(), x.caller, identity.Self, x.sent.Get(fieldCode))
	if err != nil {
		f, err := x.sentForm(Root+pathFactor+"/confirm", "action.switch_on", confirmFields(), ofCode(err))
		if err != nil {
			return err
		}
		f.Cancel = Root + pathAccount
		return x.showAgain("account_factor_confirm", f.cause, factorPage{Form: f})
	}
	x.removeCookie(cookieSession)
	x.caller = tenancy.Anonymous(x.caller.Origin)
	return x.show("account_recovery_codes", recoveryPage{revealed(codes), true})
}

func revealed(codes []secret.Secret) []string {
	var texts []string
	for _, one := range codes {
		texts = append(texts, one.Reveal())
	}
	return texts
}

func ownFields() []field { return []field{passwordField(), codeField()} }

// own returns what confirms a change of one's own second factor.
func (x *exchange) own() identity.RemoveTOTPParams {
	code, recovery := codesOf(x.sent.Get(fieldCode))
	return identity.RemoveTOTPParams{Password: secret.Of(x.sent.Get(identity.FieldPassword)), Code: code,
		RecoveryCode: recovery}
}

// confirmNoFactor answers GET …/second-factor/remove.
func (c *console) confirmNoFactor(x *exchange) error {
	return x.show("account_factor_remove", x.accountForm(pathFactor+"/remove", "action.remove", ownFields()))
}

// removeFactor answers POST …/second-factor/remove. All sessions end.
func (c *console) removeFactor(x *exchange) error {
	if err := c.identity.RemoveTOTP(x.r.Context(), x.caller, identity.Self, x.own()); err != nil {
		return x.accountAgain("account_factor_remove", pathFactor+"/remove", "action.remove", ownFields(), err)
	}
	return x.signedOut("notice.factor_removed")
}

// newRecoveryCodes answers GET …/recovery-codes.
func (c *console) newRecoveryCodes(x *exchange) error {
	return x.show("account_recovery", x.accountForm(pathRecovery, "action.renew_codes", ownFields()))
}

// renewRecoveryCodes answers POST …/recovery-codes with the new ones.
func (c *console) renewRecoveryCodes(x *exchange) error {
	codes, err := c.identity.RenewRecoveryCodes(x.r.Context(), x.caller, identity.Self, x.own())
	if err != nil {
		return x.accountAgain("account_recovery", pathRecovery, "action.renew_codes", ownFields(), err)
	}
	return x.show("account_recovery_codes", recoveryPage{Codes: revealed(codes)})
}
