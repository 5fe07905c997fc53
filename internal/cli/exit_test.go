// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/cli"
	"gatehouse/internal/problem"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	answer := func(status int) error {
		return fmt.Errorf("list: %w", &client.Error{Problem: apitype.Problem{Status: status, Detail: "no"}})
	}
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0}, {errors.New("x"), 1}, {cli.Usage("x %d", 1), 2}, {answer(401), 3}, {answer(403), 3},
		{answer(404), 4}, {answer(409), 5}, {answer(412), 5}, {answer(400), 6}, {answer(422), 6}, {answer(429), 7},
		{answer(503), 7}, {answer(500), 1}, {cli.WithExit(9, answer(404)), 9},
		{fmt.Errorf("wrapped: %w", cli.WithExit(8, errors.New("x"))), 8},
		{problem.New(problem.NotFound, problem.CodeOperatorNotFound), 1},
		{cli.WithKind(problem.New(problem.NotFound, problem.CodeOperatorNotFound)), 4},
		{cli.WithKind(problem.New(problem.Denied, problem.CodePermissionMissing)), 3},
		{cli.WithKind(errors.New("x")), 1}, {cli.WithKind(nil), 0}, {cli.WithExit(2, nil), 0},
	} {
		if got := cli.ExitCode(tt.err); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	e := &client.Error{Problem: apitype.Problem{Status: 400, Detail: "name is\x1b wrong.", RequestID: "r1",
		Errors: []apitype.FieldError{{Field: "name", Detail: "name is too\u202e long."}}}}
	text, ok := cli.Explain(fmt.Errorf("%w Run: x", e))
	if want := "name is� wrong. Run: x\n  name: name is too� long."; !ok || text != want {
		t.Errorf("%q, want %q", text, want)
	}
	e.Status = 500
	if text, _ := cli.Explain(e); !strings.Contains(text, "r1") {
		t.Errorf("an internal error does not name its request: %q", text)
	}
	if _, ok := cli.Explain(errors.New("x")); ok {
		t.Error("any error is of a server")
	}
}

// docs/cli.md has the table of exit codes.
func TestPageHasTheExitCodes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| code | meaning |\n|---|---|\n")
	for _, c := range cli.ExitCodes() {
		fmt.Fprintf(&table, "| %d | %s |\n", c.Code, c.Meaning)
	}
	if !strings.Contains(string(page), table.String()+"\n") {
		t.Errorf("docs/cli.md does not have\n%s", table.String())
	}
}
