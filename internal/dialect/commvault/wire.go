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

// The media types of the wire. text/xml is another name of the second.
const (
	mediaJSON    = "application/json"
	mediaXML     = "application/xml"
	mediaTextXML = "text/xml"
)

func isXML(media string) bool {
	return media == mediaXML || media == mediaTextXML || strings.HasSuffix(media, "+xml")
}

// negotiate picks the answer's media type. Where Accept leaves the choice, the
// answer is in JSON for a client that speaks JSON, by the label of its request or
// by its body, and in XML for any other, as at the vendor's.
func negotiate(r *http.Request) (media string, ok bool) {
	if speaksJSON(r) {
		return httpkit.Negotiate(r.Header, mediaJSON, mediaXML, mediaTextXML)
	}
	return httpkit.Negotiate(r.Header, mediaXML, mediaTextXML, mediaJSON)
}

// speaksJSON reports whether the request itself is in JSON. A label counts without
// a body, too; a body counts where the label names neither format.
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

// send writes a message in the format the client reads, or in JSON when it
// reads none of ours.
func send(w http.ResponseWriter, r *http.Request, status int, m message) {
	content := contentType(r)
	if content == mediaJSON {
		httpkit.Write(w, status, content, m.json())
		return
	}
	httpkit.Write(w, status, content, m.xml())
}

// contentType returns the Content-Type of the answer to a request; JSON's when
// nothing that is spoken here would do.
func contentType(r *http.Request) string {
	media, ok := negotiate(r)
	if !ok || media == mediaJSON {
		return mediaJSON
	}
	return media + "; charset=utf-8"
}

// readBody reads the body of a call to which it means something; of the others
// it only checks the size, since clients put XML labels on empty bodies. An
// empty body is nil.
func readBody(w http.ResponseWriter, r *http.Request, means bool) (object, error) {
	body, err := httpkit.ReadBody(w, r)
	if err != nil || !means {
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
	return nil, httpkit.Errorf(http.StatusUnsupportedMediaType, "Content-Type must be application/json or application/xml.")
}

// object is a JSON object or an XML element of a request. Values are string,
// json.Number, bool, nil, []any and object from JSON; attribute, object and
// []any of objects from XML.
type object map[string]any

// attribute is an XML attribute's value: a text that may stand for a number.
type attribute string

// UnmarshalJSON keeps numbers as they are written.
func (o *object) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return dec.Decode((*map[string]any)(o))
}

// decodeJSON reads exactly one JSON object. Errors are of status 400.
func decodeJSON(body []byte) (object, error) {
	var o object
	if err := httpkit.DecodeJSON(body, &o); err != nil {
		return nil, err
	}
	return o, nil
}

// reader takes typed values out of an object and remembers the first that has
// the wrong type, as an error of status 400 that names it.
type reader struct {
	from object
	err  error

	up   *reader // of the object this one stands in: it has the error
	path string  // of the names it takes to get here, each with a dot
}

func (r *reader) fault(name, should string) {
	if r.up != nil {
		r.up.fault(r.path+name, should)
		return
	}
	if r.err == nil {
		e := httpkit.Errorf(http.StatusBadRequest, "%s %s", name, should)
		e.Field = name
		r.err = e
	}
}

// text returns a member that must be a string; "" when it is not there.
func (r *reader) text(name string) string {
	switch v := r.member(name).(type) {
	case nil:
		return ""
	case string:
		return v
	case attribute:
		return string(v)
	}
	r.fault(name, "must be a string.")
	return ""
}

// required is text for a member that must be there, if only empty.
func (r *reader) required(name string) string {
	if r.member(name) == nil {
		r.fault(name, "is required.")
	}
	return r.text(name)
}

// flag returns a member that must be true or false, in XML 1 or 0 as well; false
// when it is not there.
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
	r.fault(name, "must be true or false.")
	return false
}

// texts returns a member that must be a list of strings: in XML an element for each,
// with the text in the attribute val. Nil when it is not there.
func (r *reader) texts(name string) []string {
	const want = "must be a list of strings."
	var all []string
	for _, item := range r.list(name, want) {
		if o, is := item.(object); is {
			inner := reader{from: o, up: r, path: name + "."}
			item = inner.member("val")
		}
		switch v := item.(type) {
		case string:
			all = append(all, v)
		case attribute:
			all = append(all, string(v))
		default:
			r.fault(name, want)
		}
	}
	return all
}

// list returns the items of a member that must be a list, in XML an element or
// several; none when it is not there.
func (r *reader) list(name, want string) []any {
	switch v := r.member(name).(type) {
	case nil:
		return nil
	case []any:
		return v
	case object: // of XML: those within JSON's are plain maps
		return []any{v}
	}
	r.fault(name, want)
	return nil
}

// digits returns a number as it is written, as such or in a string; "" when the
// member is absent or null. An empty or blank text is no number: were it read as
// 0, it would name the server itself, every call, or no end.
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
		r.fault(name, want)
	}
	return text
}

// moment returns a member that must be a time in seconds since 1970, as a number or
// in a string; programs also send fractions, which are cut off. It returns the zero
// time when the member is absent, null or 0.
func (r *reader) moment(name string) time.Time {
	const want = "must be a number of seconds since 1970. Leave it out for the usual time."
	text := r.digits(name, want)
	if text == "" {
		return time.Time{}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	// ParseFloat also reads words, underscores and hexadecimal digits.
	case err != nil && !errors.Is(err, strconv.ErrRange), strings.Trim(text, "0123456789+-.eE") != "":
		r.fault(name, want)
		return time.Time{}
	case seconds == 0:
		return time.Time{}
	}
	return time.Unix(int64(max(-latest, min(seconds, latest))), 0).UTC()
}

// latest is the end of the year 9999, the last that every form of a time can say.
const latest = 253402300799

// number returns a member that must be a whole number, as such or in a string; 0
// when it is absent or null. A number too large is the largest there is.
func (r *reader) number(name string) int64 {
	const want = "must be a whole number."
	text := r.digits(name, want)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		r.fault(name, want)
	}
	return n
}
