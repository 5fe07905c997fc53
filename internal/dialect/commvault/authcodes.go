// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"

	"gatehouse/internal/tenancy"
)

// revealAuthCode returns an organization's primary code, if it has one. The names, their order and their
// nesting are those of the vendor's published example.
func (d *dialect) revealAuthCode(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	if x.headOnly {
		return answer{}, d.tenancy.CheckRevealPrimaryAuthCode(ctx, x.caller, id)
	}
	o, code, err := d.tenancy.RevealPrimaryAuthCode(ctx, x.caller, id)
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

// codeProperties is a code within its vendor's element.
func codeProperties(code tenancy.IssuedAuthCode) field {
	return nested("organizationProperties", codeFields(code)...)
}

// codeFields is a code as fields. Without a code authCode is left out, because clients would take an empty
// text for a code.
func codeFields(code tenancy.IssuedAuthCode) fields {
	if code.Text.Empty() {
		return fields{scalar("enableAuthCodeGen", false)}
	}
	return fields{scalar("enableAuthCodeGen", true), scalar("authCode", code.Text.Reveal())}
}

// issueAuthCode creates a new primary code and thereby requires a code for installations. From then on the
// former code is invalid.
func (d *dialect) issueAuthCode(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	_, code, err := d.tenancy.IssuePrimaryAuthCode(ctx, x.caller, id)
	if err != nil {
		return answer{}, err
	}
	// The properties are at the top here, not in organizationInfo as in the answer of revealAuthCode.
	return answer{message: message{changedName, fields{nested("error", scalar("errorCode", int64(codeOK))),
		codeProperties(code)}}}, nil
}

// disableAuthCode revokes the primary code. It succeeds also if there is none.
func (d *dialect) disableAuthCode(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOrganizationNumber(x.organization)
	if err != nil {
		return answer{}, err
	}
	if err := d.tenancy.DisablePrimaryAuthCode(ctx, x.caller, id); err != nil {
		return answer{}, err
	}
	return answer{message: inError(codeOK, "")}, nil
}
