// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/base64"
	"html/template"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/qr"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// codeShownPage is the page with the text of a code.
type codeShownPage struct {
	Organization organizationPage
	Code         tenancy.AuthCode
	Path         string
	Title        string // key of its message
	Text         string
	Picture      template.URL // of the QR code
	Former       string       // address of the code in whose place this one is; ""
	FormerWords  string       // until when that is good, in the language
}

// showCode writes the page with the text of a code, which answers the form itself. title is the key
// of a message.
func (x *exchange) showCode(o organizationPage, issued tenancy.IssuedAuthCode, title string) error {
	p, err := codeShown(o, issued, title)
	if err != nil {
		return err
	}
	return x.show("code_shown", p)
}

func codeShown(o organizationPage, issued tenancy.IssuedAuthCode, title string) (codeShownPage, error) {
	text := issued.Text.Reveal()
	picture, err := qr.SVG(text)
	if err != nil {
		return codeShownPage{}, problem.As(err)
	}
	return codeShownPage{Organization: o, Code: issued.AuthCode, Path: o.CodePath(issued.ID), Title: title,
		Text: text, Picture: template.URL("data:image/svg+xml;base64," +
			base64.StdEncoding.EncodeToString([]byte(picture)))}, nil
}

// revealFields are those of the form that shows a code: the password, if the log-in is old.
func (x *exchange) revealFields() []field {
	if !x.c.identity.MustConfirm(x.caller) {
		return nil
	}
	return []field{{Name: identity.FieldPassword, Label: "ownPassword", Type: "password", Required: true,
		Autocomplete: "current-password", Hint: true, Codes: []problem.Code{problem.CodeNotConfirmed}}}
}

// confirmReveal answers GET …/{code}/reveal.
func (c *console) confirmReveal(x *exchange) error {
	if err := x.requireAll(tenancy.RevealCodes); err != nil {
		return err
	}
	p, err := x.code()
	if err != nil {
		return err
	}
	if !p.MayReveal {
		return x.redirect(p.Path)
	}
	p.Sheet = x.newForm(p.Path+"/reveal", "action.reveal", x.revealFields(), nil)
	p.Sheet.Cancel = p.Path
	return x.show("code_reveal", p)
}

// revealCode answers POST …/{code}/reveal with the text of the code. Each time has its event.
func (c *console) revealCode(x *exchange) error {
	if err := x.requireAll(tenancy.RevealCodes); err != nil {
		return err
	}
	p, err := x.code()
	if err != nil {
		return err
	}
	var issued tenancy.IssuedAuthCode
	if fields := x.revealFields(); len(fields) > 0 {
		err = c.identity.ConfirmPassword(x.r.Context(), x.caller, secret.Of(x.sent.Get(identity.FieldPassword)))
	}
	if err == nil {
		issued, err = c.tenancy.RevealAuthCode(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID)
	}
	if err == nil {
		return x.showCode(p.Organization, issued, "code.revealed")
	}
	if p.Sheet, err = x.sentForm(p.Path+"/reveal", "action.reveal", x.revealFields(), err); err != nil {
		return err
	}
	p.Sheet.Cancel = p.Path
	return x.showAgain("code_reveal", p.Sheet.cause, p)
}
