// SPDX-License-Identifier: Apache-2.0

package floors

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// neutral lists the packages that serve every door, and so have no vendor's words.
func neutral() []string {
	return []string{"problem", "tenancy", "identity", "sqltext", "sqlite", "postgres", "secret"}
}

// vendorWords matches the words of the vendors and of their wires, wherever they are in a
// name. Words that are also plain English are matched as whole words.
func vendorWords() *regexp.Regexp {
	return regexp.MustCompile(`(?i)oracle|commvault|\bocc\b|cvpysdk|ccadmin|ccagent|ccstore|ccapp|commcell|commserv|webconsole|` +
		`connectName|apiEndpoint|(?-i:\btoken(Type|Name)\b)|ExpiryTimestamp|UntilTimestamp|enableAuthCode|organizationRequests|` +
		`externalOrganization|relatedOrganizationName|primaryContacts|totp_code|grant_type|errorCode|` +
		`disable(Backup|Restore|Login)|GATEHOUSE_|\bbackup|\brestore`)
}

// vendorLines returns the identifiers, strings and comments of a file that have a vendor's
// word, each with its place.
func vendorLines(t *testing.T, name, source string) []string {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	words := vendorWords()
	var found []string
	look := func(at token.Pos, text string) {
		for line := range strings.Lines(text) {
			if words.MatchString(line) {
				found = append(found, fmt.Sprintf("%s: %s", set.Position(at), strings.TrimSpace(line)))
			}
		}
	}
	for _, group := range tree.Comments {
		look(group.Pos(), group.Text())
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			look(n.Pos(), n.Name)
		case *ast.BasicLit:
			look(n.Pos(), n.Value)
		}
		return true
	})
	return found
}

// TestNoVendorWords holds that what every door shares speaks no door's language.
func TestNoVendorWords(t *testing.T) {
	t.Parallel()
	for _, dir := range neutral() {
		files, err := filepath.Glob("../" + dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range vendorLines(t, file, string(source)) {
				t.Error(line)
			}
		}
	}
}

// TestVendorWordsAreFound plants words: a test that finds nothing proves something only if
// it finds these.
func TestVendorWordsAreFound(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		"package x": 0, "package x\n// Commvault wants it.": 1, "package x\nconst a = `connectName`": 1,
		"package x\nfunc apiEndpoints() {}": 1, "package x\n// It is like a backup of a restore.": 1,
		"package x\n// Occurs often.":                    0,
		"package x\ntype t struct{ DisableBackup bool }": 1,
		"package x\nvar operatorTokenName int":           0, "package x\nconst a = `tokenName`": 1,
	} {
		if got := vendorLines(t, "x.go", source); len(got) != want {
			t.Errorf("%q: got %q, want %d", source, got, want)
		}
	}
}
