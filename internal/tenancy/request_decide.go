// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
)

// MaxDecisions is how many requests one call decides at most.
const MaxDecisions = 100

// Decision is what becomes of one request.
type Decision struct {
	ID       RequestID
	To       RequestStatus // RequestApproved or RequestRejected
	Comments string
}

// Decided is the outcome of a Decision. If Err is not nil, the request was not decided.
type Decided struct {
	ID      RequestID
	Request Request
	Err     error // as of ApproveRequest
}

// DecideRequests decides many requests, in their order. Each is a transaction of its own:
// one that fails stops no other. The results have the order of the decisions. The caller is
// as for ApproveRequest. The error is Invalid if there is no decision or there are too many,
// if one is neither an approval nor a rejection, or if two are about one request; then
// nothing is decided. If the caller named the request (see Repeat), what was decided the
// first time is not decided again, and what failed is tried again.
func (s *Service) DecideRequests(ctx context.Context, caller Caller, decisions []Decision) ([]Decided,
	error) {
	if err := caller.RequireRoot(DecideRequests); err != nil {
		return nil, err
	}
	if err := checkDecisions(decisions); err != nil {
		return nil, err
	}
	if caller.Repeat != nil { // the name is that of these decisions together
		named := func(Tx) (bool, error) { return true, nil }
		if _, err := Once(ctx, s.core, caller, named); err != nil {
			return nil, err
		}
	}
	results := make([]Decided, len(decisions))
	for i, d := range decisions {
		decide := s.ApproveRequest
		if d.To == RequestRejected {
			decide = s.RejectRequest
		}
		results[i].ID = d.ID
		results[i].Request, results[i].Err = decide(ctx, caller.part(d.ID.String()), d.ID, d.Comments)
		if i == 0 && errors.Is(results[0].Err, problem.Unauthenticated) { // the log-in has ended, for all of them
			return nil, results[0].Err
		}
	}
	return results, nil
}

func checkDecisions(decisions []Decision) error {
	var c Checker
	if len(decisions) < 1 || len(decisions) > MaxDecisions {
		c.Add(FieldDecisions, problem.CodeDecisionsCount, MaxDecisions)
		return c.Err()
	}
	seen := map[RequestID]bool{}
	for _, d := range decisions {
		if !d.To.Decided() {
			c.Add(FieldDecisions, problem.CodeBadDecision)
			return c.Err()
		}
		if seen[d.ID] {
			c.Add(FieldDecisions, problem.CodeDecidedTwice, d.ID)
			return c.Err()
		}
		seen[d.ID] = true
	}
	return nil
}
