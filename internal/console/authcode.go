// SPDX-License-Identifier: Apache-2.0

package console

import (
	"context"
	"net/http"

	"gatehouse/internal/tenancy"
)

const (
	pathCodes = pathOrganization + "/codes"
	pathCode  = pathCodes + "/{code}"
)

func (c *console) codeRoutes() []page {
	routes := []page{
		get("newAuthCode", pathCodes+"/new", c.newCode),
		post("createAuthCode", pathCodes+"/new", c.createCode),
		list("readAuthCode", pathCode, c.readCode),
		get("editAuthCode", pathCode+"/edit", c.editCode),
		post("updateAuthCode", pathCode+"/edit", c.updateCode),
		get("confirmReveal", pathCode+"/reveal", c.confirmReveal),
		post("revealAuthCode", pathCode+"/reveal", c.revealCode),
		list("previewRotation", pathCode+"/rotate", c.previewRotation),
		post("rotateAuthCode", pathCode+"/rotate", c.rotateCode),
		get("readInstaller", pathCode+"/installer", c.readInstaller),
	}
	for _, one := range c.codeChanges() {
		path := pathCode + "/" + one.path
		routes = append(routes, get("confirm"+one.name, path, c.confirmCodeChange(one)),
			page{name: one.operation, method: http.MethodPost, path: path, handle: c.changeCode(one)})
	}
	return routes
}

// codePage is what all pages of one code show.
type codePage struct {
	Organization organizationPage
	Code         tenancy.AuthCode
	Path         string
	State        tenancy.CodeState
	Words        []string // the state in sentences, in the language
	Sheet        *form

	MayReveal, MayEdit, MayRotate, MayDisable, MayEnable, MayEndOverlap bool
	Uses                                                                *codeUses
}

// codesPath is the address of the list of an organization's codes.
func (p organizationPage) codesPath() string { return p.Path + "/codes" }

// CodePath returns the address of a code of the organization.
func (p organizationPage) CodePath(id string) string { return p.codesPath() + "/" + id }

// UsesShown returns how often the code was used, and how often it may be.
func (p codePage) UsesShown() string { return p.Organization.UsesShown(p.Code) }

// code returns what all pages of a code show. NotFound.
func (x *exchange) code() (codePage, error) {
	o, err := x.organization()
	if err != nil {
		return codePage{}, err
	}
	code, err := x.c.tenancy.GetAuthCode(x.r.Context(), x.caller, o.ID, x.r.PathValue("code"))
	if err != nil {
		return codePage{}, err
	}
	p := codePage{Organization: o, Code: code, Path: o.CodePath(code.ID), State: code.State(code.AsOf)}
	p.Words = x.codeWords(p)
	issue, disable := x.may(tenancy.IssueCodes), x.may(tenancy.DisableCodes)
	p.MayReveal = x.may(tenancy.RevealCodes) && code.Living() && !o.Policy.ShowCodesOnce
	p.MayEdit = issue && code.Living()
	p.MayRotate = issue && disable && code.Living() && code.ReplacedBy == "" && o.Active() &&
		p.State != tenancy.CodeExpired
	p.MayDisable = disable && code.Living() && code.DisabledAt.IsZero()
	p.MayEnable = issue && code.Living() && !code.DisabledAt.IsZero()
	p.MayEndOverlap = disable && code.Living() && code.ReplacedBy != ""
	return p, nil
}

// requireAll refuses callers that lack one of the permissions, as the use case does.
func (x *exchange) requireAll(needs ...tenancy.Permission) error {
	for _, need := range needs {
		if err := x.caller.Require(need); err != nil {
			return err
		}
	}
	return nil
}

