// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse/internal/bulk"
)

func columns() []bulk.Column {
	return []bulk.Column{{Name: "name", Required: true}, {Name: "uses", Kind: bulk.Number},
		{Name: "primary", Kind: bulk.Flag}, {Name: "tags", Kind: bulk.List}, {Name: "key", Kind: bulk.JSON},
		{Name: "contact.email"}, {Name: "id", Ignored: true}}
}

func readAll(t *testing.T, f bulk.Format, text string) (records []bulk.Record, err error) {
	t.Helper()
	r, err := bulk.NewReader(strings.NewReader(text), f, columns())
	for err == nil {
		var record bulk.Record
		if record, err = r.Next(); err == nil {
			records = append(records, record)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return records, err
}

func body(t *testing.T, v bulk.Values) string {
	t.Helper()
	raw, err := v.Body()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What spreadsheets and people write is read: a mark of the byte order, CRLF, quoted line ends, columns in
// another order, columns of an export that are not read, cells that were made safe.
func TestReadCSV(t *testing.T) {
	t.Parallel()
	records, err := readAll(t, bulk.CSV, "\xef\xbb\xbftags , name,uses,primary,id,contact.email,key\r\n"+
		"a; b,\"Acme, \"\"Ltd\"\"\r\nof York\",7,TRUE,or-1,a@example.test,\"{\"\"a\"\":1}\"\r\n"+
		"\r\n"+
		"\"[\"\"x;y\"\"]\",'=1+1,unlimited,false,,,\n"+
		",last,,,,,")
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, want := range []struct {
		line int
		body string
	}{
		{2, `{"contact":{"email":"a@example.test"},"key":{"a":1},"name":"Acme, \"Ltd\"\r\nof York","primary":true,` +
			`"tags":["a","b"],"uses":7}`},
		{5, `{"name":"=1+1","primary":false,"tags":["x;y"],"uses":"unlimited"}`},
		{6, `{"name":"last"}`},
	} {
		got := records[i]
		text := strings.ReplaceAll(want.body, `\r\n`, `\n`) // encoding/csv takes CRLF for one character
		if got.Err != nil || got.Line != want.line || body(t, got.Values) != text {
			t.Errorf("line %d: %v %s\nwant line %d: %s", got.Line, got.Err, body(t, got.Values), want.line, text)
		}
	}
}

// A line that cannot be read is told with its number, and those after it are read.
func TestBadLines(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ text, want string }{
		"cells":   {"a,b,c,d", "it has 4 cells, and the first line has 3"},
		"missing": {",1,true", "name is missing"}, "flag": {"a,1,yes", "primary must be true or false"},
		"quote": {`a "b" c,1,true`, `bare "`},
		"inch":  {`5" pipe,1,true`, `bare "`}, "utf-8": {"\xff,1,true", "it is not UTF-8"},
		"long": {strings.Repeat("x", 2<<20) + ",1,true", "longer than"},
	} {
		records, err := readAll(t, bulk.CSV, "name,uses,primary\nfirst,1,true\n"+c.text+"\nlast,1,true\n")
		if err != nil || len(records) != 3 || records[1].Err == nil || records[1].Line != 3 ||
			!strings.Contains(records[1].Err.Error(), c.want) || records[2].Values.Text("name") != "last" ||
			records[2].Line != 4 {
			t.Errorf("%s: %d records, %v", what, len(records), err)
			for _, r := range records {
				t.Logf("line %d: %v", r.Line, r.Err)
			}
		}
	}
	records, err := readAll(t, bulk.CSV, "name\n\"a\nb\n")
	if err != nil || len(records) != 1 || !strings.Contains(fmt.Sprint(records[0].Err), "not closed") {
		t.Errorf("an open quotation mark: %v %v", records, err)
	}
	for what, c := range map[string]struct{ text, want string }{
		"no JSON": {`{"name":}`, "not an object"}, "a list": {`[1]`, "not an object"},
		"cut":      {`{"name":"a"`, "not an"},
		"unknown":  {`{"name":"a","nmae":1}`, `there is no member "nmae"`},
		"more":     {`{"name":"a"} {}`, "after the object"},
		"twice":    {`{"name":"a","name":"b"}`, "name is there twice"},
		"number":   {`{"name":7}`, "name must be a text"},
		"fraction": {`{"name":"a","uses":1.5}`, "uses must be a number"},
		"null":     {`{"name":null}`, "name is missing"},
		"tags":     {`{"name":"a","tags":"b"}`, "tags must be a list"},
	} {
		records, err := readAll(t, bulk.Lines, c.text+"\n{\"name\":\"last\"}")
		if err != nil || len(records) != 2 || records[0].Err == nil ||
			!strings.Contains(records[0].Err.Error(), c.want) ||
			records[1].Values.Text("name") != "last" {
			t.Errorf("%s: %v %v", what, records, err)
		}
	}
}

// A header that is not as it should be is an error about the whole file, which names the column.
func TestBadHeaders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "the file is empty", "name,nmae\na,b": `no column "nmae"`,
		"name,name\na,b": "name is there twice", "uses\n1": "the column name is missing",
		"name;uses\na;1": "separated by",
		"\xff\xfen\x00":  "UTF-16", "\"name": "not closed"} {
		if records, err := readAll(t, bulk.CSV, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", text, records, err, want)
		}
	}
}

