// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"cmp"
	"slices"
	"sync"
)

// memory keeps what Views found out about one table at some cost: totals, and
// places in ordered lists. It holds for one version of the table, which every
// change of a row moves on, whichever process makes it, so it is exact. Updates
// leave it alone, because what they see may yet be undone.
type memory struct {
	mu      sync.Mutex
	version int64
	totals  map[string]int
	marks   map[string][]mark
}

// mark is a place in an ordered list: an offset, and the id of the row there.
type mark struct {
	offset int
	id     int64
}

// Bounds of a memory. At the first two it starts anew; a list with too many
// marks loses every second one.
const (
	maxTotals = 512
	maxLists  = 64
	maxMarks  = 512 // of one list
)

func newMemory() *memory { return &memory{totals: map[string]int{}, marks: map[string][]mark{}} }

// at forgets what is of an older version, and tells whether the given one is
// that which is kept: a View that began before a change must not displace what
// is newer. Called with mu held.
func (m *memory) at(version int64) bool {
	if version > m.version {
		m.version = version
		clear(m.totals)
		clear(m.marks)
	}
	return version == m.version
}

func (m *memory) total(version int64, key string) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return 0, false
	}
	n, ok := m.totals[key]
	return n, ok
}

func (m *memory) putTotal(version int64, key string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return
	}
	if len(m.totals) >= maxTotals {
		clear(m.totals)
	}
	m.totals[key] = n
}

// before gives the known place nearest before an offset, or at it; the zero mark
// when there is none.
func (m *memory) before(version int64, key string, offset int) mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return mark{}
	}
	list := m.marks[key]
	i, exact := slices.BinarySearchFunc(list, offset, byOffset)
	switch {
	case exact:
		return list[i]
	case i > 0:
		return list[i-1]
	}
	return mark{}
}

func byOffset(m mark, offset int) int { return cmp.Compare(m.offset, offset) }

func (m *memory) putMark(version int64, key string, place mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return
	}
	list, known := m.marks[key]
	if !known && len(m.marks) >= maxLists {
		clear(m.marks)
	}
	if len(list) >= maxMarks {
		for i := range len(list) / 2 {
			list[i] = list[2*i]
		}
		list = list[:len(list)/2]
	}
	if i, there := slices.BinarySearchFunc(list, place.offset, byOffset); !there {
		list = slices.Insert(list, i, place)
	}
	m.marks[key] = list
}
