// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"strconv"
	"strings"
)

// Clauses that an engine adds to a statement of this package.
const (
	ByID      = ` WHERE id = ?`
	DoNothing = ` ON CONFLICT DO NOTHING`
)

// Numbered returns a statement with $1, $2 … as PostgreSQL wants its arguments. As in
// SQLite, ?2 is the second argument, and a ? without a number is the one after the
// greatest so far.
func Numbered(sql string) string {
	parts := strings.Split(sql, "?")
	var b strings.Builder
	b.WriteString(parts[0])
	greatest := 0
	for _, part := range parts[1:] {
		rest := strings.TrimLeft(part, "0123456789")
		n, err := strconv.Atoi(part[:len(part)-len(rest)])
		if err != nil { // there is no number
			n = greatest + 1
		}
		greatest = max(greatest, n)
		b.WriteString("$" + strconv.Itoa(n) + rest)
	}
	return b.String()
}
