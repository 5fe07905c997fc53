// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse/internal/problem"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// codeModel is what a code should be, said as simply as can be.
type codeModel struct {
	issued     tenancy.IssuedAuthCode
	expires    time.Time // zero: never
	left       int64     // uses; -1: any number
	inside     bool      // only from within the network
	off, ended bool
	overlap    time.Time // zero: not rotated
	clients    map[string]clientModel
}

type clientModel struct {
	id string
	at time.Time
}

// refusal is the rule that refuses it.
func (c *codeModel) refusal(now time.Time, inside bool) tenancy.CodeRefusal {
	rotated := !c.overlap.IsZero()
	switch {
	case rotated && (c.ended || !now.Before(c.overlap)):
		return tenancy.RefusedSuperseded
	case c.off:
		return tenancy.RefusedDisabled
	case !c.expires.IsZero() && !now.Before(c.expires):
		return tenancy.RefusedExpired
	case c.inside && !inside:
		return tenancy.RefusedSource
	case c.left == 0:
		return tenancy.RefusedExhausted
	}
	return ""
}

// codeMachine does the same to the codes and to their models.
type codeMachine struct {
	k     *tenancytest.Kit
	id    tenancy.OrganizationID
	codes []*codeModel
}

func (m *codeMachine) pick(t *rapid.T) *codeModel {
	if len(m.codes) == 0 {
		t.Skip("no code")
	}
	return m.codes[rapid.IntRange(0, len(m.codes)-1).Draw(t, "code")]
}

func (m *codeMachine) create(t *rapid.T) {
	now := m.k.Core.Now()
	c := &codeModel{left: rapid.SampledFrom([]int64{-1, 1, 2, 3}).Draw(t, "uses"),
		inside: rapid.Bool().Draw(t, "inside"), clients: map[string]clientModel{}}
	limits := tenancy.CodeLimits{Never: true, AnyNumber: c.left < 0, MaxUses: max(c.left, 0)}
	if life := rapid.SampledFrom([]time.Duration{0, time.Millisecond, 5 * time.Minute}).Draw(t,
		"life"); life > 0 {
		c.expires = now.Add(life)
		limits.Never, limits.ExpiresAt = false, c.expires
	}
	if c.inside {
		limits.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	}
	var err error
	c.issued, err = m.k.CreateAuthCode(context.Background(), m.k.Root(), m.id,
		tenancy.AuthCodeParams{Name: "c", Limits: limits}, false)
	if err != nil {
		t.Fatal(err)
	}
	m.codes = append(m.codes, c)
}

func (m *codeMachine) enrol(t *rapid.T) {
	c, now := m.pick(t), m.k.Core.Now()
	instance := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "instance")
	inside := rapid.Bool().Draw(t, "from inside")
	address := map[bool]string{true: "192.0.2.9", false: "198.51.100.9"}[inside]
	want := c.refusal(now, inside)
	v, err := m.k.VerifyAuthCode(context.Background(), m.k.Root(), c.issued.Text.Reveal(),
		netip.MustParseAddr(address), true)
	if err != nil || v.Refusal != want || v.Valid != (want == "") {
		t.Fatalf("verified as %+v, %v, want %q", v, err, want)
	}
	got, err := m.k.Enrol(context.Background(), tenancy.Anonymous(tenancy.Origin{Address: address}),
		tenancy.EnrolParams{AuthCode: c.issued.Text.Reveal(), Name: instance, InstanceID: instance})
	former, known := c.clients[instance]
	known = known && now.Before(former.at.Add(15*time.Minute))
	switch {
	case known && (want == "" || want == tenancy.RefusedExhausted):
		if err != nil || !got.Repeated || got.ID != former.id {
			t.Fatalf("again: %+v, %v, want client %s", got, err, former.id)
		}
	case want != "":
		if err == nil || problem.As(err).Code != problem.CodeEnrolmentRefused {
			t.Fatalf("got %+v, %v, want a refusal: %s", got, err, want)
		}
	default:
		if err != nil || got.Repeated {
			t.Fatalf("got %+v, %v, want a client", got, err)
		}
		c.clients[instance] = clientModel{got.ID, now}
		if c.left > 0 {
			c.left--
		}
	}
}

func (m *codeMachine) rotate(t *rapid.T) {
	c, now := m.pick(t), m.k.Core.Now()
	overlap := rapid.SampledFrom([]time.Duration{0, time.Millisecond, 5 * time.Minute}).Draw(t, "overlap")
	next, err := m.k.RotateAuthCode(context.Background(), m.k.Root(), m.id, c.issued.ID, overlap)
	expired := !c.expires.IsZero() && !now.Before(c.expires)
	if good := c.overlap.IsZero() && !expired; good != (err == nil) {
		t.Fatalf("rotated: %v, want %v", err, good)
	}
	if err != nil {
		return
	}
	heir := &codeModel{issued: next, expires: c.expires, left: -1, inside: c.inside,
		clients: map[string]clientModel{}}
	if !next.Limits.AnyNumber {
		heir.left = c.issued.Limits.MaxUses
	}
	c.overlap, c.ended = now.Add(overlap), overlap == 0
	m.codes = append(m.codes, heir)
}

func (m *codeMachine) endOverlap(t *rapid.T) {
	c := m.pick(t)
	_, err := m.k.EndOverlap(context.Background(), m.k.Root(), m.id, c.issued.ID)
	if rotated := !c.overlap.IsZero(); rotated != (err == nil) {
		t.Fatalf("ended the overlap: %v, rotated: %v", err, rotated)
	}
	c.ended = !c.overlap.IsZero()
}

// turn switches a code on or off.
func (m *codeMachine) turn(t *rapid.T) {
	c, off := m.pick(t), rapid.Bool().Draw(t, "off")
	change := m.k.SwitchOnAuthCode
	if off {
		change = m.k.SwitchOffAuthCode
	}
	_, err := change(context.Background(), m.k.Root(), m.id, c.issued.ID)
	if c.ended == (err == nil) {
		t.Fatalf("switched: %v, ended: %v", err, c.ended)
	}
	if err == nil {
		c.off = off
	}
}

func (m *codeMachine) wait(t *rapid.T) {
	m.k.Clock.Advance(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Minute, 5 * time.Minute,
		15 * time.Minute}).Draw(t, "wait"))
}

// check compares the counts of all codes.
func (m *codeMachine) check(t *rapid.T) {
	for _, c := range m.codes {
		got, err := m.k.GetAuthCode(context.Background(), m.k.Root(), m.id, c.issued.ID)
		if err != nil {
			t.Fatal(err)
		}
		if left := got.Limits.MaxUses - got.Uses; !got.Limits.AnyNumber && left != c.left ||
			got.Living() == c.ended {
			t.Fatalf("%d uses left, living %v; want %d, %v", left, got.Living(), c.left, !c.ended)
		}
	}
}

// Whatever is done to codes, they let in whom the model lets in, and nobody else.
func TestCodesKeepToTheirModel(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, s tenancy.Store) {
		k, n := tenancytest.On(t, s), 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			m := &codeMachine{k: k, id: k.Organization(t, fmt.Sprint("o ", n)).ID}
			r.Repeat(map[string]func(*rapid.T){"": m.check, "create": m.create, "enrol": m.enrol,
				"enrol more": m.enrol, "rotate": m.rotate, "end overlap": m.endOverlap, "switch": m.turn, "wait": m.wait})
		})
	})
}
