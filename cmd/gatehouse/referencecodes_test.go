// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/internal/api"
	"gatehouse/internal/dialect/commvault"
	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// source is what the source of the program says about codes: it is read as text, because no list
// has the kinds.
type source struct {
	values    map[string]problem.Code // by the name of the constant, in its package
	sentences map[problem.Code]string
	kinds     map[problem.Code][]problem.Kind
	statuses  map[problem.Code]int // of those that are found before a use case runs
	// The names that the source has for kinds and statuses.
	kindNames   map[string]problem.Kind
	statusNames map[string]int
}

// codePackages have the codes that /v1 shows. The vendors' wires have numbers of their own.
func codePackages() []string { return []string{"problem", "httpkit", "api"} }

func readSource(t *testing.T) source {
	t.Helper()
	s := source{map[string]problem.Code{}, map[problem.Code]string{}, map[problem.Code][]problem.Kind{},
		map[problem.Code]int{}, kindsByName(), statusesByName()}
	var files []*ast.File
	root := filepath.Join("..", "..", "internal")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" { // packages of others have Go files, too
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		files = append(files, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, visit := range []func(*ast.File, ast.Node){s.constants, s.uses} { // the first is needed by the second
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				visit(file, n)
				return true
			})
		}
	}
	return s
}

// constants reads the codes and the sentences.
func (s source) constants(file *ast.File, n ast.Node) {
	spec, is := n.(*ast.ValueSpec)
	if !is || !slices.Contains(codePackages(), file.Name.Name) || !strings.HasSuffix(text(spec.Type), "Code") {
		return
	}
	for i, name := range spec.Names {
		if i < len(spec.Values) {
			s.values[file.Name.Name+"."+name.Name] = problem.Code(text(spec.Values[i]))
		}
	}
}

// text returns an expression: the name at the end of a selector, or the value of a string.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		if err != nil {
			return e.Value
		}
		return value
	case *ast.BinaryExpr:
		return text(e.X) + text(e.Y)
	}
	return ""
}

// code returns the code that an expression names.
func (s source) code(file *ast.File, e ast.Expr) problem.Code {
	if selector, is := e.(*ast.SelectorExpr); is {
		return s.values[text(selector.X)+"."+selector.Sel.Name]
	}
	return s.values[file.Name.Name+"."+text(e)]
}

// uses reads the sentences, and with which kind or status a code is returned.
func (s source) uses(file *ast.File, n ast.Node) {
	if list, is := n.(*ast.CompositeLit); is && len(list.Elts) == 2 {
		first, second := list.Elts[0], list.Elts[1]
		if pair, is := first.(*ast.KeyValueExpr); is {
			first = pair.Value
		}
		if pair, is := second.(*ast.KeyValueExpr); is {
			second = pair.Value
		}
		own := slices.Contains(codePackages(), file.Name.Name) // a dialect has other words for some
		if code := s.code(file, first); code != "" && own {
			s.sentences[code] = text(second)
		}
	}
	call, is := n.(*ast.CallExpr)
	if !is {
		return
	}
	if fun, is := call.Fun.(*ast.SelectorExpr); is && fun.Sel.Name == "Error" && len(call.Args) == 1 {
		if said, is := fun.X.(*ast.CallExpr); is { // Say(code).Error(kind)
			s.use(file, append([]ast.Expr{call.Args[0]}, said.Args...))
		}
	}
	s.use(file, call.Args)
}

// use notes that a code goes with the kind or the status among the arguments.
func (s source) use(file *ast.File, args []ast.Expr) {
	var kind problem.Kind
	status := 0
	for _, arg := range args {
		if call, is := arg.(*ast.CallExpr); is && len(call.Args) > 0 && strings.EqualFold(text(call.Fun), "say") {
			arg = call.Args[0]
		}
		if k, is := s.kindNames[text(arg)]; is && kind == "" {
			kind = k
			continue
		}
		if n, is := s.statusNames[text(arg)]; is {
			status = n
			continue
		}
		code := s.code(file, arg)
		if code == "" {
			continue
		}
		if kind != "" && !slices.Contains(s.kinds[code], kind) {
			s.kinds[code] = append(s.kinds[code], kind)
		}
		if status != 0 {
			s.statuses[code] = status
		}
	}
}

