// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"

	"gatehouse/internal/tenancy"
)

// companyChange is what a body says about a company. A nil member was not sent.
type companyChange struct {
	name, alias, description *string
	emailDomains             *[]string
	contacts                 *contacts
	codeWanted               *bool
	active                   *bool
	deactivation             *tenancy.Deactivation
	state                    sentState
}

// readCompany reads the organizationInfo of a body. It checks the settings that this server does not store;
// see settings.go.
func readCompany(r *reader) companyChange {
	info := r.object("organizationInfo")
	organization, properties := info.object("organization"), info.object("organizationProperties")
	organization.object("shortName").digits("id", "must be the company's number.") // see companyNumber
	c := companyChange{
		name:        organization.optionalText("connectName"),
		alias:       organization.object("shortName").optionalText("domainName"),
		description: organization.optionalText("description"),
		contacts:    readContacts(properties, "primaryContacts"),
		state:       readState(organization),
	}
	r.checkSettings(anySettings())
	info.checkSettings(anySettings())
	organization.checkSettings(anySettings())
	properties.checkSettings(propertySettings())
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

// readContacts reads a list of people. A client that sends back the details may have the address in user
// only.
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

// changeCompany changes a company as the body says. Clients send back everything that they read in the
// details, so an equal value changes nothing. Whether a code is wanted is a state, too: an active code is not
// replaced.
func (d *dialect) changeCompany(ctx context.Context, x exchange, id tenancy.OrganizationID,
	c companyChange,
) error {
	_, err := d.tenancy.UpdateOrganization(ctx, x.caller, id, c.params(id))
	return err
}

// params converts the body to the parameters of the domain.
func (c companyChange) params(id tenancy.OrganizationID) tenancy.UpdateOrganizationParams {
	p := tenancy.UpdateOrganizationParams{Echo: true, Name: c.name, Alias: c.alias,
		Description: c.description, EmailDomains: c.emailDomains, Active: c.active, KeepSecrets: true,
		Deactivation: c.deactivation, Expected: c.state.expected()}
	if id == tenancy.RootID {
		p.Name, p.Alias = nameOfRoot(c.name), nameOfRoot(c.alias)
	}
	if c.contacts != nil {
		persons := []contact(*c.contacts)
		p.ContactPersons = &persons
	}
	if c.codeWanted != nil {
		p.Code = tenancy.EndCode
		if *c.codeWanted {
			p.Code = tenancy.EnsureCode
		}
	}
	return p
}

// nameOfRoot returns nil for the name that only this wire has for the root. For any other name it returns an
// empty name, which the domain refuses to give to the root.
func nameOfRoot(sent *string) *string {
	if sent == nil || *sent == rootName {
		return nil
	}
	return new(string)
}
