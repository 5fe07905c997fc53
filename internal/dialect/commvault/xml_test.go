// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/httpkit"
)

func TestDecodeXML(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       object
	}{
		{"attributes", `<R a="1" b="x &amp; y&#10;"/>`, object{"a": attribute("1"), "b": attribute("x & y\n")}},
		{"prolog, comments, namespaces", prolog +
			"\n<!-- c --><n:R xmlns:n=\"urn:n\" xmlns=\"urn:d\" n:z=\"1\" a=\"2\" xml:lang=\"en\" xsi:nil=\"1\"> <!-- d --></n:R>\n", object{"a": attribute("2"), "z": attribute("1")}},
		{"children", `<R><c a="1"/><d><e/></d></R>`, object{"c": object{"a": attribute("1")},
			"d": object{"e": object{}}}},
		{"repeated children", `<R><c a="1"/><d/><c a="2"/><c/></R>`,
			object{"c": []any{object{"a": attribute("1")}, object{"a": attribute("2")}, object{}},
				"d": object{}}},
		{"character data is not looked at", `<R a="1">text<![CDATA[<b/>]]></R>`, object{"a": attribute("1")}},
		{"text shows that an element is not empty", "<R><c>\n</c><d> 9 </d></R>", object{"c": object{},
			"d": object{elementText: attribute("9")}}},
		{"literal blanks", "<R a=\"1\t2\n3\r4\r\n5\n\r6\r\r\n7 8\"/>", object{"a": attribute("1 2 3 4 5  6  7 8")}},
		{"references", `<R a="1&#9;2&#10;3&#13;4&#xA;&#xD;&#x9;5&#13;&#10;6"/>`,
			object{"a": attribute("1\t2\n3\r4\n\r\t5\r\n6")}},
		{"literal blanks and references", "<R a='1\n&#10;\n2'/>", object{"a": attribute("1 \n 2")}},
		{"blanks around attributes", "<R\n\ta\r\n=\n\"\t1\t\"\n></R\n>", object{"a": attribute(" 1 ")}},
		{"the other quote in a value", "<R a=\"it's\na\" b='\"\t\"'/>", object{"a": attribute("it's a"),
			"b": attribute("\" \"")}},
		{"a bracket in a value", "<R a=\">\n\" b=\"-->\t]]>?>\"><c d=\"/>\n\"/></R>", object{"a": attribute("> "),
			"b": attribute("--> ]]>?>"), "c": object{"d": attribute("/> ")}}},
		{"quotes in comments and text",
			"<!-- it's \" --><R a=\"\n\">'\t\"<!-- ' > --><c d=\"\n\"/><![CDATA[<x y='\n\"> ]] >]]><e f='\n'/></R>",
			object{"a": attribute(" "), "c": object{"d": attribute(" ")}, "e": object{"f": attribute(" ")}}},
		{"a declaration on lines", "<?xml\nversion=\"1.0\"\nencoding='UTF-8'\n?>\n<R a='\n'/>",
			object{"a": attribute(" ")}},
		{"letters beside blanks", "<R a=\"é\n🌳\"/>", object{"a": attribute("é 🌳")}},
		{"32 levels", strings.Repeat("<R>", 32) + strings.Repeat("</R>", 32), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeXML([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); test.want != nil && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// UTF-8 has more than one name, and ASCII is a subset of it. A document in another encoding is refused, with
// a hint what to send.
func TestEncodings(t *testing.T) {
	t.Parallel()
	for declaration, status := range map[string]int{
		"": 0, `<?xml version="1.0"?>`: 0, `encoding="UTF-8"`: 0, `encoding="utf-8"`: 0, `encoding='Utf-8'`: 0,
		`encoding="utf8"`: 0, `encoding="UTF8"`: 0, `encoding="us-ascii"`: 0,
		`encoding="US-ASCII"`: 0, `encoding="ASCII"`: 0, `encoding="ascii" standalone="yes"`: 0,
		`encoding = "us-ascii"`: 0, "encoding\n=\t'ascii'": 0,
		`encoding="ISO-8859-1"`: 415, `encoding="latin1"`: 415, `encoding="windows-1252"`: 415,
		`encoding="UTF-16"`: 415, `encoding="utf-7"`: 415, `encoding = 'iso-8859-15'`: 415,
		"encoding\n=\t'UTF-16LE'": 415, `encoding="UTF-8 "`: 415, `encoding="EBCDIC-CP-US" standalone="no"`: 415,
	} {
		prologs := []string{declaration}
		if strings.HasPrefix(declaration, "encoding") {
			prologs = []string{`<?xml version="1.0" ` + declaration + `?>`, "<?xml\nversion='1.0'\t" + declaration +
				" ?>\n"}
		}
		for _, prolog := range prologs {
			for _, value := range []string{"a", "é", "caf\xe9"} {
				got, err := decodeXML([]byte(prolog + `<R a="` + value + `"/>`))
				want := status
				if status == 0 && value == "caf\xe9" {
					want = 400
				}
				var httpErr *httpkit.Error
				switch {
				case want == 0 && (err != nil || got["a"] != attribute(value)):
					t.Errorf("%q, %q: got %v, %v", prolog, value, got, err)
				case want != 0 && (!errors.As(err, &httpErr) || httpErr.Status != want ||
					!strings.Contains(httpErr.Message, "UTF-8")):
					t.Errorf("%q, %q: got %v, %v, want %d", prolog, value, got, err, want)
				}
			}
		}
	}
	for _, body := range []string{"\xff\xfe<\x00R\x00/\x00>\x00", "\xfe\xff\x00<\x00R\x00/\x00>",
		"<\x00R\x00/\x00>\x00", "\x00<\x00R\x00/\x00>"} {
		var httpErr *httpkit.Error
		if _, err := decodeXML([]byte(body)); !errors.As(err, &httpErr) || httpErr.Status != 415 {
			t.Errorf("%q: got %v", body, err)
		}
	}
}

// laughs is a document whose entities would expand a million million times.
func laughs() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE R [<!ENTITY l0 "lol">`)
	for i := range 12 {
		d := string(rune('a' + i))
		b.WriteString(`<!ENTITY ` + d + ` "` + strings.Repeat("&"+string(rune('a'+i-1))+";", 10) + `">`)
	}
	b.WriteString(`]><R a="&l;"/>`)
	return b.String()
}

func TestDecodeXMLRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"no element":                      `<?xml version="1.0"?>`,
		"text alone":                      `hello`,
		"unclosed":                        `<R a="1">`,
		"closed by another":               `<R></S>`,
		"end before start":                `</R>`,
		"attribute without quotes":        `<R a=1/>`,
		"attribute twice":                 `<R a="1" a="2"/>`,
		"attribute twice, in a namespace": `<R xmlns:n="urn:n" a="1" n:a="2"/>`,
		"attribute and child":             `<R a="1"><a/></R>`,
		"second root":                     `<R/><R/>`,
		"text after the root":             `<R/>garbage`,
		"text before the root":            `garbage<R/>`,
		"document type":                   `<!DOCTYPE R><R/>`,
		"external entity":                 `<!DOCTYPE R [<!ENTITY x SYSTEM "file:///etc/passwd">]><R a="&x;"/>`,
		"entity expansion":                laughs(),
		"entity without a type":           `<R a="&nbsp;"/>`,
		"forbidden character":             `<R a="&#0;"/>`,
		"processing instruction":          `<?xml-stylesheet href="x"?><R/>`,
		"prolog within":                   `<R><?xml version="1.0"?></R>`,
		"second prolog":                   prolog + prolog + `<R/>`,
		"other encoding":                  `<?xml version="1.0" encoding="ISO-8859-1"?><R/>`,
		"XML 1.1":                         `<?xml version="1.1"?><R/>`,
		"not UTF-8":                       "<R a=\"\xff\"/>",
		"UTF-16":                          "\xff\xfe<\x00R\x00/\x00>\x00",
		"33 levels":                       strings.Repeat("<R>", 33) + strings.Repeat("</R>", 33),
		"thousands of levels":             strings.Repeat("<R>", 21000),
		"thousands of elements":           "<R>" + strings.Repeat("<a/>", 16000) + "</R>",
		"thousands of attributes":         "<R" + strings.Repeat(` a=""`, 13000) + "/>",
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			got, err := decodeXML([]byte(body))
			if err == nil {
				t.Errorf("decoded to %v", got)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A message has the same members in both formats.
func TestReaderOnBothWires(t *testing.T) {
	t.Parallel()
	fromJSON, err := decodeJSON([]byte(`{"s":"a","n":42,"text":"43","huge":99999999999999999999,"null":null}`))
	if err != nil {
		t.Fatal(err)
	}
	fromXML, err := decodeXML([]byte(`<R s="a" n="42" text="43" huge="99999999999999999999"/>`))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]object{"JSON": fromJSON, "XML": fromXML} {
		r := reader{from: o}
		if got := r.text("s") + r.text("absent") + r.text("null"); got != "a" {
			t.Errorf("%s: text: got %q", name, got)
		}
		if got := r.number("n") + r.number("text") + r.number("absent"); got != 85 {
			t.Errorf("%s: number: got %d", name, got)
		}
		if got := r.number("huge"); got != 1<<63-1 {
			t.Errorf("%s: huge: got %d", name, got)
		}
		if r.err != nil {
			t.Errorf("%s: %v", name, r.err)
		}
	}
}

func TestReaderNamesTheWrongMember(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*reader){
		"o must be a string.":       func(r *reader) { r.text("o") },
		"n must be a string.":       func(r *reader) { r.text("n") },
		"o must be a whole number.": func(r *reader) { r.number("o") },
		"s must be a whole number.": func(r *reader) { r.number("s") },
		"f must be a whole number.": func(r *reader) { r.number("f") },
		"absent is required.":       func(r *reader) { r.requiredText("absent") },
		"null is required.":         func(r *reader) { r.requiredText("null") },
		// The error is about the first of several mistakes.
		"l must be a string.": func(r *reader) { r.text("l"); r.number("s") },
	}
	o, err := decodeJSON([]byte(`{"o":{},"n":1,"s":"a","f":1.5,"l":[],"null":null}`))
	if err != nil {
		t.Fatal(err)
	}
	for want, read := range tests {
		r := reader{from: o}
		read(&r)
		if r.err == nil || !strings.HasSuffix(r.err.Error(), want) {
			t.Errorf("got %v, want %s", r.err, want)
		}
	}
}
