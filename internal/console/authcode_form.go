// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// Fields of a code that the use cases do not know by these names.
const (
	fieldNever     = "never"
	fieldAnyNumber = "anyNumber"
	fieldCanary    = "canary"
)

func codeFields(isNew bool) []field {
	all := []field{
		{Name: tenancy.FieldName, Required: true, Autocomplete: "off"},
		{Name: tenancy.FieldNote, Label: "codeNote", Type: "textarea", Hint: true, Rows: 2},
		{Name: tenancy.FieldExpiresAt, Label: "codeExpiry", Type: "datetime-local", Hint: true},
		{Name: fieldNever, Label: "codeNever", Type: "checkbox"},
		{Name: tenancy.FieldMaxUses, Label: "codeUses", Autocomplete: "off", Hint: true},
		{Name: fieldAnyNumber, Label: "codeAnyNumber", Type: "checkbox"},
		{Name: tenancy.FieldSources, Label: "codeSources", Type: "textarea", Hint: true, Rows: 2},
		{Name: tenancy.FieldTags, Label: "codeTags", Type: "textarea", Hint: true, Rows: 2},
	}
	if isNew {
		return append(all, field{Name: fieldCanary, Label: "codeCanary", Type: "checkbox", Hint: true})
	}
	return append(all, field{Name: fieldVersion, Type: "hidden"})
}

// momentLayouts are the spellings of a time in a field; browsers send the first ones, and people who
// type it the others.
func momentLayouts() []string {
	return []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05",
		time.DateOnly, time.RFC3339}
}

// codeValues returns what the form of a code begins with.
func codeValues(c tenancy.AuthCode) map[string]string {
	values := map[string]string{tenancy.FieldName: c.Name, tenancy.FieldNote: c.Note,
		tenancy.FieldTags: strings.Join(c.Tags, "\n"), fieldVersion: version(c.UpdatedAt)}
	var nets []string
	for _, net := range c.Limits.Sources {
		nets = append(nets, net.String())
	}
	values[tenancy.FieldSources] = strings.Join(nets, "\n")
	if c.Limits.Never {
		values[fieldNever] = "on"
	} else {
		values[tenancy.FieldExpiresAt] = momentShown(c.Limits.ExpiresAt)
	}
	if c.Limits.AnyNumber {
		values[fieldAnyNumber] = "on"
	} else {
		values[tenancy.FieldMaxUses] = strconv.FormatInt(c.Limits.MaxUses, 10)
	}
	return values
}

// momentShown returns a time as its field has it, to the minute unless it is a more exact one.
func momentShown(at time.Time) string {
	at = at.UTC()
	if at.Truncate(time.Minute).Equal(at) {
		return at.Format("2006-01-02T15:04")
	}
	return at.Format("2006-01-02T15:04:05.999")
}

// codeParams returns what was typed of a code. Networks and numbers that cannot be read become values
// that the use case refuses. Invalid for a time that is missing or cannot be read.
func codeParams(sent url.Values) (tenancy.AuthCodeParams, error) {
	p := tenancy.AuthCodeParams{Name: sent.Get(tenancy.FieldName), Note: typedText(sent, tenancy.FieldNote),
		Tags: lines(sent.Get(tenancy.FieldTags)),
		Limits: tenancy.CodeLimits{Never: sent.Get(fieldNever) == "on",
			AnyNumber: sent.Get(fieldAnyNumber) == "on"}}
	for _, text := range strings.FieldsFunc(sent.Get(tenancy.FieldSources), betweenWords) {
		net, _ := netip.ParsePrefix(text)
		p.Limits.Sources = append(p.Limits.Sources, net)
	}
	if text := strings.TrimSpace(sent.Get(tenancy.FieldMaxUses)); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			n = -1
		}
		p.Limits.MaxUses = n
		p.Limits.AnyNumber = p.Limits.AnyNumber && n != 0 // 0 and unlimited are two answers
	}
	at, err := typedMoment(sent.Get(tenancy.FieldExpiresAt), p.Limits.Never)
	p.Limits.ExpiresAt = at
	if e := problem.As(err); err != nil && strings.TrimSpace(p.Name) == "" { // said together
		err = problem.InvalidFields(append(e.Fields, problem.Wrong(tenancy.FieldName, problem.CodeRequired)))
	}
	return p, err
}

