// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// The names of the answers that have their errors in response.
const (
	createdName     = "Api_CreateOrganizationResponse"
	activatedName   = "Api_ActivateOrganizationResponse"
	deactivatedName = "Api_DeactivateOrganizationResponse"
)

// inResponse is the place of the calls that make a company or switch it: an
// element of its own, with the text under both names that clients look for.
func inResponse(name string) errorForm {
	return func(code int, text string) message {
		return message{name, fields{nested("response", scalar("errorCode", int64(code)), scalar("errorString", text), scalar("errorMessage", text))}}
	}
}

// companyDone is the success of the same calls.
func companyDone(name string, o tenancy.Organization) answer {
	_, alias := namesOf(o)
	return answer{message: message{name, fields{
		nested("processinginstructioninfo",
			repeated("attributes", fields{scalar("name", "exitval"), scalar("value", "0")})),
		nested("response",
			scalar("errorCode", int64(codeOK)),
			nested("entity",
				scalar("GUID", guidOf(o.ID)),
				scalar("_type_", int64(companyType)),
				scalar("providerId", int64(o.ID)),
				scalar("providerDomainName", alias))),
	}}}
}

// noCodeYet refuses a code in the call that makes a company: a success without it would
// leave somebody believing that installers need one.
const noCodeYet = "cannot be true for a new company. Make its code when it is there."

// createCompany makes a company.
func (d *dialect) createCompany(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	c := readCompany(&r)
	if c.codeWanted != nil && *c.codeWanted {
		r.object("organizationInfo").object("organizationProperties").addError("enableAuthCodeGen", noCodeYet)
	}
	if r.err != nil {
		return answer{}, r.err
	}
	if err := c.state.expected().Check(tenancy.Organization{State: tenancy.OrganizationActive}); err != nil {
		return answer{}, err
	}
	o, err := d.tenancy.CreateOrganization(ctx, x.caller, c.created())
	if err != nil {
		return answer{}, companyMembers(&reader{}).in(err)
	}
	return companyDone(createdName, o), nil
}

// created returns what a new company has.
func (c companyChange) created() tenancy.CreateOrganizationParams {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	p := tenancy.CreateOrganizationParams{Name: text(c.name), Alias: text(c.alias), Description: text(c.description)}
	if c.emailDomains != nil {
		p.EmailDomains = *c.emailDomains
	}
	if c.contacts != nil {
		p.ContactPersons = *c.contacts
	}
	return p
}

// updateCompany changes a company by merging. Its number is in the address or
// in the body, 0 for the server itself.
func (d *dialect) updateCompany(ctx context.Context, x exchange) (answer, error) {
	id, err := companyNumber(x)
	if err != nil {
		return answer{}, err
	}
	r := reader{from: x.body}
	c := readCompany(&r)
	// What the company is called from now on, beside what it was called before.
	for name, to := range map[string]**string{"newCompanyName": &c.name, "newAliasName": &c.alias} {
		if text := r.text(name); text != "" {
			*to = &text
		}
	}
	if r.err != nil {
		return answer{}, r.err
	}
	if err := d.changeCompany(ctx, x, id, c); err != nil {
		return answer{}, companyMembers(&r).in(err)
	}
	return answer{message: inError(codeOK, "")}, nil
}

// companyNumber returns the company that an update is for: what the address or the
// body says, and both must say the same. A number that is there and empty names
// nothing, above all not the server itself.
func companyNumber(x exchange) (tenancy.OrganizationID, error) {
	inAddress, given, err := x.query.nonEmpty("organizationId", "Send the company's number, or leave it out and send "+numberMember+".")
	if err != nil {
		return 0, err
	}
	r := reader{from: x.body}
	inBody := r.object("organizationInfo").object("organization").object("shortName").digits("id", "must be the company's number.")
	inAddress, inBody = x.resolveCompany(inAddress), x.resolveCompany(inBody)
	switch {
	case r.err != nil:
		return 0, r.err
	case !given && inBody == "":
		return 0, httpkit.Errorf(http.StatusBadRequest, "Say which company: organizationId in the address, or %s.", numberMember)
	case !given:
		return tenancy.ParseOrganizationNumber(inBody)
	case inBody != "" && inBody != inAddress:
		return 0, httpkit.Errorf(http.StatusBadRequest, "organizationId in the address and %s are different companies.", numberMember)
	}
	return tenancy.ParseOrganizationNumber(inAddress)
}

const numberMember = "organizationInfo.organization.shortName.id"

// activateCompany lets a company enrol and log in again.
func (d *dialect) activateCompany(ctx context.Context, x exchange) (answer, error) {
	yes := true
	return d.switchCompany(ctx, x, activatedName, tenancy.UpdateOrganizationParams{Active: &yes})
}

// deactivateCompany switches a company off. What the body says is switched off
// with it is kept and shown; all three must be said.
func (d *dialect) deactivateCompany(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	off := readDeactivation(r.object("deactivateOptions"))
	if r.err != nil {
		return answer{}, r.err
	}
	no := false
	return d.switchCompany(ctx, x, deactivatedName, tenancy.UpdateOrganizationParams{Active: &no, Deactivation: &off})
}

func readDeactivation(r *reader) tenancy.Deactivation {
	return tenancy.Deactivation{Backup: r.requiredFlag("disableBackup"), Restore: r.requiredFlag("disableRestore"), Login: r.requiredFlag("disableLogin")}
}

func (d *dialect) switchCompany(ctx context.Context, x exchange, name string, p tenancy.UpdateOrganizationParams) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	o, err := d.tenancy.UpdateOrganization(ctx, x.caller, id, p)
	if err != nil {
		return answer{}, err
	}
	return companyDone(name, o), nil
}

// deleteCompany removes a company that has been switched off.
func (d *dialect) deleteCompany(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err == nil {
		err = d.tenancy.DeleteOrganization(ctx, x.caller, id)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{message: flat(codeOK, "")}, nil // both members: clients read both
}
