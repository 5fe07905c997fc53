// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/url"
	"strings"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

const (
	fieldVersion     = "version"
	fieldKeepSecrets = "keepSecrets"
)

func organizationFields() []field {
	return []field{
		{Name: tenancy.FieldName, Required: true, Autocomplete: "off",
			Codes: []problem.Code{problem.CodeOrganizationNameTaken}},
		{Name: tenancy.FieldAlias, Hint: true, Autocomplete: "off"},
		{Name: tenancy.FieldDescription, Type: "textarea", Rows: 3},
		{Name: tenancy.FieldExternalID, Hint: true, Autocomplete: "off"},
		{Name: tenancy.FieldEmailDomains, Type: "textarea", Hint: true, Rows: 2},
		{Name: tenancy.FieldContactPersons, Type: "textarea", Hint: true, Rows: 2},
		{Name: fieldVersion, Type: "hidden"},
	}
}

// organizationFormPage is what the pages with a form of an organization show.
type organizationFormPage struct {
	organizationPage
	Form *form
}

// newOrganization answers GET …/new.
func (c *console) newOrganization(x *exchange) error {
	if err := x.caller.RequireRoot(tenancy.WriteOrganizations); err != nil {
		return err
	}
	return x.show("organization_new", x.organizationForm(nil))
}

// organizationForm returns the form for an organization; nil: a new one.
func (x *exchange) organizationForm(o *tenancy.Organization) *form {
	action, submit, cancel, values := Root+pathOrganizations+"/new", "action.create",
		Root+pathOrganizations, map[string]string{}
	if o != nil {
		cancel = organizationPath(o.ID)
		action, submit = cancel+"/edit", "action.save"
		values = map[string]string{tenancy.FieldName: o.Name, tenancy.FieldAlias: o.Alias,
			tenancy.FieldDescription: o.Description, tenancy.FieldExternalID: o.ExternalID,
			tenancy.FieldEmailDomains:   strings.Join(o.EmailDomains, "\n"),
			tenancy.FieldContactPersons: contactLines(o.ContactPersons), fieldVersion: version(o.UpdatedAt)}
	}
	f := x.newForm(action, submit, organizationFields(), values)
	f.Cancel = cancel
	return f
}

// createOrganization answers POST …/new.
func (c *console) createOrganization(x *exchange) error {
	o, err := c.tenancy.CreateOrganization(x.r.Context(), x.caller, tenancy.CreateOrganizationParams{
		Name: x.sent.Get(tenancy.FieldName), Alias: x.sent.Get(tenancy.FieldAlias),
		Description: typedText(x.sent, tenancy.FieldDescription), ExternalID: x.sent.Get(tenancy.FieldExternalID),
		EmailDomains:   domains(x.sent.Get(tenancy.FieldEmailDomains)),
		ContactPersons: contactPersons(x.sent.Get(tenancy.FieldContactPersons))})
	if err == nil {
		return x.done(organizationPath(o.ID), "notice.organization_created")
	}
	f, err := x.sentForm(Root+pathOrganizations+"/new", "action.create", organizationFields(), ofPersons(err))
	if err != nil {
		return err
	}
	f.Cancel = Root + pathOrganizations
	return x.showAgain("organization_new", f.cause, f)
}

// editOrganization answers GET …/{organization}/edit.
func (c *console) editOrganization(x *exchange) error {
	if err := x.caller.RequireRoot(tenancy.WriteOrganizations); err != nil {
		return err
	}
	p, err := x.organization()
	if err != nil {
		return err
	}
	return x.show("organization_edit", organizationFormPage{p, x.organizationForm(&p.Organization)})
}

