// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/problem"
)

// QueryOf returns the parameters of a request's address. It is for the handlers
// of a Door: a Door refuses an address whose parameters cannot be read before it
// runs a handler. Elsewhere such an address panics, because an unreadable query
// must never look like one without parameters.
func QueryOf(r *http.Request) url.Values {
	if query := InfoOf(r).query; query != nil {
		return *query
	}
	if r.URL.RawQuery == "" {
		return url.Values{}
	}
	query, err := parseForm(codeTheQuery, r.URL.RawQuery)
	if err != nil {
		panic(err)
	}
	return query
}

// ParseForm reads a body of the type application/x-www-form-urlencoded. Its
// errors are of status 400.
func ParseForm(body []byte) (url.Values, error) {
	return parseForm(codeTheForm, string(body))
}

// parseForm reads names and values between ampersands, as browsers and servers of
// Java do (WHATWG URL, section 5.1): a semicolon is a character like any other. It is
// stricter in one way: it refuses a text that is ambiguous or cannot be read. The
// subject names the text in errors.
func parseForm(subject problem.Code, text string) (url.Values, error) {
	values := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return nil, refusal(http.StatusBadRequest, codeBadEscape, Word(subject))
		}
		if !isText(name) || !isText(value) {
			return nil, refusal(http.StatusBadRequest, codeNotText, Word(subject))
		}
		values[name] = append(values[name], value)
	}
	return values, nil
}

// MeantName returns the name that a program means by a parameter or a field. Libraries
// write one value of several as fq[] or fq[0], links from pages have amp; before a name,
// and some texts begin with a byte order mark or have blanks around them. A parameter
// that is written so must not be taken for an absent one.
func MeantName(name string) string {
	name = strings.TrimSpace(strings.TrimPrefix(name, byteOrderMark))
	for strings.HasPrefix(name, "amp;") {
		name = strings.TrimPrefix(name, "amp;")
	}
	name, _, _ = strings.Cut(name, "[")
	return strings.TrimSpace(name)
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// readable wraps a handler so that it runs only if the query can be read.
func readable(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.RawQuery != "" {
			query, err := parseForm(codeTheQuery, r.URL.RawQuery)
			if err != nil {
				return err
			}
			InfoOf(r).query = &query
		}
		return h(w, r)
	}
}
