// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

// The mark of a source and what is printed have no user, password or parameter.
func TestWithoutPassword(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://u:p%40@h:5432/db?sslmode=disable":      "postgres://h:5432/db",
		"postgresql://u:p@h1:1,h2:2/db?password=x&user=/y": "postgresql://h1:1,h2:2/db",
		"postgres:///db?host=/run/postgresql&password=x":   "postgres:///db",
		"postgres://h": "postgres://h/",
	} {
		if got := withoutPassword(url); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}