// updateOrganization answers POST …/{organization}/edit.
func (c *console) updateOrganization(x *exchange) error {
	p, err := x.organization()
	if err != nil {
		return err
	}
	text := func(name string) *string { value := x.sent.Get(name); return &value }
	description := typedText(x.sent, tenancy.FieldDescription)
	emailDomains, persons := domains(x.sent.Get(tenancy.FieldEmailDomains)),
		contactPersons(x.sent.Get(tenancy.FieldContactPersons))
	_, err = c.tenancy.UpdateOrganization(x.r.Context(), x.caller, p.ID, tenancy.UpdateOrganizationParams{
		Name: text(tenancy.FieldName), Alias: text(tenancy.FieldAlias), Description: &description,
		ExternalID: text(tenancy.FieldExternalID), EmailDomains: &emailDomains, ContactPersons: &persons,
		Expected: tenancy.ExpectedState{Versions: expected(x.sent.Get(fieldVersion))}})
	if err == nil {
		return x.done(p.Path, "notice.saved")
	}
	f, err := x.sentForm(p.Path+"/edit", "action.save", organizationFields(), ofPersons(err))
	if err != nil {
		return err
	}
	f.Cancel = p.Path
	return x.showAgain("organization_edit", f.cause, organizationFormPage{p, f})
}

// confirmSwitch answers GET …/{organization}/activate and /deactivate.
func (c *console) confirmSwitch(active bool) handler {
	return func(x *exchange) error {
		if err := x.caller.RequireRoot(tenancy.WriteOrganizations); err != nil {
			return err
		}
		p, err := x.organization()
		if err != nil {
			return err
		}
		if p.Active() == active {
			return x.redirect(p.Path)
		}
		name, fields := switchForm(active)
		f := x.newForm(p.Path+"/"+name, "action."+name, fields, nil)
		f.Cancel, f.Danger = p.Path, !active
		return x.show("organization_"+name, organizationFormPage{p, f})
	}
}

func switchForm(active bool) (name string, fields []field) {
	if active {
		return "activate", []field{{Name: fieldKeepSecrets, Type: "checkbox", Hint: true}}
	}
	return "deactivate", nil
}

// switchOrganization answers POST …/{organization}/activate and /deactivate.
func (c *console) switchOrganization(active bool) handler {
	return func(x *exchange) error {
		p, err := x.organization()
		if err != nil {
			return err
		}
		name, fields := switchForm(active)
		_, err = c.tenancy.UpdateOrganization(x.r.Context(), x.caller, p.ID, tenancy.UpdateOrganizationParams{
			Active: &active, KeepSecrets: active && x.sent.Get(fieldKeepSecrets) == "on"})
		if err == nil {
			return x.done(p.Path, "notice.organization_"+name+"d")
		}
		f, err := x.sentForm(p.Path+"/"+name, "action."+name, fields, err)
		if err != nil {
			return err
		}
		f.Cancel, f.Danger = p.Path, !active
		return x.showAgain("organization_"+name, f.cause, organizationFormPage{p, f})
	}
}

// typedText returns what was typed into a textarea, whose lines browsers end with CR and LF.
func typedText(sent url.Values, name string) string {
	return strings.ReplaceAll(sent.Get(name), "\r\n", "\n")
}

// domains returns the domains of a textarea, one on each line or with commas or blanks between.
func domains(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) })
}

// contactPersons returns the persons of a textarea, each on a line as "Ada Birch <ada@example.test>".
func contactPersons(typed string) []tenancy.ContactPerson {
	var all []tenancy.ContactPerson
	for _, line := range lines(typed) {
		var one tenancy.ContactPerson
		at := strings.LastIndex(line, "<")
		switch {
		case at >= 0 && strings.HasSuffix(line, ">"):
			one = tenancy.ContactPerson{FullName: line[:at], Email: line[at+1 : len(line)-1]}
		case strings.Contains(line, "@"):
			one.Email = line
		default:
			one.FullName = line
		}
		all = append(all, one)
	}
	return all
}

// contactLines returns the persons as contactPersons reads them.
func contactLines(all []tenancy.ContactPerson) string {
	var text []string
	for _, one := range all {
		text = append(text, strings.TrimSpace(one.FullName+" <"+one.Email+">"))
	}
	return strings.Join(text, "\n")
}

// ofPersons returns the error with those of single contact persons at the field of all.
func ofPersons(err error) error {
	return problem.As(err).Renamed(func(name string) string {
		if strings.HasPrefix(name, tenancy.FieldContactPersons+".") {
			return tenancy.FieldContactPersons
		}
		return name
	})
}