func kindsByName() map[string]problem.Kind {
	return map[string]problem.Kind{"Invalid": problem.Invalid, "Unauthenticated": problem.Unauthenticated,
		"Denied": problem.Denied, "NotFound": problem.NotFound, "Conflict": problem.Conflict,
		"Expired": problem.Expired, "Exhausted": problem.Exhausted, "Unavailable": problem.Unavailable,
		"Internal": problem.Internal}
}

func statusesByName() map[string]int {
	names := map[string]int{}
	for status := 400; status < 600; status++ {
		if title := http.StatusText(status); title != "" {
			names["Status"+regexp.MustCompile(`[^A-Za-z]`).ReplaceAllString(title, "")] = status
		}
	}
	return names
}

func codesTable(t *testing.T) string {
	t.Helper()
	s := readSource(t)
	var b strings.Builder
	b.WriteString(`
## Error codes

` + "`/v1`" + ` answers with ` + "`application/problem+json`" + ` (RFC 9457), whose member ` + "`code`" + ` is one of these. A code with the kind
*field* stands at a member of ` + "`errors`" + `, with the name of the field or parameter; the whole then has the code
` + "`invalid_input`" + ` or the same one. *exchange* means that no use case ran. The status is that of ` + "`/v1`" + `. *Oracle* is
` + "`errorCode`" + ` on the Oracle Commerce Cloud wire where the operation has no number of its own, and *Commvault* the
number on its wire. The sentence says what to do; … stands for a value. ` + "`/oauth2`" + ` has the codes of its RFCs instead.

`)
	b.WriteString(header("code", "kind", "status", "Oracle", "Commvault", "sentence"))
	doors := []*httpkit.Door{api.Door(nil, nil), occ.Door(nil, nil), commvault.Door(nil, nil)}
	for _, code := range slices.SortedFunc(maps.Keys(s.sentences), cmp.Compare[problem.Code]) {
		sentence := s.sentences[code]
		if !strings.HasSuffix(sentence, ".") {
			continue // a word in other sentences
		}
		sentence = regexp.MustCompile(`%(\[\d\])?[dsqv]`).ReplaceAllString(sentence, "…")
		sentence = strings.ReplaceAll(sentence, "%%", "%")
		kind, errs := s.errorsOf(code)
		cells := []string{quoted(string(code)), kind}
		for _, door := range doors {
			cells = append(cells, answers(t, door, errs))
		}
		b.WriteString(row(append(cells, sentence)...))
	}
	return b.String()
}

// errorsOf returns errors with the code, and the words for their kinds.
func (s source) errorsOf(code problem.Code) (kind string, errs []error) {
	phrase := problem.Phrase{Code: code, Format: "x"}
	if status := s.statuses[code]; status != 0 {
		return "exchange", []error{httpkit.NewError(status, phrase)}
	}
	kinds := s.kinds[code]
	if len(kinds) == 0 {
		e := problem.New(problem.Invalid, problem.CodeInvalidInput)
		e.Fields = []problem.FieldError{{Field: "x", Phrase: phrase}}
		return "field", []error{e}
	}
	slices.Sort(kinds)
	var words []string
	for _, k := range kinds {
		words, errs = append(words, string(k)), append(errs, phrase.Error(k))
	}
	return strings.Join(words, ", "), errs
}

// answers returns what a door answers to errors: its own code, or the status of /v1.
func answers(t *testing.T, door *httpkit.Door, errs []error) string {
	t.Helper()
	var all []string
	for _, err := range errs {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", "application/json")
		door.WriteError(w, r, err)
		answer := strconv.Itoa(w.Code)
		if door.Name != "api" {
			answer = number(t, door, w.Body.Bytes())
		}
		if !slices.Contains(all, answer) {
			all = append(all, answer)
		}
	}
	return strings.Join(all, ", ")
}

// number returns the vendor's number of an error.
func number(t *testing.T, door *httpkit.Door, body []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v: %s", door.Name, err, body)
	}
	if n, ok := find(v, "errorCode"); ok {
		return fmt.Sprint(n)
	}
	return ""
}

// find returns the first member with a name, at any depth.
func find(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		if found, ok := v[name]; ok {
			return found, true
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if found, ok := find(v[key], name); ok {
				return found, true
			}
		}
	case []any:
		for _, one := range v {
			if found, ok := find(one, name); ok {
				return found, true
			}
		}
	}
	return nil, false
}
