// SPDX-License-Identifier: Apache-2.0

package problem_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"gatehouse/internal/problem"
)

// constants returns the values of the constants of type Code.
func constants(t *testing.T) map[problem.Code]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[problem.Code]string{}
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s is not a literal", spec.Names[0])
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		if other := codes[problem.Code(text)]; other != "" {
			t.Errorf("%s and %s are one code", other, spec.Names[0])
		}
		codes[problem.Code(text)] = spec.Names[0].Name
		return true
	})
	return codes
}

// TestList holds that each code has exactly one sentence.
func TestList(t *testing.T) {
	t.Parallel()
	codes := constants(t)
	if len(codes) < 80 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	delete(codes, problem.CodeInvalidInput) // its message is made of the fields'
	for _, s := range problem.List() {
		if codes[s.Code] == "" {
			t.Errorf("%s is no constant, or has two sentences", s.Code)
		}
		if s.Format == "" {
			t.Errorf("%s has no sentence", s.Code)
		}
		delete(codes, s.Code)
	}
	for _, name := range codes {
		t.Errorf("%s has no sentence", name)
	}
}

func TestPhrases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{problem.New(problem.Conflict, problem.CodeRequestDecided).Message,
			"This request has already been approved or rejected."},
		{problem.New(problem.Exhausted, problem.CodeTooManyAttempts, 7).Message,
			"Too many attempts. Wait 7 seconds and try again."},
		{problem.Wrong("name", problem.CodeTooLong, 5).Message(), "name must be at most 5 characters long."},
		{problem.Wrong("name", problem.CodeTooLong, 5).Named("title").Message(),
			"title must be at most 5 characters long."},
		{problem.Wrong("paths", problem.CodeScopeSize, 64).Message(), "A custom scope needs 1 to 64 paths."},
		{problem.Wrong("name", problem.CodeNothingToChange).Message(), "Say what is to change."},
		{problem.Wrong("", problem.CodeTooManyProperties, 64).Message(), "There may be at most 64 properties."},
		{problem.Say("unheard_of", 1).String(), "unheard_of"},
		{problem.OrganizationNotFound().Message, "There is no organization with this id."},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestReworded holds that a door's own sentences are in the error, in its message and in its
// fields, with the values, and that all others stay.
func TestReworded(t *testing.T) {
	t.Parallel()
	own := problem.Sentences{{Code: problem.CodeTooLong, Format: "%[1]s: no more than %[2]d."},
		{Code: problem.CodeNoKey, Format: "Keyless."}}
	old := problem.InvalidFields([]problem.FieldError{problem.Wrong("a", problem.CodeTooLong, 5),
		problem.Wrong("b", problem.CodeOneLine)})
	e := old.Reworded(own)
	if want := "a: no more than 5. b must be one line."; e.Message != want ||
		e.Fields[0].Message() != "a: no more than 5." || e.Fields[1].Field != "b" {
		t.Errorf("got %q and %v, want %q", e.Message, e.Fields, want)
	}
	if old.Fields[0].Message() != "a must be at most 5 characters long." {
		t.Errorf("the old error has changed: %q", old.Message)
	}
	cause := errors.New("cause")
	for code, want := range map[problem.Code]string{problem.CodeNoKey: "Keyless.",
		problem.CodeRequestDecided: problem.Say(problem.CodeRequestDecided).String()} {
		e := problem.Wrap(problem.Conflict, code, cause).Reworded(own)
		if e.Message != want || e.Phrase.String() != want || !errors.Is(e, problem.Conflict) ||
			!errors.Is(e, cause) || e.Code != code {
			t.Errorf("%s: got %v, want %q", code, e, want)
		}
	}
	if rest := problem.List().Without(own); len(rest) != len(problem.List())-2 ||
		rest.Say(problem.CodeNoKey).String() != "no_key" {
		t.Errorf("%d sentences are left", len(rest))
	}
}

// TestRenamed holds that a door's names of fields are in the error, in its message and in
// its fields, and that the error it came from stays as it was.
func TestRenamed(t *testing.T) {
	t.Parallel()
	old := problem.InvalidFields([]problem.FieldError{problem.Wrong("name", problem.CodeRequired),
		problem.Wrong("alias", problem.CodeOneLine)})
	e := old.Renamed(func(field string) string {
		if field == "name" {
			return "title"
		}
		return field
	})
	if want := "title is required. alias must be one line."; e.Message != want || e.Fields[0].Field != "title" ||
		e.Fields[1].Field != "alias" {
		t.Errorf("got %q and %v, want %q", e.Message, e.Fields, want)
	}
	if want := "name is required. alias must be one line."; old.Message != want ||
		old.Fields[0].Message() != "name is required." {
		t.Errorf("the old error has changed: %q", old.Message)
	}
	fault := problem.Fault(errors.New("cause"))
	if fault.Renamed(func(string) string { return "x" }) != fault {
		t.Error("an error without fields has changed")
	}
}
