// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// usage is what servers hold at one moment.
type usage struct {
	at                        time.Duration // since the load began
	memory, goroutines, files []float64     // of each server; memory in MB
}

// look asks the servers. One that is being started again is waited for.
func (p *places) look(ctx context.Context) (u usage, err error) {
	for _, one := range p.list {
		one.mu.RLock()
		values, err := one.process.Metrics(ctx, "process_resident_memory_bytes", "go_goroutines",
			"process_open_fds")
		one.mu.RUnlock()
		if err != nil {
			return u, err
		}
		u.memory = append(u.memory, values[0]/1e6)
		u.goroutines = append(u.goroutines, values[1])
		u.files = append(u.files, values[2])
	}
	return u, nil
}

func (u usage) String() string {
	return fmt.Sprintf("memory %s MB, goroutines %s, open files %s", each(u.memory), each(u.goroutines),
		each(u.files))
}

// each prints the values of the servers: 80+75.
func each(values []float64) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, fmt.Sprintf("%.0f", v))
	}
	return strings.Join(texts, "+")
}

// The parts of a run that are compared, as shares of it. By the end of the first, servers have
// been used for all that they do, and those on PostgreSQL were started again for the new key.
const (
	settledFrom, settledTo = 0.3, 0.5
	endFrom, endTo         = 0.8, 1.0
	growthFactor           = 1.25
	growthOver             = 8 // MB, goroutines, files
)

// growth compares the medians of two parts of a run. It returns them as a text, and an error if
// a server held much more of anything in the later one.
func growth(samples []usage) (string, error) {
	var lines, grown []string
	for _, kind := range []struct {
		name string
		of   func(usage) []float64
	}{
		{"MB", func(u usage) []float64 { return u.memory }},
		{"goroutines", func(u usage) []float64 { return u.goroutines }},
		{"open files", func(u usage) []float64 { return u.files }},
	} {
		before, after := part(samples, settledFrom, settledTo, kind.of), part(samples, endFrom, endTo,
			kind.of)
		line := fmt.Sprintf("%.0f %s, and %.0f at the end", before, kind.name, after)
		lines = append(lines, line)
		if after > before*growthFactor+growthOver {
			grown = append(grown, line)
		}
	}
	if len(grown) > 0 {
		return strings.Join(lines, "; "), fmt.Errorf("it grew: %s", strings.Join(grown, "; "))
	}
	return strings.Join(lines, "; "), nil
}

// part returns the median, over a part of the samples, of what all servers had together.
func part(samples []usage, from, to float64, of func(usage) []float64) float64 {
	n := float64(len(samples))
	var sums []float64
	for _, u := range samples[int(from*n):max(int(from*n)+1, int(to*n))] {
		sum := 0.0
		for _, v := range of(u) {
			sum += v
		}
		sums = append(sums, sum)
	}
	slices.Sort(sums)
	return sums[len(sums)/2]
}
