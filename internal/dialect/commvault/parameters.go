// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
)

// parameters are those of an address, by name in lower case: clients write Fl
// and fl, Sort and sort, and libraries write fq[] for fq.
type parameters map[string][]string

// parametersOf returns those of a request. A name in two spellings counts as one
// that is sent twice.
func parametersOf(r *http.Request) parameters {
	values, p := httpkit.QueryOf(r), parameters{}
	for _, name := range slices.Sorted(maps.Keys(values)) { // sorted: one request has one meaning
		lower := strings.ToLower(httpkit.MeantName(name))
		p[lower] = append(p[lower], values[name]...)
	}
	return p
}

// has reports whether a parameter was sent, if only empty.
func (p parameters) has(name string) bool { return len(p[strings.ToLower(name)]) > 0 }

// one returns a parameter that may be sent once, by the vendor's spelling of its name;
// "" when it is not there.
func (p parameters) one(name string) (string, error) {
	values := p[strings.ToLower(name)]
	if len(values) > 1 {
		return "", badParameter(name, "must be sent once.")
	}
	return strings.Join(values, ""), nil
}

// required is one for a parameter that must not be empty when it is there. It
// reports whether it is.
func (p parameters) required(name, should string) (text string, given bool, err error) {
	if !p.has(name) {
		return "", false, nil
	}
	if text, err = p.one(name); err == nil && strings.TrimSpace(text) == "" {
		err = badParameter(name, "is empty. "+should)
	}
	return text, true, err
}

// number returns a parameter that must be a whole number between two, or the
// fallback when it is absent.
func (p parameters) number(name string, fallback, least, most int) (int, error) {
	text, given, err := p.required(name, "Send a whole number, or leave it out.")
	if err != nil || !given {
		return fallback, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, badParameter(name, "must be a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+".")
	}
	return n, nil
}

// badParameter is an error of status 400 that names the parameter.
func badParameter(name, should string) error {
	e := httpkit.Errorf(http.StatusBadRequest, "%s %s", name, should)
	e.Field = name
	return e
}

// echoed shows a little of what a stranger sent, harmlessly.
func echoed(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.QuoteToGraphic(text)
}
