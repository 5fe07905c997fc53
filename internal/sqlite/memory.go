// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"cmp"
	"slices"
	"sync"
)

// memory keeps what Views found out about one table at some cost: totals, places
// in ordered lists, and the ids of pages. It holds for one version of the table, which every
// change of a row moves on, whichever process makes it, so it is exact. Updates
// leave it alone, because what they see may yet be undone.
type memory struct {
	mu      sync.Mutex
	version int64
	totals  map[string]int
	places  map[string]*places
	pages   map[string][]int64
}

// mark is a place in an ordered list: an offset, and the id of the row there.
type mark struct {
	offset int
	id     int64
}

// places are what is known of one list: marks by offset, at least a gap apart,
// and the newest, where who walks the list goes on.
type places struct {
	marks  []mark
	gap    int
	newest mark
}

// Bounds of a memory. A map that is full starts anew, a list with too many marks
// loses every second one, a page with too many ids is not kept.
const (
	maxTotals = 512
	maxLists  = 64
	maxMarks  = 1024 // of one list
	maxPages  = 256
	maxIDs    = 1000 // of one page
)

func newMemory() *memory {
	return &memory{totals: map[string]int{}, places: map[string]*places{}, pages: map[string][]int64{}}
}

// at forgets what is of an older version, and tells whether the given one is
// that which is kept: a View that began before a change must not displace what
// is newer. Called with mu held.
func (m *memory) at(version int64) bool {
	if version > m.version {
		m.version = version
		clear(m.totals)
		clear(m.places)
		clear(m.pages)
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
	if !m.at(version) || m.places[key] == nil {
		return mark{}
	}
	return m.places[key].before(offset)
}

func (p *places) before(offset int) (near mark) {
	i, exact := slices.BinarySearchFunc(p.marks, offset, byOffset)
	switch {
	case exact:
		return p.marks[i]
	case i > 0:
		near = p.marks[i-1]
	}
	if p.newest.offset <= offset && p.newest.offset > near.offset {
		return p.newest
	}
	return near
}

func byOffset(m mark, offset int) int { return cmp.Compare(m.offset, offset) }

func (m *memory) putMark(version int64, key string, place mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return
	}
	list := m.places[key]
	if list == nil {
		if len(m.places) >= maxLists {
			clear(m.places)
		}
		list = &places{gap: 1}
		m.places[key] = list
	}
	list.put(place)
}

func (p *places) put(place mark) {
	p.newest = place
	i, _ := slices.BinarySearchFunc(p.marks, place.offset, byOffset)
	if i > 0 && place.offset-p.marks[i-1].offset < p.gap || i < len(p.marks) && p.marks[i].offset-place.offset < p.gap {
		return
	}
	p.marks = slices.Insert(p.marks, i, place)
	if len(p.marks) < maxMarks {
		return
	}
	for i := range len(p.marks) / 2 {
		p.marks[i] = p.marks[2*i]
	}
	p.marks = p.marks[:len(p.marks)/2]
	p.gap = max(2*p.gap, 2*(p.marks[len(p.marks)-1].offset-p.marks[0].offset)/maxMarks)
}

// page gives the ids of a page.
func (m *memory) page(version int64, key string) ([]int64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return nil, false
	}
	ids, ok := m.pages[key]
	return ids, ok
}

func (m *memory) putPage(version int64, key string, ids []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) || len(ids) > maxIDs {
		return
	}
	if len(m.pages) >= maxPages {
		clear(m.pages)
	}
	m.pages[key] = ids
}
