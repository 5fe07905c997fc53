// SPDX-License-Identifier: Apache-2.0

package sqlite

// Tidy has a store tidy up after each n Updates, before the first.
func Tidy(s *Store, n int) *Store {
	s.writer.tidy = n
	return s
}
