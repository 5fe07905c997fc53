// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// gatehouseEnv returns the variables of an environment that begin with envPrefix. If a
// name occurs twice, the first one counts, as with os.Getenv.
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

// checkNames adds an error for every unknown name. If a mistyped setting were ignored,
// the server would run with the default that somebody meant to change. The error has
// only the name, because the value may be a secret.
func (l *loader) checkNames() {
	flags := knownFlags()
	for _, name := range slices.Sorted(maps.Keys(l.flags)) {
		if !slices.Contains(flags, name) {
			l.addError("unknown flag %q: %s", "--"+name, advice(nearest(name, flags), "--", "remove it"))
		}
	}
	envs := append(knownEnv(), ofCommandLine()...)
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if !slices.Contains(envs, name) && !l.fromKubernetes(name) {
			near := nearest(strings.TrimPrefix(name, envPrefix), trimAll(envs, envPrefix))
			l.addError("unknown environment variable %q: %s", name, advice(near, envPrefix, "unset it"))
		}
	}
}

// CheckEnvironment returns an error for every variable of an environment that begins with GATEHOUSE_ and
// that no command reads, for commands without other settings: a mistyped one must not be ignored.
func CheckEnvironment(environ []string) error {
	l := &loader{env: gatehouseEnv(environ)}
	l.checkNames()
	return errors.Join(l.errs...)
}

// ofCommandLine are the names of variables that commands read which speak to a server, and of those that
// cobra reads when a shell completes a command; its script for fish sets the first of these.
func ofCommandLine() []string {
	return []string{envPrefix + "SERVER", envPrefix + "PROFILE", envPrefix + "ACTIVE_HELP",
		envPrefix + "COMPLETION_DESCRIPTIONS"}
}

// serviceVariable matches the names of variables that Kubernetes sets in every container for
// each Service of its namespace: NAME_SERVICE_HOST, NAME_SERVICE_PORT with or without the name
// of a port, and the variables of Docker's links, NAME_PORT and NAME_PORT_80_TCP with more.
func serviceVariable() *regexp.Regexp {
	return regexp.MustCompile(`^(.+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|` +
		`PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)
}

// fromKubernetes reports whether Kubernetes set a variable for a Service whose name begins
// with gatehouse. It sets all variables of a Service, so the address must be there too:
// a mistyped setting is not taken for one of them.
func (l *loader) fromKubernetes(name string) bool {
	match := serviceVariable().FindStringSubmatch(name)
	if match == nil {
		return false
	}
	_, host := l.env[match[1]+"_SERVICE_HOST"]
	_, port := l.env[match[1]+"_SERVICE_PORT"]
	return host && port
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

// nearest returns the known name that was probably meant: one that differs in at most a
// third of its characters, and in three at most. If there is none, it is the longest
// that name begins with, as for DATABASE_URL or LISTEN_FILE. Otherwise it is empty.
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
// It stores only one row of the table: row[j] is the distance from the part of a that
// has been read to b[:j].
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
