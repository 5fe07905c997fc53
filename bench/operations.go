// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync/atomic"

	"gatehouse/bench/load"
)

// operation is one thing a client asks, measured as a whole.
type operation struct {
	name   string // the same everywhere: targets, yardsticks, report
	bare   bool   // held against the bare handler
	single bool   // held against its yardsticks with one connection, too
	once   bool   // each request can be done once
	search bool   // looks for parts of names
	scale  bool   // in the table of other products, which has 16 connections
	// beside is measured in turn with it, under its own name, as one more yardstick.
	beside string
	// plan makes the requests, with tokens that live long enough for a few turns.
	plan func(ctx context.Context, s *stage) (load.Plan, error)
}

// operations are all, those that change nothing first.
func operations() []operation {
	return []operation{
		{name: "verify", bare: true, scale: true, plan: planVerify},
		{name: "whoami", bare: true, plan: planWhoAmI},
		{name: "organization", bare: true, scale: true, plan: planOrganization},
		{name: "request", bare: true, plan: planRequest},
		{name: "application", bare: true, plan: planApplication},
		{name: "list-status", bare: true, single: true, scale: true, plan: planStatus},
		{name: "list-co-rare", single: true, search: true, plan: planContains(rare)},
		{name: "list-co-common", single: true, search: true, plan: planContains(common)},
		{name: "list-co-absent", single: true, search: true, plan: planContains(absent)},
		{name: "list-and", single: true, search: true, plan: planBoth("and")},
		{name: "list-or", single: true, search: true, plan: planBoth("or")},
		{name: "list-worst", single: true, plan: planWorst},
		{name: "verify-code", bare: true, plan: planVerifyCode},
		{name: "introspect", bare: true, scale: true, plan: planIntrospect},
		{name: "token", bare: true, scale: true, plan: planToken},
		{name: "enrol", bare: true, plan: planEnrol(1000)},
		{name: "enrol-one-code", beside: "enrol", plan: planEnrol(1)},
		{name: "reveal-json", bare: true, plan: planReveal("application/json")},
		{name: "reveal-xml", bare: true, plan: planReveal("application/xml")},
		{name: "login-key", bare: true, scale: true, plan: planLogin},
		{name: "refresh", bare: true, scale: true, plan: planRefresh},
		{name: "generate", bare: true, scale: true, plan: planGenerate},
		{name: "renew", bare: true, scale: true, plan: planRenew},
		{name: "approve", bare: true, once: true, plan: planApprove},
	}
}

// has checks that an answer is a success and holds all of the texts.
func has(texts ...string) func(*load.Response) error {
	needles := make([][]byte, len(texts))
	for i, text := range texts {
		needles[i] = []byte(text)
	}
	return func(r *load.Response) error {
		if r.Status != 200 {
			return fmt.Errorf("status %d, want 200", r.Status)
		}
		for _, needle := range needles {
			if !bytes.Contains(r.Body, needle) {
				return fmt.Errorf("the answer does not hold %q", needle)
			}
		}
		return nil
	}
}

// among makes a plan of one exchange for each value.
func among[T any](values []T, make func(T) *load.Exchange) load.Plan {
	var list []*load.Exchange
	for _, v := range values {
		list = append(list, make(v))
	}
	return load.Among(list)
}

func planVerify(ctx context.Context, s *stage) (load.Plan, error) {
	tokens, err := s.applicationTokens(ctx, ccadmin)
	return among(tokens, func(token string) *load.Exchange {
		return load.NewExchange("POST", ccadmin+"/verify", "", has(`"success":true`), bearer(token))
	}), err
}

func planWhoAmI(_ context.Context, s *stage) (load.Plan, error) {
	return load.Always(load.NewExchange("POST", cvRoot+"/WhoAmI", "", has(`"admin"`),
		authtoken(s.access.session), "Accept: application/json")), nil
}

// planOrganization reads as applications do, each with a token of its own.
func planOrganization(ctx context.Context, s *stage) (load.Plan, error) {
	tokens, err := s.applicationTokens(ctx, ccadmin)
	if err != nil {
		return nil, err
	}
	i := 0
	return among(s.data.Active, func(id int64) *load.Exchange {
		i++
		return load.NewExchange("GET", ccadmin+"/organizations/"+orID(id), "", has(`"id":"`+orID(id)+`"`),
			bearer(tokens[i%len(tokens)]))
	}), nil
}

