// SPDX-License-Identifier: Apache-2.0

package direct

func (s *postgres) scripts() []Yardstick { return nil }
