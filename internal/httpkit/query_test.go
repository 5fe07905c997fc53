// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMeantName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"type": "type", "Type": "Type", "": "", "type[]": "type", "type[0]": "type", "type[a][b]": "type",
		"amp;type": "type", "amp;amp;type[]": "type",
		" type": "type", "type\t": "type", "\u00a0type ": "type", "\ufefftype": "type", "[]": "", "types": "types",
		"a;type": "a;type", "parent/id": "parent/id",
	} {
		if got := MeantName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// readings are texts of queries and forms with the values that are read from them; nil
// if the text is refused.
func readings() map[string]url.Values {
	return map[string]url.Values{
		"":                         {},
		"&&":                       {},
		"a":                        {"a": {""}},
		"a=":                       {"a": {""}},
		"=a":                       {"": {"a"}},
		"a=b=c":                    {"a": {"b=c"}},
		"a=1&b=2&a=3":              {"a": {"1", "3"}, "b": {"2"}},
		"a=1&&b=2&":                {"a": {"1"}, "b": {"2"}},
		"a=1;b=2":                  {"a": {"1;b=2"}},
		"a;b=2":                    {"a;b": {"2"}},
		";=;":                      {";": {";"}},
		"a=%3B%26%3D%2B%25":        {"a": {";&=+%"}},
		"a=b+c%20d":                {"a": {"b c d"}},
		"a+b=1":                    {"a b": {"1"}},
		"parent/id=7":              {"parent/id": {"7"}},
		"a=%C3%A9":                 {"a": {"é"}},
		"a=é":                      {"a": {"é"}},
		"a=%F0%9F%8C%B3":           {"a": {"🌳"}},
		"a=&amp;b=1":               {"a": {""}, "amp;b": {"1"}},
		"a=%26amp%3B":              {"a": {"&amp;"}},
		"a=%":                      nil,
		"a=1&b=%":                  nil,
		"a=extension%":             nil,
		"a=%2":                     nil,
		"a=%zz":                    nil,
		"a=%u00e9":                 nil,
		"%=a":                      nil,
		"%a":                       nil,
		"type%=extension":          nil,
		"a=50%+off":                nil,
		"a=1&%zz&b=2":              nil,
		"a=%FF":                    nil,
		"%FF=a":                    nil,
		"a=\xff":                   nil,
		"a=%C3":                    nil,
		"a=%ED%A0%80":              nil,
		"a=%00":                    nil,
		"%00=a":                    nil,
		"a=b%00c":                  nil,
		"\x00=a":                   nil,
		"a=%EF%BF%BD":              {"a": {"\ufffd"}},
		"a=%2525":                  {"a": {"%25"}},
		"grant_type=a&grant_type=": {"grant_type": {"a", ""}},
	}
}

func TestParseForm(t *testing.T) {
	t.Parallel()
	for text, want := range readings() {
		got, err := ParseForm([]byte(text))
		var fault *Error
		switch {
		case want == nil && (!errors.As(err, &fault) || fault.Status != http.StatusBadRequest):
			t.Errorf("%q: got %v and %v, want an error of status 400", text, got, err)
		case want != nil && (err != nil || !cmp.Equal(got, want)):
			t.Errorf("%q: got %v and %v, want %v", text, got, err, want)
		}
	}
}

// Every route of a door reads its query like a form. No handler runs if the query cannot
// be read. An address that is not served remains 404.
func TestDoorReadsQueries(t *testing.T) {
	t.Parallel()
	var got url.Values
	handler := func(w http.ResponseWriter, r *http.Request) error {
		got = QueryOf(r)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	d := Door{Roots: []string{"/x"}, Routes: []Route{
		{Method: http.MethodGet, Pattern: "/x", Handler: handler}, {Method: http.MethodDelete, Pattern: "/x",
			Handler: handler}},
		WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
			var fault *Error
			if errors.As(err, &fault) {
				w.WriteHeader(fault.Status)
			}
		}}
	observed := Observe(d.Handler(), slog.New(slog.DiscardHandler), func(Info, string, int, time.Duration) {})
	for name, h := range map[string]http.Handler{"observed": observed, "bare": d.Handler()} {
		for query, want := range readings() {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodPut} {
				r := httptest.NewRequest(method, "/x", nil)
				r.URL.RawQuery = query
				w, status := httptest.NewRecorder(), http.StatusNoContent
				if want == nil {
					status = http.StatusBadRequest
				}
				if method == http.MethodPut {
					status = http.StatusMethodNotAllowed
				}
				got = nil
				h.ServeHTTP(w, r)
				if w.Code != status || status == http.StatusNoContent && !cmp.Equal(got, want) {
					t.Errorf("%s, %s ?%s: got %d and %v, want %d and %v", name, method, query, w.Code, got, status, want)
				}
				if status != http.StatusNoContent && got != nil {
					t.Errorf("%s, %s ?%s: the handler ran", name, method, query)
				}
			}
		}
	}
}

// FuzzParseForm checks that ParseForm returns the values that were written.
func FuzzParseForm(f *testing.F) {
	for text := range readings() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := ParseForm([]byte(text))
		if err != nil {
			return
		}
		again, err := ParseForm([]byte(values.Encode()))
		if err != nil || !cmp.Equal(values, again) {
			t.Errorf("%q: read as %v, and again as %v, %v", text, values, again, err)
		}
	})
}
