// SPDX-License-Identifier: Apache-2.0

package console

import (
	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// operatorStep is something that is done to an operator after a question.
type operatorStep struct {
	path, name, confirm      string // of the address and of both routes
	Title, Text, Act, notice string // keys of messages
	fields                   []field
	class                    httpkit.Class
	danger                   bool
	others                   bool // not to oneself, for whom the page of the account is
	fits                     func(tenancy.ListedOperator) bool
	take                     func(*exchange, operatorPage) error
	to                       string // where it leads, below Root; "": to the page of the operator
}

// operatorSteps lists them all.
func (c *console) operatorSteps() []operatorStep {
	always := func(tenancy.ListedOperator) bool { return true }
	return []operatorStep{
		{path: "disable", name: "disableOperator", confirm: "confirmDisablingOfOperator", danger: true,
			Title: "operator.disable", Text: "operator.disable.text", Act: "operator.action.disable",
			notice: "notice.operator_disabled", fits: func(o tenancy.ListedOperator) bool { return o.Active },
			take: func(x *exchange, p operatorPage) error {
				_, err := c.identity.DisableOperator(x.r.Context(), x.caller, p.ID)
				return err
			}},
		{path: "enable", name: "enableOperator", confirm: "confirmEnablingOfOperator",
			Title: "operator.enable", Text: "operator.enable.text", Act: "operator.action.enable",
			notice: "notice.operator_enabled", fits: func(o tenancy.ListedOperator) bool { return !o.Active },
			take: func(x *exchange, p operatorPage) error {
				_, err := c.identity.EnableOperator(x.r.Context(), x.caller, p.ID)
				return err
			}},
		{path: "end-sessions", name: "endOperatorSessions", confirm: "confirmEndOfOperatorSessions", danger: true,
			Title: "operator.end", Text: "operator.end.text", Act: "operator.action.end",
			notice: "notice.operator_sessions_ended", fits: always,
			take: func(x *exchange, p operatorPage) error {
				_, err := c.identity.EndOperatorSessions(x.r.Context(), x.caller, p.ID)
				return err
			}},
		{path: "password", name: "resetPassword", confirm: "confirmPasswordReset", others: true,
			Title: "operator.password", Text: "operator.password.text", Act: "action.save", fields: passwordsFields(),
			class:  httpkit.LogIn,
			notice: "notice.operator_password", fits: always,
			take: func(x *exchange, p operatorPage) error {
				password, _ := x.password()
				return c.identity.ChangePassword(x.r.Context(), x.caller, p.ID,
					identity.ChangePasswordParams{New: password})
			}},
		{path: "remove", name: "deleteOperator", confirm: "confirmRemovalOfOperator", danger: true,
			Title: "operator.remove", Text: "operator.remove.text", Act: "action.remove", to: pathOperators,
			notice: "notice.operator_removed", fits: always,
			take: func(x *exchange, p operatorPage) error {
				return c.identity.DeleteOperator(x.r.Context(), x.caller, p.ID)
			}},
	}
}

// confirmStep answers GET …/{operator}/ and the path of the step.
func (c *console) confirmStep(s operatorStep) handler {
	return func(x *exchange) error {
		p, err := x.managedOperator()
		if err != nil {
			return err
		}
		if !s.fits(p.ListedOperator) || s.others && p.Own {
			return x.redirect(p.Path)
		}
		f := x.newForm(p.Path+"/"+s.path, s.Act, s.fields, map[string]string{
			fieldMade: secret.NewPassword().Reveal()})
		f.Cancel, f.Danger = p.Path, s.danger
		return x.show("operator_step", operatorFormPage{p, f, s})
	}
}

// takeStep answers POST …/{operator}/ and the path of the step.
func (c *console) takeStep(s operatorStep) handler {
	return func(x *exchange) error {
		p, err := x.managedOperator()
		if err != nil {
			return err
		}
		if err = s.take(x, p); err == nil {
			if _, made := x.password(); made != "" && len(s.fields) > 0 {
				p.Password = made
				return x.show("operator_password_made", p)
			}
			if s.to != "" {
				return x.done(Root+s.to, s.notice)
			}
			return x.done(p.Path, s.notice)
		}
		f, err := x.sentForm(p.Path+"/"+s.path, s.Act, s.fields, err)
		if err != nil {
			return err
		}
		f.Cancel, f.Danger = p.Path, s.danger
		return x.showAgain("operator_step", f.cause, operatorFormPage{p, f, s})
	}
}
