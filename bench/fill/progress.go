// SPDX-License-Identifier: Apache-2.0

package fill

import "sync"

// meter adds up what is done, for the caller's progress. An index counts as much
// as rowsPerIndex of the rows.
type meter struct {
	mu        sync.Mutex
	tell      func(done, all int)
	done, all int
}

func newMeter(tell func(done, all int), tables []table, indexes, perIndex int) *meter {
	m := &meter{tell: tell, all: indexes * perIndex}
	for _, t := range tables {
		m.all += t.rows
	}
	return m
}

func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	if m.tell != nil {
		m.tell(m.done, m.all)
	}
}
