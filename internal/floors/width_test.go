// SPDX-License-Identifier: Apache-2.0

package floors

import (
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// tooWide returns the numbers of the lines that are wider than maxColumns and have no long
// text, which could not be broken.
func tooWide(content []byte) (numbers []int) {
	longest := longestTexts(content)
	for i, line := range strings.Split(string(content), "\n") {
		if utf8.RuneCountInString(line) > maxColumns && longest[i+1] < unbreakable {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// longestTexts returns the length of the longest string literal in each line of a Go file,
// where each line of a literal of several lines counts by itself.
func longestTexts(content []byte) map[int]int {
	longest := map[int]int{}
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(content))
	var s scanner.Scanner
	s.Init(file, content, nil, 0)
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return longest
		}
		if tok != token.STRING {
			continue
		}
		for i, part := range strings.Split(literal, "\n") {
			n := file.Line(pos) + i
			longest[n] = max(longest[n], utf8.RuneCountInString(part))
		}
	}
}

func TestTooWide(t *testing.T) {
	t.Parallel()
	long, short := strings.Repeat("x", 100), strings.Repeat("x", 12)
	for content, want := range map[string][]int{
		"package x\n\n// " + long + "\n":                                      nil,
		"package x\n\n// " + long + long + "\n":                               {3},
		"package x\n\nvar a = `" + short + "` // " + long + "\n":              {3},
		"package x\n\nvar a = `\n" + long + long + "\n" + long + long + "`\n": nil,
		"package x\n\nvar a = f(\"" + long + "\", true)\n":                    nil,
	} {
		if got := tooWide([]byte(content)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", content, got, want)
		}
	}
}
