// SPDX-License-Identifier: Apache-2.0

package sqlite

import "time"

// Tests also open files with the driver alone, and one of them may be the first to do so.
func init() { useGoMutexes() }

// Tidy has a store tidy up after each n Updates, before the first.
func Tidy(s *Store, n int) *Store {
	s.writer.tidy = n
	return s
}

// Limit sets how much processor time a list may take.
func Limit(s *Store, list, page time.Duration) *Store {
	s.limits = limits{list, page}
	return s
}
