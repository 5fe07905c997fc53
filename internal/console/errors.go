// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"
	"net/http"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// signInFirst is the error of a page that needs somebody who is signed in.
type signInFirst struct{}

func (signInFirst) Error() string { return "nobody is signed in" }

// failure is an error with the exchange that knows who is signed in.
type failure struct {
	x   *exchange
	err error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed returns the error of a handler for writeError, or sends people to the sign-in page.
func (x *exchange) failed(err error) error {
	if errors.Is(err, problem.Unauthenticated) || errors.As(err, &signInFirst{}) {
		if x.cookie(cookieSession) != "" {
			x.removeCookie(cookieSession)
		}
		return x.redirect(signInPath(x.r))
	}
	return &failure{x, err}
}

// errorPage is what the page of an error shows.
type errorPage struct {
	Title     string // key of its message
	Message   string // in the language; "": the title says it all
	RequestID string // for errors of the server, to find it in the log
}

// writeError writes the page of an error. The cause never reaches the browser.
func (c *console) writeError(w http.ResponseWriter, r *http.Request, err error) {
	x := c.exchangeOf(w, r)
	var f *failure
	var he *httpkit.Error
	switch {
	case errors.As(err, &f):
		x, err = f.x, f.err
	case errors.As(err, &he) && he.Status == http.StatusNotFound && r.Method == http.MethodGet:
		// No handler has run. A page that does not exist looks like one that the caller may not see.
		if signedIn, err := c.newExchange(w, r); err == nil {
			x = signedIn
		}
	}
	status, page := x.describe(err)
	if err := x.showStatus(status, "error", page); err != nil {
		// The pages cannot be read, which the tests of this package exclude.
		httpkit.Write(w, http.StatusInternalServerError, "text/plain; charset=utf-8",
			[]byte("Something went wrong on the server.\n"))
	}
}

// describe returns the status of an error and its page. A page that the caller may not see looks
// like one that does not exist.
func (x *exchange) describe(err error) (int, errorPage) {
	var he *httpkit.Error
	if errors.As(err, &he) {
		he.SetRetryAfter(x.w.Header())
		if he.Status == http.StatusNotFound {
			return he.Status, errorPage{Title: "error.title.not_found", Message: x.words.say("error.no_page")}
		}
		page := errorPage{Title: titleOf(he.Status), Message: x.words.phrase(he.Phrase)}
		if he.Status >= http.StatusInternalServerError {
			page.RequestID = x.info.RequestID
		}
		return he.Status, page
	}
	e := problem.As(err)
	status := statusOf(e.Kind)
	if status == http.StatusForbidden && x.r.Method != http.MethodPost {
		status = http.StatusNotFound
	}
	if e.Kind == problem.Exhausted || e.Kind == problem.Unavailable {
		httpkit.SetRetryAfter(x.w.Header(), e.RetryAfter)
	}
	page := errorPage{Title: titleOf(status), Message: x.words.problem(e)}
	switch {
	case status == http.StatusNotFound:
		page.Message = x.words.say("error.no_page")
	case status >= http.StatusInternalServerError:
		page.RequestID = x.info.RequestID
	}
	return status, page
}

func titleOf(status int) string {
	switch {
	case status == http.StatusNotFound:
		return "error.title.not_found"
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return "error.title.busy"
	case status >= http.StatusInternalServerError:
		return "error.title.server"
	}
	return "error.title.refused"
}

func statusOf(k problem.Kind) int {
	switch k {
	case problem.Invalid:
		return http.StatusUnprocessableEntity
	case problem.Unauthenticated, problem.Denied:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.Expired:
		return http.StatusGone
	case problem.Exhausted:
		return http.StatusTooManyRequests
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
