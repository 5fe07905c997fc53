// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"
	"strconv"
	"strings"
)

// Write answers with a whole body. No cache may store the answer: most answers contain
// a secret, and the others depend on the caller. A long answer is sent when the handler has
// returned, if there is room for it: see unread. The body must not be changed.
func Write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	// The four values share one piece of memory, and none can grow into the next. It is one
	// of the parts of docs/decisions/0014 that save a tenth of a quick request together.
	v := [...]string{contentType, strconv.Itoa(len(body)), "no-store", "nosniff"}
	h["Content-Type"], h["Content-Length"] = v[0:1:1], v[1:2:2]
	h["Cache-Control"], h["X-Content-Type-Options"] = v[2:3:3], v[3:4:4]
	Send(w, status, body)
}

// Send is Write for an answer whose header is set.
func Send(w http.ResponseWriter, status int, body []byte) {
	if rec, ok := w.(*recorder); ok && rec.hold(status, body) {
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone, so the error is of no use
}

// WriteHead answers a HEAD request without saying how long the body of a GET would
// be, for bodies whose length depends on a secret.
func WriteHead(w http.ResponseWriter, status int, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}

// Bearer returns the credential of an Authorization: Bearer header (RFC 6750
// §2.1), the scheme in any letter case; "" without one.
func Bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
