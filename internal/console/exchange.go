// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"
	"net/http"
	"net/url"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// exchange is one request and its answer.
type exchange struct {
	c      *console
	w      http.ResponseWriter
	r      *http.Request
	info   *httpkit.Info
	words  words // of the language
	theme  string
	caller tenancy.Caller // anonymous if nobody is signed in
	sent   url.Values     // what a form sent; nil of a page
}

// newExchange reads who is signed in and what a form sent. On an error the exchange can still show
// a page.
func (c *console) newExchange(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	x := c.exchangeOf(w, r)
	origin := tenancy.Origin{Address: x.info.Address, RequestID: x.info.RequestID}
	x.caller = tenancy.Anonymous(origin)
	if r.Method == http.MethodPost {
		if err := c.checkOrigin(r); err != nil {
			return x, err
		}
		sent, err := readForm(w, r)
		if err != nil {
			return x, err
		}
		x.sent = sent
	}
	token := x.cookie(cookieSession)
	if token == "" {
		return x, nil
	}
	caller, err := c.identity.AuthenticateBrowser(r.Context(), origin, token)
	if errors.Is(err, problem.Unauthenticated) {
		return x, nil
	}
	if err != nil {
		return x, err
	}
	x.caller, x.info.Caller = caller, caller.Ref()
	return x, nil
}

// exchangeOf returns the exchange of a request of which nothing but its headers is known.
func (c *console) exchangeOf(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{c: c, w: w, r: r, info: httpkit.InfoOf(r)}
	x.words, x.theme = x.wordsWanted(), x.themeWanted()
	return x
}

// admit sends people to the sign-in page who must be signed in, and names the request of a form
// that may be sent twice.
func (x *exchange) admit(p page) error {
	if p.open {
		return nil
	}
	if !x.signedIn() {
		return signInFirst{}
	}
	if p.method == http.MethodPost {
		repeat, err := repeatOf(x.r, x.sent)
		x.caller.Repeat = repeat
		return err
	}
	return nil
}

func (x *exchange) signedIn() bool { return x.caller.Kind == tenancy.OperatorCaller }

// may reports whether the caller has a permission, for links to what it may do.
func (x *exchange) may(p tenancy.Permission) bool { return x.caller.May(p) }

// mayForAll reports whether the caller is of the server itself and has a permission.
func (x *exchange) mayForAll(p tenancy.Permission) bool {
	return x.caller.Organization == tenancy.RootID && x.caller.May(p)
}

// redirect sends the browser to another page, which it reads with GET.
func (x *exchange) redirect(to string) error {
	x.setHeaders()
	x.w.Header().Set("Location", to)
	httpkit.Write(x.w, http.StatusSeeOther, "text/html; charset=utf-8", nil)
	return nil
}

// done is redirect after a form did its work. notice is the key of the message that the next page
// shows once.
func (x *exchange) done(to, notice string) error {
	x.setCookie(cookieNotice, notice, 0)
	return x.redirect(to)
}
