// SPDX-License-Identifier: Apache-2.0

package floors

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxLines is the maximum for a Go file outside of tests.
const maxLines = 500

// maxColumns is the maximum for a line of Go, where a tab counts as one. A line with a text of
// unbreakable characters or more may be wider.
const (
	maxColumns  = 110
	unbreakable = 30
)

// allowed lists the package-level variables that may be, with the reason.
// Interface assertions, embedded files, error values and numbered statements need no
// entry.
func allowed() map[string]string {
	return map[string]string{
		"internal/pgtest/pgtest.go shared":         "the one server of a test process; tests have nothing else in common",
		"internal/storetest/sqlite.go emptySQLite": "the one database of a test process that tests copy; it is made once",
		// SQLite has one set of mutexes for the process.
		"internal/sqlite/mutex_linux.go mutexes":      "the mutexes, by what SQLite takes for their addresses",
		"internal/sqlite/mutex_linux.go useGoMutexes": "gives them to SQLite once",
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	unused, count := allowed(), 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && slices.Contains([]string{".git", "bin", "gatehouse-data",
			"node_modules", "testdata"}, entry.Name()) {
			return fs.SkipDir
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if !entry.Type().IsRegular() || comment(name) == "" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		count++
		faults, used := checkFile(name, content)
		for _, fault := range faults {
			t.Error(fault)
		}
		for _, u := range used {
			delete(unused, u)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range unused {
		t.Errorf("%s is allowed but not there", name)
	}
	if count < 50 {
		t.Errorf("only %d files were looked at", count)
	}
}

// comment returns the beginning of a line comment in a file that must name its licence;
// it is empty for other files.
func comment(name string) string {
	switch {
	case strings.HasSuffix(name, ".go"), strings.HasSuffix(name, ".js"):
		return "//"
	case strings.HasSuffix(name, ".sql"):
		return "--"
	case name == "Makefile", strings.HasPrefix(name, ".ci/"):
		return "#"
	}
	return ""
}

// checkFile returns what is wrong with a file, and which allowed variables it has.
func checkFile(name string, content []byte) (faults, used []string) {
	first := content
	if bytes.HasPrefix(first, []byte("#!")) {
		_, first, _ = bytes.Cut(first, []byte("\n"))
	}
	if !bytes.HasPrefix(first, []byte(comment(name)+" SPDX-License-Identifier: Apache-2.0\n")) {
		faults = append(faults, name+" does not begin with its licence")
	}
	if !strings.HasSuffix(name, ".go") {
		return faults, nil
	}
	for _, line := range tooWide(content) {
		faults = append(faults, fmt.Sprintf("%s:%d is wider than %d columns", name, line, maxColumns))
	}
	if strings.HasSuffix(name, "_test.go") {
		return faults, nil
	}
	if n := bytes.Count(content, []byte("\n")); n > maxLines {
		faults = append(faults, fmt.Sprintf("%s has %d lines; %d are the most", name, n, maxLines))
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, content,
		parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return append(faults, err.Error()), nil
	}
	if !mayHashCheaply(name) && bytes.Contains(content, []byte("NewCheapHasher")) {
		faults = append(faults, name+" has passwords hashed cheaply")
	}
	if !mayGrant(name) && bytes.Contains(content, []byte(".Grant(")) {
		faults = append(faults, name+" grants permissions to a caller")
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				faults = append(faults, name+" has a func init")
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				for _, variable := range mutable(d, spec.(*ast.ValueSpec)) {
					if _, ok := allowed()[name+" "+variable]; ok {
						used = append(used, name+" "+variable)
						continue
					}
					faults = append(faults, name+" has the package-level variable "+variable)
				}
			}
		}
	}
	return faults, used
}

// mayHashCheaply reports whether a file is of a package for tests, or is the one that
// declares the cheap hasher.
func mayHashCheaply(name string) bool {
	return floors()[path.Dir(name)] == testOnly || name == "internal/secret/password.go"
}

// mayGrant reports whether a file is of a package for tests, or of the one package that
// knows what a caller may do.
func mayGrant(name string) bool {
	dir := path.Dir(name)
	return floors()[dir] == testOnly || dir == "internal/identity"
}

// mutable returns the names a declaration declares, unless it is one of the
// kinds that are fine anywhere.
func mutable(d *ast.GenDecl, spec *ast.ValueSpec) (names []string) {
	if embeds(d.Doc) || embeds(spec.Doc) {
		return nil
	}
	for i, n := range spec.Names {
		isError := strings.HasPrefix(n.Name, "Err") || strings.HasPrefix(n.Name, "err")
		if n.Name == "_" {
			continue
		}
		if i < len(spec.Values) && (isError && calls(spec.Values[i], "errors", "New") ||
			calls(spec.Values[i], "sqltext", "Numbered")) {
			continue
		}
		names = append(names, n.Name)
	}
	return names
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List,
		func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// calls reports whether a value is a call of a function of another package.
func calls(value ast.Expr, pkg, function string) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := selector.X.(*ast.Ident)
	return ok && from.Name == pkg && selector.Sel.Name == function
}

func TestFileRulesCanFail(t *testing.T) {
	t.Parallel()
	const licence = "// SPDX-License-Identifier: Apache-2.0\n\npackage x\n\n"
	for _, plant := range []struct{ file, content, want string }{
		{"x.go", licence, ""},
		{"x.go", "package x\n", "licence"},
		{"x.go", "\n" + licence, "licence"},
		{"x_test.go", "package x\n", "licence"},
		{"x.sql", "-- SPDX-License-Identifier: Apache-2.0\nSELECT 1;\n", ""},
		{"x.sql", "SELECT 1;\n", "licence"},
		{".ci/run", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n", ""},
		{".ci/run", "#!/bin/sh\n", "licence"},
		{"x.go", licence + strings.Repeat("\n", maxLines-4), ""},
		{"x.go", licence + strings.Repeat("\n", maxLines-3), "501 lines"},
		{"x_test.go", licence + strings.Repeat("\n", maxLines), ""},
		{"x.go", licence + "func init() {}\n", "func init"},
		{"x_test.go", licence + "func init() {}\n", ""},
		{"x.go", licence + "func (T) init() {}\n", ""},
		{"x.go", licence + "var a int\n", "variable a"},
		{"x.go", licence + "var (\n\ta = 1\n\tb, c = 2, 3\n)\n", "variable c"},
		{"x.go", licence + "var _ I = T{}\n", ""},
		{"x.go", licence + "var ErrX = errors.New(\"x\")\n", ""},
		{"x.go", licence + "var ErrX = make()\n", "variable ErrX"},
		{"x.go", licence + "var x = errors.New(\"x\")\n", "variable x"},
		{"x.go", licence + "var a = sqltext.Numbered(\"SELECT 1\")\n", ""},
		{"x.go", licence + "var a, b = sqltext.Numbered(\"SELECT 1\"), 2\n", "variable b"},
		{"x.go", licence + "var a = sqltext.Other()\n", "variable a"},
		{"x.go", licence + "//go:embed *.sql\nvar files embed.FS\n", ""},
		{"x.go", licence + "// not a directive\nvar files embed.FS\n", "variable files"},
		{"internal/pgtest/pgtest.go", licence + "var shared server\n", ""},
		{"internal/pgtest/pgtest.go", licence + "var other server\n", "variable other"},
		{"cmd/gatehouse/open.go", licence + "func f() { secret.NewCheapHasher() }\n", "hashed cheaply"},
		{"internal/tenancytest/x.go", licence + "func f() { secret.NewCheapHasher() }\n", ""},
		{"internal/secret/password.go", licence + "func NewCheapHasher() {}\n", ""},
		{"internal/dialect/occ/auth.go", licence + "func f() { caller.Grant() }\n", "grants permissions"},
		{"internal/identity/token.go", licence + "func f() { caller.Grant() }\n", ""},
		{"x.go", licence + "func f() { var local int; _ = local }\n", ""},
		{"x.go", licence + "syntax error\n", "expected"},
	} {
		faults, _ := checkFile(plant.file, []byte(plant.content))
		got := strings.Join(faults, "; ")
		if (got == "") != (plant.want == "") || !strings.Contains(got, plant.want) {
			t.Errorf("%s %q: got %q, want %q", plant.file, plant.content[max(0, len(plant.content)-60):], got,
				plant.want)
		}
	}
}
