// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
)

// filterWriter rewrites the answer to a GET. It removes the members that the client did not ask for, and sets
// an ETag. Handlers write whole answers and know nothing of it.
type filterWriter struct {
	http.ResponseWriter
	path        string // the path below the tree
	only        memberTree
	without     memberTree
	headPending bool // the header of an answer of status 200 waits for its body
}

// newFilterWriter returns the writer for the handler of a GET. A list without fields and exclude sets its own
// ETag and needs no filter.
func newFilterWriter(w http.ResponseWriter, r *http.Request, op operation) (http.ResponseWriter, error) {
	list := op.class == httpkit.List
	s := filterWriter{ResponseWriter: w, path: belowTree(r.URL.Path)}
	query := httpkit.QueryOf(r)
	var err error
	if s.only, err = onlyMembers(query[paramFields], list); err != nil {
		return nil, err
	}
	if s.without, err = withoutMembers(query[paramExclude], list); err != nil {
		return nil, err
	}
	if list && s.only == nil && s.without == nil {
		return w, nil
	}
	return &s, nil
}

// belowTree returns a path without the root of its tree. All roots have two segments.
func belowTree(path string) string {
	_, path, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	_, path, _ = strings.Cut(path, "/")
	return path
}

// WriteHeader delays the header of an answer whose body will be filtered.
func (s *filterWriter) WriteHeader(status int) {
	if s.headPending = status == http.StatusOK; !s.headPending {
		s.ResponseWriter.WriteHeader(status)
	}
}

// Write filters the body. httpkit.Write passes the whole body in one call.
func (s *filterWriter) Write(body []byte) (int, error) {
	if !s.headPending {
		return s.ResponseWriter.Write(body)
	}
	s.headPending = false
	h := s.Header()
	if h.Get("ETag") == "" {
		h.Set("ETag", `"`+etag(s.path, body)+`"`)
	}
	shaped := body
	if s.only != nil {
		shaped = s.only.appendFiltered(make([]byte, 0, len(shaped)), shaped, true)
	}
	if s.without != nil {
		shaped = s.without.appendFiltered(make([]byte, 0, len(shaped)), shaped, false)
	}
	h.Set("Content-Length", strconv.Itoa(len(shaped)))
	httpkit.Send(s.ResponseWriter, http.StatusOK, shaped)
	return len(body), nil
}
