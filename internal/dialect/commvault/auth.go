// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"net/http"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// tokenScheme stands before every token this wire hands out; clients send it
// back with the token.
const tokenScheme = "QSDK"

// codeSAML tells who came with another product's assertion from who has no token.
const codeSAML = "saml_token"

// authenticate gives the caller behind the request's session token or access
// token. Open operations look at no token: a client that renews comes with a dead
// one.
func (d *dialect) authenticate(ctx context.Context, x exchange, open bool) (tenancy.Caller, error) {
	origin := tenancy.Origin{Address: x.info.Address, RequestID: x.info.RequestID}
	if open {
		return tenancy.Anonymous(origin), nil
	}
	var caller tenancy.Caller
	var err error
	switch scheme, _, found := strings.Cut(x.token, " "); {
	case found && strings.EqualFold(scheme, "SAML"):
		err = tenancy.NewError(tenancy.Unauthenticated, codeSAML, "SAML tokens are not accepted.")
	case secret.IsOperatorToken(x.token):
		caller, err = d.service.AuthenticateOperatorToken(ctx, origin, x.token, x.endpoint)
	default:
		caller, err = d.service.AuthenticateSession(ctx, origin, x.token)
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

// sessionToken takes the token from the headers: Authtoken with the scheme
// QSDK, Bearer or none, as the vendor's clients send it, or else the standard
// Authorization with Bearer. All four carry session and access tokens alike. It checks nothing; "" when there is none.
func sessionToken(h http.Header) string {
	if value := h.Get("Authtoken"); value != "" {
		return bareToken(value)
	}
	return httpkit.Bearer(h)
}

// bareToken cuts a scheme we know from the token, in any letter case. What
// carries another scheme stays whole and is no token of ours.
func bareToken(value string) string {
	value = strings.TrimSpace(value)
	scheme, rest, found := strings.Cut(value, " ")
	if found && (strings.EqualFold(scheme, tokenScheme) || strings.EqualFold(scheme, "Bearer")) {
		return strings.TrimSpace(rest)
	}
	return value
}
