// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"net"

	"gatehouse/internal/tenancy"
)

// inTwoFactor is the error form of the operations about a second factor.
func inTwoFactor(code int, text string) message {
	return message{twoFactorName, fields{nested("error", scalar("errorCode", int64(code)),
		scalar("errorString", text))}}
}

const twoFactorName = "Api_GetTwoFactorAuthenticationResponse"

// twoFactor answers that no company requires a second factor of everybody. Operators choose one for
// themselves. Clients ask before they read a company.
func (d *dialect) twoFactor(ctx context.Context, x exchange) (answer, error) {
	if err := d.checkVisible(ctx, x, x.organization); err != nil {
		return answer{}, err
	}
	return answer{message: noTwoFactor()}, nil
}

func noTwoFactor() message {
	return message{twoFactorName, fields{
		nested("error", scalar("errorCode", int64(codeOK))),
		nested("twoFactorAuthenticationInfo", scalar("mode", int64(0))),
	}}
}

// userGroups answers that there are no user groups. The company's number is in a parameter with a slash in
// its name.
func (d *dialect) userGroups(ctx context.Context, x exchange) (answer, error) {
	const name = "parentProvider/providerId"
	if x.query.has(name) {
		id, err := x.query.single(name)
		if err == nil {
			err = d.checkVisible(ctx, x, x.resolveCompany(id))
		}
		if err != nil {
			return answer{}, err
		}
	}
	return answer{message: message{"App_GetUserGroupsResponse", fields{repeated("userGroups")}}}, nil
}

// checkVisible returns an error of kind NotFound unless the caller may see the company.
func (d *dialect) checkVisible(ctx context.Context, x exchange, number string) error {
	id, err := tenancy.ParseOrganizationNumber(number)
	if err != nil {
		return err
	}
	_, err = d.tenancy.GetOrganization(ctx, x.caller, id)
	return err
}

// The release of the vendor's product whose wire this is.
const (
	servicePack = 40
	versionInfo = "11 SP40.2"
	releaseName = "11.40"
)

// commServ describes the server. Its host is the name by which the client reached it, since the server knows
// no other.
func (*dialect) commServ(_ context.Context, x exchange) (answer, error) {
	host, _, err := net.SplitHostPort(x.info.Host)
	if err != nil {
		host = x.info.Host // without a port
	}
	return answer{message: message{"App_GetCommServInfoResponse", fields{
		scalar("hostName", host),
		nested("commcell",
			scalar("commCellName", rootName),
			scalar("commCellId", int64(tenancy.RootID)),
			scalar("csGUID", guidOf(tenancy.RootID))),
		nested("csTimeZone", scalar("TimeZoneName", "UTC")),
		scalar("timeZone", "0:0:(UTC) Coordinated Universal Time"),
		scalar("currentSPVersion", int64(servicePack)),
		scalar("csVersionInfo", versionInfo),
		scalar("releaseName", releaseName),
	}}}, nil
}