// codeWords returns the state of a code in sentences.
func (x *exchange) codeWords(p codePage) (all []string) {
	say := func(key string, values ...any) { all = append(all, x.words.say(key, values...)) }
	c := p.Code
	switch p.State {
	case tenancy.CodeSuperseded:
		if c.Living() && c.OverlapUntil.After(c.AsOf) {
			say("code.is.overlap", utc(c.OverlapUntil))
		} else {
			say("code.is.superseded")
		}
	case tenancy.CodeExpired:
		say("code.is.expired", utc(c.Limits.ExpiresAt))
	case tenancy.CodeExhausted:
		say("code.is.exhausted")
	case tenancy.CodeDisabled:
		if c.Living() {
			say("code.is.disabled", utc(c.DisabledAt))
		} else {
			say("code.is.ended", utc(c.EndedAt))
		}
	default:
		if !c.Canary && p.Organization.Active() {
			say("code.is.active")
		}
	}
	if !p.Organization.Active() {
		say("code.is.organization_inactive")
	}
	if c.Canary {
		say("code.is.canary")
	}
	if c.Weak {
		say("code.is.weak")
	}
	return all
}

// codeUseCase is a use case that changes one code.
type codeUseCase func(context.Context, tenancy.Caller, tenancy.OrganizationID, string) (tenancy.AuthCode,
	error)

// codeChange is a change of a code that takes nothing but a confirmation.
type codeChange struct {
	path, name, operation       string
	needs                       tenancy.Permission
	title, text, submit, notice string // keys of messages
	danger                      bool
	possible                    func(p codePage) bool
	change                      codeUseCase
}

func (c *console) codeChanges() []codeChange {
	return []codeChange{
		{path: "disable", name: "Disabling", operation: "disableAuthCode", needs: tenancy.DisableCodes,
			title: "code.disable", text: "code.disable.text", submit: "action.disable",
			notice: "notice.code_disabled", danger: true,
			possible: func(p codePage) bool { return p.MayDisable }, change: c.tenancy.SwitchOffAuthCode},
		{path: "enable", name: "Enabling", operation: "enableAuthCode", needs: tenancy.IssueCodes,
			title: "code.enable", text: "code.enable.text", submit: "action.enable",
			notice:   "notice.code_enabled",
			possible: func(p codePage) bool { return p.MayEnable }, change: c.tenancy.SwitchOnAuthCode},
		{path: "end-overlap", name: "EndOfOverlap", operation: "endOverlap", needs: tenancy.DisableCodes,
			title: "code.end_overlap", text: "code.end_overlap.text", submit: "action.end_overlap",
			notice: "notice.overlap_ended", danger: true,
			possible: func(p codePage) bool { return p.MayEndOverlap }, change: c.tenancy.EndOverlap},
	}
}

// codeChangePage is what the page of such a change shows.
type codeChangePage struct {
	codePage
	Title, Text string
}

func (x *exchange) codeChangeForm(p codePage, one codeChange, err error) (codeChangePage, error) {
	action := p.Path + "/" + one.path
	p.Sheet = x.newForm(action, one.submit, nil, nil)
	if err != nil {
		if p.Sheet, err = x.sentForm(action, one.submit, nil, err); err != nil {
			return codeChangePage{}, err
		}
	}
	p.Sheet.Cancel, p.Sheet.Danger = p.Path, one.danger
	return codeChangePage{p, one.title, one.text}, nil
}

// confirmCodeChange answers GET …/{code}/disable, /enable and /end-overlap.
func (c *console) confirmCodeChange(one codeChange) handler {
	return func(x *exchange) error {
		if err := x.requireAll(one.needs); err != nil {
			return err
		}
		p, err := x.code()
		if err != nil {
			return err
		}
		if !one.possible(p) {
			return x.redirect(p.Path)
		}
		shown, err := x.codeChangeForm(p, one, nil)
		if err != nil {
			return err
		}
		return x.show("code_change", shown)
	}
}

// changeCode answers POST …/{code}/disable, /enable and /end-overlap.
func (c *console) changeCode(one codeChange) handler {
	return func(x *exchange) error {
		p, err := x.code()
		if err != nil {
			return err
		}
		_, err = one.change(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID)
		if err == nil {
			return x.done(p.Path, one.notice)
		}
		shown, err := x.codeChangeForm(p, one, err)
		if err != nil {
			return err
		}
		return x.showAgain("code_change", shown.Sheet.cause, shown)
	}
}
