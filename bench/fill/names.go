// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"math/rand/v2"
	"slices"
	"strings"

	"gatehouse/internal/filter"
)

// name is a name of three or four words, by their numbers.
type name [4]uint16

const noWord = ^uint16(0)

// perRareWord is how many names have one, as long as these are not many of all.
const perRareWord = 20

// names holds all names in little room: a million take eight megabytes.
type names struct {
	written []string // the words, with a capital
	folded  []string
	list    []name
}

// makeNames draws n names, no two alike.
func makeNames(n int, random *rand.Rand) *names {
	common, perMille := endings()
	usual := strings.Fields(plain)
	s := &names{list: make([]name, 0, n)}
	for _, word := range slices.Concat(usual, common, rare()) {
		s.written = append(s.written, strings.ToUpper(word[:1])+word[1:])
		s.folded = append(s.folded, filter.Fold(word))
	}
	d := &drawer{random: random, plain: skewed(len(usual)), ending: perMille}
	marked := s.marks(n, len(usual)+len(common), random)
	taken := make(map[name]struct{}, n)
	for len(s.list) < n {
		v := d.draw()
		if word, ok := marked[len(s.list)]; ok {
			v[0] = word
		}
		if _, there := taken[v]; !there {
			taken[v] = struct{}{}
			s.list = append(s.list, v)
		}
	}
	return s
}

// marks chooses the names that get a rare word.
func (s *names) marks(n, first int, random *rand.Rand) map[int]uint16 {
	marked := map[int]uint16{}
	for word := first; word < len(s.folded); word++ {
		for left := min(perRareWord, n/100); left > 0; {
			i := random.IntN(n)
			if _, there := marked[i]; !there {
				marked[i] = uint16(word)
				left--
			}
		}
	}
	return marked
}

// drawer draws words by their frequencies.
type drawer struct {
	random *rand.Rand
	plain  []float64 // sums of the weights up to each word
	ending []int     // per mille
}

// skewed weighs words like those of a language, the first ones not too much.
func skewed(n int) []float64 {
	sums, sum := make([]float64, n), 0.0
	for i := range sums {
		sum += 1 / float64(i+60)
		sums[i] = sum
	}
	return sums
}

func (d *drawer) draw() name {
	v := name{noWord, noWord, noWord, noWord}
	words := 3
	if d.random.IntN(100) < 45 {
		words = 4
	}
	for i := range words - 1 {
		v[i] = d.word()
		for i > 0 && v[i] == v[i-1] {
			v[i] = d.word()
		}
	}
	v[words-1] = d.last()
	return v
}

func (d *drawer) word() uint16 {
	i, _ := slices.BinarySearch(d.plain, d.random.Float64()*d.plain[len(d.plain)-1])
	return uint16(min(i, len(d.plain)-1))
}

func (d *drawer) last() uint16 {
	at := d.random.IntN(1000)
	for i, share := range d.ending {
		if at -= share; at < 0 {
			return uint16(len(d.plain) + i)
		}
	}
	return d.word()
}

// append writes a name with the given spelling of the words.
func (v name) append(to []byte, words []string, between byte) []byte {
	for i, word := range v {
		if word == noWord {
			break
		}
		if i > 0 {
			to = append(to, between)
		}
		to = append(to, words[word]...)
	}
	return to
}

func (s *names) at(i int) string    { return string(s.list[i].append(nil, s.written, ' ')) }
func (s *names) alias(i int) string { return string(s.list[i].append(nil, s.folded, '-')) }

// count looks into every name.
func (s *names) count(word string) (n int) {
	word = filter.Fold(word)
	var b []byte
	for _, v := range s.list {
		b = v.append(b[:0], s.folded, ' ')
		if strings.Contains(string(b), word) { // the conversion does not copy
			n++
		}
	}
	return n
}

func (s *names) words() Words {
	common, _ := endings()
	return Words{Rare: rare(), Common: common[:4], Absent: absent()}
}
