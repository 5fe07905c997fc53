// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// gatehouseEnv picks our variables out of an environment. Where a name stands
// twice the first wins, as with os.Getenv.
func gatehouseEnv(environ []string) map[string]string {
	env := map[string]string{}
	for _, line := range environ {
		name, value, ok := strings.Cut(line, "=")
		if _, twice := env[name]; !ok || twice || !strings.HasPrefix(name, envPrefix) {
			continue
		}
		env[name] = value
	}
	return env
}

// checkNames makes every unknown name a fault: a mistyped setting that is
// silently ignored leaves the server running with the very default that
// somebody meant to change. Only the name is told, the value may be a secret.
func (l *loader) checkNames() {
	flags := knownFlags()
	for _, name := range slices.Sorted(maps.Keys(l.flags)) {
		if !slices.Contains(flags, name) {
			l.fault("unknown flag %q: %s", "--"+name, advice(nearest(name, flags), "--", "remove it"))
		}
	}
	envs := knownEnv()
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !slices.Contains(envs, name) {
			near := nearest(strings.TrimPrefix(name, envPrefix), trimAll(envs, envPrefix))
			l.fault("unknown environment variable %q: %s", name, advice(near, envPrefix, "unset it"))
		}
	}
}

func advice(near, prefix, otherwise string) string {
	if near == "" {
		return otherwise
	}
	return fmt.Sprintf("did you mean %s? otherwise %s", prefix+near, otherwise)
}

func trimAll(names []string, prefix string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.TrimPrefix(n, prefix)
	}
	return out
}

// nearest is the known name that was probably meant: one within a third of its
// length in edits (three at most), else the longest that name begins with, as
// for DATABASE_URL or LISTEN_FILE, else none.
func nearest(name string, known []string) string {
	best, bestDistance, longest := "", 4, ""
	for _, k := range known {
		if d := distance(name, k); d <= len(k)/3 && d < bestDistance {
			best, bestDistance = k, d
		}
		if strings.HasPrefix(name, k) && len(k) > len(longest) {
			longest = k
		}
	}
	if best == "" {
		return longest
	}
	return best
}

// distance counts the single-character edits between two names (Levenshtein).
// One row of the table is kept: row[j] is the distance from the part of a read
// so far to b[:j].
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
