// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeXML(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       object
	}{
		{"attributes", `<R a="1" b="x &amp; y&#10;"/>`, object{"a": attribute("1"), "b": attribute("x & y\n")}},
		{"prolog, comments, namespaces", prolog + "\n<!-- c --><n:R xmlns:n=\"urn:n\" xmlns=\"urn:d\" n:z=\"1\" a=\"2\"> <!-- d --></n:R>\n", object{"a": attribute("2")}},
		{"children", `<R><c a="1"/><d><e/></d></R>`, object{"c": object{"a": attribute("1")}, "d": object{"e": object{}}}},
		{"repeated children", `<R><c a="1"/><d/><c a="2"/><c/></R>`,
			object{"c": []any{object{"a": attribute("1")}, object{"a": attribute("2")}, object{}}, "d": object{}}},
		{"character data is not looked at", `<R a="1">text<![CDATA[<b/>]]></R>`, object{"a": attribute("1")}},
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
		"no element":               `<?xml version="1.0"?>`,
		"text alone":               `hello`,
		"unclosed":                 `<R a="1">`,
		"closed by another":        `<R></S>`,
		"end before start":         `</R>`,
		"attribute without quotes": `<R a=1/>`,
		"attribute twice":          `<R a="1" a="2"/>`,
		"attribute and child":      `<R a="1"><a/></R>`,
		"second root":              `<R/><R/>`,
		"text after the root":      `<R/>garbage`,
		"text before the root":     `garbage<R/>`,
		"document type":            `<!DOCTYPE R><R/>`,
		"external entity":          `<!DOCTYPE R [<!ENTITY x SYSTEM "file:///etc/passwd">]><R a="&x;"/>`,
		"entity expansion":         laughs(),
		"entity without a type":    `<R a="&nbsp;"/>`,
		"forbidden character":      `<R a="&#0;"/>`,
		"processing instruction":   `<?xml-stylesheet href="x"?><R/>`,
		"prolog within":            `<R><?xml version="1.0"?></R>`,
		"second prolog":            prolog + prolog + `<R/>`,
		"other encoding":           `<?xml version="1.0" encoding="ISO-8859-1"?><R/>`,
		"XML 1.1":                  `<?xml version="1.1"?><R/>`,
		"not UTF-8":                "<R a=\"\xff\"/>",
		"UTF-16":                   "\xff\xfe<\x00R\x00/\x00>\x00",
		"33 levels":                strings.Repeat("<R>", 33) + strings.Repeat("</R>", 33),
		"thousands of levels":      strings.Repeat("<R>", 21000),
		"thousands of elements":    "<R>" + strings.Repeat("<a/>", 16000) + "</R>",
		"thousands of attributes":  "<R" + strings.Repeat(` a=""`, 13000) + "/>",
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

// The same message in both formats reads the same.
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
		"absent is required.":       func(r *reader) { r.required("absent") },
		"null is required.":         func(r *reader) { r.required("null") },
		// The first of several is told.
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
