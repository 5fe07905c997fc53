// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"

	"gatehouse/internal/tenancy"
)

const detailsName = "Api_GetOrganizationPropertiesResponse"

// getCompany returns the details of a company or of the server itself. Clients read the code here. If the
// caller may reveal codes and the company has one, this is a reveal with its audit event. Other callers only
// see whether there is a code.
func (d *dialect) getCompany(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	o, code, err := d.tenancy.GetPrimaryAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	shown := fields{scalar("enableAuthCodeGen", code.ID != "")}
	// Without an active code, or one that is shown once, there is nothing to reveal, and nothing to audit.
	if code.ID != "" && !o.Policy.ShowCodesOnce && x.caller.May(tenancy.RevealCodes) && !x.headOnly {
		var issued tenancy.IssuedAuthCode
		if o, issued, err = d.tenancy.RevealPrimaryAuthCode(ctx, x.caller, id); err != nil {
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

// companyDetails is the description of an organization. Clients send it back when they change something, so
// an update understands or ignores each of its members.
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
	return fields{scalar("disableBackup", d.DataIn), scalar("disableRestore", d.DataOut),
		scalar("disableLogin", d.Login)}
}

// companyProperties are the members that cvpysdk 11.40.2 requires. Most of them describe parts of the
// vendor's product that this server does not have, so they are off, zero or empty.
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
