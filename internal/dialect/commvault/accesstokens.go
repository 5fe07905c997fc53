// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// The vendor's access tokens are operator tokens here. No XML of them is
// published, so the names of the messages are ours.
const (
	tokenMessage      = "AccessTokenResponse"
	tokenListMessage  = "AccessTokenListResponse"
	tokenRenewMessage = "AccessTokenRenewResponse"
)

// The numbers of the vendor's scopes. Those of SCIM (1), 1-Touch (4) and
// Hyperscale (5) name parts of its product that are not here.
const (
	typeDefault = 0 // all
	typeAll     = 2
	typeCustom  = 3
)

// inTokenError is the place of the calls that answer with a token.
func inTokenError(code int, text string) message {
	return message{tokenMessage, fields{nested("error", scalar("errorCode", int64(code)), scalar("errorMessage", text))}}
}

// issueOperatorToken makes an access token and shows its two texts, this once.
func (d *dialect) issueOperatorToken(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	p := identity.IssueOperatorTokenParams{OperatorID: r.userID(), Name: r.requiredText("tokenName"),
		ExpiresAt: r.timestamp("tokenExpiryTimestamp"), RenewableUntil: r.timestamp("renewableUntilTimestamp")}
	kind := r.number("tokenType") // absent: all, as the vendor's own clients want it
	endpoints := r.texts("apiEndpoints")
	if kind == typeDefault && r.has("apiEndpoints") && len(endpoints) == 0 {
		r.addError("apiEndpoints", "is empty. Leave it out, or send tokenType 2, for a token that is good for all calls.")
	}
	r.checkSettings(tokenSettings())
	err := r.checkAddressLimits()
	if r.err != nil {
		return answer{}, r.err
	}
	if err != nil {
		return answer{}, err
	}
	if p.Scope, err = scopeOf(kind, endpoints); err != nil {
		return answer{}, err
	}
	issued, err := d.identity.IssueOperatorToken(ctx, x.caller, p)
	if err != nil {
		return answer{}, err
	}
	info := append(tokenFields(issued.OperatorToken), scalar("accessToken", issued.Access.Reveal()), scalar("refreshToken", issued.Refresh.Reveal()))
	return tokenAnswer(info), nil
}

func tokenAnswer(info fields) answer {
	return answer{message: message{tokenMessage, fields{nested("error", scalar("errorCode", int64(codeOK))), nested("tokenInfo", info...)}}}
}

// tokenFields is an access token as all but the renewal show it, without its texts.
func tokenFields(t tenancy.OperatorToken) fields {
	kind := int64(typeAll)
	if t.Scope.Kind == tenancy.ScopeCustom {
		kind = typeCustom
	}
	f := fields{scalar("accessTokenId", int64(t.ID)), scalar("tokenName", t.Name), scalar("userId", int64(t.Operator)), scalar("tokenType", kind),
		texts("apiEndpoints", t.Scope.Endpoints)}
	return append(f, expiryFields(t)...)
}

// endFields are the three ends, in seconds since 1970.
func expiryFields(t tenancy.OperatorToken) fields {
	unix := func(name string, at time.Time) field { return scalar(name, at.Unix()) }
	return fields{unix("tokenExpiryTimestamp", t.ExpiresAt), unix("renewableUntilTimestamp", t.RenewableUntil),
		unix("refreshTokenExpiryTimestamp", t.RefreshableUntil())}
}

// scopeOf reads a scope of the wire. What is no scope here is refused before
// anything else happens.
func scopeOf(kind int64, endpoints []string) (tenancy.Scope, error) {
	switch kind {
	case typeDefault, typeAll:
		return tenancy.NewScope(tenancy.ScopeAll, endpoints)
	case typeCustom:
		return tenancy.NewScope(tenancy.ScopeCustom, endpoints)
	}
	return tenancy.Scope{}, problem.New(problem.Invalid, "token_type",
		"tokenType must be 0 or 2 for all calls, or 3 for those named in apiEndpoints. No call of this server belongs to another.")
}

