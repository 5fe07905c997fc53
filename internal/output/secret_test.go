// SPDX-License-Identifier: Apache-2.0

package output

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// harmless are members whose names sound like secrets.
func harmless() []string {
	return []string{"code", "authCode", "authCodeId", "key", "formerKey", "publicKey", "tokenType",
		"maxCodeLife", "showCodesOnce", "keepSecrets", "secondFactor"}
}

// Every member of a body whose name sounds like a secret is hidden, or known to be none.
func TestSecretMembersAreKnown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "apitype", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	sounds := regexp.MustCompile(`(?i)code|key|token|password|secret|uri|totp`)
	found := 0
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json"), ",")
			if !sounds.MatchString(name) {
				return true
			}
			found++
			if !slices.Contains(secretMembers(), name) && !slices.Contains(harmless(), name) {
				t.Errorf("%s: %q is neither hidden nor known to be harmless", path, name)
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("only %d members were found", found)
	}
}
