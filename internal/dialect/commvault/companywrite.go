// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/tenancy"
)

// The names of the answers whose error is in the element response.
const (
	createdName     = "Api_CreateOrganizationResponse"
	activatedName   = "Api_ActivateOrganizationResponse"
	deactivatedName = "Api_DeactivateOrganizationResponse"
)

// inResponse returns the error form of the operations that create a company or change its state. The error
// has an element of its own, with the text under both names that clients look for.
func inResponse(name string) errorForm {
	return func(code int, text string) message {
		return message{name, fields{nested("response", scalar("errorCode", int64(code)),
			scalar("errorString", text), scalar("errorMessage", text))}}
	}
}

// companyDone is the success of the same operations.
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

// noCodeYet refuses a code in the operation that creates a company. If it succeeded without making one, its
// caller would believe that installers need a code.
const noCodeYet = "cannot be true for a new company. Make its code when it is there."

// createCompany creates a company.
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
		return answer{}, companyMembers(&reader{}).translate(err)
	}
	return companyDone(createdName, o), nil
}

// created converts the body to the parameters of a new company.
func (c companyChange) created() tenancy.CreateOrganizationParams {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	p := tenancy.CreateOrganizationParams{Name: text(c.name), Alias: text(c.alias),
		Description: text(c.description)}
	if c.emailDomains != nil {
		p.EmailDomains = *c.emailDomains
	}
	if c.contacts != nil {
		p.ContactPersons = *c.contacts
	}
	return p
}

// updateCompany changes the members that the body has and leaves the others. The company's number is in the
// address or in the body; 0 is the server itself.
func (d *dialect) updateCompany(ctx context.Context, x exchange) (answer, error) {
	id, err := companyNumber(x)
	if err != nil {
		return answer{}, err
	}
	r := reader{from: x.body}
	c := readCompany(&r)
	// newCompanyName and newAliasName take precedence over the present names.
	for name, to := range map[string]**string{"newCompanyName": &c.name, "newAliasName": &c.alias} {
		if text := r.text(name); text != "" {
			*to = &text
		}
	}
	if r.err != nil {
		return answer{}, r.err
	}
	if err := d.changeCompany(ctx, x, id, c); err != nil {
		return answer{}, companyMembers(&r).translate(err)
	}
	return answer{message: inError(codeOK, "")}, nil
}

// companyNumber returns the number of the company to update. It is in the address or in the body, and both
// must agree. A number that is present but empty is an error and must not mean the server itself.
func companyNumber(x exchange) (tenancy.OrganizationID, error) {
	inAddress, given, err := x.query.nonEmpty("organizationId",
		"Send the company's number, or leave it out and send "+numberMember+".")
	if err != nil {
		return 0, err
	}
	r := reader{from: x.body}
	shortName := r.object("organizationInfo").object("organization").object("shortName")
	inBody := shortName.digits("id", "must be the company's number.")
	inAddress, inBody = x.resolveCompany(inAddress), x.resolveCompany(inBody)
	switch {
	case r.err != nil:
		return 0, r.err
	case !given && inBody == "":
		return 0, httpkit.Errorf(http.StatusBadRequest,
			"Say which company: organizationId in the address, or %s.", numberMember)
	case !given:
		return tenancy.ParseOrganizationNumber(inBody)
	case inBody != "" && inBody != inAddress:
		return 0, httpkit.Errorf(http.StatusBadRequest,
			"organizationId in the address and %s are different companies.", numberMember)
	}
	return tenancy.ParseOrganizationNumber(inAddress)
}

const numberMember = "organizationInfo.organization.shortName.id"

// activateCompany activates a company, so that it can enrol clients and its people can log in. It takes back
// what deactivateCompany did: the company's code is the one of before.
func (d *dialect) activateCompany(ctx context.Context, x exchange) (answer, error) {
	yes := true
	return d.setActive(ctx, x, activatedName, tenancy.UpdateOrganizationParams{Active: &yes,
		KeepSecrets: true})
}

// deactivateCompany deactivates a company. What the deactivation switches off is stored and shown; the body
// must state all three.
func (d *dialect) deactivateCompany(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	off := readDeactivation(r.object("deactivateOptions"))
	if r.err != nil {
		return answer{}, r.err
	}
	no := false
	p := tenancy.UpdateOrganizationParams{Active: &no, Deactivation: &off}
	return d.setActive(ctx, x, deactivatedName, p)
}

func readDeactivation(r *reader) tenancy.Deactivation {
	return tenancy.Deactivation{DataIn: r.requiredFlag("disableBackup"),
		DataOut: r.requiredFlag("disableRestore"), Login: r.requiredFlag("disableLogin")}
}

func (d *dialect) setActive(ctx context.Context, x exchange, name string,
	p tenancy.UpdateOrganizationParams,
) (answer, error) {
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

// deleteCompany deletes a company that is inactive.
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