func planRequest(_ context.Context, s *stage) (load.Plan, error) {
	const most = 20_000
	var ids []string
	step := max(1, s.data.Organizations/most)
	for i := 0; i < s.data.Organizations; i += step {
		ids = append(ids, strconv.FormatInt(s.data.FirstID+int64(i), 10))
	}
	return among(ids, func(id string) *load.Exchange {
		return load.NewExchange("GET", ccadmin+"/organizationRequests/"+id, "", has(`"id":"or-`+id+`"`, `"id":`+id),
			bearer(s.access.operator))
	}), nil
}

func planApplication(_ context.Context, s *stage) (load.Plan, error) {
	return among(s.access.apps, func(a application) *load.Exchange {
		return load.NewExchange("GET", ccadmin+"/applicationIds/"+a.id, "", has(`"id":"`+a.id+`"`),
			bearer(s.access.operator))
	}), nil
}

func planReveal(media string) func(context.Context, *stage) (load.Plan, error) {
	return func(_ context.Context, s *stage) (load.Plan, error) {
		return among(s.data.Active, func(id int64) *load.Exchange {
			number := strconv.FormatInt(id, 10)
			return load.NewExchange("GET", cvRoot+"/Organization/"+number+"/AuthToken", "", has("GHC", number),
				authtoken(s.access.session), "Accept: "+media)
		}), nil
	}
}

func planLogin(_ context.Context, s *stage) (load.Plan, error) {
	return among(s.access.apps, func(a application) *load.Exchange {
		return load.NewExchange("POST", ccapp+"/login", "grant_type=client_credentials", has(`"access_token":"`),
			formType, bearer(a.key))
	}), nil
}

func planRefresh(ctx context.Context, s *stage) (load.Plan, error) {
	tokens, err := s.applicationTokens(ctx, ccapp)
	return among(tokens, func(token string) *load.Exchange {
		return load.NewExchange("POST", ccapp+"/refresh", "", has(`"access_token":"`), bearer(token))
	}), err
}

func planGenerate(_ context.Context, s *stage) (load.Plan, error) {
	return among(s.data.Active, func(id int64) *load.Exchange {
		return load.NewExchange("POST", ccadmin+"/organizations/"+orID(id)+"/authorizationCode", "", has("GHC"),
			bearer(s.access.operator))
	}), nil
}

func planRenew(_ context.Context, s *stage) (load.Plan, error) {
	return among(s.access.renewed, func(a application) *load.Exchange {
		return load.NewExchange("POST", ccadmin+"/applicationIds/"+a.id,
			`{"op":"genAuthToken","type":"application"}`, has(`"token":"`), jsonType, bearer(s.access.operator))
	}), nil
}

// planApprove decides each request once.
func planApprove(_ context.Context, s *stage) (load.Plan, error) {
	return func(int) load.Next { return s.approval }, nil
}

// shareOfApprovals is planApprove for one turn of all: there must be some left
// for the others.
func (s *stage) shareOfApprovals(connections int) load.Plan {
	turns := s.o.turns * len(s.connections(operation{name: "approve"}))
	if s.profiling() {
		turns += 2 * s.o.turns // as much is left for the profiles
	}
	if s.beside == nil {
		turns += s.o.turns * (len(s.o.sizes) - 1) // in turn with the larger sizes
	}
	var given atomic.Int64
	share := int64((len(s.data.New) - spare) / turns)
	if connections == 1 {
		share = min(share, 1000) // one is slow
	}
	return func(int) load.Next {
		return func() *load.Exchange {
			if given.Add(1) > share {
				return nil
			}
			return s.approval()
		}
	}
}

// spare are the approvals that are kept for other chapters.
const spare = 100

// approval is the next request to approve; nil when all have been but those that are kept.
func (s *stage) approval() *load.Exchange {
	i := int(s.nextNew.Add(1)) - 1
	if i >= len(s.data.New)-spare {
		return nil
	}
	return s.approve(s.data.New[i])
}

// approve is the approval of one request, counted when it has succeeded.
func (s *stage) approve(id int64) *load.Exchange {
	approved := has(`"approved"`)
	check := func(r *load.Response) error {
		err := approved(r)
		if err == nil {
			s.approved.Add(1)
		}
		return err
	}
	return load.NewExchange("POST", ccadmin+"/organizationRequests/"+strconv.FormatInt(id, 10)+"/approve", "{}",
		check, jsonType, bearer(s.access.operator))
}
