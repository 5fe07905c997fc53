// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// mediaJSON is the Content-Type of answers. The vendor's Node client compares it as a string, so it has no
// parameter.
const mediaJSON = "application/json"

// mediaForm is the Content-Type of log-ins.
const mediaForm = "application/x-www-form-urlencoded"

const timeFormat = "2006-01-02T15:04:05.000Z"

func wireTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// errorModel is the vendor's form of an error, or of several.
type errorModel struct {
	Error      string       `json:"error,omitempty"` // log-ins only
	ErrorCode  string       `json:"errorCode,omitempty"`
	Message    string       `json:"message"`              // in the client's language
	DevMessage string       `json:"devMessage,omitempty"` // in English, if Message is not
	Status     string       `json:"status"`
	Type       string       `json:"type,omitempty"` // depends on the HTTP status; not in Errors
	ErrorPath  string       `json:"o:errorPath,omitempty"`
	Errors     []errorModel `json:"errors,omitempty"`
}

// setMessage sets the message, and the English message if they differ.
func (m *errorModel) setMessage(message, english string) {
	if m.Message = message; message != english {
		m.DevMessage = english
	}
}

// setFields reports one wrong field in o:errorPath, and several in errors.
func (m *errorModel) setFields(fields []problem.FieldError, status int, translations catalogue) {
	if len(fields) == 1 {
		m.ErrorPath = fields[0].Field
		return
	}
	for _, f := range fields {
		part := errorModel{ErrorCode: m.ErrorCode, Status: strconv.Itoa(status), ErrorPath: f.Field}
		part.setMessage(translations.translate(f.Phrase), f.Message())
		m.Errors = append(m.Errors, part)
	}
}

// statusURI returns the URI of an HTTP status as the vendor's products write it: its section in RFC 2616. It
// returns "" for a status of a later RFC.
func statusURI(status int) string {
	switch {
	case status >= 400 && status <= 417:
		return rfc2616 + "4." + strconv.Itoa(status-399)
	case status >= 500 && status <= 505:
		return rfc2616 + "5." + strconv.Itoa(status-499)
	}
	return ""
}

const rfc2616 = "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10."

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// selfLinks returns the link to the requested resource, with the address by which the client reached the
// server. If the client sent no host, the link is the path alone, which is valid as well (RFC 3986 §4.2).
func selfLinks(r *http.Request, path string) []link {
	return []link{{"self", httpkit.InfoOf(r).BaseURL() + path}}
}

type tokenResponse struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Links       []link `json:"links"`
}

func (t tokenResponse) appendJSON(b []byte) []byte {
	b = appendText(appendText(append(b, '{'), "access_token", t.AccessToken), "token_type", t.TokenType)
	return append(appendArray(appendInt(b, "expires_in", int64(t.ExpiresIn)), "links", t.Links), '}')
}

type sortEcho struct {
	Property string `json:"property"`
	Order    string `json:"order"`
}

type idResponse struct {
	ID string `json:"id"`
}

type requestResponse struct {
	Organization idResponse        `json:"organization"`
	Profile      idResponse        `json:"profile"`
	Name         string            `json:"name"`
	ID           tenancy.RequestID `json:"id"`
	Status       string            `json:"status"`
	NameWarnings nameWarnings      `json:"nameWarnings,omitempty"`
}

func requestWire(r tenancy.Request) requestResponse {
	return requestResponse{Organization: idResponse{r.OrganizationID.String()},
		Profile: idResponse{r.ContactID.String()},
		Name:    r.Name, ID: r.ID, Status: string(r.Status), NameWarnings: filter.WarningsOf(r.Name)}
}

type applicationResponse struct {
	ID           string    `json:"id"`
	RepositoryID string    `json:"repositoryId"`
	Name         string    `json:"name"`
	Type         string    `json:"type"`
	InUse        bool      `json:"inUse"`
	External     bool      `json:"external"`
	CreationTime string    `json:"creationTime"`
	CreatedBy    createdBy `json:"createdBy"`
	LifetimeDays *int      `json:"lifetimeDays,omitempty"`
	Token        string    `json:"token,omitempty"` // only in the answer that creates it
	Links        []link    `json:"links,omitempty"`
}

type createdBy struct {
	ID           string `json:"id"`
	RepositoryID string `json:"repositoryId"`
}

func applicationWire(a tenancy.Application) applicationResponse {
	by := a.CreatorID()
	w := applicationResponse{ID: a.ID, RepositoryID: a.ID, Name: a.Name, Type: string(a.Type),
		CreationTime: wireTime(a.CreatedAt), CreatedBy: createdBy{by, by}}
	if a.Type == tenancy.TypeApplication {
		w.LifetimeDays = a.LifetimeDays
		if w.LifetimeDays == nil {
			w.LifetimeDays = new(noEnd)
		}
	}
	return w
}

func nullable(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := marshal(v)
	if err != nil { // cannot happen with our own types
		panic(err)
	}
	httpkit.Write(w, status, mediaJSON, b)
}

// marshal does not escape <, > and &, so that links are easier to read.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func writeOK(w http.ResponseWriter, v any) error {
	writeJSON(w, http.StatusOK, v)
	return nil
}

// readJSON reads the body into v. If the body is optional and empty, it leaves v unchanged.
func readJSON(w http.ResponseWriter, r *http.Request, v any, optional bool) error {
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return err
	}
	if optional && len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if t := httpkit.MediaType(r); t != "" && !httpkit.IsJSON(t) && len(body) > 0 {
		return httpkit.NewError(http.StatusUnsupportedMediaType, phrase(codeBodyNotJSON, mediaJSON))
	}
	return httpkit.DecodeJSON(body, v)
}

// discardBody reads a body that has no meaning, up to the limit of its size. The vendor's own client sends
// the body of its last call again.
func discardBody(w http.ResponseWriter, r *http.Request) error {
	_, err := httpkit.ReadBody(w, r)
	return err
}
