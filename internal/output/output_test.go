// SPDX-License-Identifier: Apache-2.0

package output_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"gatehouse/internal/output"
)

var update = flag.Bool("update", false, "write the golden files")

type thing struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	Note              string            `json:"note"`
	Uses              int               `json:"uses"`
	Active            bool              `json:"active"`
	Tags              []string          `json:"tags"`
	At                string            `json:"at,omitempty"`
	AuthorizationCode string            `json:"authorizationCode,omitempty"`
	Inner             *thing            `json:"inner,omitempty"`
	Properties        map[string]string `json:"properties,omitempty"`
	People            []person          `json:"people,omitempty"`
}

type person struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
}

func columns() []output.Column {
	return []output.Column{{Title: "ID", Path: "id"}, {Title: "NAME", Path: "name", Least: 8},
		{Title: "USES", Path: "uses"}, {Title: "NOTE", Path: "note", Least: 6, Dispensable: true},
		{Title: "CREATED", Path: "at", Dispensable: true}, {Path: "tags"}}
}

func things() []thing {
	return []thing{
		{ID: "or-1", Name: "Acme Ltd", Uses: 3, Tags: []string{"a", "b"}, At: "2026-11-30T20:02:13.123Z",
			AuthorizationCode: "GHC7", Properties: map[string]string{"secret": "its own"}},
		{ID: "or-22", Name: "日本語の長い名前の会社", Note: "a note that is long enough to be shortened", Uses: 12345,
			At: "2026-11-30T22:02:13+02:00"},
		{ID: "or-333", Name: "Zoë 👩‍👩‍👧 \x1b[31mred\x1b[0m \u202egnp.exe", Note: "=1+1", Uses: -5, Active: true,
			People: []person{{"Ann", "ann@example.test"}, {"Bo", "+49"}}},
	}
}

func all(items []thing) iter.Seq2[thing, error] {
	return func(yield func(thing, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// printer returns a printer to a buffer.
func printer(t testing.TB, format string) (*output.Printer, *bytes.Buffer) {
	t.Helper()
	f, err := output.ParseFormat(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	return &output.Printer{Out: &b, Format: f}, &b
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s(%v)", name, got, want, err)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 24, 40, 80, 200} {
		p, b := printer(t, "table")
		p.Width = width
		if err := output.List(p, columns(), all(things())); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("list-%d.txt", width), b.String())
		b.Reset()
		for _, item := range things() {
			if err := p.Show(item); err != nil {
				t.Fatal(err)
			}
			b.WriteByte('\n')
		}
		golden(t, fmt.Sprintf("show-%d.txt", width), b.String())
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]string{"json": "json", "yaml": "yaml", "csv": "csv",
		"path": "jsonpath=$.name", "kubectl": "jsonpath={.tags[*]}"} {
		p, b := printer(t, format)
		if err := output.List(p, columns(), all(things())); err != nil {
			t.Fatal(err)
		}
		b.WriteString("---\n")
		if err := p.Show(things()[0]); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", b.String())
	}
}

// No line of a table is longer than the terminal is wide, whatever is in it.
func TestTablesFit(t *testing.T) {
	t.Parallel()
	cells := &runewidth.Condition{}
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.IntRange(1, 120).Draw(rt, "width")
		text := rapid.StringOf(rapid.RuneFrom([]rune("aé日👩‍👧\t\x1b\n\u0301＝ ")))
		var items []thing
		for range rapid.IntRange(0, 4).Draw(rt, "rows") {
			items = append(items, thing{ID: text.Draw(rt, "id"), Name: text.Draw(rt, "name"),
				Note: text.Draw(rt, "note")})
		}
		p, b := printer(t, "table")
		p.Width = width
		if err := output.List(p, columns(), all(items)); err != nil {
			rt.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != len(items)+1 {
			rt.Fatalf("%d items have %d lines: %q", len(items), len(lines), b)
		}
		for _, line := range lines {
			if n := cells.StringWidth(line); n > width || strings.ContainsAny(line, "\x1b\t") {
				rt.Fatalf("a line has width %d of %d: %q", n, width, line)
			}
		}
	})
}

// Rows after those that the widths were found from are shortened on a terminal and whole elsewhere.
func TestLongLists(t *testing.T) {
	t.Parallel()
	var items []thing
	for i := range 1000 {
		items = append(items, thing{ID: fmt.Sprint(i), Name: "short"})
	}
	items[999].Name = strings.Repeat("long", 10)
	for width, whole := range map[int]bool{0: true, 100: false} {
		p, b := printer(t, "table")
		p.Width = width
		if err := output.List(p, columns(), all(items)); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "\n"); n != 1001 || strings.Contains(b.String(),
			items[999].Name) != whole {
			t.Errorf("width %d: %d lines, the last is %q", width, n, b.String()[b.Len()-80:])
		}
	}
}

