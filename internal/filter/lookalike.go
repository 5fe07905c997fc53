// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// confusables has a line for each character that looks like others: its number in six
// hexadecimal digits, and the numbers of what it looks like. The lines are sorted.
//
//go:embed confusables.txt
var confusables string

// prototype returns the character or characters that a character looks like, which may be
// itself: the prototype of UTS #39, section 4. The small i is in the group of l, 1 and the
// capital I, because people read names in either letter case.
func prototype(r rune) string {
	switch {
	case r == 'i':
		return "l"
	case r < unicode.MaxASCII && !strings.ContainsRune("\"%01I`m|", r): // as the table has it
		return string(r)
	}
	key := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	key = strings.Repeat("0", max(0, 6-len(key))) + key
	low, high := 0, len(confusables) // the line is in between; both are beginnings of lines
	for low < high {
		start := strings.LastIndexByte(confusables[:(low+high)/2], '\n') + 1
		end := start + strings.IndexByte(confusables[start:], '\n')
		source, targets, _ := strings.Cut(confusables[start:end], " ")
		switch {
		case source == key:
			return decodeNumbers(targets)
		case source < key:
			low = end + 1
		default:
			high = start
		}
	}
	return string(r)
}

func decodeNumbers(list string) string {
	var out strings.Builder
	for number := range strings.FieldsSeq(list) {
		n, _ := strconv.ParseUint(number, 16, 32) // the table has only numbers
		out.WriteRune(rune(n))
	}
	return out.String()
}

// blankCell is U+2800, a Braille character without a dot.
const blankCell = '\u2800'

// LookAlike returns a text that two names have in common if people may take one for the
// other: the skeleton of UTS #39, section 4, without letter case, blanks, invisible characters
// and compatibility variants. It is for comparing only. A name looks like itself in another
// letter case, whichever of the two resembles a third one.
func LookAlike(name string) string {
	s := strings.ToValidUTF8(name, "\uFFFD")
	// A prototype may have another case, and a folded text another prototype.
	const rounds = 4
	for range rounds {
		next := skeleton(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

func skeleton(s string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(visible(s)) {
		if !unicode.IsSpace(r) && r != blankCell {
			out.WriteString(prototype(r))
		}
	}
	return norm.NFKD.String(Fold(out.String()))
}

// Likeness returns the number by which names that look alike are found: a part of a hash of
// LookAlike, because that may be longer than an index allows. It is never 0. It is stored in
// columns, so it must not change without a migration that computes them again; see package
// migration.
func Likeness(name string) int64 {
	sum := sha256.Sum256([]byte(LookAlike(name)))
	return max(1, int64(binary.BigEndian.Uint64(sum[:])>>1))
}
