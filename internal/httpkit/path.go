// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// CleanPaths normalizes the path of every request before any handler reads it: it
// removes doubled and trailing slashes and dot segments. It never redirects, because
// most clients repeat a redirected POST as a GET.
func CleanPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		escaped := r.URL.EscapedPath()
		if clean := cleanPath(escaped); clean != escaped {
			if u, err := r.URL.Parse(clean); err == nil {
				r = withURL(r, u.Path, u.RawPath)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// cleanPath works on the escaped form, so that an escaped slash stays part of
// its segment.
func cleanPath(escaped string) string {
	if !strings.HasPrefix(escaped, "/") {
		escaped = "/" + escaped
	}
	return path.Clean(escaped)
}

// foldPath lowers the letters of the path, for wires that ignore their case. It works
// segment by segment, so that escaped slashes and dots stay part of their segment: a
// clean path stays clean, and the mux has nothing to redirect.
func foldPath(r *http.Request) *http.Request {
	lower := strings.ToLower(r.URL.Path)
	if lower == r.URL.Path {
		return r
	}
	if r.URL.RawPath == "" && !strings.ContainsFunc(r.URL.Path, special) {
		return withURL(r, lower, "")
	}
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for i, s := range segments {
		if text, err := url.PathUnescape(s); err == nil && text != "." && text != ".." {
			segments[i] = url.PathEscape(strings.ToLower(text))
		}
	}
	return withURL(r, lower, strings.Join(segments, "/"))
}

// special reports whether a path may contain the character in more than one form.
func special(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '/' && c != '-' &&
		c != '_' && c != '.'
}

func withURL(r *http.Request, path, raw string) *http.Request {
	r2 := new(http.Request)
	*r2 = *r
	r2.URL = new(url.URL)
	*r2.URL = *r.URL
	r2.URL.Path, r2.URL.RawPath = path, raw
	return r2
}
