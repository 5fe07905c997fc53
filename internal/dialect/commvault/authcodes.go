// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"

	"gatehouse/internal/tenancy"
)

// revealAuthCode shows an organization's primary code, if one lives. The names,
// their order and their nesting are those of the vendor's published example.
func (d *dialect) revealAuthCode(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	if x.headOnly {
		return answer{}, d.tenancy.CheckRevealAuthCode(ctx, x.caller, id)
	}
	o, code, err := d.tenancy.RevealAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	name, alias := namesOf(o)
	return answer{message: message{detailsName, fields{
		nested("organizationInfo",
			nested("organization",
				scalar("connectName", name),
				nested("shortName", scalar("domainName", alias), scalar("id", int64(o.ID)))),
			codeProperties(code)),
	}}}, nil
}

// codeProperties shows the code.
func codeProperties(code tenancy.IssuedAuthCode) field {
	return nested("organizationProperties", codeFields(code)...)
}

// codeFields shows the code. Without one its field is left out: clients take
// an empty one for a code.
func codeFields(code tenancy.IssuedAuthCode) fields {
	if code.Text.Empty() {
		return fields{scalar("enableAuthCodeGen", false)}
	}
	return fields{scalar("enableAuthCodeGen", true), scalar("authCode", code.Text.Reveal())}
}

// issueAuthCode makes a new primary code, which also switches the requirement
// on. The former code, if any, is worthless from then on.
func (d *dialect) issueAuthCode(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	_, code, err := d.tenancy.IssueAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	// The properties stand at the top here, not in organizationInfo as in the other answer.
	return answer{message: message{changedName, fields{nested("error", scalar("errorCode", int64(codeOK))), codeProperties(code)}}}, nil
}

// disableAuthCode ends the primary code. A second time is a success as well.
func (d *dialect) disableAuthCode(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	if err := d.tenancy.DisableAuthCode(ctx, x.caller, id); err != nil {
		return answer{}, err
	}
	return answer{message: inError(codeOK, "")}, nil
}
