// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"time"
)

// TargetSize is how many organizations the targets are about. At fewer the
// verdicts are shown, but do not count.
const TargetSize = 1_000_000

// target is what an operation must show. Medians of three turns; where another
// number of connections is not said, 64.
type target struct {
	engine      string
	operations  []string
	connections int
	yardstick   string        // what the ratio is to
	ratio       float64       // of rates, at least
	times       float64       // of medians, at most; 0: no such target
	p50, p99    time.Duration // at most; 0: no such target
}

// targets is the table.
func targets() []target {
	readByID := []string{"organization", "request", "application"}
	writes := []string{"generate", "renew", "approve", "enrol"}
	searches := []string{"list-co-rare", "list-co-common", "list-co-absent", "list-and", "list-or"}
	return []target{
		{engine: SQLite, operations: append([]string{"verify", "whoami"}, readByID...), connections: 64,
			yardstick: Bare, ratio: 0.45},
		{engine: SQLite, operations: []string{"reveal-json", "reveal-xml"}, connections: 64, yardstick: Bare,
			ratio: 0.15},
		{engine: SQLite, operations: writes, connections: 64, yardstick: Driver, ratio: 0.60},
		{engine: SQLite, operations: []string{"login-key", "refresh", "token"}, connections: 64, yardstick: Bare,
			ratio: 0.18},
		{engine: SQLite, operations: []string{"verify-code", "introspect"}, connections: 64, yardstick: Bare,
			ratio: 0.45},
		{engine: SQLite, operations: []string{"enrol"}, connections: 64, yardstick: Bare, ratio: 0.13},
		{engine: SQLite, operations: []string{"enrol-one-code"}, connections: 64, yardstick: Enrol, ratio: 0.60},
		{engine: Postgres, operations: []string{"enrol-one-code"}, connections: 64, yardstick: Enrol, ratio: 0.60},
		{engine: SQLite, operations: []string{"list-status"}, connections: 64, yardstick: Driver, ratio: 0.60},
		{engine: SQLite, operations: searches, connections: 1, p50: 10 * time.Millisecond,
			p99: 60 * time.Millisecond},
		{engine: SQLite, operations: []string{"walk"}, connections: 1, yardstick: Driver, ratio: 1.0 / 3},
		{engine: SQLite, operations: []string{"offset-90", "offset-90-oldest"}, connections: 1, yardstick: Driver,
			times: 1.5},
		{engine: Postgres, operations: writes, connections: 64, yardstick: Pgbench, ratio: 0.70},
		{engine: Postgres, operations: readByID, connections: 64, yardstick: Driver, ratio: 0.70},
	}
}

// limit is what a fact must keep to.
type limit struct {
	fact   string
	engine string // empty: both
	value  float64
	least  bool // the value must be reached, not kept under
}

// The names of the facts that have a limit.
const (
	FactIdle       = "idle memory"
	FactLoaded     = "memory under load"
	FactReady      = "start to ready"
	FactBinary     = "binary"
	FactStorm      = "reads during a storm of log-ins"
	FactWalkGrowth = "last tenth of a walk over its first"
	FactReplicas   = "four replicas over one, "
	FactRevocation = "revocation seen by all replicas"
	FactRetryAfter = "503 with Retry-After"
	FactRecovery   = "rate after the overload"
	// of a rollout: the p99 of accepted enrolments, and the most memory of a server
	FactRollout       = "p99 of "
	FactRolloutMemory = "memory during "
	// of the worst lists
	FactWorst      = "worst lists, "
	FactWorstBytes = "memory of worst lists, "
)

func limits() []limit {
	return []limit{
		{fact: FactIdle, engine: SQLite, value: 35},
		{fact: FactLoaded, engine: SQLite, value: 200},
		{fact: FactReady, engine: SQLite, value: 120},
		{fact: FactBinary, value: 35},
		{fact: FactStorm, value: 0.70, least: true},
		{fact: FactWalkGrowth, value: 3},
		{fact: FactReplicas + "reads", value: 0.85, least: true},
		{fact: FactReplicas + "writes", value: 0.85, least: true},
		{fact: FactRevocation, value: 1000},
		{fact: FactRetryAfter, value: 1, least: true},
		{fact: FactRecovery, value: 0.85, least: true},
		{fact: FactRollout + "rollout", value: 250},
		{fact: FactRolloutMemory + "rollout", value: 250},
		{fact: FactWorst, value: 100},
		{fact: FactWorstBytes, value: 10},
	}
}

// maxGrowth is how much longer a median may take at the largest size.
const maxGrowth = 1.3

// growthConnections is with how many connections growth is judged: with more, the
// median is mostly the time in the queue.
const growthConnections = 1

// growsFreely are the operations the growth says nothing about.
func growsFreely(operation string) bool {
	return slices.Contains([]string{"walk", "offset-90", "offset-90-oldest"}, operation)
}

// HasTarget reports whether an operation has a target relative to a yardstick.
func HasTarget(engine, operation string, connections int, yardstick string) bool {
	return slices.ContainsFunc(targets(), func(t target) bool {
		return t.times == 0 && t.engine == engine && t.connections == connections && t.yardstick == yardstick &&
			slices.Contains(t.operations, operation)
	})
}

// Targeted lists the operations that have a target, each once.
func Targeted() []string {
	var names []string
	for _, t := range targets() {
		names = append(names, t.operations...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
