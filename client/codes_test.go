// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"gatehouse/internal/problem"
)

// notOfV1 returns the codes that no method of this package can get: of commands, of other wires, and of
// what the store keeps to itself.
func notOfV1() []problem.Code {
	return []problem.Code{problem.CodeSchemaTooNew, problem.CodeSchemaTooOld, problem.CodeForeignDatabase,
		problem.CodeDatabaseURLInvalid, problem.CodeNotStarted, problem.CodeNeverStarted,
		problem.CodeWrongMasterKey,
		problem.CodeMasterKeyRetired, problem.CodeMasterKeyNotRetired, problem.CodeMasterKeyRotating,
		problem.CodeAuditBroken, problem.CodeInterrupted, problem.CodeApplicationExists,
		problem.CodeOperatorTokenNameTaken, problem.CodeSessionExists, problem.CodeAuditEventExists,
		problem.CodeSettingExists, problem.CodeContactNotFound, problem.CodeExtensionNotFound,
		problem.CodeOperatorTokenNotFound, problem.CodeSessionNotFound, problem.CodeSettingNotFound,
		problem.CodeRowNotFound, problem.CodeInvalidPair, problem.CodeOutsideScope, problem.CodeCallerKind,
		problem.CodeLogInRequired, problem.CodeOwnOrganizationRequired, problem.CodeOwnTokensOnly,
		problem.CodeChangeOwnTokensOnly, problem.CodeNoSession, problem.CodeOperatorTokenExpired,
		problem.CodeTooManyOperatorTokens, problem.CodeUnknownScope, problem.CodeScopeNotLimited,
		problem.CodeScopeSize, problem.CodeBadPathPrefix, problem.CodeBadDevice, problem.CodeBadLifetime,
		problem.CodeIDNotChosen, problem.CodeIDOutOfRange, problem.CodeExpiryTwice}
}

// Every code of the domain is a constant, or is one that cannot come.
func TestCodes(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[problem.Code]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants[problem.Code(text)] = spec.Names[0].Name
		}
		return true
	})
	listed := []problem.Code{problem.CodeInvalidInput} // its sentence is made of those of its fields
	for _, sentence := range problem.List() {
		listed = append(listed, sentence.Code)
	}
	for _, code := range listed {
		if _, ok := constants[code]; ok == slices.Contains(notOfV1(), code) {
			t.Errorf("%q is a constant of this package: %t. Add it to codes.go, or say that it cannot come", code, ok)
		}
	}
	for code, name := range constants {
		if !slices.Contains(listed, code) {
			t.Errorf("%s is %q, which the server does not know", name, code)
		}
	}
}
