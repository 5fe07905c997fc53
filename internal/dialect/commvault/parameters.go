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

// parameters are the query parameters of a request, by name in lower case. Clients write both Fl and fl, both
// Sort and sort, and libraries write fq[] for fq.
type parameters map[string][]string

// parametersOf returns the parameters of a request. A name in two spellings counts as a name that is sent
// twice.
func parametersOf(r *http.Request) parameters {
	values, p := httpkit.QueryOf(r), parameters{}
	// sorted, so that the same request always has the same result
	for _, name := range slices.Sorted(maps.Keys(values)) {
		lower := strings.ToLower(httpkit.MeantName(name))
		p[lower] = append(p[lower], values[name]...)
	}
	return p
}

// has reports whether a parameter was sent, even if it is empty.
func (p parameters) has(name string) bool { return len(p[strings.ToLower(name)]) > 0 }

// single returns a parameter that may be sent only once, or "" if it is absent. The name is in
// the vendor's spelling, for the error; letter case does not matter.
func (p parameters) single(name string) (string, error) {
	values := p[strings.ToLower(name)]
	if len(values) > 1 {
		return "", badParameter(name, "must be sent once.")
	}
	return strings.Join(values, ""), nil
}

// nonEmpty is single for a parameter that must not be empty. It reports whether the parameter was sent.
func (p parameters) nonEmpty(name, should string) (text string, given bool, err error) {
	if !p.has(name) {
		return "", false, nil
	}
	if text, err = p.single(name); err == nil && strings.TrimSpace(text) == "" {
		err = badParameter(name, "is empty. "+should)
	}
	return text, true, err
}

// number returns a parameter that must be a whole number from least to most, or the fallback if it is absent.
func (p parameters) number(name string, fallback, least, most int) (int, error) {
	text, given, err := p.nonEmpty(name, "Send a whole number, or leave it out.")
	if err != nil || !given {
		return fallback, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, badParameter(name,
			"must be a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+".")
	}
	return n, nil
}

// badParameter returns an error of status 400 that names the parameter.
func badParameter(name, should string) error {
	e := httpkit.Errorf(http.StatusBadRequest, "%s %s", name, should)
	e.Field = name
	return e
}

// quoted returns the start of a client's text in quotes, without control characters.
func quoted(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.QuoteToGraphic(text)
}
