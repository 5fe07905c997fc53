// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// tokenScheme precedes every token that this wire returns. Clients send it back with the token.
const tokenScheme = "QSDK"

// codeSAML is the error code for a caller that sent a SAML assertion of another product instead of a token.
const codeSAML problem.Code = "saml_token"

// authenticate returns the caller that the token of the request belongs to, limited to the company that it
// acts for. Open operations ignore the token, because a client that renews its session sends an expired one.
func (d *dialect) authenticate(ctx context.Context, x exchange, open bool) (tenancy.Caller, error) {
	origin := tenancy.Origin{Address: x.info.Address, RequestID: x.info.RequestID}
	if open {
		return tenancy.Anonymous(origin), nil
	}
	caller, err := d.authenticateToken(ctx, origin, x)
	if err != nil || x.actingFor == tenancy.RootID {
		return caller, err
	}
	return d.tenancy.ActFor(ctx, caller, x.actingFor)
}

// authenticateToken returns the caller that the token belongs to.
func (d *dialect) authenticateToken(ctx context.Context, origin tenancy.Origin, x exchange,
) (tenancy.Caller, error) {
	var caller tenancy.Caller
	var err error
	switch scheme, _, found := strings.Cut(x.token, " "); {
	case found && strings.EqualFold(scheme, "SAML"):
		err = phrase(codeSAML).Error(problem.Unauthenticated)
	case secret.IsOperatorToken(x.token):
		caller, err = d.identity.AuthenticateOperatorToken(ctx, origin, x.token, x.endpoint)
	default:
		caller, err = d.identity.AuthenticateSession(ctx, origin, x.token)
	}
	if caller.Kind != "" { // identified, even if refused
		x.info.Caller = caller.Ref()
	}
	return caller, err
}

// logCaller names the operator in the access log.
func logCaller(info *httpkit.Info, operatorID string) {
	info.Caller = string(tenancy.OperatorCaller) + ":" + operatorID
}

// sessionToken returns the token of the headers, or "" if there is none. It checks nothing. Authtoken takes
// precedence over Authorization, and Authorization over Cookie2. In Authtoken the scheme is optional. The
// other headers need one, since they may carry values for other servers.
func sessionToken(h http.Header) string {
	if value := h.Get("Authtoken"); value != "" {
		return bareToken(value)
	}
	for _, name := range []string{"Authorization", "Cookie2"} {
		value := strings.TrimSpace(h.Get(name))
		if token := bareToken(value); token != value {
			return token
		}
	}
	return ""
}

// bareToken removes the schemes Bearer and QSDK, in any letter case, also if Bearer precedes QSDK. A value
// with any other scheme is returned unchanged; it is never a valid token.
func bareToken(value string) string {
	value = strings.TrimSpace(value)
	for _, scheme := range []string{"Bearer", tokenScheme} {
		if first, rest, found := strings.Cut(value, " "); found && strings.EqualFold(first, scheme) {
			value = strings.TrimSpace(rest)
		}
	}
	return value
}

// actingHeader is the header with the company that an operator acts for.
const actingHeader = "operatorCompanyId"

// actingFor returns the company in the header. Without the header, or with 0, the caller acts for no company.
// A value that is not a number is an error of status 400: read as 0 it would mean the server itself.
func actingFor(h http.Header) (id tenancy.OrganizationID, err error) {
	for i, value := range h.Values(actingHeader) {
		if value = strings.TrimSpace(value); value == "" {
			value = rootNumber
		}
		n, err := tenancy.ParseOrganizationNumber(value)
		if err != nil || i > 0 && n != id {
			return 0, httpkit.Errorf(http.StatusBadRequest,
				"The header %s must be the number of one company. "+
					"Leave it out, or send 0, to act for no company.",
				actingHeader)
		}
		id = n
	}
	return id, nil
}

// rootNumber is the number in requests for the server itself or, if the caller acts for a company, for that
// company.
const rootNumber = "0"

// resolveCompany returns the number of the company that a request means by a number.
func (x exchange) resolveCompany(number string) string {
	if number == rootNumber {
		return strconv.FormatInt(int64(x.actingFor), 10)
	}
	return number
}
