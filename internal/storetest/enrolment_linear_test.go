// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// asked is what was asked of a code: an installation's enrolment, a change, or nothing but
// its count.
type asked struct {
	what string // enrol, off, on, limit, read
	n    int    // the installation, or the limit
}

// answered is what was answered.
type answered struct {
	outcome tenancy.UseOutcome // of an enrolment
	uses    int                // of a read
}

// codeState is a code as a program without concurrency has it.
type codeState struct {
	uses, limit int
	off         bool
	in          uint64 // the installations that are clients
}

// oneByOne says what the next state is, and whether the answer is right.
func oneByOne(state, input, output any) (bool, any) {
	s, in, out := state.(codeState), input.(asked), output.(answered)
	switch in.what {
	case "read":
		return out.uses == s.uses, s
	case "limit":
		s.limit = in.n
	case "off", "on":
		s.off = in.what == "off"
	case "enrol":
		bit := uint64(1) << in.n
		want := tenancy.UseAccepted
		switch {
		case s.off:
			want = tenancy.UseRefused
		case s.in&bit != 0:
			want = tenancy.UseRepeated
		case s.uses >= s.limit:
			want = tenancy.UseRefused
		}
		if want == tenancy.UseAccepted {
			s.uses, s.in = s.uses+1, s.in|bit
		}
		return out.outcome == want, s
	}
	return true, s
}

func codeHistoryModel(limit int) porcupine.Model {
	return porcupine.Model{Init: func() any { return codeState{limit: limit} }, Step: oneByOne}
}

// ask does what is asked through one of the replicas.
func ask(t *testing.T, k *tenancytest.Kit, door tenancytest.Services, code tenancy.IssuedAuthCode,
	q asked) (a answered) {
	t.Helper()
	ctx, id := context.Background(), code.OrganizationID
	var err error
	switch q.what {
	case "enrol":
		var c tenancy.IssuedClient
		c, err = enrolAt(k, door, code, fmt.Sprint("instance ", q.n))
		switch {
		case refused(t, err):
			return answered{outcome: tenancy.UseRefused}
		case c.Repeated:
			return answered{outcome: tenancy.UseRepeated}
		}
		return answered{outcome: tenancy.UseAccepted}
	case "off":
		_, err = door.SwitchOffAuthCode(ctx, k.Root(), id, code.ID)
	case "on":
		_, err = door.SwitchOnAuthCode(ctx, k.Root(), id, code.ID)
	case "limit":
		_, err = door.UpdateAuthCode(ctx, k.Root(), id, code.ID,
			tenancy.AuthCodeUpdate{Uses: &tenancy.CodeUsesLimit{Max: int64(q.n)}})
	case "read":
		var c tenancy.AuthCode
		c, err = door.GetAuthCode(ctx, k.Root(), id, code.ID)
		a.uses = int(c.Uses)
	}
	if err != nil {
		t.Errorf("%+v: %v", q, err)
	}
	return a
}

// What many see of one code at once, through all replicas, is what they would see one
// after the other in some order.
func TestCodeIsLinearizable(t *testing.T) {
	t.Parallel()
	replicas(t, func(t *testing.T, k *tenancytest.Kit, doors []tenancytest.Services) {
		const clients, each, limit = 12, 25, 6
		for round := range 3 {
			id := k.Organization(t, fmt.Sprint("round ", round)).ID
			code, err := k.CreateAuthCode(context.Background(), k.Root(), id,
				tenancy.AuthCodeParams{Name: "c", Limits: tenancy.CodeLimits{Never: true, MaxUses: limit}}, false)
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var history []porcupine.Operation
			start := time.Now()
			atOnce(clients, func(i int) {
				for range each {
					q := draw(rand.IntN(100))
					from := time.Since(start)
					a := ask(t, k, doors[i%len(doors)], code, q)
					to := time.Since(start)
					mu.Lock()
					history = append(history, porcupine.Operation{ClientId: i, Input: q, Output: a, Call: int64(from),
						Return: int64(to)})
					mu.Unlock()
				}
			})
			if got := porcupine.CheckOperationsTimeout(codeHistoryModel(limit), history,
				time.Minute); got != porcupine.Ok {
				t.Errorf("the history is %s:\n%+v", got, history)
			}
		}
	})
}

// draw returns what to ask.
func draw(n int) asked {
	switch {
	case n < 60:
		return asked{"enrol", n % 16}
	case n < 80:
		return asked{what: "read"}
	case n < 86:
		return asked{what: "off"}
	case n < 94:
		return asked{what: "on"}
	}
	return asked{"limit", 3 * (n - 93)}
}

// The model refuses histories of codes that let one too many in, forget a client, or hold
// after they were switched off.
func TestCodeModelRefuses(t *testing.T) {
	t.Parallel()
	accepted, refusal := answered{outcome: tenancy.UseAccepted}, answered{outcome: tenancy.UseRefused}
	for what, test := range map[string]struct {
		questions []asked
		answers   []answered
		want      bool
	}{
		"one after the other": {[]asked{{"enrol", 1}, {"enrol", 1}, {"enrol", 2}},
			[]answered{accepted, {outcome: tenancy.UseRepeated}, refusal}, true},
		"one too many": {[]asked{{"enrol", 1}, {"enrol", 2}}, []answered{accepted, accepted}, false},
		"a forgotten client": {[]asked{{"enrol", 1}, {what: "read"}, {"limit", 2}, {"enrol", 1}},
			[]answered{accepted, {uses: 1}, {}, accepted}, false},
		"switched off": {[]asked{{what: "off"}, {"enrol", 1}}, []answered{{}, accepted}, false},
		"a lost use":   {[]asked{{"enrol", 1}, {what: "read"}}, []answered{accepted, {}}, false},
	} {
		var history []porcupine.Operation
		for i, q := range test.questions {
			history = append(history, porcupine.Operation{Input: q, Output: test.answers[i], Call: int64(2 * i),
				Return: int64(2*i + 1)})
		}
		if got := porcupine.CheckOperations(codeHistoryModel(1), history); got != test.want {
			t.Errorf("%s: linearizable: %v, want %v", what, got, test.want)
		}
	}
}
