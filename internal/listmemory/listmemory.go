// SPDX-License-Identifier: Apache-2.0

// Package listmemory remembers what engines found out about the rows of a table at
// some cost, for as long as nothing in the table changes: totals, places in
// ordered lists, and the ids of pages. It is bounded, and knows neither SQL nor
// what is listed.
//
// Floor F0: it imports the standard library only.
package listmemory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Memory is of one table. It holds for one version of the table, a number that
// every change of a row moves on, whichever process makes it, and that is read in
// the state the lists are read in: so what it gives is exact. What an Update sees
// does not belong here, because it may yet be undone. Many may use it at once.
type Memory struct {
	mu      sync.Mutex
	version int64
	totals  map[string]int
	places  map[string]*places
	pages   map[string][]int64
}

// Mark is a place in an ordered list: an offset, and the id of the row there.
type Mark struct {
	Offset int
	ID     int64
}

// places are what is known of one list: marks by offset, at least a gap apart,
// and the newest, where who walks the list goes on.
type places struct {
	marks  []Mark
	gap    int
	newest Mark
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

// New returns an empty Memory.
func New() *Memory {
	return &Memory{totals: map[string]int{}, places: map[string]*places{}, pages: map[string][]int64{}}
}

// at forgets what is of an older version, and reports whether the given one is
// that which is kept: a View that began before a change must not displace what
// is newer. Called with mu held.
func (m *Memory) at(version int64) bool {
	if version > m.version {
		m.version = version
		clear(m.totals)
		clear(m.places)
		clear(m.pages)
	}
	return version == m.version
}

// Forget drops what is of an older version than the given one.
func (m *Memory) Forget(version int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(version)
}

// Version is the one that is kept, which may not be the table's any more: for who
// learns the table's from the same statement as the rest.
func (m *Memory) Version() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version
}

// Total returns how many rows a list had, unless that is not known of this version.
func (m *Memory) Total(version int64, key string) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return 0, false
	}
	n, ok := m.totals[key]
	return n, ok
}

// PutTotal keeps how many rows a list has.
func (m *Memory) PutTotal(version int64, key string, n int) {
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

// Before returns the known place nearest before an offset, or at it; the zero mark
// when there is none.
func (m *Memory) Before(version int64, key string, offset int) Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) || m.places[key] == nil {
		return Mark{}
	}
	return m.places[key].before(offset)
}

func (p *places) before(offset int) (near Mark) {
	i, exact := slices.BinarySearchFunc(p.marks, offset, byOffset)
	switch {
	case exact:
		return p.marks[i]
	case i > 0:
		near = p.marks[i-1]
	}
	if p.newest.Offset <= offset && p.newest.Offset > near.Offset {
		return p.newest
	}
	return near
}

func byOffset(m Mark, offset int) int { return cmp.Compare(m.Offset, offset) }

// PutMark keeps a place in a list.
func (m *Memory) PutMark(version int64, key string, place Mark) {
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

func (p *places) put(place Mark) {
	p.newest = place
	i, _ := slices.BinarySearchFunc(p.marks, place.Offset, byOffset)
	if i > 0 && place.Offset-p.marks[i-1].Offset < p.gap || i < len(p.marks) && p.marks[i].Offset-place.Offset < p.gap {
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
	p.gap = max(2*p.gap, 2*(p.marks[len(p.marks)-1].Offset-p.marks[0].Offset)/maxMarks)
}

// Page returns the ids of a page, in order, not to be changed.
func (m *Memory) Page(version int64, key string) ([]int64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at(version) {
		return nil, false
	}
	ids, ok := m.pages[key]
	return ids, ok
}

// PutPage keeps the ids of a page, and the slice, unless they are too many.
func (m *Memory) PutPage(version int64, key string, ids []int64) {
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

// Key is the name of a statement with its arguments.
func Key(text string, args []any) string {
	var b strings.Builder
	b.WriteString(text)
	for _, arg := range args {
		fmt.Fprintf(&b, "\x00%q", fmt.Sprint(arg))
	}
	return b.String()
}
