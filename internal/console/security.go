// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
)

// policy lets a page load its own style, script and pictures, and send forms to this server.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// setHeaders sets the headers of every page. httpkit.Write adds no-store and nosniff.
func (x *exchange) setHeaders() {
	h := x.w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// checkOrigin refuses a form that a page of another site sent.
func (c *console) checkOrigin(r *http.Request) error {
	// The host by which the browser reached the server may be in a header of a trusted proxy.
	seen := &http.Request{Method: r.Method, URL: r.URL, Header: r.Header, Host: httpkit.InfoOf(r).Host}
	if err := c.origins.Check(seen); err != nil {
		return httpkit.NewError(http.StatusForbidden, say(codeForeignForm))
	}
	return nil
}

// The cookies. Over HTTPS each has the prefix __Host-, so that neither a subdomain nor plain HTTP
// can set it. Browsers refuse that prefix over plain HTTP, which is for loopback.
const (
	cookieSession  = "gatehouse-session"
	cookieNotice   = "gatehouse-notice"
	cookieLanguage = "gatehouse-language"
	cookieTheme    = "gatehouse-theme"

	hostPrefix = "__Host-"
)

func (x *exchange) secure() bool { return x.info.Scheme == "https" }

func (x *exchange) cookieName(name string) string {
	if x.secure() {
		return hostPrefix + name
	}
	return name
}

// cookie returns the value of a cookie; "" if there is none, or more than one.
func (x *exchange) cookie(name string) string {
	if found := x.r.CookiesNamed(x.cookieName(name)); len(found) == 1 {
		return found[0].Value
	}
	return ""
}

// setCookie sets a cookie for a time; 0: until the browser is closed; negative: it is removed.
func (x *exchange) setCookie(name, value string, life time.Duration) {
	http.SetCookie(x.w, &http.Cookie{Name: x.cookieName(name), Value: value, Path: "/", HttpOnly: true,
		Secure: x.secure(), SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)})
}

func (x *exchange) removeCookie(name string) { x.setCookie(name, "", -time.Second) }

// localPath returns a path with its query if it is the address of a page of the console, and that
// of the overview otherwise. A link to the sign-in page can name no other place.
func (c *console) localPath(sent string) string {
	u, err := url.Parse(sent)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(u.Path, "/") || path.Clean(u.Path) != u.Path ||
		strings.ContainsAny(sent, "\\\r\n\t") || len(sent) > maxPath {
		return Root
	}
	_, pattern := c.local.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: u.Path}})
	if pattern == "" {
		return Root
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// maxPath is the longest address that is remembered over a sign-in, in bytes.
const maxPath = 2048
