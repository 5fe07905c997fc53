// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"slices"

	"gatehouse/internal/tenancy"
)

// companyChange is what a body says of a company; nil where it says nothing.
type companyChange struct {
	name, alias, description *string
	emailDomains             *[]string
	contacts                 *contacts
	codeWanted               *bool
	active                   *bool
	deactivation             *tenancy.Deactivation
	state                    stateSent
}

// readCompany reads the organizationInfo of a body. Of the members that are about
// parts of the vendor's product that are not here, settings.go says what they get.
func readCompany(r *reader) companyChange {
	info := r.object("organizationInfo")
	organization, properties := info.object("organization"), info.object("organizationProperties")
	organization.object("shortName").digits("id", "must be the company's number.") // see companyNumber
	c := companyChange{
		name:        organization.changed("connectName"),
		alias:       organization.object("shortName").changed("domainName"),
		description: organization.changed("description"),
		contacts:    readContacts(properties, "primaryContacts"),
		state:       readState(organization),
	}
	r.keep(anySettings())
	info.keep(anySettings())
	organization.keep(anySettings())
	properties.keep(propertySettings())
	if organization.has("emailDomainNames") {
		list := organization.texts("emailDomainNames")
		c.emailDomains = &list
	}
	if properties.has("enableAuthCodeGen") {
		wanted := properties.flag("enableAuthCodeGen")
		c.codeWanted = &wanted
	}
	return c
}

// readContacts reads a list of people. Who echoes what details show may have
// the address in user alone.
func readContacts(r *reader, name string) *contacts {
	if !r.has(name) {
		return nil
	}
	list := contacts{}
	for _, item := range r.objects(name) {
		one := contact{FullName: item.text("fullName"), Email: item.text("email")}
		if one.Email == "" {
			one.Email = item.object("user").text("userName")
		}
		if one != (contact{}) {
			list = append(list, one)
		}
	}
	return &list
}

// changeCompany changes what differs and leaves the rest, since clients echo
// all that details gave them; then it sees to the code. Whether a code is wanted
// is a state: a code that lives is not replaced. To switch it off is one
// change with the others; a new one is made after them.
func (d *dialect) changeCompany(ctx context.Context, x exchange, id tenancy.OrganizationID, c companyChange) (tenancy.Organization, error) {
	o, code, err := d.tenancy.GetAuthCode(ctx, x.caller, id)
	if err == nil {
		err = c.state.check(o)
	}
	if err != nil {
		return o, err
	}
	lives := code.ID != ""
	// Who may not even switch the code is refused, also what would change nothing.
	mayNothing := !x.caller.May(tenancy.IssueCodes) && !x.caller.May(tenancy.DisableCodes)
	if p, differs := c.params(o); differs || mayNothing {
		p.EndAuthCode = c.codeWanted != nil && !*c.codeWanted
		if o, err = d.tenancy.UpdateOrganization(ctx, x.caller, id, p); err != nil {
			return o, err
		}
		lives = lives && !p.EndAuthCode
	}
	switch {
	case c.codeWanted == nil || *c.codeWanted && lives && x.caller.May(tenancy.IssueCodes):
	case *c.codeWanted: // who may not make one is told so, also where one lives
		_, _, err = d.tenancy.IssueAuthCode(ctx, x.caller, id)
	default:
		err = d.tenancy.DisableAuthCode(ctx, x.caller, id)
	}
	return o, err
}

// params returns the changes to an organization as it is.
func (c companyChange) params(o tenancy.Organization) (p tenancy.UpdateOrganizationParams, differs bool) {
	name, alias := namesOf(o)
	set := func(to **string, want *string, is string) {
		if want != nil && *want != is {
			*to, differs = want, true
		}
	}
	set(&p.Name, c.name, name)
	set(&p.Alias, c.alias, alias)
	set(&p.Description, c.description, o.Description)
	if c.emailDomains != nil && !slices.Equal(*c.emailDomains, o.EmailDomains) {
		p.EmailDomains, differs = c.emailDomains, true
	}
	if c.contacts != nil && !slices.Equal(*c.contacts, contactsOf(o)) {
		persons := []contact(*c.contacts)
		p.ContactPersons, differs = &persons, true
	}
	if c.active != nil && *c.active != o.Active() {
		p.Active, differs = c.active, true
	}
	if c.deactivation != nil && *c.deactivation != o.Deactivation {
		p.Deactivation, differs = c.deactivation, true
	}
	return p, differs
}
