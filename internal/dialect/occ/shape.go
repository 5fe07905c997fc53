// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/httpkit"
)

// shaper finishes the answer to a GET: it leaves out the members that were not
// asked for and puts an ETag. Handlers write whole answers and know nothing of it.
type shaper struct {
	http.ResponseWriter
	uri     string // the path below the tree
	only    members
	without members
	held    bool // the head of an answer of status 200, until its body is known
}

// shape returns the writer a handler of a GET is to write to. A list in full puts
// its own ETag and needs none of it.
func shape(w http.ResponseWriter, r *http.Request, op operation) (http.ResponseWriter, error) {
	list := op.class == httpkit.List
	s := shaper{ResponseWriter: w, uri: belowTree(r.URL.Path)}
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

// belowTree cuts the tree's root off a path. All have two segments.
func belowTree(path string) string {
	_, path, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	_, path, _ = strings.Cut(path, "/")
	return path
}

// WriteHeader holds back the head of an answer whose body will be shaped.
func (s *shaper) WriteHeader(status int) {
	if s.held = status == http.StatusOK; !s.held {
		s.ResponseWriter.WriteHeader(status)
	}
}

// Write takes the whole body at once, as httpkit.Write gives it.
func (s *shaper) Write(body []byte) (int, error) {
	if !s.held {
		return s.ResponseWriter.Write(body)
	}
	s.held = false
	h := s.Header()
	if h.Get("ETag") == "" {
		h.Set("ETag", `"`+etag(s.uri, body)+`"`)
	}
	shaped := body
	if s.only != nil {
		shaped = s.only.apply(make([]byte, 0, len(shaped)), shaped, true)
	}
	if s.without != nil {
		shaped = s.without.apply(make([]byte, 0, len(shaped)), shaped, false)
	}
	h.Set("Content-Length", strconv.Itoa(len(shaped)))
	s.ResponseWriter.WriteHeader(http.StatusOK)
	_, err := s.ResponseWriter.Write(shaped)
	return len(body), err
}
