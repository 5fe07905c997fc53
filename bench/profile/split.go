// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"slices"
	"strings"
)

// The parts, as they are shown.
const (
	HTTP    = "HTTP"
	Log     = "access log"
	Token   = "token"
	UseCase = "use case"
	SQL     = "SQL engine"
	Commit  = "commit, flush"
	Writing = "JSON, XML"
	Runtime = "GC, runtime"
	Other   = "other"
)

// Parts lists them in the order in which they are shown.
func Parts() []string {
	return []string{HTTP, Log, Token, UseCase, SQL, Commit, Writing, Runtime, Other}
}

// Split gives each part's share of the time, and how much time that is. A stack
// counts for one part, so the shares add up to 1.
func Split(stacks []Stack) (shares map[string]float64, nanoseconds int64) {
	shares = map[string]float64{}
	for _, s := range stacks {
		nanoseconds += s.Nanoseconds
		shares[part(s.Functions)] += float64(s.Nanoseconds)
	}
	for name := range shares {
		shares[name] /= float64(max(1, nanoseconds))
	}
	return shares, nanoseconds
}

// rule says what a function belongs to. Those that everything calls have none,
// as most of the standard library, internal/secret and internal/filter: they
// count for their caller.
type rule struct {
	prefix string
	part   string
}

// whole are the rules for a function with all that it calls.
func whole() []rule {
	return []rule{
		{"gatehouse/internal/httpkit.logRequest", Log},
		{"main.(*logWriter)", Log},
		{"gatehouse/internal/sqlite.(*writer).commit", Commit},
		{"gatehouse/internal/postgres.(*Store).commit", Commit},
		{"runtime.gcAssistAlloc", Runtime},
		{"runtime.gcBgMarkWorker", Runtime},
		{"runtime/pprof.", Other},
		{"net/http/pprof.", Other},
		{"gatehouse/internal/server.(*metrics)", Other},
		{"github.com/prometheus/", Other},
	}
}

// nearest are the rules for what is no part of those: of a stack's functions the
// innermost that has one decides, so that what a use case asks of the engine
// counts for that.
func nearest() []rule {
	return []rule{
		{"gatehouse/internal/sqlite.", SQL},
		{"gatehouse/internal/postgres.", SQL},
		{"modernc.org/", SQL},
		{"github.com/jackc/", SQL},
		{"database/sql", SQL},
		{"gatehouse/internal/tenancy.", UseCase},
		{doors, HTTP},
		{"gatehouse/internal/httpkit.", HTTP},
		{"gatehouse/internal/server.", HTTP},
		{"net/http.", HTTP},
		{"net/textproto.", HTTP},
	}
}

func find(rules []rule, function string) (string, bool) {
	for _, r := range rules {
		if strings.HasPrefix(function, r.prefix) {
			return r.part, true
		}
	}
	return "", false
}

// part is what a stack counts for.
func part(functions []string) string {
	for _, f := range functions {
		if p, ok := find(whole(), f); ok {
			return p
		}
	}
	runtime := true
	for i, f := range functions {
		runtime = runtime && system(f)
		if p, ok := find(nearest(), f); ok {
			return refine(p, functions[:i+1], functions[i:])
		}
	}
	if runtime {
		return Runtime
	}
	return Other
}

// refine tells a token's check from other use cases, and what makes or reads
// JSON and XML from the rest of a door. inner ends with the function that
// decided, outer begins with it.
func refine(p string, inner, outer []string) string {
	switch {
	case p == UseCase && slices.ContainsFunc(outer, func(f string) bool {
		return strings.HasPrefix(f, "gatehouse/internal/tenancy.(*Service).Authenticate")
	}):
		return Token
	case p == HTTP && slices.ContainsFunc(inner, writes):
		return Writing
	case p == HTTP && strings.HasPrefix(outer[0], doors) && slices.ContainsFunc(outer, writes):
		return Writing
	}
	return p
}

const doors = "gatehouse/internal/dialect/"

// writes tells whether a function makes or reads JSON or XML.
func writes(function string) bool {
	for _, prefix := range []string{"encoding/json", "encoding/xml", "gatehouse/internal/httpkit.AppendJSON", "gatehouse/internal/httpkit.appendEscaped"} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	door, ok := strings.CutPrefix(function, doors)
	if !ok {
		return false
	}
	door, _, _ = strings.Cut(door, "[") // the types of a generic one, dots and all
	name := strings.ToLower(door[strings.LastIndexByte(door, '.')+1:])
	return strings.Contains(name, "append") || strings.Contains(name, "json") || strings.Contains(name, "xml")
}

func system(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/") || !strings.Contains(function, ".")
}