// userID returns whose token it is to be; "" for the caller's own. Clients that
// have no user send 0. An empty text is somebody whom the client forgot to name.
func (r *reader) userID() string {
	text := ""
	switch n := r.member("userId").(type) {
	case nil:
		return ""
	case json.Number:
		text = n.String()
	default:
		if text = strings.ToLower(strings.TrimSpace(r.text("userId"))); text == "" {
			r.addError("userId", "must be the id of a user. Leave it out for a token of your own.")
		}
	}
	if text == "0" {
		return ""
	}
	return text
}

// unlimitedByAddress refuses a list of addresses: without it the token would be
// worth more than its maker thinks.
func (r *reader) checkAddressLimits() error {
	if len(r.texts("allowedIPs")) > 0 || r.flag("enableIPAllowListFeature") {
		return problem.New(problem.Invalid, "allowed_ips", "Access tokens cannot be limited to addresses here. Leave allowedIPs out.")
	}
	return nil
}

// listOperatorTokens shows a user's access tokens, never their texts.
func (d *dialect) listOperatorTokens(ctx context.Context, x exchange) (answer, error) {
	userID, err := x.query.single("userId")
	if err != nil {
		return answer{}, err
	}
	list, err := d.identity.ListOperatorTokens(ctx, x.caller, strings.ToLower(userID))
	if err != nil {
		return answer{}, err
	}
	items := make([]fields, len(list))
	for i, t := range list {
		items[i] = tokenFields(t)
	}
	return answer{message: message{tokenListMessage, fields{repeated("accessTokens", items...)}}}, nil
}

// updateOperatorToken changes what is sent; the rest stays.
func (d *dialect) updateOperatorToken(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOperatorTokenID(x.tokenID)
	if err != nil {
		return answer{}, err
	}
	r := reader{from: x.body}
	p := identity.UpdateOperatorTokenParams{ExpiresAt: r.timestamp("tokenExpiryTimestamp"), RenewableUntil: r.timestamp("renewableUntilTimestamp")}
	if r.member("tokenName") != nil {
		name := r.text("tokenName")
		p.Name = &name
	}
	kind := r.number("tokenType")
	endpoints := r.texts("apiEndpoints")
	r.checkSettings(tokenSettings())
	err = r.checkAddressLimits()
	if r.err != nil {
		return answer{}, r.err
	}
	if err != nil {
		return answer{}, err
	}
	// 0 is what Go and C# clients send that say nothing, so a change reads it as absent.
	// It never widens a token; nor does an empty list. Limits alone narrow it.
	if kind == typeDefault && len(endpoints) > 0 {
		kind = typeCustom
	}
	if kind != typeDefault {
		scope, err := scopeOf(kind, endpoints)
		if err != nil {
			return answer{}, err
		}
		p.Scope = &scope
	}
	t, err := d.identity.UpdateOperatorToken(ctx, x.caller, id, p)
	if err != nil {
		return answer{}, err
	}
	return tokenAnswer(tokenFields(t)), nil
}

// revokeOperatorToken ends an access token and all that came of it by renewal.
func (d *dialect) revokeOperatorToken(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOperatorTokenID(x.tokenID)
	if err != nil {
		return answer{}, err
	}
	if err := d.identity.RevokeOperatorToken(ctx, x.caller, id); err != nil {
		return answer{}, err
	}
	return answer{message: flat(codeOK, "")}, nil
}

// renewOperatorToken returns a new pair for the current one. A refusal is no 401:
// on that clients would come again with the same pair.
func (d *dialect) renewOperatorToken(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	access, refresh := bareToken(r.requiredText("accessToken")), strings.TrimSpace(r.requiredText("refreshToken"))
	if r.err != nil {
		return answer{}, r.err
	}
	issued, err := d.identity.RenewOperatorToken(ctx, x.caller, access, refresh)
	if errors.Is(err, problem.Unauthenticated) {
		return answer{}, httpkit.Errorf(http.StatusBadRequest, "%s", problem.As(err).Message)
	}
	if err != nil {
		return answer{}, err
	}
	logCaller(x.info, issued.OperatorID)
	f := fields{scalar("accessToken", issued.Access.Reveal()), scalar("refreshToken", issued.Refresh.Reveal())}
	return answer{message: message{tokenRenewMessage, append(f, expiryFields(issued.OperatorToken)...)}}, nil
}
