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

// v4List answers with the companies the caller may see. It takes the parameters of
// the older list; deleted companies are not shown to anybody.
func (d *dialect) v4List(ctx context.Context, x exchange) (answer, error) {
	page, total, _, err := d.companies(ctx, x)
	if err != nil {
		return answer{}, err
	}
	entries := make([]fields, len(page))
	for i, o := range page {
		entries[i] = v4Entry(o)
	}
	return answer{message: message{v4ListName, fields{repeated("companies", entries...), scalar("companyCount", int64(total))}}}, nil
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
		scalar("status", v4Status(o)),
		repeated("tags"),
		nested("commcell", scalar("id", int64(tenancy.RootID)), scalar("name", rootName)),
		repeated("operators"),
	}
}

func v4Status(o tenancy.Organization) string {
	if o.Active() {
		return "ACTIVE"
	}
	return "DEACTIVATED"
}

// v4Entries shows contacts as V4 does.
func (c contacts) v4Entries() []fields {
	list := make([]fields, len(c))
	for i, one := range c {
		list[i] = fields{scalar("id", int64(0)), scalar("name", one.FullName), scalar("email", one.Email)}
	}
	return list
}

// v4Create makes a company. Unlike the older call it wants an alias.
func (d *dialect) v4Create(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	name, alias := r.required("name"), r.required("alias")
	if strings.TrimSpace(alias) == "" {
		r.fault("alias", "must not be empty.")
	}
	p := tenancy.CreateOrganizationParams{Name: name, Alias: alias, EmailDomains: emailSuffix(r.text("emailSuffix"))}
	if one := (contact{FullName: r.text("contactName"), Email: r.text("email")}); one != (contact{}) {
		p.Properties = contacts{one}.properties()
	}
	if r.err != nil {
		return answer{}, r.err
	}
	o, err := d.service.CreateOrganization(ctx, x.caller, p)
	if err != nil {
		return answer{}, err
	}
	return answer{message: message{v4CreateName, fields{scalar("id", int64(o.ID)), scalar("name", o.Name)}}}, nil
}

// emailSuffix reads domains between commas.
func emailSuffix(text string) []string {
	domains := []string{}
	for domain := range strings.SplitSeq(text, ",") {
		if domain = strings.TrimSpace(domain); domain != "" {
			domains = append(domains, domain)
		}
	}
	return domains
}

// v4Get answers with a company's details. They tell whether a code lives and
// never show it, so this is no reveal.
func (d *dialect) v4Get(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	o, code, err := d.service.GetAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	name, alias := namesOf(o)
	return answer{message: message{v4GetName, fields{
		scalar("id", int64(o.ID)),
		scalar("name", name),
		scalar("GUID", guidOf(o.ID)),
		scalar("creationTime", o.CreatedAt.Unix()),
		scalar("status", v4Status(o)),
		nested("general",
			scalar("newAlias", alias),
			scalar("emailSuffix", strings.Join(o.EmailDomains, ",")),
			scalar("authcodeForInstallation", code.ID != ""),
			nested("twoFactorAuth", scalar("enable", false), scalar("all", false)),
			scalar("resellerMode", false)),
		repeated("security"),
		repeated("contacts", contactsOf(o).v4Entries()...),
		repeated("plans"),
	}}}, nil
}

// v4Update changes what the body has and leaves the rest.
func (d *dialect) v4Update(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	r := reader{from: x.body}
	c := readV4(&r)
	if r.err != nil {
		return answer{}, r.err
	}
	if _, err := d.changeCompany(ctx, x, id, c); err != nil {
		return answer{}, err
	}
	return answer{message: flat(codeOK, "")}, nil
}

// readV4 reads the body of an update. The options of a deactivation are false
// where they are not said: here they are switches, not answers to a question.
func readV4(r *reader) companyChange {
	general, status := r.object("general"), r.object("status")
	c := companyChange{name: r.changed("newName"), alias: general.changed("newAlias")}
	if suffix := general.changed("emailSuffix"); suffix != nil {
		domains := emailSuffix(*suffix)
		c.emailDomains = &domains
	}
	if general.has("authcodeForInstallation") {
		wanted := general.flag("authcodeForInstallation")
		c.codeWanted = &wanted
	}
	if status.has("deactivate") {
		active := !status.flag("deactivate")
		c.active = &active
		if options := status.object("options"); !active {
			c.deactivation = &tenancy.Deactivation{Backup: options.flag("disableBackup"), Restore: options.flag("disableRestore"), Login: options.flag("disableLogin")}
		}
	}
	return c
}
