// SPDX-License-Identifier: Apache-2.0

package floors

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// ownReadings are those of net/http and net/url, which drop what they cannot read
// or take a semicolon for a separator. Doors have httpkit's.
func ownReadings() map[string]bool {
	return map[string]bool{"Query": true, "ParseQuery": true, "RawQuery": true, "ParseForm": true,
		"ParseMultipartForm": true, "Form": true, "PostForm": true,
		"FormValue": true, "PostFormValue": true}
}

// TestQueriesAreReadInOnePlace: a door that read a query by itself would read it in
// another way than its neighbours, and drop a guard that it cannot read.
func TestQueriesAreReadInOnePlace(t *testing.T) {
	t.Parallel()
	count := 0
	for _, dir := range append(doors(), "internal/httpkit") {
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := dir + "/" + filepath.Base(file)
			if strings.HasSuffix(file, "_test.go") || name == "internal/httpkit/query.go" {
				continue
			}
			count++
			for _, fault := range readings(t, file, nil) {
				t.Errorf("%s uses %s; httpkit.QueryOf and httpkit.ParseForm read queries and forms", name, fault)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d files were looked at", count)
	}
}

// readings are the uses of such a reading in a file. httpkit's own have the
// package's name before them.
func readings(t *testing.T, file string, content any) (found []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, content, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !ownReadings()[selector.Sel.Name] {
			return true
		}
		if from, ok := selector.X.(*ast.Ident); !ok || from.Name != "httpkit" {
			found = append(found, selector.Sel.Name)
		}
		return true
	})
	return found
}

func TestQueryRuleCanFail(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`r.URL.Query().Get("type")`: "Query", `url.ParseQuery(r.URL.RawQuery)`: "ParseQuery RawQuery",
		`r.ParseForm()`: "ParseForm", `r.FormValue("a")`: "FormValue",
		`strings.Contains(r.URL.RawQuery, "a")`: "RawQuery", `r.PostForm.Get("a")`: "PostForm",
		`httpkit.ParseForm(b)`: "", `httpkit.QueryOf(r)`: "", `op.query[0]`: "",
	} {
		if got := strings.Join(readings(t, "x.go", "package x\n\nfunc f() { "+body+" }\n"), " "); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
