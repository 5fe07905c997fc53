// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// replayed is a public client whose calls are sent as it sends them. Its name
// is the one that docs/compatibility.md has for it.
type replayed struct {
	client string
	calls  []replay
}

// replay is one call of a client: its bytes, and what the client takes from the
// answer. In both, a {name} stands for a value that is known by then. The head
// ends at the first empty line; its line ends are sent as CRLF.
type replay struct {
	request string
	status  int // 0 means 200, anyStatus that the client does not look
	reads   []reading
}

// anyStatus is the status of a call whose client looks into the body alone.
const anyStatus = -1

// reading is one value that a client takes from an answer, in the way the client takes it.
type reading struct {
	in, at string
	want   string // a regular expression for the whole value; empty means anything but nothing
	name   string // under which later calls know the value
	absent bool
}

// member is a value in a JSON answer, by its path; what is no text is compared as JSON.
func member(at string) reading { return reading{in: "json", at: at} }

// attribute is an XML attribute, "element/element@name"; the root is not named.
func attribute(at string) reading { return reading{in: "xml", at: at} }

// content is the whole body as text.
func content() reading { return reading{in: "body"} }

// field is a header of the answer.
func field(name string) reading { return reading{in: "header", at: name} }

func (r reading) is(want string) reading { r.want = want; return r }
func (r reading) as(name string) reading { r.name = name; return r }
func (r reading) missing() reading       { r.absent = true; return r }

// replayer sends the calls of one client to one server.
type replayer struct {
	t      *testing.T
	values map[string]string
}

// replayAll replays one client after the other against one server, on both engines.
// What prepare leaves in values is known to every client, and what a client
// learns only to itself.
func replayAll(t *testing.T, clients []replayed, prepare func(c *client, values map[string]string)) {
	onBoth(t, func(t *testing.T, e engine) {
		p := start(t, usedSiteWith(t, e, clientPassword), "--public-requests", "on", "--rate-limits", "off")
		known := map[string]string{
			"host": strings.TrimPrefix(p.url, "http://"), "password": clientPassword,
			"base64": base64.StdEncoding.EncodeToString([]byte(clientPassword)),
			"month":  strconv.FormatInt(time.Now().Add(30*24*time.Hour).Unix(), 10),
			"year":   strconv.FormatInt(time.Now().Add(365*24*time.Hour).Unix(), 10),
		}
		prepare(newClient(t, p.url), known)
		for _, one := range clients {
			t.Run(one.client, func(t *testing.T) {
				r := &replayer{t: t, values: maps.Clone(known)}
				for _, call := range one.calls {
					r.do(call)
				}
			})
		}
		p.stop(t)
	})
}

// fill puts the known values in the place of their names, each changed by as.
func (r *replayer) fill(text string, as func(string) string) string {
	for name, value := range r.values {
		text = strings.ReplaceAll(text, "{"+name+"}", as(value))
	}
	return text
}

// plain leaves a value as it is.
func plain(value string) string { return value }

// do sends one call over a connection of its own and reads the answer.
func (r *replayer) do(call replay) {
	r.t.Helper()
	head, body, _ := strings.Cut(r.fill(strings.TrimPrefix(call.request, "\n"), plain), "\n\n")
	head = strings.ReplaceAll(head, "{length}", strconv.Itoa(len(body)))
	if left := regexp.MustCompile(`\{[a-z]+\}`).FindString(head); left != "" {
		r.t.Fatalf("%s is not known", left)
	}
	line, _, _ := strings.Cut(call.request, " HTTP/")
	what := strings.TrimSpace(line)
	a := r.send(what, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body)
	if want := max(call.status, 200); a.status != want && call.status != anyStatus {
		r.t.Fatalf("%s: got %d, want %d: %s", what, a.status, want, a.body)
	}
	for _, reading := range call.reads {
		got, err := reading.value(a)
		switch {
		case reading.absent:
			if err == nil {
				r.t.Errorf("%s: there is %s: %s", what, reading.at, got)
			}
			continue
		case err != nil:
			r.t.Fatalf("%s: %v in %s", what, err, a.body)
		}
		want := reading.want
		if want == "" {
			want = `(?s).+`
		}
		if want = r.fill(want, regexp.QuoteMeta); !regexp.MustCompile(`^(?:` + want + `)$`).MatchString(got) {
			r.t.Errorf("%s: %s is %q, want %q", what, reading.at, got, want)
		}
		if reading.name != "" {
			r.values[reading.name] = got
		}
	}
}

// send writes the bytes and reads one answer, over whatever is interim.
func (r *replayer) send(what, raw string) answer {
	r.t.Helper()
	connection, err := net.Dial("tcp", r.values["host"])
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		r.t.Fatal(err)
	}
	if _, err := io.WriteString(connection, raw); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	method, _, _ := strings.Cut(raw, " ")
	from := bufio.NewReader(connection)
	for {
		res, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			r.t.Fatalf("%s: %v", what, err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			r.t.Fatalf("%s: %v", what, err)
		}
		if res.StatusCode >= 200 {
			return answer{res.StatusCode, res.Header, string(body)}
		}
	}
}

// value takes the value from an answer.
func (r reading) value(a answer) (string, error) {
	switch r.in {
	case "json":
		return jsonValue(a.body, strings.Split(r.at, "."))
	case "xml":
		path, name, _ := strings.Cut(r.at, "@")
		return xmlAttribute(a.body, path, name)
	case "header":
		return a.header.Get(r.at), nil
	}
	return a.body, nil
}

// jsonValue finds a value by its path.
func jsonValue(text string, path []string) (string, error) {
	var v any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		return "", fmt.Errorf("no JSON: %w", err)
	}
	for _, name := range path {
		var found bool
		switch at := v.(type) {
		case map[string]any:
			v, found = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if found = err == nil && i < len(at); found {
				v = at[i]
			}
		}
		if !found {
			return "", fmt.Errorf("no %s", strings.Join(path, "."))
		}
	}
	if s, ok := v.(string); ok {
		return s, nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// xmlAttribute finds an attribute of the first element with that path below the root.
func xmlAttribute(text, path, name string) (string, error) {
	var open []string
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return "", fmt.Errorf("no %s@%s", path, name)
		}
		if err != nil {
			return "", fmt.Errorf("no XML: %w", err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.StartElement:
			open = append(open, token.Name.Local)
			if strings.Join(open[1:], "/") != path {
				continue
			}
			for _, a := range token.Attr {
				if a.Name.Local == name {
					return a.Value, nil
				}
			}
		}
	}
}
