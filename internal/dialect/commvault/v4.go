// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"strings"

	"gatehouse/internal/tenancy"
)

// The names of V4's answers.
const (
	v4ListName   = "CompanyListResponse"
	v4CreateName = "CreateCompanyResponse"
	v4GetName    = "CompanyDetailsResponse"
)

// v4List returns the companies that the caller may see. It takes the parameters of the older list. Deleted
// companies are never shown.
func (d *dialect) v4List(ctx context.Context, x exchange) (answer, error) {
	page, total, err := d.companies(ctx, x)
	if err != nil {
		return answer{}, err
	}
	entries := make([]fields, len(page))
	for i, o := range page {
		entries[i] = v4Entry(o)
	}
	return answer{message: message{v4ListName, fields{repeated("companies", entries...),
		scalar("companyCount", int64(total))}}}, nil
}

func v4Entry(o tenancy.Organization) fields {
	name, alias := namesOf(o)
	return fields{
		scalar("id", int64(o.ID)),
		scalar("name", name),
		scalar("GUID", guidOf(o.ID)),
		scalar("alias", alias),
		scalar("isReseller", false),
		repeated("primaryContacts", contactsOf(o).v4Entries()...),
		scalar("associatedEntitiesCount", int64(0)),
		scalar("status", statusWord(o.State)),
		nested("tags"), // one object in the vendor's schema, though the name is a plural
		nested("commcell", scalar("id", int64(tenancy.RootID)), scalar("name", rootName),
			scalar("displayName", rootName)),
		repeated("operators"),
	}
}

// v4Entries returns the contacts in the form of V4's list, where their id is a number.
func (c contacts) v4Entries() []fields {
	list := make([]fields, len(c))
	for i, one := range c {
		list[i] = fields{scalar("id", int64(0)), scalar("name", one.FullName), scalar("email", one.Email)}
	}
	return list
}

// v4Details returns the contacts in the form of V4's details, where their id is a string. The vendor spells
// fullname without a capital letter.
func (c contacts) v4Details() []fields {
	list := make([]fields, len(c))
	for i, one := range c {
		list[i] = fields{scalar("id", "0"), scalar("name", one.FullName), scalar("fullname", one.FullName),
			scalar("email", one.Email)}
	}
	return list
}

// readV4Contacts reads a list of people in the form of V4's details. A client that knows no full name may
// send name alone. It returns nil if the body has no list.
func readV4Contacts(r *reader) *contacts {
	if !r.has("contacts") {
		return nil
	}
	list := contacts{}
	for _, item := range r.objects("contacts") {
		one := contact{FullName: item.text("fullname"), Email: item.text("email")}
		if !item.has("fullname") {
			one.FullName = item.text("name")
		}
		if one != (contact{}) {
			list = append(list, one)
		}
	}
	return &list
}

// v4Create creates a company. Unlike the older operation it requires an alias.
func (d *dialect) v4Create(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	name, alias := r.requiredText("name"), r.requiredText("alias")
	if strings.TrimSpace(alias) == "" {
		r.addError("alias", "must not be empty.")
	}
	p := tenancy.CreateOrganizationParams{Name: name, Alias: alias,
		EmailDomains: emailSuffix(r.text("emailSuffix"))}
	if one := (contact{FullName: r.text("contactName"), Email: r.text("email")}); one != (contact{}) {
		p.ContactPersons = contacts{one}
	}
	r.checkSettings(anySettings())
	general := r.object("general")
	general.checkSettings(generalSettings())
	if general.flag("authcodeForInstallation") {
		general.addError("authcodeForInstallation", noCodeYet)
	}
	if status := r.object("status"); status.flag("deactivate") {
		status.addError("deactivate", "cannot be true for a new company. Deactivate it when it is there.")
	}
	if r.err != nil {
		return answer{}, r.err
	}
	o, err := d.tenancy.CreateOrganization(ctx, x.caller, p)
	if err != nil {
		return answer{}, v4CreationMembers().translate(err)
	}
	created := fields{scalar("id", int64(o.ID)), scalar("name", o.Name)}
	return answer{message: message{v4CreateName, created}}, nil
}

