// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	pathSignIn  = "/sign-in"
	pathSignOut = "/sign-out"
)

// The names of the fields; those of errors are the domain's.
const (
	fieldCode = "code"
	fieldNext = "next"
)

func (c *console) signInRoutes() []page {
	return []page{
		{name: "readSignIn", method: http.MethodGet, path: pathSignIn, handle: c.readSignIn, open: true},
		{name: "signIn", method: http.MethodPost, path: pathSignIn, handle: c.signIn, open: true,
			class: httpkit.LogIn},
		{name: "signOut", method: http.MethodPost, path: pathSignOut, handle: c.signOut, open: true},
	}
}

// signInPage is what the page shows.
type signInPage struct {
	Form *form
	// Plain: what is typed can be read on its way, because the browser did not use HTTPS and is not on
	// this machine.
	Plain bool
}

func signInFields() []field {
	return []field{
		{Name: identity.FieldUsername, Required: true, Autocomplete: "username"},
		{Name: identity.FieldPassword, Type: "password", Required: true, Autocomplete: "current-password",
			Codes: []problem.Code{problem.CodeInvalidCredentials}},
		{Name: fieldCode, Hint: true, Autocomplete: "one-time-code"},
		{Name: fieldNext, Type: "hidden"},
	}
}

// readSignIn answers GET /console/sign-in.
func (c *console) readSignIn(x *exchange) error {
	next := c.localPath(httpkit.QueryOf(x.r).Get(fieldNext))
	if x.signedIn() {
		return x.redirect(next)
	}
	f := x.newForm(Root+pathSignIn, "action.sign_in", signInFields(), map[string]string{fieldNext: next})
	return x.show("signin", signInPage{f, x.plain()})
}

// signIn answers POST /console/sign-in. A session that the browser had ends.
func (c *console) signIn(x *exchange) error {
	next := c.localPath(x.sent.Get(fieldNext))
	p := identity.StartSessionParams{Username: strings.TrimSpace(x.sent.Get(identity.FieldUsername)),
		Password: secret.Of(x.sent.Get(identity.FieldPassword)), Browser: true,
		DeviceID: deviceOf(x.r.UserAgent())}
	p.TOTPCode, p.RecoveryCode = codesOf(x.sent.Get(fieldCode))
	origin := tenancy.Origin{Address: x.info.Address, RequestID: x.info.RequestID}
	issued, err := c.identity.StartSession(x.r.Context(), tenancy.Anonymous(origin), p)
	if err != nil {
		return x.signInAgain(err)
	}
	if x.signedIn() {
		if err := c.identity.Logout(x.r.Context(), x.caller); err != nil &&
			!errors.Is(err, problem.Unauthenticated) {
			return err
		}
	}
	x.info.Caller = string(tenancy.OperatorCaller) + ":" + issued.OperatorID
	x.setCookie(cookieSession, issued.Text.Reveal(), 0)
	return x.redirect(next)
}

// signInAgain shows the form with what was wrong.
func (x *exchange) signInAgain(err error) error {
	e := problem.As(err)
	if e.Kind == problem.Unauthenticated {
		e = problem.New(problem.Denied, e.Code)
	}
	f, err := x.sentForm(Root+pathSignIn, "action.sign_in", signInFields(), ofCode(e))
	if err != nil {
		return err
	}
	f.field(fieldNext).Value = x.c.localPath(x.sent.Get(fieldNext))
	return x.showAgain("signin", e, signInPage{f, x.plain()})
}

// signOut answers POST /console/sign-out. Who is signed out already is told the same.
func (c *console) signOut(x *exchange) error {
	if x.signedIn() {
		if err := c.identity.Logout(x.r.Context(), x.caller); err != nil &&
			!errors.Is(err, problem.Unauthenticated) {
			return err
		}
	}
	x.removeCookie(cookieSession)
	return x.done(Root+pathSignIn, "notice.signed_out")
}

// signInPath returns the address of the sign-in page that leads back to the page of a request.
func signInPath(r *http.Request) string {
	back := r.URL.Path
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	if back == Root || r.Method != http.MethodGet {
		return Root + pathSignIn
	}
	return Root + pathSignIn + "?" + url.Values{fieldNext: {back}}.Encode()
}

// plain reports whether others can read what the browser sends.
func (x *exchange) plain() bool {
	host := x.info.Host
	if u, err := url.Parse("http://" + host); err == nil {
		host = u.Hostname()
	}
	local := []string{"localhost", "127.0.0.1", "::1"}
	return !x.secure() && !slices.Contains(local, strings.ToLower(host))
}

// named returns the name that follows the first sign that is in a text; "" if none is.
func named(text string, signsAndNames ...string) string {
	for i := 0; i < len(signsAndNames); i += 2 {
		if strings.Contains(text, signsAndNames[i]) {
			return signsAndNames[i+1]
		}
	}
	return ""
}

// maxDevice is how many bytes are stored of what a browser calls itself.
const maxDevice = 200

// deviceOf returns what the list of sessions calls a browser, such as "Firefox, Linux", or what the
// browser calls itself if it is none of the common ones.
func deviceOf(agent string) string {
	// The first one that is found counts: most call themselves Safari and Chrome, too.
	browser := named(agent, "Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome",
		"Safari/", "Safari")
	system := named(agent, "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows",
		"Mac OS X", "macOS", "Linux", "Linux")
	if browser != "" && system != "" {
		return browser + ", " + system
	}
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, agent)
	return clean[:min(len(clean), maxDevice)]
}
