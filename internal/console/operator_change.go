// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// fieldMade has a password that the form made, for an operator for whom nobody chooses one. It is in
// the form so that sending it twice shows the same.
const fieldMade = "made"

// codeNoOrganization is the error of what names no organization.
const codeNoOrganization problem.Code = "no_organization_id"

// operatorFields returns the fields of a new operator, or of one that is edited.
func (x *exchange) operatorFields(edited bool) []field {
	fields := []field{
		{Name: identity.FieldUsername, Required: true, Autocomplete: "off",
			Codes: []problem.Code{problem.CodeUsernameTaken}},
		{Name: identity.FieldDisplayName, Hint: true, Autocomplete: "off"},
		{Name: identity.FieldRole, Type: "select", Required: true, Hint: true,
			Codes: []problem.Code{problem.CodeMoreThanOwn}},
	}
	for _, role := range tenancy.Roles() {
		fields[2].Options = append(fields[2].Options, option{Value: string(role), Key: "role." + string(role)})
	}
	if x.caller.Organization == tenancy.RootID {
		fields = append(fields, field{Name: fieldOrganization, Label: "operatorOrganization", Required: true,
			Hint: true, Autocomplete: "off"})
	}
	if edited {
		return append(fields[1:], field{Name: fieldVersion, Type: "hidden"})
	}
	return append(fields, passwordsFields()...)
}

// passwordsFields are those for the password of another operator.
func passwordsFields() []field {
	return []field{
		{Name: identity.FieldPassword, Label: "chosenPassword", Type: "password", Hint: true,
			Autocomplete: "new-password"},
		{Name: fieldMade, Type: "hidden"},
	}
}

// password returns the password for another operator, and the same again if it was made and must be
// shown.
func (x *exchange) password() (password secret.Secret, made string) {
	if chosen := x.sent.Get(identity.FieldPassword); chosen != "" {
		return secret.Of(chosen), ""
	}
	made = x.sent.Get(fieldMade)
	return secret.Of(made), made
}

// organizationTyped returns the organization of an operator, which people of one organization cannot choose.
func (x *exchange) organizationTyped() (tenancy.OrganizationID, error) {
	if x.caller.Organization != tenancy.RootID {
		return x.caller.Organization, nil
	}
	id, err := tenancy.ParseOrganizationID(x.sent.Get(fieldOrganization))
	if err != nil {
		return id, noOrganization()
	}
	return id, nil
}

// ofOrganization returns an error that there is no such organization as one of its field.
func ofOrganization(err error) error {
	if errors.Is(err, problem.NotFound) && problem.As(err).Code == problem.CodeOrganizationNotFound {
		return noOrganization()
	}
	return err
}

func noOrganization() error {
	return problem.InvalidFields([]problem.FieldError{{Field: fieldOrganization,
		Phrase: say(codeNoOrganization)}})
}

// newOperator answers GET …/new.
func (c *console) newOperator(x *exchange) error {
	if err := x.caller.Require(tenancy.ManageOperators); err != nil {
		return err
	}
	f := x.newForm(Root+pathOperators+"/new", "action.create", x.operatorFields(false), map[string]string{
		identity.FieldRole: string(tenancy.Auditor), fieldMade: secret.NewPassword().Reveal()})
	f.Cancel = Root + pathOperators
	return x.show("operator_new", f)
}

// createOperator answers POST …/new. A password that was made is shown once.
func (c *console) createOperator(x *exchange) error {
	if err := x.caller.Require(tenancy.ManageOperators); err != nil {
		return err
	}
	password, made := x.password()
	organization, err := x.organizationTyped()
	var o tenancy.Operator
	if err == nil {
		o, err = c.identity.CreateOperator(x.r.Context(), x.caller, identity.CreateOperatorParams{
			Username: x.sent.Get(identity.FieldUsername), DisplayName: x.sent.Get(identity.FieldDisplayName),
			Password: password, Role: tenancy.Role(x.sent.Get(identity.FieldRole)), Organization: organization})
	}
	switch {
	case err == nil && made == "":
		return x.done(operatorPath(o), "notice.operator_created")
	case err == nil:
		return x.show("operator_password_made", operatorPage{ListedOperator: tenancy.ListedOperator{Operator: o},
			Path: operatorPath(o), Password: made})
	}
	f, err := x.sentForm(Root+pathOperators+"/new", "action.create", x.operatorFields(false),
		ofOrganization(err))
	if err != nil {
		return err
	}
	f.Cancel = Root + pathOperators
	return x.showAgain("operator_new", f.cause, f)
}

// operatorFormPage is what the pages with a form about an operator show.
type operatorFormPage struct {
	operatorPage
	Form *form
	Step operatorStep
}

// editOperator answers GET …/{operator}/edit.
func (c *console) editOperator(x *exchange) error {
	p, err := x.managedOperator()
	if err != nil {
		return err
	}
	f := x.newForm(p.Path+"/edit", "action.save", x.operatorFields(true), map[string]string{
		identity.FieldDisplayName: p.DisplayName, identity.FieldRole: string(p.Role),
		fieldOrganization: p.OrganizationID.String(), fieldVersion: version(p.UpdatedAt)})
	f.Cancel = p.Path
	return x.show("operator_edit", operatorFormPage{operatorPage: p, Form: f})
}

// updateOperator answers POST …/{operator}/edit.
func (c *console) updateOperator(x *exchange) error {
	p, err := x.managedOperator()
	if err != nil {
		return err
	}
	name, role := x.sent.Get(identity.FieldDisplayName), tenancy.Role(x.sent.Get(identity.FieldRole))
	ask := identity.UpdateOperatorParams{DisplayName: &name, Role: &role,
		Expected: expected(x.sent.Get(fieldVersion))}
	organization, err := x.organizationTyped()
	if err == nil {
		ask.Organization = &organization
		_, err = c.identity.UpdateOperator(x.r.Context(), x.caller, p.ID, ask)
	}
	if err == nil {
		return x.done(p.Path, "notice.saved")
	}
	f, err := x.sentForm(p.Path+"/edit", "action.save", x.operatorFields(true), ofOrganization(err))
	if err != nil {
		return err
	}
	f.Cancel = p.Path
	return x.showAgain("operator_edit", f.cause, operatorFormPage{operatorPage: p, Form: f})
}
