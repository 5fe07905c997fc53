// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxAccept bounds how many ranges of an Accept header are read.
const maxAccept = 32

// Negotiate picks from offers, in the server's order of preference, the media
// type the Accept header, on one line or several, wants most (RFC 9110 §12.5.1).
// Without the header the first offer wins; when it takes none of them, false.
func Negotiate(h http.Header, offers ...string) (string, bool) {
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
	best, bestQ := "", 0.0
	for _, offer := range offers {
		if q := quality(accept, offer); q > bestQ {
			best, bestQ = offer, q
		}
	}
	return best, best != ""
}

// quality is the weight of the most specific range that matches the offer.
func quality(accept, offer string) float64 {
	q, specificity := 0.0, -1
	for i, part := range strings.Split(accept, ",") {
		if i == maxAccept {
			break
		}
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		s := match(media, offer)
		if s <= specificity {
			continue
		}
		specificity, q = s, 1
		if text, ok := params["q"]; ok {
			if v, err := strconv.ParseFloat(text, 64); err == nil && v >= 0 && v <= 1 {
				q = v
			}
		}
	}
	return q
}

// match says how specifically a range names the offer: 2 exactly, 1 by type/*,
// 0 by */*, -1 not at all.
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