// emailSuffix reads domains separated by commas.
func emailSuffix(text string) []string {
	domains := []string{}
	for domain := range strings.SplitSeq(text, ",") {
		if domain = strings.TrimSpace(domain); domain != "" {
			domains = append(domains, domain)
		}
	}
	return domains
}

// v4Get returns a company's details. They show whether the company has a code but never the code, so this
// does not count as a reveal.
func (d *dialect) v4Get(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	o, code, err := d.tenancy.GetPrimaryAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	name, alias := namesOf(o)
	return answer{message: message{v4GetName, fields{
		scalar("id", int64(o.ID)),
		scalar("name", name),
		scalar("GUID", guidOf(o.ID)),
		scalar("creationTime", o.CreatedAt.Unix()),
		nested("status", // in the form of an update, so that a client can send it back
			scalar("deactivate", !o.Active()),
			nested("options", deactivationFields(o.Deactivation)...)),
		nested("general",
			scalar("newAlias", alias),
			scalar("emailSuffix", strings.Join(o.EmailDomains, ",")),
			scalar("authcodeForInstallation", code.ID != ""),
			nested("twoFactorAuth", scalar("enable", false), scalar("all", false)),
			scalar("resellerMode", false)),
		repeated("security"),
		repeated("contacts", contactsOf(o).v4Details()...),
		repeated("plans"),
	}}}, nil
}

// v4Update changes the members that the body has and leaves the others.
func (d *dialect) v4Update(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	r := reader{from: x.body}
	sameCompany(&r, id)
	c := readV4(&r)
	if r.err != nil {
		return answer{}, r.err
	}
	if err := d.changeCompany(ctx, x, id, c); err != nil {
		return answer{}, v4UpdateMembers(&r).translate(err)
	}
	return answer{message: flat(codeOK, "")}, nil
}

// sameCompany adds an error if the body names a different company than the address. Otherwise one of the two
// would be changed by mistake.
func sameCompany(r *reader, id tenancy.OrganizationID) {
	const another = "is of another company than the one in the address."
	if r.has("id") && r.number("id") != int64(id) {
		r.addError("id", another)
	}
	if r.has("GUID") && !strings.EqualFold(r.text("GUID"), guidOf(id)) {
		r.addError("GUID", another)
	}
}

// readV4 reads the body of an update. A client that sends back the details changes the name in the member
// name; newName takes precedence. The options of a deactivation are false if they are absent.
func readV4(r *reader) companyChange {
	general, status := r.object("general"), r.object("status")
	r.checkSettings(anySettings())
	general.checkSettings(generalSettings())
	c := companyChange{name: r.optionalText("newName"), alias: general.optionalText("newAlias"),
		contacts: readV4Contacts(r)}
	if c.name == nil {
		c.name = r.optionalText("name")
	}
	if suffix := general.optionalText("emailSuffix"); suffix != nil {
		domains := emailSuffix(*suffix)
		c.emailDomains = &domains
	}
	if general.has("authcodeForInstallation") {
		wanted := general.flag("authcodeForInstallation")
		c.codeWanted = &wanted
	}
	readV4Status(status, &c)
	return c
}

// readV4Status reads whether the company is to be deactivated, and what the deactivation switches off.
// Without a deactivation the options must match the present state, because they would have no effect.
func readV4Status(status *reader, c *companyChange) {
	options := status.object("options")
	off := tenancy.Deactivation{DataIn: options.flag("disableBackup"),
		DataOut: options.flag("disableRestore"), Login: options.flag("disableLogin")}
	deactivate := status.flag("deactivate")
	if status.has("deactivate") {
		active := !deactivate
		c.active = &active
	}
	switch {
	case deactivate:
		c.deactivation = &off
	case len(options.from) > 0:
		c.state = sentState{options: &off, remedy: "status.options are those of a deactivation. " +
			"Send them with status.deactivate true, or leave them out."}
	}
}
