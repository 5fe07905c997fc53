// SPDX-License-Identifier: Apache-2.0

package sqltext

import "errors"

// noEnd is what a column of days has for a life without an end. It is older than this
// program's nil, and replicas of an earlier release read it.
const noEnd = -1

// StoredDays returns a number of days as a column has it. Nil is a life without an end.
func StoredDays(days *int) int {
	if days == nil {
		return noEnd
	}
	return *days
}

// Days reads a column that StoredDays has filled.
type Days struct{ To **int }

// Scan implements sql.Scanner.
func (d Days) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return errors.New("the column holds no number")
	}
	if *d.To = nil; n != noEnd {
		*d.To = new(int(n))
	}
	return nil
}