// A list is written while it is read: what was read before an error is there, and no program
// takes it for the whole list.
func TestErrorInAList(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection is lost")
	for format, want := range map[string]string{"table": "or-1", "json": `"or-1"`, "yaml": "or-1", "csv": "or-1",
		"jsonpath=$.id": "or-1"} {
		p, b := printer(t, format)
		err := output.List(p, columns(), func(yield func(thing, error) bool) {
			_ = yield(things()[0], nil) && yield(thing{}, broken)
		})
		if !errors.Is(err, broken) || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v, %q", format, err, b)
		}
		if format == "json" && json.Valid(b.Bytes()) {
			t.Errorf("half a list is valid JSON: %s", b)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	item := thing{ID: "1", AuthorizationCode: "GHC-TOP-SECRET",
		Inner:      &thing{AuthorizationCode: "GHC-TOP-SECRET"},
		Properties: map[string]string{"password": "its own"}}
	for _, format := range []string{"table", "json", "yaml", "csv", "jsonpath=$..*"} {
		for _, shown := range []bool{false, true} {
			p, b := printer(t, format)
			p.ShowSecrets = shown
			if err := p.Show(item); err != nil {
				t.Fatal(err)
			}
			err := output.List(p, append(columns(), output.Column{Title: "CODE", Path: "authorizationCode"}),
				all([]thing{item}))
			if n := strings.Count(b.String(), "GHC-TOP-SECRET"); err != nil || shown != (n > 2) || n > 0 != shown ||
				shown == strings.Contains(b.String(), "***") {
				t.Errorf("%s, shown %t: %d times, %v\n%s", format, shown, n, err, b)
			}
		}
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	p, b := printer(t, "table")
	p.Quiet = true
	err := errors.Join(output.List(p, columns(), all(things())), p.Show(things()[0]),
		p.Done(things()[0], "Made %s.", "x"), p.Show(person{}))
	if err != nil || b.String() != "or-1\nor-22\nor-333\nor-1\n" {
		t.Errorf("quiet: %v %q", err, b)
	}
	p, b = printer(t, "json")
	p.Quiet = true
	if err := p.Show(things()[0]); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("quiet JSON: %v %s", err, b)
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	p, b := printer(t, "table")
	if err := p.Done(things()[0], "Made %s.", "a\x1bb"); err != nil || b.String() != "Made a�b.\n" {
		t.Errorf("%v %q", err, b)
	}
	p, b = printer(t, "jsonpath=$.id")
	if err := errors.Join(p.Done(things()[0], "Made."), p.Done(nil, "Gone.")); err != nil ||
		b.String() != "or-1\n" {
		t.Errorf("%v %q", err, b)
	}
}

func TestFormatsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "JSON", "xml", "jsonpath", "jsonpath=", "jsonpath=$[", "jsonpath=name",
		"jsonpath=$." + strings.Repeat("a", 5000)} {
		if _, err := output.ParseFormat(text); err == nil {
			t.Errorf("%.40q is a format", text)
		}
	}
	p, b := printer(t, "jsonpath=$.nothing")
	if err := p.Show(things()[0]); !errors.Is(err, output.ErrNothingSelected) || b.Len() > 0 {
		t.Errorf("a path that selects nothing: %v %s", err, b)
	}
	if err := output.List(p, columns(), all(nil)); err != nil {
		t.Errorf("a path over an empty list: %v", err)
	}
}

