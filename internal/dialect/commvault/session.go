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
	// maxMinutes keeps the product with a minute within a time.Duration; how
	// long a session may be idle is the domain's rule.
	maxMinutes = 1 << 20
	// rootName is what the vendor calls the server's own organization.
	rootName = "Commcell"
	// localProvider and capability are what a stand-alone server of the vendor
	// answers; they are about parts of its product that are not here.
	localProvider = 1
	capability    = 4328650366975
	loginName     = "DM2ContentIndexing_CheckCredentialResp"
)

// startSession answers Login. A refused log-in is no HTTP error on this wire.
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
		return answer{}, err
	}
	logCaller(x.info, issued.OperatorID)
	return answer{message: loggedIn(issued), oldForm: oldForm}, nil
}

// unwrap returns the members of a log-in in the oldest JSON form, an object in an
// object with @ before each name, as if they had come in today's form, and tells
// whether it was that form: it is answered in kind. Anything else stays as it is.
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
	p := identity.StartSessionParams{Username: username, Password: decodePassword(password), DeviceID: r.text("deviceId"),
		IdleTimeout: time.Duration(max(0, min(timeout, maxMinutes))) * time.Minute}
	if domain != "" && !strings.EqualFold(domain, rootName) {
		// There are no directories, so nobody of one can be right. The guess
		// is counted against the whole name, not against our user of that name.
		p.Username, p.Password = domain+`\`+username, secret.NewPassword()
	}
	return p, r.err
}

// minutes returns how long a session may be idle. An empty text is the usual time
// here, as the absent member is: nothing is opened by it.
func (r *reader) minutes(name string) int64 {
	if text := r.member(name); text == "" || text == attribute("") {
		return 0
	}
	return r.number(name)
}

// decodePassword reads Base64, with or without padding. What is none becomes a
// password that nobody has: the answer, its cost and the count of failures are
// then those of any wrong one.
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
	return fields{scalar("GUID", guidOf(o.ID)), scalar("providerId", int64(o.ID)), scalar("providerDomainName", domain)}
}

// namesOf returns an organization's name and alias on this wire.
func namesOf(o tenancy.Organization) (name, alias string) {
	if o.ID == tenancy.RootID {
		return rootName, rootName
	}
	return o.Name, o.Alias
}

// loginRefused has an errList of one: clients take its first entry unasked.
func loginRefused(e *problem.Error) message {
	return message{loginName, fields{
		scalar("loginAttempts", int64(0)),
		scalar("remainingLockTime", seconds(e.RetryAfter)),
		scalar("isAccountLocked", e.Kind == problem.Exhausted),
		repeated("errList", fields{scalar("errLogMessage", e.Message), scalar("errorCode", int64(codeFailure))}),
	}}
}

// sessionText is the token as clients keep it and send it back.
func sessionText(token secret.Secret) string { return tokenScheme + " " + token.Reveal() }

// logout ends the session the caller came with.
func (d *dialect) logout(ctx context.Context, x exchange) (answer, error) {
	// The exact text: clients compare it.
	return answer{plain: "User logged out"}, d.identity.Logout(ctx, x.caller)
}

// renewSession answers RenewLoginToken. A refusal is no HTTP error: on a 401
// clients would call this again.
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
	return answer{message: message{name, fields{scalar("token", sessionText(issued.Text)), nested("error")}}}, nil
}
