// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxAccept bounds how many ranges of an Accept header are read.
const maxAccept = 32

// Negotiate returns the offer that the Accept header, on one line or several, prefers
// (RFC 9110, section 12.5.1). The offers are in the server's order of preference. Among
// equal weights the offer that is named most precisely wins, then the first one.
// Without the header the first offer wins. If the header accepts none, ok is false.
func Negotiate(h http.Header, offers ...string) (media string, ok bool) {
	lines := h["Accept"]
	switch {
	case len(lines) == 0, len(lines) == 1 && lines[0] == "*/*":
		return offers[0], true
	case len(lines) == 1 && slices.Contains(offers, lines[0]): // what most programs send
		return lines[0], true
	}
	accept := strings.Join(lines, ",")
	if strings.TrimSpace(accept) == "" {
		return offers[0], true
	}
	ranges := rangesOf(accept)
	bestWeight, bestPrecision := 0.0, -1
	for _, offer := range offers {
		weight, precision := quality(ranges, offer)
		if weight > bestWeight || weight == bestWeight && weight > 0 && precision > bestPrecision {
			media, bestWeight, bestPrecision = offer, weight, precision
		}
	}
	return media, media != ""
}

// mediaRange is one element of an Accept header.
type mediaRange struct {
	media  string // in lower case
	weight float64
}

// rangesOf reads an Accept header. It skips ranges that cannot be read, and every
// parameter except the weight.
func rangesOf(accept string) (ranges []mediaRange) {
	for i, element := range unquoted(accept, ',') {
		if i == maxAccept {
			break
		}
		parts := unquoted(element, ';')
		media := strings.ToLower(strings.TrimSpace(parts[0]))
		if isMediaType(media) {
			ranges = append(ranges, mediaRange{media, weightOf(parts[1:])})
		}
	}
	return ranges
}

// weightOf returns the weight among the parameters of a range. It is 1 if there is none
// or if it is no number from 0 to 1.
func weightOf(parameters []string) float64 {
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.Trim(value, " \t\""), 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
		return 1
	}
	return 1
}

// unquoted splits a text at a separator that is outside quoted strings. A quote
// that is never closed is a character like any other.
func unquoted(text string, separator byte) (parts []string) {
	begin := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case separator:
			parts, begin = append(parts, text[begin:i]), i+1
		case '"':
			if end := closingQuote(text[i+1:]); end >= 0 {
				i += 1 + end
			} else {
				return append(parts, strings.Split(text[begin:], string(separator))...)
			}
		}
	}
	return append(parts, text[begin:])
}

// closingQuote returns the index of the closing quote of a quoted string. The text
// begins after the opening quote. It returns -1 if there is no closing quote.
func closingQuote(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// quality returns the weight of the most precise range that matches the offer,
// and its precision: 2 for the type itself, 1 for type/*, 0 for */*, -1 if no range
// matches.
func quality(ranges []mediaRange, offer string) (weight float64, precision int) {
	precision = -1
	for _, r := range ranges {
		if p := match(r.media, offer); p > precision {
			precision, weight = p, r.weight
		}
	}
	return weight, precision
}

// match returns how precisely a range names the offer, as quality does.
func match(media, offer string) int {
	switch {
	case media == offer:
		return 2
	case media == "*/*":
		return 0
	case strings.HasSuffix(media, "/*") && strings.HasPrefix(offer, strings.TrimSuffix(media, "*")):
		return 1
	}
	return -1
}