// Empty lists are documents, too.
func TestEmptyLists(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"json": "[]\n", "yaml": "[]\n",
		"csv": "id,name,uses,note,at,tags\n", "jsonpath=$.id": "", "table": "ID  NAME  USES  NOTE  CREATED\n"} {
		p, b := printer(t, format)
		if err := output.List(p, columns(), all(nil)); err != nil || b.String() != want {
			t.Errorf("%s: %v %q", format, err, b)
		}
	}
}

// Nothing that controls a terminal reaches one, in any format.
func TestNothingControlsATerminal(t *testing.T) {
	t.Parallel()
	item := thing{ID: "1", Name: "a\x1b[2Jb\u009b2Jc\u202ed\re\x07",
		Properties: map[string]string{"\x1b]0;x\x07": "y"}}
	for _, format := range []string{"table", "json", "yaml", "csv", "jsonpath=$..*"} {
		p, b := printer(t, format)
		p.Width = 80
		err := errors.Join(output.List(p, columns(), all([]thing{item})), p.Show(item))
		if err != nil || strings.ContainsAny(b.String(), "\x1b\u009b\u202e\r\x07") ||
			!strings.Contains(b.String(), "a�[2Jb") {
			t.Errorf("%s: %v %q", format, err, b)
		}
	}
}

// awkward are texts that a careless writer of YAML or CSV changes.
func awkward() []string {
	return []string{"", "no", "Yes", "on", "null", "~", "1e3", "0x10", "012", "1:30", "2026-11-30", "a: b",
		"# c",
		" lead", "trail ", "two\nlines", "tab\there", `"quoted"`, "'", "=1", "- x", "日本", "\u2028", "\x00",
		"a\r\nb",
		"<&>"}
}

// Another reader of YAML finds the same texts: PyYAML, which reads version 1.1.
func TestYAMLIsReadBack(t *testing.T) {
	t.Parallel()
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import yaml").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3-yaml is not installed")
		}
		t.Skip("python3-yaml is not installed")
	}
	p, b := printer(t, "yaml")
	if err := p.Show(map[string]any{"texts": awkward(), "numbers": []float64{1, -0.5, 12345678},
		"yes": true}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", "import json,sys,yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)")
	cmd.Stdin = b
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Texts   []string
		Numbers []float64
		Yes     bool
	}
	if err := json.Unmarshal(got, &back); err != nil || !back.Yes ||
		fmt.Sprint(back.Numbers) != fmt.Sprint([]float64{1, -0.5, 12345678}) {
		t.Fatalf("%v %s", err, got)
	}
	for i, want := range awkward() {
		if back.Texts[i] != want {
			t.Errorf("%q is read back as %q", want, back.Texts[i])
		}
	}
}

func TestCSVIsReadBack(t *testing.T) {
	t.Parallel()
	var items []thing
	for _, text := range awkward() {
		items = append(items, thing{ID: "x", Name: text, Uses: -5})
	}
	p, b := printer(t, "csv")
	if err := output.List(p, columns(), all(items)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(b).ReadAll()
	if err != nil || len(rows) != len(items)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, want := range awkward() {
		got := strings.TrimPrefix(rows[i+1][1], "'")
		// encoding/csv reads \r\n in a quoted cell as \n.
		want = strings.TrimPrefix(strings.ReplaceAll(want, "\r\n", "\n"), "'")
		if got != want || rows[i+1][2] != "-5" {
			t.Errorf("%q is read back as %q", want, rows[i+1])
		}
	}
}
