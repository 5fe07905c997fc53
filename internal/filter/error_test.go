// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/filter"
)

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		offset     int
		reason     string
	}{
		{"empty", "", 0, "the filter is empty"},
		{"blank", " \t\r\n", 4, "the filter is empty"},
		{"bad UTF-8", "name eq \"\xff\"", 9, "not UTF-8"},
		{"cut UTF-8", "name eq \"é\xc3", 10, "not UTF-8"},
		{"encoded surrogate", "name eq \"\xed\xa0\x80\"", 9, "not UTF-8"},
		{"other blank", "name\u00a0eq \"a\"", 4, "unexpected character"},
		{"name only", "name", 4, "operator is missing"},
		{"no operator", `name "a"`, 5, "operator is missing"},
		{"operator of another language", `name = "a"`, 5, `unexpected character "="`},
		{"unknown operator", `name like "a"`, 5, `unknown operator "like"; use one of eq, ne, co`},
		{"operator with look-alike", "name \u017fw \"a\"", 5, "unexpected character"},
		{"no value", "name eq", 7, "value is missing"},
		{"no value before a parenthesis", "(name eq)", 8, "value is missing"},
		{"value for pr", `name pr "a"`, 8, "put and or or between"},
		{"unknown property", `nombre eq "a"`, 0,
			`unknown property "nombre"; use one of: bare, name, organization.id, status,`},
		{"unknown property later", `name pr and nombre pr`, 12, `unknown property "nombre"`},
		{"sub-attribute", `name.first eq "a"`, 0, `unknown property "name.first"`},
		{"value path", `emails[type eq "x"]`, 6, "value paths in brackets"},
		{"closing bracket", `name pr]`, 7, "value paths in brackets"},
		{"single quotes", `name eq 'a'`, 8, "single quotes"},
		{"no quotes", `name eq abc`, 8, `text must be in double quotes; put them around "abc"`},
		{"property against property", `name eq status`, 8, "text must be in double quotes"},
		{"two comparisons", `name pr name pr`, 8, "put and or or between"},
		{"two comparisons in a group", `(name pr name pr)`, 9, "closing parenthesis here"},
		{"string after a string", `name eq "a" "b"`, 12, "put and or or between"},
		{"not after a comparison", `name pr not (name pr)`, 8, "put and or or between"},
		{"and at the end", `name pr and`, 11, "ends too early"},
		{"or at the end", `name pr or `, 11, "ends too early"},
		{"not at the end", `not`, 3, "not needs parentheses"},
		{"not without parentheses", `not name pr`, 4, "not needs parentheses"},
		{"not not", `not not (name pr)`, 4, "not needs parentheses"},
		{"and at the start", `and name pr`, 0, "comparison is missing before this"},
		{"and twice", `name pr and and name pr`, 12, "comparison is missing before this"},
		{"or after and", `name pr and or name pr`, 12, "comparison is missing before this"},
		{"starts with a string", `"name" eq "a"`, 0, "comparison is missing before this"},
		{"empty group", `()`, 1, "comparison is missing before this"},
		{"empty not", `not ()`, 5, "comparison is missing before this"},
		{"not closed", `name pr and (name pr`, 12, "not closed"},
		{"not closed, inner", `((name pr)`, 0, "not closed"},
		{"only open", `(`, 1, "ends too early"},
		{"closed too often", `(name pr))`, 9, "no opening one"},
		{"only closed", `)`, 0, "comparison is missing before this"},
		{"stray character", `name pr;`, 7, `unexpected character ";"`},
		// An error of the text itself, wherever the parser is.
		{"fault at the start", `;name pr`, 0, "unexpected character"},
		{"fault after and", `name pr and 'a'`, 12, "single quotes"},
		{"fault after or", `name pr or 'a'`, 11, "single quotes"},
		{"fault after not", `not 'a'`, 4, "single quotes"},
		{"fault in a group", `('a')`, 1, "single quotes"},
		{"fault after a group", `(name pr)'`, 9, "single quotes"},
		{"offset in characters", `name eq "äöü" und`, 14, "put and or or between"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			node, err := filter.Parse(test.text, schema())
			if node != nil {
				t.Errorf("got node %v and an error", node)
			}
			wantError(t, err, test.offset, test.reason)
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	err := &filter.Error{Offset: 4, Reason: "no"}
	if got, want := err.Error(), "at character 5: no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What an error repeats must not fill logs or change how they are displayed.
func TestErrorsRepeatLittle(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for _, text := range []string{long + " pr", "name " + long, "name eq " + long, "name eq 1" + long,
		`name eq "` + long} {
		_, err := filter.Parse(text, schema())
		checkReason(t, err, "x")
	}
	for _, text := range []string{long, "name:" + long, long + ":asc", strings.Repeat("\u202e", 1000)} {
		_, err := filter.ParseSort(text, schema())
		checkReason(t, err, "x")
	}
	_, err := filter.Parse("name \u202e", schema())
	checkReason(t, err, "\u202e")
}

func checkReason(t *testing.T, err error, echoed string) {
	t.Helper()
	var fault *filter.Error
	if !errors.As(err, &fault) {
		t.Fatalf("got error %v, want *filter.Error", err)
	}
	if n := strings.Count(fault.Reason, echoed); n > 45 || utf8.RuneCountInString(fault.Reason) > 300 {
		t.Errorf("repeats too much: %q", fault.Reason)
	}
	if strings.Contains(fault.Reason, "\u202e") {
		t.Errorf("repeats a control character: %q", fault.Reason)
	}
}

func TestErrorListsFewNames(t *testing.T) {
	t.Parallel()
	many := map[string]filter.Property{}
	for c := 'a'; c <= 'z'; c++ {
		many["p"+string(c)] = filter.Property{Name: string(c)}
	}
	_, err := filter.Parse("q pr", filter.NewSchema(many))
	wantError(t, err, 0, "use one of: pa, pb, pc, pd, pe, pf, pg, ph, pi, pj, pk, pl, …")
}

// A reader copies the names from the message into the filter, so they are written as in the documents.
func TestErrorsNamePropertiesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	schema := filter.NewSchema(map[string]filter.Property{"createdAt": {Name: "createdAt", Kind: filter.Time},
		"Email": {Name: "email"}, "organizationid": {Name: "x"}, "organizationId": {Name: "x"}})
	const want = `unknown property "q"; use one of: createdAt, Email, organizationId`
	if _, err := filter.Parse("q pr", schema); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := filter.ParseSort("q", schema); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := filter.Parse(`CREATEDAT gt "2026-01-01"`, schema); err != nil {
		t.Error(err)
	}
}
