// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/httpkit"
)

// The media types of the wire. Some clients use text/xml for application/xml.
const (
	mediaJSON    = "application/json"
	mediaXML     = "application/xml"
	mediaTextXML = "text/xml"
)

func isXML(media string) bool {
	return media == mediaXML || media == mediaTextXML || strings.HasSuffix(media, "+xml")
}

// negotiate returns the media type of the answer. If Accept allows both formats, a request in JSON is
// answered in JSON and any other request in XML, as the vendor does.
func negotiate(r *http.Request) (media string, ok bool) {
	if speaksJSON(r) {
		return httpkit.Negotiate(r.Header, mediaJSON, mediaXML, mediaTextXML)
	}
	return httpkit.Negotiate(r.Header, mediaXML, mediaTextXML, mediaJSON)
}

// speaksJSON reports whether the request is in JSON. Its Content-Type counts even without a body. The body
// counts if the Content-Type names neither format.
func speaksJSON(r *http.Request) bool {
	switch media := httpkit.MediaType(r); {
	case httpkit.IsJSON(media):
		return true
	case isXML(media):
		return false
	}
	body := bytes.TrimSpace(httpkit.BodyOf(r))
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// send writes a message in the format that the client reads. If it reads neither format, send writes JSON.
func send(w http.ResponseWriter, r *http.Request, status int, m message) {
	content := contentType(r)
	if content == mediaJSON {
		httpkit.Write(w, status, content, m.json())
		return
	}
	httpkit.Write(w, status, content, m.xml())
}

// contentType returns the Content-Type of the answer to a request. It is that of JSON if the client accepts
// neither format.
func contentType(r *http.Request) string {
	media, ok := negotiate(r)
	if !ok || media == mediaJSON {
		return mediaJSON
	}
	return media + "; charset=utf-8"
}

// readBody reads the body of an operation that has one. An empty body is nil. For other operations it only
// checks the size, because clients send an XML Content-Type with an empty body.
func readBody(w http.ResponseWriter, r *http.Request, hasBody bool) (object, error) {
	body, err := httpkit.ReadBody(w, r)
	if err != nil || !hasBody {
		return nil, err
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return nil, nil
	}
	switch media := httpkit.MediaType(r); {
	case isXML(media), media == "" && body[0] == '<':
		return decodeXML(body)
	case httpkit.IsJSON(media), media == "":
		return decodeJSON(body)
	}
	return nil, httpkit.Errorf(http.StatusUnsupportedMediaType,
		"Content-Type must be application/json or application/xml.")
}

// object is a JSON object or an XML element of a request. Values from JSON are string, json.Number, bool,
// nil, []any and map[string]any. Values from XML are attribute, object and []any of objects.
type object map[string]any

// attribute is the value of an XML attribute: a text that may also mean a number or a flag.
type attribute string

// UnmarshalJSON reads numbers as json.Number, which keeps their digits.
func (o *object) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return dec.Decode((*map[string]any)(o))
}

// decodeJSON reads exactly one JSON object. Its errors are of status 400.
func decodeJSON(body []byte) (object, error) {
	var o object
	if err := httpkit.DecodeJSON(body, &o); err != nil {
		return nil, err
	}
	return o, nil
}

// reader reads typed values out of an object. It remembers the first error, which is of status 400 and names
// the member.
type reader struct {
	from object
	err  error

	parent *reader // the reader of the enclosing object, which stores the error; nil at the top
	path   string  // the names from parent to this object, each with a dot at its end
}

func (r *reader) addError(name, should string) {
	if r.parent != nil {
		r.parent.addError(r.path+name, should)
		return
	}
	if r.err == nil {
		e := httpkit.Errorf(http.StatusBadRequest, "%s %s", name, should)
		e.Field = name
		r.err = e
	}
}

// text returns a member that must be a string, or "" if it is absent.
func (r *reader) text(name string) string {
	switch v := r.member(name).(type) {
	case nil:
		return ""
	case string:
		return v
	case attribute:
		return string(v)
	}
	r.addError(name, "must be a string.")
	return ""
}

// requiredText is text for a member that must be present. It may be empty.
func (r *reader) requiredText(name string) string {
	if r.member(name) == nil {
		r.addError(name, "is required.")
	}
	return r.text(name)
}

// flag returns a member that must be true or false, or false if it is absent. In XML it may also be 1 or 0.
func (r *reader) flag(name string) bool {
	switch v := r.member(name).(type) {
	case nil:
		return false
	case bool:
		return v
	case attribute:
		if b, err := strconv.ParseBool(string(v)); err == nil {
			return b
		}
	}
	r.addError(name, "must be true or false.")
	return false
}

// texts returns a member that must be a list of strings, or nil if it is absent. In XML each string is the
// attribute val of an element.
func (r *reader) texts(name string) []string {
	const want = "must be a list of strings."
	var all []string
	for _, item := range r.list(name, want) {
		if o, is := item.(object); is {
			inner := reader{from: o, parent: r, path: name + "."}
			item = inner.member("val")
		}
		switch v := item.(type) {
		case string:
			all = append(all, v)
		case attribute:
			all = append(all, string(v))
		default:
			r.addError(name, want)
		}
	}
	return all
}

// list returns the items of a member that must be a list, or nil if it is absent. In XML a list is one
// element or several of the same name.
func (r *reader) list(name, want string) []any {
	switch v := r.member(name).(type) {
	case nil:
		return nil
	case []any:
		return v
	case object: // a single XML element; objects nested in JSON are plain maps
		return []any{v}
	}
	r.addError(name, want)
	return nil
}

// digits returns a number as it is written, whether it is a number or in a string. It returns "" if the
// member is absent or null. An empty or blank text is an error: read as 0 it would mean the server itself,
// all calls or no expiry.
func (r *reader) digits(name, want string) string {
	text := ""
	switch v := r.member(name).(type) {
	case nil:
		return ""
	case json.Number:
		return v.String()
	case string:
		text = v
	case attribute:
		text = string(v)
	}
	if strings.TrimSpace(text) == "" {
		r.addError(name, want)
	}
	return text
}

// timestamp returns a member that must be a time in seconds since 1970, as a number or in a string. Fractions
// are cut off. It returns the zero time if the member is absent, null or 0.
func (r *reader) timestamp(name string) time.Time {
	const want = "must be a number of seconds since 1970. Leave it out for the usual time."
	text := r.digits(name, want)
	if text == "" {
		return time.Time{}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	// ParseFloat also reads words, underscores and hexadecimal digits.
	case err != nil && !errors.Is(err, strconv.ErrRange), strings.Trim(text, "0123456789+-.eE") != "":
		r.addError(name, want)
		return time.Time{}
	case seconds == 0:
		return time.Time{}
	}
	return time.Unix(int64(max(-maxTimestamp, min(seconds, maxTimestamp))), 0).UTC()
}

// maxTimestamp is the end of the year 9999, the last year that every format of a time can express.
const maxTimestamp = 253402300799

// number returns a member that must be a whole number, as such or in a string. It returns 0 if the member is
// absent or null, and the largest int64 for a number that is too large.
func (r *reader) number(name string) int64 {
	const want = "must be a whole number."
	text := r.digits(name, want)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		r.addError(name, want)
	}
	return n
}
