// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// fieldOnce is the hidden field that names one showing of a form, so that sending it twice does
// its work once.
const (
	fieldOnce = "once"
	maxOnce   = 64
)

// field is one field of a form. Its label is the message "field." + Label, or "field." + Name.
type field struct {
	Name         string // as the use case calls it, so that its errors find the field
	Label        string // if another one than Name says it
	Type         string // of the input; "" is text; or textarea, select, checkbox, hidden
	Required     bool
	Hint         bool // the message "hint." + label stands below the label
	Autocomplete string
	Rows         int            // of a textarea; 0: the style's
	Options      []option       // of a select
	Codes        []problem.Code // errors that name no field and are about this one
}

// option is one choice of a select. Its text is Text, or the message Key.
type option struct{ Value, Key, Text string }

// form is a form as a page shows it.
type form struct {
	Action  string
	Submit  string // key of the button's message
	Cancel  string // where its link leads; "": no link
	Danger  bool   // the button ends something
	Fields  []shownField
	Problem []string // what is wrong and is about no field, in the language
	Once    string

	cause error // why it was sent in vain
}

// shownField is a field with its value and what is wrong with it.
type shownField struct {
	field
	Value string
	Error string
}

// Key returns the part of its messages' keys that is the field's own.
func (f field) Key() string {
	if f.Label != "" {
		return f.Label
	}
	return f.Name
}

// newForm returns a form whose fields have the values of the map.
func (x *exchange) newForm(action, submit string, fields []field, values map[string]string) *form {
	f := &form{Action: action, Submit: submit, Once: secret.NewID()}
	for _, one := range fields {
		f.Fields = append(f.Fields, shownField{field: one, Value: values[one.Name]})
	}
	return f
}

// sentForm returns the form as it was sent, with what is wrong with it. It returns the error if no
// person who fills in the form can do anything about it.
func (x *exchange) sentForm(action, submit string, fields []field, err error) (*form, error) {
	e := problem.As(err)
	switch e.Kind {
	case problem.Invalid, problem.Conflict, problem.Denied, problem.Exhausted, problem.Expired:
	default:
		return nil, err
	}
	f := x.newForm(action, submit, fields, nil)
	f.cause = err
	for i, one := range f.Fields {
		if one.Type != "password" && one.Autocomplete != "one-time-code" {
			f.Fields[i].Value = x.sent.Get(one.Name)
		}
	}
	for _, wrong := range e.Fields {
		if at := f.field(wrong.Field); at != nil && at.Type != "hidden" {
			at.Error = strings.TrimSpace(at.Error + " " +
				x.words.phrase(wrong.Named(x.words.say("field."+at.Key())).Phrase))
			continue
		}
		f.Problem = append(f.Problem, x.words.phrase(wrong.Phrase))
	}
	if len(e.Fields) > 0 {
		return f, nil
	}
	for i, one := range f.Fields {
		for _, code := range one.Codes {
			if code == e.Code {
				f.Fields[i].Error = x.words.problem(e)
				return f, nil
			}
		}
	}
	f.Problem = append(f.Problem, x.words.problem(e))
	return f, nil
}

// Failed reports whether the form was sent in vain.
func (f *form) Failed() bool { return f.cause != nil }

// field returns the field of that name; nil if there is none.
func (f *form) field(name string) *shownField {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// readForm returns what a form sent.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if httpkit.MediaType(r) != "application/x-www-form-urlencoded" {
		return nil, httpkit.NewError(http.StatusUnsupportedMediaType, say(codeNotForm))
	}
	body, err := httpkit.ReadBody(w, r)
	if err != nil {
		return nil, err
	}
	return httpkit.ParseForm(body)
}

// repeatOf returns what names the request of a form: this showing of it, and all that was typed.
// So a double click and a reload get the answer of the first, and a form to which somebody went
// back and typed something else is another request.
func repeatOf(r *http.Request, sent url.Values) (*tenancy.Repeat, error) {
	once := sent.Get(fieldOnce)
	if once == "" || len(once) > maxOnce {
		return nil, httpkit.NewError(http.StatusBadRequest, say(codeNotShown))
	}
	whole := r.URL.EscapedPath() + "?" + sent.Encode()
	return &tenancy.Repeat{Key: secret.Of(once + "\n" + whole), Request: secret.FingerprintOf(whole)}, nil
}

// lines returns what was typed into a textarea, without blank lines.
func lines(typed string) []string {
	var all []string
	for line := range strings.Lines(typed) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}