// Whatever is written is read again, in both formats, and no cell begins a formula.
func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("=+-@'\"[];,{}\t\n x1é")))
		made := struct {
			Name    string            `json:"name"`
			Tags    []string          `json:"tags,omitempty"`
			Uses    int               `json:"uses"`
			Contact map[string]string `json:"contact"`
		}{"n" + text.Draw(rt, "name"), rapid.SliceOf(text).Draw(rt, "tags"), rapid.IntRange(0, 9).Draw(rt, "uses"),
			map[string]string{"email": text.Draw(rt, "email") + "@"}}
		values, err := bulk.ValuesOf(made, columns())
		if err != nil {
			rt.Fatal(err)
		}
		for _, f := range []bulk.Format{bulk.CSV, bulk.Lines} {
			var out bytes.Buffer
			w := bulk.NewWriter(&out, f, columns())
			if err := errors.Join(w.Write(values), w.Flush()); err != nil {
				rt.Fatal(err)
			}
			records, err := readAll(t, f, out.String())
			if err != nil || len(records) != 1 || records[0].Err != nil ||
				body(t, records[0].Values) != body(t, values) {
				rt.Fatalf("%s: %v %v\nwrote %s", f, records, err, out.String())
			}
		}
	})
}

// world is what lines are done in: each key once, however often it is asked.
type world struct {
	mu   sync.Mutex
	done map[string]string // the name by the key
	asks int
}

func (w *world) work(r bulk.Record, key string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asks++
	name := r.Values.Text("name")
	if strings.HasPrefix(name, "bad") {
		return nil, &bulk.Refusal{Err: errors.New("=no " + name)}
	}
	if w.done == nil {
		w.done = map[string]string{}
	}
	if former, again := w.done[key]; again && former != name {
		return nil, fmt.Errorf("the key of %s is that of %s", name, former)
	}
	w.done[key] = name
	return []string{strconv.Itoa(r.Line), name, "secret of " + name}, nil
}

