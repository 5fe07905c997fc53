// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// testDoor answers with what it received; its errors are "status: message".
func testDoor(fold bool) *Door {
	show := func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, InfoOf(r).Route+" "+r.PathValue("id"))
		return err
	}
	return &Door{Name: "test", Roots: []string{"/Root/v1"}, FoldPath: fold, Routes: []Route{
		{http.MethodGet, "/root/v1/things", "list", show, Quick, Limits{}},
		{http.MethodPost, "/root/v1/things", "create", show, Quick, Limits{}},
		{http.MethodGet, "/root/v1/things/{id}", "get", show, Quick, Limits{}},
		{http.MethodPost, "/root/v1/panic", "panic", func(http.ResponseWriter,
			*http.Request) error {
			panic("the cause")
		}, Quick, Limits{}},
		{http.MethodPost, "/root/v1/fail", "fail", func(http.ResponseWriter,
			*http.Request) error {
			return errors.New("the cause")
		}, Quick, Limits{}},
	}, WriteError: func(w http.ResponseWriter, _ *http.Request, err error) {
		var he *Error
		if !errors.As(err, &he) {
			he = Errorf(http.StatusInternalServerError, "internal")
		}
		http.Error(w, he.Message, he.Status)
	}}
}

func TestDoorRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		fold         bool
		status       int
		body, allow  string
	}{
		{"GET", "/root/v1/things", false, 200, "list ", ""},
		{"POST", "/root/v1/things", false, 200, "create ", ""},
		{"GET", "/root/v1/things/7", false, 200, "get 7", ""},
		{"HEAD", "/root/v1/things/7", false, 200, "", ""},
		{"GET", "/root/v1/things/a%2Fb", false, 200, "get a/b", ""},
		{"POST", "//root///v1//things/", false, 200, "create ", ""},
		{"POST", "/root/v1/x/../things", false, 200, "create ", ""},
		{"DELETE", "/root/v1/things", false, 405, "", "GET, HEAD, POST"},
		{"PUT", "/root/v1/things/7", false, 405, "", "GET, HEAD"},
		{"BREW", "/root/v1/things/7", false, 405, "", "GET, HEAD"},
		{"GET", "/root/v1/nothing", false, 404, "", ""},
		{"GET", "/root/v1", false, 404, "", ""},
		{"GET", "/ROOT/v1/Things/7", false, 404, "", ""},
		{"GET", "/ROOT/v1/Things/7", true, 200, "get 7", ""},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, "http://example.test"+c.path, nil)
		Observe(CleanPaths(testDoor(c.fold).Handler()), slog.New(slog.DiscardHandler),
			func(Info, string, int, time.Duration) {}).ServeHTTP(w, r)
		if w.Code != c.status || c.body != "" && w.Body.String() != c.body || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s (fold %v): got %d %q Allow %q", c.method, c.path, c.fold, w.Code, w.Body,
				w.Header().Get("Allow"))
		}
	}
}

func TestDoorOwns(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"/Root/v1": true, "/Root/v1/x": true, "/Root/v10": false,
		"/Root": false, "/": false, "": false,
		"/root/v1": true, "/rOOt/V1/x": true, "/root/v10": false, "/root-v1": false} {
		for _, fold := range []bool{false, true} {
			if _, got := testDoor(fold).Owns(path); got != want {
				t.Errorf("%s, fold %v: got %v", path, fold, got)
			}
		}
	}
}

func TestObserveLogsOnceWithoutSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var observed []string
	h := Observe(CleanPaths(testDoor(false).Handler()), slog.New(slog.NewJSONHandler(&log, nil)),
		func(i Info, method string, status int, _ time.Duration) {
			observed = append(observed, i.Door+" "+i.Route+" "+method+" "+http.StatusText(status))
		})
	r := httptest.NewRequest("POST", "http://example.test/root/v1/fail?token=canary",
		strings.NewReader("canary"))
	r.Header.Set("Authorization", "Bearer canary")
	r.Header.Set("X-Request-Id", "canary-canary-canary") // not used
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 500 || strings.Contains(w.Body.String(), "the cause") {
		t.Errorf("got %d %q: the cause belongs in the log", w.Code, w.Body)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d log lines, want 1", n)
	}
	if !strings.Contains(log.String(), "the cause") || !strings.Contains(log.String(), `"level":"ERROR"`) {
		t.Errorf("the log lacks the cause: %s", log.String())
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log contains what the client sent: %s", log.String())
	}
	if id := w.Header().Get("X-Request-Id"); len(id) != 24 || !strings.Contains(log.String(), id) {
		t.Errorf("request id %q is not in the log", id)
	}
	r = httptest.NewRequest("CANARY", "http://example.test/root/v1/things", nil)
	r.Header.Set("X-Request-Id", "0af76519-16cd43dd")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Header().Get("X-Request-Id") != "0af76519-16cd43dd" {
		t.Error("a harmless request id is not used")
	}
	want := "test fail POST Internal Server Error|test wrong_method other Method Not Allowed"
	if got := strings.Join(observed, "|"); got != want {
		t.Errorf("the observer got %q, want %q", got, want)
	}
}

func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := httptest.NewServer(Observe(testDoor(false).Handler(), slog.New(slog.NewJSONHandler(&log, nil)),
		func(Info, string, int, time.Duration) {}))
	defer server.Close()
	for range 2 { // the second shows that the first ended nothing
		res, err := http.Post(server.URL+"/root/v1/panic", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 500 || strings.Contains(string(body), "the cause") {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
	}
	server.Close()
	if !strings.Contains(log.String(), "panic: the cause") ||
		!strings.Contains(log.String(), "httpkit_test.go") {
		t.Errorf("the log lacks the panic or its stack: %s", log.String())
	}
}

func TestReadBodyCap(t *testing.T) {
	t.Parallel()
	read := func(body io.Reader, length int64) (int, error) {
		r := httptest.NewRequest("POST", "/", body)
		r.ContentLength = length
		w := httptest.NewRecorder()
		b, err := ReadBody(w, r)
		if over := length > MaxBody || len(b) == 0 && err != nil &&
			strings.Contains(err.Error(), "larger"); over != (w.Header().Get("Connection") == "close") {
			t.Errorf("too large: %v, Connection: %q", over, w.Header().Get("Connection"))
		}
		return len(b), err
	}
	if n, err := read(bytes.NewReader(make([]byte, MaxBody)), -1); n != MaxBody || err != nil {
		t.Errorf("at the cap: got %d, %v", n, err)
	}
	for name, length := range map[string]int64{"announced": MaxBody + 1, "not announced": -1} {
		_, err := read(bytes.NewReader(make([]byte, MaxBody+1)), length)
		var he *Error
		if !errors.As(err, &he) || he.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got %v, want 413", name, err)
		}
	}
	_, err := read(io.MultiReader(strings.NewReader("{"), iotestErr{}), -1)
	var he *Error
	if !errors.As(err, &he) || he.Status != http.StatusBadRequest {
		t.Errorf("truncated: got %v, want 400", err)
	}
}

