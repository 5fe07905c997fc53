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

// tokenScheme stands before every token this wire hands out; clients send it
// back with the token.
const tokenScheme = "QSDK"

// codeSAML tells who came with another product's assertion from who has no token.
const codeSAML = "saml_token"

// authenticate returns the caller of the request's session token or access token,
// limited to the company it acts for. Open operations look at no token: a client that
// renews comes with a dead one.
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

// known returns the party that the token is of.
func (d *dialect) authenticateToken(ctx context.Context, origin tenancy.Origin, x exchange) (tenancy.Caller, error) {
	var caller tenancy.Caller
	var err error
	switch scheme, _, found := strings.Cut(x.token, " "); {
	case found && strings.EqualFold(scheme, "SAML"):
		err = problem.New(problem.Unauthenticated, codeSAML, "SAML tokens are not accepted.")
	case secret.IsOperatorToken(x.token):
		caller, err = d.identity.AuthenticateOperatorToken(ctx, origin, x.token, x.endpoint)
	default:
		caller, err = d.identity.AuthenticateSession(ctx, origin, x.token)
	}
	if caller.Kind != "" { // known, if only to be refused
		x.info.Caller = caller.Ref()
	}
	return caller, err
}

// logCaller names the operator in the access log.
func logCaller(info *httpkit.Info, operatorID string) {
	info.Caller = string(tenancy.OperatorCaller) + ":" + operatorID
}

// sessionToken returns the token of the headers; "" when there is none. Of several
// headers Authtoken counts, then Authorization, then Cookie2. Authtoken has the token
// bare or with a scheme; the others need one, since they also carry what is not for us.
// It checks nothing.
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

// bareToken cuts the schemes we know from the token, in any letter case: one of them,
// or Bearer before QSDK. What carries another scheme stays whole and is no token of ours.
func bareToken(value string) string {
	value = strings.TrimSpace(value)
	for _, scheme := range []string{"Bearer", tokenScheme} {
		if first, rest, found := strings.Cut(value, " "); found && strings.EqualFold(first, scheme) {
			value = strings.TrimSpace(rest)
		}
	}
	return value
}

// actingHeader names the company that an operator acts for.
const actingHeader = "operatorCompanyId"

// actingFor returns the company of the header. Without one, or with 0, the caller acts
// for itself. What is no number is of status 400: read as 0 it would name the server.
func actingFor(h http.Header) (id tenancy.OrganizationID, err error) {
	for i, value := range h.Values(actingHeader) {
		if value = strings.TrimSpace(value); value == "" {
			value = rootNumber
		}
		n, err := tenancy.ParseOrganizationNumber(value)
		if err != nil || i > 0 && n != id {
			return 0, httpkit.Errorf(http.StatusBadRequest, "The header %s must be the number of one company. Leave it out, or send 0, to act for no company.", actingHeader)
		}
		id = n
	}
	return id, nil
}

// rootNumber is how requests write the server itself, or the company acted for.
const rootNumber = "0"

// company returns the number of the company that a request means by one.
func (x exchange) resolveCompany(number string) string {
	if number == rootNumber {
		return strconv.FormatInt(int64(x.actingFor), 10)
	}
	return number
}
