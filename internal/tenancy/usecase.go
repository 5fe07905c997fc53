// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"runtime"
	"strings"

	"gatehouse/internal/problem"
	"gatehouse/internal/span"
)

// maxFrames is how many functions a use case may be deep.
const maxFrames = 32

// inUseCase runs a transaction and returns a *problem.Error or nil. If the request is recorded, it
// runs in a span that has the name of the use case.
func inUseCase(ctx context.Context, transaction func(context.Context) error) error {
	var s *span.Span
	if span.From(ctx) != nil {
		ctx, s = span.Start(ctx, useCase())
		defer s.End()
	}
	err := transaction(ctx)
	if err == nil {
		return nil
	}
	p := problem.As(err)
	s.SetText("error.type", string(p.Kind))
	if p.Kind == problem.Internal || p.Kind == problem.Unavailable {
		s.Fail()
	}
	return p
}

// useCase returns the name of the use case that runs, such as tenancy.IssuePrimaryAuthCode. It is
// the outermost function of the domain that is being called, so that no use case can forget to
// say its name.
func useCase() string {
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // without this function and inUseCase
	name := ""
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		rest, ours := strings.CutPrefix(frame.Function, "gatehouse/internal/")
		if !ours || !strings.HasPrefix(rest, "tenancy.") && !strings.HasPrefix(rest, "identity.") {
			break
		}
		name = rest
	}
	name, _, _ = strings.Cut(name, ".func") // a function within it
	return strings.NewReplacer("(*Service).", "", "(*Core).", "").Replace(name)
}
