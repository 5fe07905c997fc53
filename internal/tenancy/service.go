// SPDX-License-Identifier: Apache-2.0

package tenancy

import "sync/atomic"

// Service has the use cases, as methods in the files of their nouns. All are safe for
// concurrent use and return a *problem.Error or nil. On error all other results are
// zero. Each takes the caller first and decides by it.
type Service struct {
	core     *Core
	switches atomic.Pointer[Switches]
	requests *SourceLimit // of requests from the public; nil: no limit
	refusals *SourceLimit // of refused enrolments; nil: no limit
	codes    *codeMemory
	imported importedMemory
}

// Options are the settings of a Service. The zero value is the strict one.
type Options struct {
	Switches
	NoLimits bool // requests and refusals of one address are not limited: tests and benchmarks
}

// Switches are the settings that SetSwitches changes. The zero value is the strict one.
type Switches struct {
	PublicRequests bool // anyone may submit a request
	// CustomOrganizationIDs lets callers choose the number of an organization they make.
	CustomOrganizationIDs bool
}

// requestsPerMinute is how many requests from the public one source may send.
const requestsPerMinute = 10

// New makes a Service.
func New(core *Core, o Options) *Service {
	s := &Service{core: core, codes: newCodeMemory(core.Changes())}
	s.SetSwitches(o.Switches)
	if !o.NoLimits {
		s.requests = NewSourceLimit(requestsPerMinute)
		s.refusals = NewSourceLimit(refusedPerMinute)
	}
	return s
}

// SetSwitches changes the switches. Calls that run already may still use the former ones.
func (s *Service) SetSwitches(w Switches) { s.switches.Store(&w) }
