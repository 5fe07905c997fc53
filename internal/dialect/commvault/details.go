// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"

	"gatehouse/internal/tenancy"
)

const detailsName = "Api_GetOrganizationPropertiesResponse"

// getCompany answers with a company's details, or the server's own. Clients
// read the code here, so to who may see it this is a reveal, with its event in
// the audit, whenever a code lives. Others see whether there is one.
func (d *dialect) getCompany(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	o, code, err := d.tenancy.GetAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	shown := fields{scalar("enableAuthCodeGen", code.ID != "")}
	// Without a living code there is nothing to reveal, and nothing to write down.
	if code.ID != "" && x.caller.May(tenancy.RevealCodes) && !x.headOnly {
		var issued tenancy.IssuedAuthCode
		if o, issued, err = d.tenancy.RevealAuthCode(ctx, x.caller, id); err != nil {
			return answer{}, err
		}
		shown = codeFields(issued)
	}
	return answer{message: message{detailsName, fields{
		nested("organizationInfo",
			nested("organization", companyDetails(o)...),
			nested("organizationProperties", append(shown, companyProperties(o)...)...),
			repeated("planDetails")),
	}}}, nil
}

// companyDetails is what an organization is called. Clients echo it when they
// change something, so each member here is one that an update understands or
// leaves alone.
func companyDetails(o tenancy.Organization) fields {
	name, alias := namesOf(o)
	return fields{
		scalar("connectName", name),
		scalar("description", o.Description),
		nested("shortName", scalar("domainName", alias), scalar("id", int64(o.ID))),
		scalar("providerGUID", guidOf(o.ID)),
		scalar("status", companyStatus(o.State)),
		texts("emailDomainNames", o.EmailDomains),
		nested("deactivateOptions", deactivationFields(o.Deactivation)...),
	}
}

func deactivationFields(d tenancy.Deactivation) fields {
	return fields{scalar("disableBackup", d.Backup), scalar("disableRestore", d.Restore), scalar("disableLogin", d.Login)}
}

// companyProperties is what cvpysdk 11.40.2 cannot do without: most of it is
// about parts of the vendor's product that are not here, and says so by being
// off, zero or empty.
func companyProperties(o tenancy.Organization) fields {
	return fields{
		nested("advancedPrivacySettings",
			scalar("authType", int64(0)),
			nested("passkeySettings",
				scalar("enableAuthorizeForRestore", false),
				scalar("allowUsersToEnablePasskey", false))),
		scalar("allowUsersToEnablePasskey", false),
		scalar("clientGroupForceClientSideDownload", false),
		scalar("orgCreationDateTime", o.CreatedAt.Unix()),
		scalar("totalMachineCount", int64(0)),
		scalar("userCount", int64(0)),
		scalar("serverCount", int64(0)),
		nested("operatorRole", scalar("roleName", "")),
		nested("globalFiltersInfo", repeated("globalFiltersInfoList")),
		repeated("primaryContacts", contactsOf(o).entries()...),
	}
}