// typedMoment returns the time of a field, in UTC.
func typedMoment(text string, optional bool) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range momentLayouts() {
		if at, err := time.Parse(layout, text); err == nil && !at.IsZero() {
			return at, nil
		}
	}
	wrong := problem.FieldError{Field: tenancy.FieldExpiresAt,
		Phrase: say(codeBadMoment, tenancy.FieldExpiresAt)}
	switch {
	case text == "" && optional:
		return time.Time{}, nil
	case text == "":
		wrong = problem.Wrong(tenancy.FieldExpiresAt, problem.CodeRequired)
	}
	return time.Time{}, problem.InvalidFields([]problem.FieldError{wrong})
}

// betweenWords reports whether a character stands between the words of a list.
func betweenWords(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) }

// codeFormPage is what the page for a new code shows.
type codeFormPage struct {
	Organization organizationPage
	Sheet        *form
}

// newCode answers GET …/codes/new.
func (c *console) newCode(x *exchange) error {
	if err := x.requireAll(tenancy.IssueCodes); err != nil {
		return err
	}
	o, err := x.organization()
	if err != nil {
		return err
	}
	f := x.newForm(o.CodePath("new"), "action.create", codeFields(true), nil)
	f.Cancel = o.codesPath()
	return x.show("code_new", codeFormPage{o, f})
}

// createCode answers POST …/codes/new with the code.
func (c *console) createCode(x *exchange) error {
	o, err := x.organization()
	if err != nil {
		return err
	}
	var issued tenancy.IssuedAuthCode
	params, err := codeParams(x.sent)
	if err == nil {
		issued, err = c.tenancy.CreateAuthCode(x.r.Context(), x.caller, o.ID, params,
			x.sent.Get(fieldCanary) == "on")
	}
	if err == nil {
		return x.showCode(o, issued, "code.made")
	}
	f, err := x.sentForm(o.CodePath("new"), "action.create", codeFields(true), err)
	if err != nil {
		return err
	}
	f.Cancel = o.codesPath()
	return x.showAgain("code_new", f.cause, codeFormPage{o, f})
}

// editCode answers GET …/{code}/edit.
func (c *console) editCode(x *exchange) error {
	if err := x.requireAll(tenancy.IssueCodes); err != nil {
		return err
	}
	p, err := x.code()
	if err != nil {
		return err
	}
	if !p.MayEdit {
		return x.redirect(p.Path)
	}
	p.Sheet = x.newForm(p.Path+"/edit", "action.save", codeFields(false), codeValues(p.Code))
	p.Sheet.Cancel = p.Path
	return x.show("code_edit", p)
}

// updateCode answers POST …/{code}/edit.
func (c *console) updateCode(x *exchange) error {
	p, err := x.code()
	if err != nil {
		return err
	}
	params, err := codeParams(x.sent)
	if err == nil {
		l := params.Limits
		_, err = c.tenancy.UpdateAuthCode(x.r.Context(), x.caller, p.Organization.ID, p.Code.ID,
			tenancy.AuthCodeUpdate{Name: &params.Name, Note: &params.Note, Tags: &params.Tags, Sources: &l.Sources,
				Expiry:   &tenancy.CodeExpiry{At: l.ExpiresAt, Never: l.Never},
				Uses:     &tenancy.CodeUsesLimit{Max: l.MaxUses, AnyNumber: l.AnyNumber},
				Expected: expected(x.sent.Get(fieldVersion))})
	}
	if err == nil {
		return x.done(p.Path, "notice.saved")
	}
	if p.Sheet, err = x.sentForm(p.Path+"/edit", "action.save", codeFields(false), err); err != nil {
		return err
	}
	p.Sheet.Cancel = p.Path
	return x.showAgain("code_edit", p.Sheet.cause, p)
}
