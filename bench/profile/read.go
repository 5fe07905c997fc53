// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Stack is where the processor was found, and how often: the innermost function first.
type Stack struct {
	Nanoseconds int64
	Functions   []string
}

// Read reads a processor profile with the tool that comes with Go.
func Read(ctx context.Context, path string) ([]Stack, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "tool", "pprof", "-symbolize=none", "-sample_index=cpu", "-unit=ns", "-traces", path)
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("go tool pprof: %w", err), errors.New(strings.TrimSpace(stderr.String())))
	}
	return parse(string(text))
}

// parse reads what -traces writes: a head, then for each stack a rule and lines
// with a function each, the first behind its nanoseconds.
func parse(text string) (list []Stack, err error) {
	_, text, _ = strings.Cut(text, "-----------+")
	for _, block := range strings.Split(text, "-----------+") {
		var s Stack
		for i, line := range strings.Split(block, "\n") {
			line = strings.TrimSuffix(strings.TrimSpace(line), " (inline)")
			if i == 0 || line == "" { // the rest of the rule
				continue
			}
			if s.Functions == nil {
				value, function, _ := strings.Cut(line, "ns ")
				if s.Nanoseconds, err = strconv.ParseInt(value, 10, 64); err != nil {
					return nil, fmt.Errorf("a stack begins with %q", line)
				}
				line = strings.TrimSpace(function)
			}
			s.Functions = append(s.Functions, line)
		}
		if len(s.Functions) > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}
