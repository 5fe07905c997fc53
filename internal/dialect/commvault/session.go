// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	// maxMinutes prevents an overflow of time.Duration. The domain limits how long a session may be idle.
	maxMinutes = 1 << 20
	// rootName is the vendor's name for the server's own organization.
	rootName = "Commcell"
	// localProvider and capability are the values that a stand-alone server of the vendor returns. They
	// describe parts of its product that this server does not have.
	localProvider = 1
	capability    = 4328650366975
	loginName     = "DM2ContentIndexing_CheckCredentialResp"
)

// startSession answers Login. On this wire a refused log-in has status 200.
func (d *dialect) startSession(ctx context.Context, x exchange) (answer, error) {
	body, oldForm, err := unwrapOldForm(x.body)
	if err != nil {
		return answer{}, err
	}
	params, err := loginParams(body)
	if err != nil {
		return answer{}, err
	}
	issued, err := d.identity.StartSession(ctx, x.caller, params)
	if errors.Is(err, problem.Unauthenticated) || errors.Is(err, problem.Exhausted) {
		return answer{message: loginRefused(problem.As(err)), oldForm: oldForm}, nil
	}
	if err != nil {
		return answer{}, sessionMembers().translate(err)
	}
	logCaller(x.info, issued.OperatorID)
	return answer{message: loggedIn(issued), oldForm: oldForm}, nil
}

// unwrapOldForm returns the members of a log-in in the oldest JSON form, as if it had today's form. In the
// oldest form they are in a nested object, with @ before each name. It reports whether the body had that
// form, because the answer must have it too. Any other body is returned unchanged.
func unwrapOldForm(body object) (o object, oldForm bool, err error) {
	inner, ok := body["DM2ContentIndexing_CheckCredentialReq"].(map[string]any)
	if !ok || len(body) != 1 {
		return body, false, nil
	}
	o = object{}
	for name, value := range inner {
		name = strings.TrimPrefix(name, "@")
		if _, twice := o[name]; twice {
			return nil, false, httpkit.Errorf(http.StatusBadRequest, "%s is given twice.", name)
		}
		o[name] = value
	}
	return o, true, nil
}

func loginParams(body object) (identity.StartSessionParams, error) {
	r := reader{from: body}
	username, password := r.requiredText("username"), r.requiredText("password")
	domain := strings.TrimSpace(r.text("domain"))
	timeout := r.minutes("timeout")
	p := identity.StartSessionParams{Username: username, Password: decodePassword(password),
		DeviceID:    r.text("deviceId"),
		IdleTimeout: time.Duration(max(0, min(timeout, maxMinutes))) * time.Minute}
	if domain != "" && !strings.EqualFold(domain, rootName) {
		// This server has no directories, so no user of one exists. The failed attempt counts against the
		// whole name and not against our user of that name.
		p.Username, p.Password = domain+`\`+username, secret.NewPassword()
	}
	return p, r.err
}

// minutes returns how long a session may be idle. Like an absent member, an empty text means the default,
// since that grants nothing.
func (r *reader) minutes(name string) int64 {
	if text := r.member(name); text == "" || text == attribute("") {
		return 0
	}
	return r.number(name)
}

// decodePassword reads Base64, with or without padding. Invalid Base64 becomes a random password. The answer,
// its cost and the count of failures are then the same as for any wrong password.
func decodePassword(text string) secret.Secret {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
	if err != nil {
		return secret.NewPassword()
	}
	return secret.Of(string(b))
}

func loggedIn(i identity.IssuedSession) message {
	return message{loginName, fields{
		scalar("userName", i.Operator.Username),
		scalar("token", sessionText(i.Text)),
		scalar("userGUID", strings.ToUpper(i.Operator.ID)),
		scalar("aliasName", i.Operator.Number.String()),
		scalar("smtpAddress", ""),
		scalar("loginAttempts", int64(0)),
		scalar("remainingLockTime", int64(0)),
		scalar("providerType", int64(localProvider)),
		scalar("ccn", int64(0)),
		scalar("capability", int64(capability)),
		scalar("forcePasswordChange", false),
		scalar("isAccountLocked", false),
		repeated("errList"),
		nested("ownerOrganization", providerFields(i.Organization)...),
		nested("providerOrganization", providerFields(i.Organization)...),
		nested("additionalResp", repeated("nameValues")),
	}}
}

// providerFields is an organization as log-in answers show it.
func providerFields(o tenancy.Organization) fields {
	_, domain := namesOf(o)
	return fields{scalar("GUID", guidOf(o.ID)), scalar("providerId", int64(o.ID)),
		scalar("providerDomainName", domain)}
}

// namesOf returns an organization's name and alias on this wire.
func namesOf(o tenancy.Organization) (name, alias string) {
	if o.ID == tenancy.RootID {
		return rootName, rootName
	}
	return o.Name, o.Alias
}

// loginRefused returns the answer to a refused log-in. Its errList has one entry, because clients read the
// first one without checking.
func loginRefused(e *problem.Error) message {
	return message{loginName, fields{
		scalar("loginAttempts", int64(0)),
		scalar("remainingLockTime", seconds(e.RetryAfter)),
		scalar("isAccountLocked", e.Kind == problem.Exhausted),
		repeated("errList", fields{scalar("errLogMessage", e.Message),
			scalar("errorCode", int64(codeFailure))}),
	}}
}

// sessionText is the token in the form that clients store and send back.
func sessionText(token secret.Secret) string { return tokenScheme + " " + token.Reveal() }

// logout ends the caller's session.
func (d *dialect) logout(ctx context.Context, x exchange) (answer, error) {
	// Clients compare this text.
	return answer{plain: "User logged out"}, d.identity.Logout(ctx, x.caller)
}

// renewSession answers RenewLoginToken. A refusal has status 200, because clients answer a 401 with another
// renewal.
func (d *dialect) renewSession(ctx context.Context, x exchange) (answer, error) {
	r := reader{from: x.body}
	token, device := bareToken(r.text("sessionId")), r.text("deviceId")
	if r.err != nil {
		return answer{}, r.err
	}
	if token == "" {
		token = x.token
	}
	const name = "DM2ContentIndexing_RenewLoginTokenResp"
	issued, err := d.identity.RenewSession(ctx, x.caller, token, device)
	if errors.Is(err, problem.Unauthenticated) {
		text := problem.As(err).Message
		return answer{message: message{name, fields{nested("error", scalar("errLogMessage", text))}}}, nil
	}
	if err != nil {
		return answer{}, err
	}
	logCaller(x.info, issued.OperatorID)
	renewed := fields{scalar("token", sessionText(issued.Text)), nested("error")}
	return answer{message: message{name, renewed}}, nil
}
