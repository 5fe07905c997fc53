// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	keyHeader = "Idempotency-Key"
	maxKey    = 255
)

// repeatOf reads Idempotency-Key, and what makes the request the one that it names: the
// operation with its path, and every byte of the body. Nil: the request has no such header.
func repeatOf(w http.ResponseWriter, r *http.Request) (*tenancy.Repeat, error) {
	values, sent := r.Header[keyHeader]
	if !sent {
		return nil, nil
	}
	key, ok := "", len(values) == 1
	if ok {
		key, ok = parseKey(values[0])
	}
	if !ok {
		return nil, httpkit.NewError(http.StatusBadRequest, say(codeBadIdempotencyKey, maxKey))
	}
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return nil, err
	}
	return &tenancy.Repeat{Key: secret.Of(key),
		Request: secret.FingerprintOf(r.Method, r.URL.EscapedPath(), string(body))}, nil
}

// parseKey returns the key: a String of structured fields (RFC 9651, section 3.3.3), as
// the draft of the header wants it, or the same text without its quotes, as most programs
// send it. Parameters are refused.
func parseKey(header string) (string, bool) {
	quoted := strings.HasPrefix(header, `"`)
	var key strings.Builder
	rest := strings.TrimPrefix(header, `"`)
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == '"':
			return key.String(), quoted && i == len(rest)-1 && fits(key.Len())
		case c == '\\' && quoted && i+1 < len(rest) && (rest[i+1] == '"' || rest[i+1] == '\\'):
			i++
			c = rest[i]
		case c == '\\' || c < ' ' || c > '~' || !quoted && strings.IndexByte(" ,;", c) >= 0:
			return "", false
		}
		key.WriteByte(c)
	}
	return key.String(), !quoted && fits(key.Len())
}

func fits(n int) bool { return n > 0 && n <= maxKey }