// input writes a file and looks through it.
func input(t *testing.T, name, text string) bulk.Input {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bulk.FormatOf(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := bulk.Scan(path, f, columns(), func(v bulk.Values) []string {
		if v["name"] == nil {
			return nil
		}
		return []string{v.Text("name")}
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func options(in bulk.Input) bulk.Options {
	return bulk.Options{Journal: in.Path + ".journal", Refused: in.Path + ".refused", Made: in.Path + ".made",
		MadeHeader: []string{"line", "name", "secret"}, Concurrency: 4, KeyLife: time.Hour, Unsure: bulk.UnsureStop,
		Grace: time.Minute}
}

func rows(t *testing.T, path string) [][]string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v", path, info.Mode())
	}
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each good line is done, what was made is in the order of the lines, and each bad line is in a file with its
// number and its reason, which can be read like the first one.
func TestRun(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("uses,name\n")
	for i := range 1000 {
		switch {
		case i%10 == 3:
			fmt.Fprintf(&text, "1,bad%d\n", i)
		case i == 500:
			text.WriteString("1,name0\n")
		case i == 600:
			text.WriteString("too few\n")
		default:
			fmt.Fprintf(&text, "1,name%d\n", i)
		}
	}
	in := input(t, "f.csv", text.String())
	var w world
	stats, err := bulk.Run(t.Context(), in, bulk.Job{Work: "test"}, options(in),
		func(_ context.Context, r bulk.Task) ([]string, error) {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond) // in another order
			return w.work(r.Record, r.Key)
		})
	if want := (bulk.Stats{Lines: 1000, Next: 1000, Done: 898, Refused: 102}); err != nil || stats != want {
		t.Fatalf("got %+v, %v; want %+v", stats, err, want)
	}
	made := rows(t, in.Path+".made")
	if len(made) != 899 || made[0][0] != "line" {
		t.Fatalf("%d rows are made", len(made))
	}
	last := 0
	for _, row := range made[1:] {
		n, err := strconv.Atoi(row[0])
		if err != nil || n <= last {
			t.Fatalf("line %s comes after line %d", row[0], last)
		}
		last = n
	}
	refused := rows(t, in.Path+".refused")
	if got := fmt.Sprint(refused[0], refused[1]); len(refused) != 103 ||
		got != "[uses name line reason] [1 bad3 5 '=no bad3]" {
		t.Errorf("%d rows are refused: %s", len(refused), got)
	}
	all := fmt.Sprint(refused)
	for _, want := range []string{"[1 name0 502 it repeats line 2]", "602 it has 1 cells, and the first line has 2]"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among the refused", want)
		}
	}
	again, err := readAll(t, bulk.CSV, string(must(os.ReadFile(in.Path+".refused"))(t)))
	if err != nil || len(again) != 102 || again[0].Values.Text("name") != "bad3" {
		t.Errorf("the refused lines are not read again: %d, %v", len(again), err)
	}
	asks := w.asks
	if stats, err = bulk.Run(t.Context(), in, bulk.Job{Work: "test"}, options(in), nil); err != nil ||
		stats.Next != 1000 || stats.Before != 1000 || w.asks != asks {
		t.Errorf("a second run: %+v, %v", stats, err)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Whenever a run ends, and however, the next one goes on: every line is done once and is in the file once.
// The crash is imitated: the files are put back to any earlier time after the journal, as they would be if a
// process was killed between writing a file and writing the journal.
func TestStoppedAndContinued(t *testing.T) {
	t.Parallel()
	const lines = 400
	var text strings.Builder
	for i := range lines {
		fmt.Fprintf(&text, `{"name":"%s%d"}`+"\n", map[bool]string{true: "bad", false: "name"}[i%7 == 0], i)
	}
	in := input(t, "f.jsonl", text.String())
	var w world
	for round := 0; ; round++ {
		ctx, cancel := context.WithCancel(t.Context())
		left := 20 + rand.IntN(60)
		var mu sync.Mutex
		stats, err := bulk.Run(ctx, in, bulk.Job{Work: "test"}, options(in),
			func(_ context.Context, r bulk.Task) ([]string, error) {
				mu.Lock()
				left--
				now := left
				mu.Unlock()
				made, err := w.work(r.Record, r.Key)
				switch {
				case now == 0 && round%2 == 0:
					cancel()
				case now == 0:
					return nil, errors.New("the server is gone") // and has done it
				}
				return made, err
			})
		cancel()
		if err == nil {
			if stats.Next != lines || stats.Done+stats.Refused != lines {
				t.Errorf("got %+v", stats)
			}
			break
		}
		if round > 100 {
			t.Fatal("it does not come to an end")
		}
		if round%3 == 0 { // written after the last mark
			appendTo(t, in.Path+".made", "9999,cut")
			appendTo(t, in.Path+".refused", `{"name":`)
			appendTo(t, in.Path+".journal", `{"next":39`)
		}
	}
	made := rows(t, in.Path+".made")
	seen := map[string]bool{}
	for _, row := range made[1:] {
		if seen[row[1]] {
			t.Errorf("%s is there twice", row[1])
		}
		seen[row[1]] = true
	}
	want := lines - (lines+6)/7
	if len(seen) != want || len(w.done) != want {
		t.Errorf("%d are in the file and %d are done, want %d", len(seen), len(w.done), want)
	}
	if n := strings.Count(string(must(os.ReadFile(in.Path+".refused"))(t)), "\n"); n != (lines+6)/7 {
		t.Errorf("%d lines are refused", n)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A run that was killed before its first mark has made files that the journal does not know the size of. The
// next run knows them from files that it must not overwrite.
func TestKilledBeforeTheFirstMark(t *testing.T) {
	t.Parallel()
	in := input(t, "f.csv", "name\nbad\na\n")
	var w world
	work := func(_ context.Context, r bulk.Task) ([]string, error) { return w.work(r.Record, r.Key) }
	o := options(in)
	if _, err := bulk.Run(t.Context(), in, bulk.Job{}, o, work); err != nil {
		t.Fatal(err)
	}
	whole := slices.Collect(bytes.Lines(must(os.ReadFile(o.Journal))(t)))
	made, refused := must(os.ReadFile(o.Made))(t), must(os.ReadFile(o.Refused))(t)
	for lines := 2; lines <= len(whole); lines++ {
		if err := os.WriteFile(o.Journal, bytes.Join(whole[:lines], nil), 0o600); err != nil {
			t.Fatal(err)
		}
		for path, claimed := range map[string]string{o.Made: "madeOurs", o.Refused: "refuseOurs"} {
			if !bytes.Contains(whole[lines-1], []byte(claimed)) {
				if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
		}
		if _, err := bulk.Run(t.Context(), in, bulk.Job{}, o, work); err != nil {
			t.Errorf("after %d lines of the journal: %v", lines, err)
		}
		if !bytes.Equal(made, must(os.ReadFile(o.Made))(t)) ||
			!bytes.Equal(refused, must(os.ReadFile(o.Refused))(t)) {
			t.Errorf("after %d lines of the journal the files differ", lines)
		}
	}
}

// What was written after the last mark is cut off, however long it is.
func TestWhatIsNotInTheJournalIsCutOff(t *testing.T) {
	t.Parallel()
	in := input(t, "f.csv", "name\nbad\na\nb\n")
	var w world
	gone := true
	work := func(_ context.Context, r bulk.Task) ([]string, error) {
		if gone && r.Values.Text("name") == "b" {
			return nil, errors.New("gone")
		}
		return w.work(r.Record, r.Key)
	}
	o := options(in)
	if _, err := bulk.Run(t.Context(), in, bulk.Job{}, o, work); err == nil {
		t.Fatal("no error")
	}
	for _, path := range []string{o.Journal, o.Made, o.Refused} {
		appendTo(t, path, strings.Repeat("x", 4096))
	}
	gone = false
	if _, err := bulk.Run(t.Context(), in, bulk.Job{}, o, work); err != nil {
		t.Fatal(err)
	}
	for path, lines := range map[string]int{o.Made: 3, o.Refused: 2} {
		if got := len(rows(t, path)); got != lines {
			t.Errorf("%s has %d lines, want %d", path, got, lines)
		}
	}
	if stats, err := bulk.Run(t.Context(), in, bulk.Job{}, o, nil); err != nil || stats.Next != 3 {
		t.Errorf("again: %+v, %v", stats, err)
	}
}

// A journal is continued by the same job only, and by one process at a time.
func TestJournalOfAnotherJob(t *testing.T) {
	t.Parallel()
	in := input(t, "f.csv", "name\na\nb\n")
	job := bulk.Job{Work: "test", Target: "https://a.example.test", Choice: "x"}
	fail := func(context.Context, bulk.Task) ([]string, error) { return nil, errors.New("gone") }
	busy := func(context.Context, bulk.Task) ([]string, error) {
		_, err := bulk.Run(t.Context(), in, job, options(in), fail)
		return nil, fmt.Errorf("within: %w", err)
	}
	if _, err := bulk.Run(t.Context(), in, job, options(in), busy); err == nil ||
		!strings.Contains(err.Error(), "line 2: within: another process works with") {
		t.Errorf("two at once: %v", err)
	}
	for want, change := range map[string]func(*bulk.Job, *bulk.Input, *bulk.Options){
		"it is for test":           func(j *bulk.Job, _ *bulk.Input, _ *bulk.Options) { j.Work = "other" },
		"https://a.example.test":   func(j *bulk.Job, _ *bulk.Input, _ *bulk.Options) { j.Target = "other" },
		"the flags were: x":        func(j *bulk.Job, _ *bulk.Input, _ *bulk.Options) { j.Choice = "other" },
		"the file was changed":     func(_ *bulk.Job, i *bulk.Input, _ *bulk.Options) { i.Digest = "other" },
		"files had other names":    func(_ *bulk.Job, _ *bulk.Input, o *bulk.Options) { o.Made = "other" },
		"remove the journal first": func(_ *bulk.Job, _ *bulk.Input, o *bulk.Options) { o.Refused = "other" },
	} {
		j, i, o := job, in, options(in)
		change(&j, &i, &o)
		if _, err := bulk.Run(t.Context(), i, j, o, fail); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := os.WriteFile(in.Path+".journal", []byte("name\na\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bulk.Run(t.Context(), in, job, options(in), fail); err == nil ||
		!strings.Contains(err.Error(), "is no journal") {
		t.Errorf("another file: %v", err)
	}
}

// What is there is not overwritten: neither what was made before nor what was refused.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	for _, end := range []string{".made", ".refused"} {
		in := input(t, "f.csv", "name\nbad\nb\n")
		if err := os.WriteFile(in.Path+end, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		var w world
		_, err := bulk.Run(t.Context(), in, bulk.Job{}, options(in),
			func(_ context.Context, r bulk.Task) ([]string, error) { return w.work(r.Record, r.Key) })
		if err == nil || !strings.Contains(err.Error(), "is not overwritten") {
			t.Errorf("%s: %v", end, err)
		}
		if got := string(must(os.ReadFile(in.Path + end))(t)); got != "precious" {
			t.Errorf("%s has %q", end, got)
		}
		if end == ".made" && w.asks > 0 {
			t.Error("something was done although its result has no place")
		}
	}
}

// When keys are too old, the lines that may be done are not simply done again.
func TestKeysThatAreTooOld(t *testing.T) {
	t.Parallel()
	in := input(t, "f.csv", "name\na\nb\nc\n")
	fail := func(_ context.Context, r bulk.Task) ([]string, error) {
		if r.Values.Text("name") == "b" {
			return nil, errors.New("gone")
		}
		return []string{"1", "2", "3"}, nil
	}
	if _, err := bulk.Run(t.Context(), in, bulk.Job{}, options(in), fail); err == nil {
		t.Fatal("no error")
	}
	o := options(in)
	o.KeyLife = -1
	if _, err := bulk.Run(t.Context(), in, bulk.Job{}, o, nil); !errors.Is(err, bulk.ErrUnsure) {
		t.Fatalf("got %v", err)
	}
	o.Unsure = bulk.UnsureRefuse
	stats, err := bulk.Run(t.Context(), in, bulk.Job{}, o, nil)
	if want := (bulk.Stats{Lines: 3, Next: 3, Done: 1, Refused: 2, Before: 1}); err != nil || stats != want {
		t.Errorf("got %+v, %v", stats, err)
	}
}

// A line under way may end after a stop, but not forever.
func TestGrace(t *testing.T) {
	t.Parallel()
	in := input(t, "f.csv", "name\na\n")
	o := options(in)
	o.Grace = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	stats, err := bulk.Run(ctx, in, bulk.Job{}, o, func(ctx context.Context, _ bulk.Task) ([]string, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || stats.Next != 0 {
		t.Errorf("got %+v, %v", stats, err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add("name,uses\n\"a\nb\",1\n", true)
	f.Add(`{"name":"a","tags":["b"]}`, false)
	f.Add("name\n\"\"\"", true)
	f.Fuzz(func(t *testing.T, text string, table bool) {
		format := bulk.Lines
		if table {
			format = bulk.CSV
		}
		records, err := readAll(t, format, text)
		if err != nil {
			return
		}
		for _, r := range records {
			if r.Err == nil && r.Values.Text("name") == "" && len(r.Values["name"]) == 0 {
				t.Errorf("line %d has no name", r.Line)
			}
		}
	})
}
