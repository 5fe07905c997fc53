// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
)

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", " ", `name eq "a"`, `name co "\ud83d\ude00\u00c4" and not(status pr)or bare eq 7`,
		`emails[type eq "x"]`,
		`(organization.id EQ "or-1" OR organization.id gt 5)and(name ne null)`, `name eq 'a'`, `name eq "\u0000"`,
		`submittedDate ge "2023-01-01T00:00:00.000+01:00" and submittedDate lt "2023-01-02 15:04:05.000"`,
		"name eq \"\xff\"",
		strings.Repeat("(", 20), strings.Repeat("not(", 10) + "name pr" + strings.Repeat(")", 10),
		strings.Repeat("name pr and ", 70), "name eq \"ᾳ\u0331\u0345ﬁß\"",
	} {
		f.Add(text)
	}
	s := schema()
	f.Fuzz(func(t *testing.T, text string) {
		node, err := filter.Parse(text, s)
		if err != nil {
			checkFault(t, text, err)
			return
		}
		checkTree(t, node)
		// A tree from any text, printed and parsed again, is the same tree.
		printed := newPrinter(first).print(node)
		if len(printed) > filter.MaxLength {
			return // folding and escaping made it longer than the text was
		}
		again, err := filter.Parse(printed, s)
		if err != nil {
			t.Fatalf("Parse(%q), printed from the tree of %q: %v", printed, text, err)
		}
		if diff := cmp.Diff(node, again); diff != "" {
			t.Errorf("%q (-parsed +printed and parsed):\n%s", text, diff)
		}
	})
}

func FuzzParseSort(f *testing.F) {
	for _, text := range []string{
		"", "name", "name:asc,status:desc", " name : DESC , status", "urn:scim:core:name:desc", "name,,",
		"name:\xff", ":", "x:y:z",
	} {
		f.Add(text)
	}
	s := schema()
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := filter.ParseSort(text, s)
		if err != nil {
			checkFault(t, text, err)
			return
		}
		if len(keys) == 0 && strings.Trim(text, " \t\r\n") != "" {
			t.Errorf("%q gave no keys", text)
		}
		seen := map[string]bool{}
		for _, key := range keys {
			if seen[key.Property.Name] {
				t.Errorf("%q gave %s twice", text, key.Property.Name)
			}
			seen[key.Property.Name] = true
		}
		if len(seen) > 8 {
			t.Errorf("%q gave %d keys", text, len(seen))
		}
	})
}

// checkFault checks what every error promises.
func checkFault(t *testing.T, text string, err error) {
	t.Helper()
	var fault *filter.Error
	if !errors.As(err, &fault) {
		t.Fatalf("%q: got error %v (%T), want *filter.Error", text, err, err)
	}
	if fault.Offset < 0 || fault.Offset > utf8.RuneCountInString(text) {
		t.Errorf("%q: got offset %d", text, fault.Offset)
	}
	if !utf8.ValidString(fault.Reason) || fault.Reason == "" || len(fault.Reason) > 500 {
		t.Errorf("%q: got reason %q", text, fault.Reason)
	}
}

func BenchmarkParse(b *testing.B) {
	s := schema()
	for name, text := range map[string]string{
		"one":   `name co "abc"`,
		"usual": `status eq "pending" and (name co "x" or name ew ".org")`,
		"dates": `submittedDate ge "2023-01-01T00:00:00.000Z" and submittedDate lt "2024-01-01"`,
		"fold":  `name eq "Große Änderung"`,
		"most":  strings.Repeat(`name eq "abc" or `, filter.MaxTerms-1) + `name eq "abc"`,
		// These are refused.
		"long":  strings.Repeat("name pr and ", 10_000),
		"terms": strings.Repeat("(name pr)or", 300),
		"deep":  strings.Repeat("(", 4096),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = filter.Parse(text, s)
			}
		})
	}
}