// ReadBody may be called more than once. It removes a byte order mark, and refuses a
// body in a content coding.
func TestReadBodyMarksAndCodings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body, want string
		status     int // of the error
		codings    []string
	}{
		{"", "", 0, nil}, {"{}", "{}", 0, nil}, {"\ufeff{}", "{}", 0, nil}, {"\ufeff", "", 0, nil},
		{"\ufeff\ufeffa", "\ufeffa", 0, nil}, {"a\ufeff", "a\ufeff", 0, nil},
		{"{}", "{}", 0, []string{""}}, {"{}", "{}", 0, []string{"identity"}},
		{"{}", "{}", 0, []string{"Identity, identity", ""}}, {"", "", 0, []string{"gzip"}},
		{"{}", "", 415, []string{"gzip"}}, {"{}", "", 415, []string{"x-gzip"}},
		{"{}", "", 415, []string{"deflate"}}, {"{}", "", 415, []string{"br"}}, {"{}", "", 415, []string{"zstd"}},
		{"{}", "", 415, []string{"identity, gzip"}}, {"{}", "", 415, []string{"identity", "GZIP"}},
		{"{}", "", 415, []string{"aes128gcm"}}, {"{}", "", 415, []string{"utf-8"}},
	} {
		r, w := httptest.NewRequest("POST", "/", strings.NewReader(test.body)), httptest.NewRecorder()
		r.Header["Content-Encoding"] = test.codings
		Observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range 2 {
				got, err := ReadBody(w, r)
				var fault *Error
				if string(got) != test.want || (err != nil) != (test.status != 0) || err != nil &&
					(!errors.As(err, &fault) || fault.Status != test.status) {
					t.Errorf("%q in %q: got %q, %v", test.body, test.codings, got, err)
				}
			}
		}), slog.New(slog.DiscardHandler), func(Info, string, int, time.Duration) {}).ServeHTTP(w, r)
		if got := w.Header().Get("Accept-Encoding"); (got == "identity") != (test.status != 0) {
			t.Errorf("%q: Accept-Encoding is %q", test.codings, got)
		}
	}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	const j = "application/json"
	for header, want := range map[string]string{
		"": "", j: j, "Application/JSON": j, " application/json ": j, j + ";charset=utf-8": j, j + "; utf-8": j,
		j + ";": j, j + ";;": j, j + " ; charset": j, j + ";charset=utf-8;charset=utf-8": j,
		j + `;charset="utf-8`: j, j + ";=": j, j + "; charset=utf-8, text/plain": j, j + ";\x01": j,
		"application/vnd.a+json;v=1": "application/vnd.a+json", "text/xml;charset=ISO-8859-1": "text/xml",
		"json": "invalid", ";" + j: "invalid", j + ", text/plain": "invalid", j + " charset=utf-8": "invalid",
		"application/": "invalid", "/json": "invalid", "a/b/c": "invalid", "application/js\"on": "invalid",
		"é/b": "invalid",
	} {
		if got := MediaType(&http.Request{Header: http.Header{"Content-Type": {header}}}); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	type inner struct {
		On *bool `json:"on"`
	}
	type body struct {
		Name  string `json:"name"`
		N     int    `json:"n"`
		Inner inner  `json:"inner"`
	}
	var ok body
	if err := DecodeJSON([]byte(` {"name":"a","unknown":[{}],"inner":{"on":true}} `), &ok); err != nil ||
		ok.Name != "a" || !*ok.Inner.On {
		t.Errorf("got %+v, %v", ok, err)
	}
	for text, want := range map[string]string{
		``:                             "empty",
		`  `:                           "empty",
		`[]`:                           "not a JSON object",
		`"x"`:                          "not a JSON object",
		`null`:                         "not a JSON object",
		`{"name":"a"`:                  "ends too early",
		`{"name":}`:                    "mistake at byte",
		`{'name':"a"}`:                 "mistake at byte",
		`{"name":"a"} {}`:              "something after",
		`{"name":"a"}x`:                "something after",
		`{"name":1}`:                   "name is a number; it should be a string",
		`{"n":"1"}`:                    "n is a string; it should be a whole number",
		`{"n":1.5}`:                    "should be a whole number",
		`{"n":99999999999999999999}`:   "should be a whole number",
		`{"inner":[]}`:                 "inner is an array; it should be an object",
		`{"inner":{"on":"yes"}}`:       "inner.on is a string; it should be true or false",
		"{\"name\":\"\xff\"}":          "not valid UTF-8",
		`{"name":"a","Name":"b"}`:      "Write this name as name",
		`{"NAME":"b","name":"a"}`:      "Write this name as name",
		`{"nAme":"b"}`:                 "Write this name as name",
		`{"Name":null}`:                "Write this name as name",
		`{"N\u0061me":"b"}`:            "Write this name as name",
		`{"x":{"name":1},"Inner":{}}`:  "Write this name as inner",
		`{"name":"a","name":"a"}`:      "Send name once",
		`{"name":"a","n\u0061me":"a"}`: "Send name once",
		`{"x":1,"x":null}`:             "Send x once",
		`{"x":{"y":[],"y":[]}}`:        "Send x.y once",
		`{"x":[1,{"y":2,"z":{"w":1,"v":"w","w":2}}]}`: "Send x.z.w once",
		`{"":1,"":2}`:                                   "once",
		`{"x":1e400}`:                                   "A number in x is too large",
		`{"x":[{"y":{"z":-1e309}}]}`:                    "A number in x.y.z is too large",
		`{"x":[1,[2,1e999]],"X":1}`:                     "A number in x is too large",
		`{"x":1,"y":1` + strings.Repeat("0", 309) + `}`: "A number in y is too large",
		strings.Repeat(`{"a":`, 10000):                  "levels deep",
		`{"a":` + strings.Repeat(`[`, 32) + strings.Repeat(`]`, 32) + `}`: "levels deep",
	} {
		err := DecodeJSON([]byte(text), &body{})
		var he *Error
		if !errors.As(err, &he) || he.Status != 400 || !strings.Contains(he.Message, want) {
			t.Errorf("%.40s: got %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{`{"x":"x","y":["x","x",{"x":"x"},{"x":1}],"z":{"x":1,"X":2}}`,
		`{"names":1,"inner":{"On":true}}`, `{"x":1e308,"X":1}`,
		`{"x":[1e-999,-1.79e308,"1e400",12345678901234567890]}`, `{"name":"Name","n":1}`} {
		if err := DecodeJSON([]byte(text), &body{}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	var m map[string]int
	if err := DecodeJSON([]byte(`{"name":1,"Name":2}`), &m); err != nil || len(m) != 2 {
		t.Errorf("a map knows no names: got %v, %v", m, err)
	}
	if err := DecodeJSON([]byte(`{"a":`+strings.Repeat(`[`, 31)+`"[[{\"["`+strings.Repeat(`]`, 31)+`}`),
		&body{}); err != nil {
		t.Errorf("at the limit, brackets in text not counted: %v", err)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(`{"name":"a","inner":{"on":true}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v struct {
			Name  string
			Inner struct{ On *bool }
		}
		err := DecodeJSON(b, &v)
		var he *Error
		if err != nil && !errors.As(err, &he) {
			t.Fatalf("got %v, which no door can write", err)
		}
	})
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	const j, x = "application/json", "application/xml"
	for accept, want := range map[string]string{
		"*/*": j, "application/*": j, j: j, x: x, "application/xml, application/json": j,
		"application/json;q=0.5, application/xml": x, "application/json;q=0, */*": x, "text/html, */*;q=0.1": j,
		"APPLICATION/XML": x, "application/xml;charset=utf-8": x,
		"text/html": "", "application/json;q=0": "", "rubbish;;": "", "application/jso": "",
		strings.Repeat("text/html,", 100) + j: "", // no more than 32 are read
		// A named type is preferred to a wildcard, and a weight to both.
		x + ", */*": x, "*/*, " + x: x, x + ";q=0.5, */*": j, x + ";q=0.5, */*;q=0.1": x, "text/plain, */*": j,
		x + ", application/*, */*":        x,
		x + ";q=.9, text/html, */*;q=0.8": x, "*; q=.2, */*; q=.2": j, "application/*;q=0.5, */*": j,
		j + ";q=0.2, application/*;q=0.5": x,
		// There may be anything after a semicolon.
		x + "; utf-8": x, x + ";": x, x + ";;": x, x + "; charset": x, x + "; charset=utf-8; utf-8": x,
		x + " ;q": x, x + ";=": x, "*/*;utf-8": j, x + "; utf-8; q=0.2, " + j + ";junk;q=0.1": x,
		x + "; utf-8; q=0.1, " + j + "; utf-8;q=0.2": j, x + ";q=0;utf-8, " + j: j, x + "; utf-8;q=0": "",
		x + ";q=2": x, x + ";q=x": x, x + `;q="0", ` + j: j, x + "; Q = 0 , " + j + ";q=0.001": j,
		// A comma or a semicolon in quotes does not separate.
		j + `;a="b,` + x + `";q=0.1, ` + x + ";q=0.2": x, "text/html;a=\"," + j + ",\"": "",
		"text/html;a=\"\\\"," + j + "\"": "", x + `;a=";q=0;"`: x, x + `;a="\\";q=0`: "",
		// A quote that is not closed is an ordinary character.
		j + `;charset="utf-8, ` + x + ";q=0.5": j, j + `;q=0;a=", ` + x: x, x + `;a="b";c="`: x,
		"": j, " ": j, ",": "", x + ",,": x, "application/ xml": "", "/xml": "", "application/": "", "xml": "",
	} {
		h := http.Header{}
		if accept != "" {
			h.Set("Accept", accept)
		}
		if got, ok := Negotiate(h, j, x); got != want || ok != (want != "") {
			t.Errorf("%.60q: got %q, %v; want %q", accept, got, ok, want)
		}
	}
	if got, _ := Negotiate(http.Header{"Accept": {"text/html", x}}, j, x); got != x {
		t.Errorf("on two lines: got %q", got)
	}
}

// Every path is answered, and none is redirected.
func FuzzPaths(f *testing.F) {
	for _, path := range []string{"/root/v1/things", "//root//v1", "/root/v1/x/../things/", "/root/%2e%2e/v1",
		"/root/v1/things/a%2F%2Fb", "/ROOT/v1/%C3%84%2f/.", "/"} {
		f.Add(path, true)
		f.Add(path, false)
	}
	f.Fuzz(func(t *testing.T, path string, fold bool) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" || u.Scheme != "" {
			return
		}
		r := httptest.NewRequest("GET", "http://example.test/", nil)
		r.URL, r.RequestURI = u, path
		w := httptest.NewRecorder()
		CleanPaths(testDoor(fold).Handler()).ServeHTTP(w, r)
		if w.Code >= 300 && w.Code < 400 {
			t.Fatalf("%q was redirected to %q", path, w.Header().Get("Location"))
		}
	})
}

// A client may have sent a secret in the wrong place. Parsers and messages repeat it,
// the log does not.
func TestLogText(t *testing.T) {
	t.Parallel()
	cause := errors.New("unexpected <sent>")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"the client's fault": {fmt.Errorf("read: %w", &Error{Status: 400, Message: "not XML", Err: cause}),
			"400: not XML"},
		"a name of the client's": {aboutField("<sent>", CodeSentTwice, "<sent>"), "400: sent_twice"},
		"our fault": {&Error{Status: 503, Message: "not ready", Err: cause},
			"503: not ready: unexpected <sent>"},
		"an unknown fault": {&Error{Status: 500, Message: "internal", Err: cause},
			"500: internal: unexpected <sent>"}, "one with LogText": {fmt.Errorf("read: %w", teller{}), "safe"},
		"any other": {cause, "unexpected <sent>"},
	} {
		if got := logText(c.err); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

type teller struct{}

func (teller) Error() string   { return "unsafe" }
func (teller) LogText() string { return "safe" }

// An error that the server is not to blame for must not have the level of one in the log.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		gone   bool
		level  string
		status int
	}{
		"a fault of ours": {errors.New("the cause"), false, "ERROR", 500},
		"the database away": {&Error{Status: 503, Message: "not ready", Err: errors.New("the cause")}, false,
			"ERROR", 503}, "said on purpose": {Errorf(503, "draining"), false, "INFO", 503},
		"a fault of the client's": {Errorf(400, "no"), false, "INFO", 400},
		"the client is gone":      {context.Canceled, true, "INFO", statusClientGone},
	} {
		var log bytes.Buffer
		var observed int
		door := testDoor(false)
		door.Routes = []Route{{http.MethodGet, "/root/v1/x", "x",
			func(http.ResponseWriter, *http.Request) error { return c.err }, Quick, Limits{}}}
		h := Observe(door.Handler(), slog.New(slog.NewJSONHandler(&log, nil)),
			func(_ Info, _ string, status int, _ time.Duration) { observed = status })
		ctx, cancel := context.WithCancel(context.Background())
		if c.gone {
			cancel()
		}
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/root/v1/x", nil))
		cancel()
		if observed != c.status || !strings.Contains(log.String(), `"level":"`+c.level+`"`) {
			t.Errorf("%s: got %d and %s, want %d at %s", name, observed, log.String(), c.status, c.level)
		}
	}
}
