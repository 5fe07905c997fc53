// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
)

func TestReduce(t *testing.T) {
	t.Parallel()
	schema := filter.NewSchema(map[string]filter.Property{
		"name": {Name: "name", Kind: filter.Text, Longest: 10}, "any": {Name: "any", Kind: filter.Text},
		"id": {Name: "id", Kind: filter.ID, Prefix: "or-"},
	})
	fits, long := strings.Repeat("ä", 10*filter.MaxFoldedPer), strings.Repeat("ä", 10*filter.MaxFoldedPer+1)
	parse := func(text string) filter.Node {
		n, err := filter.Parse(text, schema)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const id = "or-9223372036854775807"
	for text, want := range map[string]string{
		`name co "` + fits + `"`: `name co "` + fits + `"`, `any co "` + long + `"`: `any co "` + long + `"`,
		`name co "%s"`: "never", `name eq "%s"`: "never", `name sw "%s"`: "never", `name ew "%s"`: "never",
		`name ne "%s"`: "always", `name gt "%s"`: `name gt "%s"`, `name pr`: "name pr",
		`name ne null`:       "name ne null",
		`id co "` + id + `"`: `id co "` + id + `"`, `id sw "` + id + `0"`: "never",
		`not(id ew "` + id + `0")`: "always", `not (name co "%s")`: "always", `not (not (name co "%s"))`: "never",
		`any eq "a" and name co "%s"`: "never", `any eq "a" and name ne "%s"`: `any eq "a"`,
		`any eq "a" or name co "%s"`: `any eq "a"`, `any eq "a" or name ne "%s"`: "always",
		`name co "%s" or name eq "%s"`: "never", `name ne "%s" and name ne "%s"`: "always",
		`any eq "a" and (name co "%s" or any eq "b" and any eq "c")`: `any eq "a" and any eq "b" and any eq "c"`,
		`not (any eq "a" or name co "%s")`:                           `not (any eq "a")`,
	} {
		got, truth := filter.Reduce(parse(strings.ReplaceAll(text, "%s", long)))
		var wantTree filter.Node
		wantTruth := map[string]filter.Truth{"always": filter.Always, "never": filter.Never}[want]
		if wantTruth == filter.Some {
			wantTree = parse(strings.ReplaceAll(want, "%s", long))
		}
		if truth != wantTruth || !cmp.Equal(got, wantTree) {
			t.Errorf("%s: got %v, %d, want %s", text, got, truth, want)
		}
	}
	if n, truth := filter.Reduce(nil); n != nil || truth != filter.Always {
		t.Errorf("nothing: got %v, %d", n, truth)
	}
}

// Every character folds to fewer characters than Reduce allows for; package norm adds one to thirty marks.
func TestFoldedLength(t *testing.T) {
	t.Parallel()
	for r := range utf8.MaxRune + 1 {
		if n := utf8.RuneCountInString(filter.Fold(string(r))); n >= filter.MaxFoldedPer {
			t.Errorf("%s folds to %d characters", fmt.Sprintf("%U", r), n)
		}
	}
}
