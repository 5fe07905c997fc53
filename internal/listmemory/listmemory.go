// SPDX-License-Identifier: Apache-2.0

// Package listmemory caches what was expensive to find out about the rows of a table, as
// long as nothing in the table changes: totals, positions in ordered lists, and the ids of
// pages. It is bounded, and knows neither SQL nor what is listed.
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

// Memory caches what is known about one table. It holds for one version of the table. The
// version is a number that every change of a row increases, whichever process makes it,
// and that is read in the same state as the lists; so cached values are exact. What an
// Update sees must not be stored here, because it may be undone. A Memory is safe for
// concurrent use.
//
// It is worth its code: without pages a filtered list on SQLite needs 21 to 56 % more
// processor time, and without positions a walk through all pages 39 % more. Without totals
// a frequent word costs 20 times as much. On PostgreSQL the median time grows 1.4 to 38
// times (docs/decisions/0015).
type Memory struct {
	mu        sync.Mutex
	version   int64
	totals    map[string]int
	positions map[string]*positions
	pages     map[string][]int64
}

// Position is a place in an ordered list: an offset, and the id of the row there.
type Position struct {
	Offset int
	ID     int64
}

// positions are the known positions of one list: by offset, at least a gap apart, and the
// latest one, from which a client that walks the list continues.
type positions struct {
	list   []Position
	gap    int
	latest Position
}

// Bounds of a memory. A map that is full is cleared, a list with too many positions drops
// every second one, and a page with too many ids is not stored.
const (
	maxTotals    = 512
	maxLists     = 64
	maxPositions = 1024 // of one list
	maxPages     = 256
	maxIDs       = 1000 // of one page
)

// New returns an empty Memory.
func New() *Memory {
	return &Memory{totals: map[string]int{}, positions: map[string]*positions{}, pages: map[string][]int64{}}
}

// useVersion drops what belongs to an older version, and reports whether the given version
// is the current one. A View that began before a change must not replace newer values. The
// caller holds mu.
func (m *Memory) useVersion(version int64) bool {
	if version > m.version {
		m.version = version
		clear(m.totals)
		clear(m.positions)
		clear(m.pages)
	}
	return version == m.version
}

// Forget drops what belongs to a version before the given one.
func (m *Memory) Forget(version int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.useVersion(version)
}

// Version returns the version of the cached values. The table may have a newer one: a
// caller that reads the table's version with the rows compares them afterwards.
func (m *Memory) Version() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version
}

// Total returns how many rows a list has, and whether that is known for this version.
func (m *Memory) Total(version int64, key string) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.useVersion(version) {
		return 0, false
	}
	n, ok := m.totals[key]
	return n, ok
}

// PutTotal stores how many rows a list has.
func (m *Memory) PutTotal(version int64, key string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.useVersion(version) {
		return
	}
	if len(m.totals) >= maxTotals {
		clear(m.totals)
	}
	m.totals[key] = n
}

// Before returns the known position at an offset or nearest before it, or the zero
// Position.
func (m *Memory) Before(version int64, key string, offset int) Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.useVersion(version) || m.positions[key] == nil {
		return Position{}
	}
	return m.positions[key].before(offset)
}

func (p *positions) before(offset int) (near Position) {
	i, exact := slices.BinarySearchFunc(p.list, offset, byOffset)
	switch {
	case exact:
		return p.list[i]
	case i > 0:
		near = p.list[i-1]
	}
	if p.latest.Offset <= offset && p.latest.Offset > near.Offset {
		return p.latest
	}
	return near
}

func byOffset(m Position, offset int) int { return cmp.Compare(m.Offset, offset) }

// PutPosition stores a position of a list.
func (m *Memory) PutPosition(version int64, key string, place Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.useVersion(version) {
		return
	}
	list := m.positions[key]
	if list == nil {
		if len(m.positions) >= maxLists {
			clear(m.positions)
		}
		list = &positions{gap: 1}
		m.positions[key] = list
	}
	list.add(place)
}

func (p *positions) add(place Position) {
	p.latest = place
	i, _ := slices.BinarySearchFunc(p.list, place.Offset, byOffset)
	if i > 0 && place.Offset-p.list[i-1].Offset < p.gap || i < len(p.list) &&
		p.list[i].Offset-place.Offset < p.gap {
		return
	}
	p.list = slices.Insert(p.list, i, place)
	if len(p.list) < maxPositions {
		return
	}
	for i := range len(p.list) / 2 {
		p.list[i] = p.list[2*i]
	}
	p.list = p.list[:len(p.list)/2]
	p.gap = max(2*p.gap, 2*(p.list[len(p.list)-1].Offset-p.list[0].Offset)/maxPositions)
}

// Page returns the ids of a page, in order. The caller must not change them.
func (m *Memory) Page(version int64, key string) ([]int64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.useVersion(version) {
		return nil, false
	}
	ids, ok := m.pages[key]
	return ids, ok
}

// PutPage stores the ids of a page unless they are too many. It retains the slice.
func (m *Memory) PutPage(version int64, key string, ids []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.useVersion(version) || len(ids) > maxIDs {
		return
	}
	if len(m.pages) >= maxPages {
		clear(m.pages)
	}
	m.pages[key] = ids
}

// Key returns a key for a statement with its arguments.
func Key(text string, args []any) string {
	var b strings.Builder
	b.WriteString(text)
	for _, arg := range args {
		fmt.Fprintf(&b, "\x00%q", fmt.Sprint(arg))
	}
	return b.String()
}
