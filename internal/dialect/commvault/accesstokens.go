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

// The vendor's access tokens are operator tokens in the domain. The vendor publishes no XML for them, so the
// names of the messages are ours.
const (
	tokenMessage      = "AccessTokenResponse"
	tokenListMessage  = "AccessTokenListResponse"
	tokenRenewMessage = "AccessTokenRenewResponse"
)

// The numbers of the vendor's scopes. SCIM (1), 1-Touch (4) and Hyperscale (5) are parts of its product that
// this server does not have.
const (
	typeDefault = 0 // all operations
	typeAll     = 2
	typeCustom  = 3
)

// inTokenError is the error form of the operations that answer with a token.
func inTokenError(code int, text string) message {
	return message{tokenMessage, fields{nested("error", scalar("errorCode", int64(code)),
		scalar("errorMessage", text))}}
}

// issueOperatorToken creates an access token. Only this answer shows its access and refresh texts.
func (d *dialect) issueOperatorToken(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	p := identity.IssueOperatorTokenParams{OperatorID: r.userID(), Name: r.requiredText("tokenName"),
		ExpiresAt:      r.timestamp("tokenExpiryTimestamp"),
		RenewableUntil: r.timestamp("renewableUntilTimestamp")}
	kind := r.number("tokenType") // if absent, all operations, as the vendor's own clients expect
	endpoints := r.texts("apiEndpoints")
	if kind == typeDefault && r.has("apiEndpoints") && len(endpoints) == 0 {
		r.addError("apiEndpoints",
			"is empty. Leave it out, or send tokenType 2, for a token that is good for all calls.")
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
		return answer{}, tokenMembers().translate(err)
	}
	info := append(tokenFields(issued.OperatorToken), scalar("accessToken", issued.Access.Reveal()),
		scalar("refreshToken", issued.Refresh.Reveal()))
	return tokenAnswer(info), nil
}

func tokenAnswer(info fields) answer {
	return answer{message: message{tokenMessage, fields{nested("error", scalar("errorCode", int64(codeOK))),
		nested("tokenInfo", info...)}}}
}

// tokenFields is an access token without its texts, as every operation but the renewal shows it.
func tokenFields(t tenancy.OperatorToken) fields {
	kind := int64(typeAll)
	if t.Scope.Kind == tenancy.ScopeCustom {
		kind = typeCustom
	}
	f := fields{scalar("accessTokenId", int64(t.ID)), scalar("tokenName", t.Name),
		scalar("userId", int64(t.Operator)), scalar("tokenType", kind),
		texts("apiEndpoints", t.Scope.PathPrefixes)}
	return append(f, expiryFields(t)...)
}

// expiryFields are the three times at which a token ends, in seconds since 1970.
func expiryFields(t tenancy.OperatorToken) fields {
	unix := func(name string, at time.Time) field { return scalar(name, at.Unix()) }
	return fields{unix("tokenExpiryTimestamp", t.ExpiresAt),
		unix("renewableUntilTimestamp", t.RenewableUntil),
		unix("refreshTokenExpiryTimestamp", t.RefreshableUntil())}
}

// scopeOf converts a scope of the wire to the domain's. It refuses a scope that this server does not have.
func scopeOf(kind int64, endpoints []string) (tenancy.Scope, error) {
	limit := tenancy.ScopeAll
	switch kind {
	case typeDefault, typeAll:
	case typeCustom:
		limit = tenancy.ScopeCustom
	default:
		return tenancy.Scope{}, phrase(codeTokenType).Error(problem.Invalid)
	}
	scope, err := tenancy.NewScope(limit, endpoints)
	return scope, tokenMembers().translate(err)
}

// userID returns the user for whom a token is made, or "" for the caller. Clients that have no user send 0.
// An empty text is an error: the client probably forgot to fill it in.
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

// checkAddressLimits refuses a list of addresses. Ignoring it would make a token that can do more than its
// creator thinks.
func (r *reader) checkAddressLimits() error {
	if len(r.texts("allowedIPs")) > 0 || r.flag("enableIPAllowListFeature") {
		return phrase(codeAllowedIPs).Error(problem.Invalid)
	}
	return nil
}

// listOperatorTokens returns the access tokens of a user, without their texts.
func (d *dialect) listOperatorTokens(ctx context.Context, x exchange) (answer, error) {
	userID, err := x.query.single("userId")
	if err != nil {
		return answer{}, err
	}
	if userID == "" {
		userID = selfUser
	}
	list, err := d.identity.ListOperatorTokens(ctx, x.caller, operatorRef(userID))
	if err != nil {
		return answer{}, err
	}
	items := make([]fields, len(list))
	for i, t := range list {
		items[i] = tokenFields(t)
	}
	return answer{message: message{tokenListMessage, fields{repeated("accessTokens", items...)}}}, nil
}

// updateOperatorToken changes the members that the body has and leaves the others.
func (d *dialect) updateOperatorToken(ctx context.Context, x exchange) (answer, error) {
	id, err := tenancy.ParseOperatorTokenID(x.tokenID)
	if err != nil {
		return answer{}, err
	}
	r := reader{from: x.body}
	p := identity.UpdateOperatorTokenParams{ExpiresAt: r.timestamp("tokenExpiryTimestamp"),
		RenewableUntil: r.timestamp("renewableUntilTimestamp")}
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
	// Go and C# clients send 0 for a member that is not set, so a change treats 0 as absent. Neither 0 nor an
	// empty list widens the scope of a token. A list without a type narrows it.
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
		return answer{}, tokenMembers().translate(err)
	}
	return tokenAnswer(tokenFields(t)), nil
}

// revokeOperatorToken revokes an access token and all tokens that were renewed from it.
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

// renewOperatorToken returns a new pair for the current one. A refusal is not a 401, because clients would
// answer a 401 with the same pair again.
func (d *dialect) renewOperatorToken(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	access, refresh := bareToken(r.requiredText("accessToken")),
		strings.TrimSpace(r.requiredText("refreshToken"))
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
	f := fields{scalar("accessToken", issued.Access.Reveal()),
		scalar("refreshToken", issued.Refresh.Reveal())}
	return answer{message: message{tokenRenewMessage, append(f, expiryFields(issued.OperatorToken)...)}}, nil
}
