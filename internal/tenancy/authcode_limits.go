// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// The bounds of what a code may say.
const (
	maxUses       = 1_000_000_000
	maxSourceNets = 64
	maxTags       = 32
	maxTag        = 64
	maxCodeYears  = 100
)

// CodeLimits are the conditions under which a code lets a client in. The zero value lets
// nobody in: no limit is a value of its own.
type CodeLimits struct {
	ExpiresAt time.Time      // the first moment at which it is refused; zero: Never must be true
	Never     bool           // it does not expire
	MaxUses   int64          // how many clients may enrol; 0: AnyNumber must be true
	AnyNumber bool           // any number of clients may enrol
	Sources   []netip.Prefix // the addresses that may enrol with it; empty: all
}

// Unlimited returns the limits of a code that only its end stops.
func Unlimited() CodeLimits { return CodeLimits{Never: true, AnyNumber: true} }

// CodeRefusal is the rule by which a code is refused. Only callers with codes:explain see
// it; to others all refusals are one.
type CodeRefusal string

// The rules, in the order in which they are looked at.
const (
	RefusedUnknown      CodeRefusal = "unknown"      // no code has this text
	RefusedCanary       CodeRefusal = "canary"       // it is there to be found by thieves
	RefusedOrganization CodeRefusal = "organization" // its organization is not active
	RefusedSuperseded   CodeRefusal = "superseded"   // a newer code took its place, and no overlap is left
	RefusedDisabled     CodeRefusal = "disabled"
	RefusedExpired      CodeRefusal = "expired"
	RefusedSource       CodeRefusal = "source"    // not from this address
	RefusedExhausted    CodeRefusal = "exhausted" // no uses are left; the last, because a repeat is still good
)

// Refusal returns the rule by which the code is refused at this time from this address; ""
// if it is good. The state of its organization is not looked at.
func (c AuthCode) Refusal(at time.Time, from netip.Addr) CodeRefusal {
	switch {
	case c.Canary:
		return RefusedCanary
	case !c.Living() && c.EndReason == Superseded, !c.OverlapUntil.IsZero() && !at.Before(c.OverlapUntil):
		return RefusedSuperseded
	case !c.Living(), !c.DisabledAt.IsZero():
		return RefusedDisabled
	case !c.Limits.Never && !at.Before(c.Limits.ExpiresAt):
		return RefusedExpired
	case !c.Limits.allows(from):
		return RefusedSource
	case !c.Limits.AnyNumber && c.Uses >= c.Limits.MaxUses:
		return RefusedExhausted
	}
	return ""
}

// CodeState is what people are told of a code. It is computed when it is shown.
type CodeState string

// The states.
const (
	CodeActive     CodeState = "active"
	CodeSuperseded CodeState = "superseded" // a newer code took its place; it is good until OverlapUntil
	CodeExpired    CodeState = "expired"
	CodeExhausted  CodeState = "exhausted"
	CodeDisabled   CodeState = "disabled"
)

// State returns the state of the code. From where it is presented makes no difference, and
// a canary has the state of a code that it looks like.
func (c AuthCode) State(at time.Time) CodeState {
	c.Canary, c.Limits.Sources = false, nil
	switch c.Refusal(at, netip.Addr{}) {
	case RefusedDisabled:
		return CodeDisabled
	case RefusedExpired:
		return CodeExpired
	case RefusedExhausted:
		return CodeExhausted
	case RefusedSuperseded:
		return CodeSuperseded
	}
	if c.ReplacedBy != "" {
		return CodeSuperseded
	}
	return CodeActive
}

// refusal returns the rule by which a code of the organization is refused; "" if it is
// good.
func (o Organization) refusal(c AuthCode, at time.Time, from netip.Addr) CodeRefusal {
	if !o.Active() && !c.Canary {
		return RefusedOrganization
	}
	return c.Refusal(at, from)
}

// allows reports whether the address is among those that may use the code.
func (l CodeLimits) allows(from netip.Addr) bool {
	return len(l.Sources) == 0 || slices.ContainsFunc(l.Sources, func(net netip.Prefix) bool {
		return net.Contains(from.Unmap().WithZone(""))
	})
}

// check brings the limits to their one spelling and adds what is wrong with them. Now is
// the time of the call; a code that is expired when it is made helps nobody.
func (l *CodeLimits) check(c *Checker, now time.Time) {
	l.ExpiresAt = Stored(l.ExpiresAt)
	switch {
	case l.Never && !l.ExpiresAt.IsZero():
		c.Add(FieldExpiresAt, problem.CodeExpiryTwice)
	case l.Never:
	case !l.ExpiresAt.After(now):
		c.Add(FieldExpiresAt, problem.CodeNotInFuture)
	case l.ExpiresAt.After(now.AddDate(maxCodeYears, 0, 0)):
		c.Add(FieldExpiresAt, problem.CodeTooFarAhead, maxCodeYears)
	}
	if l.AnyNumber != (l.MaxUses == 0) || l.MaxUses < 0 || l.MaxUses > maxUses {
		c.Add(FieldMaxUses, problem.CodeBadMaxUses, maxUses)
	}
	l.checkSources(c)
}

// checkSources wants networks without host bits, each once. An IPv4 network that is
// written as IPv6 becomes IPv4, as addresses of clients do.
func (l *CodeLimits) checkSources(c *Checker) {
	if len(l.Sources) > maxSourceNets {
		c.Add(FieldSources, problem.CodeTooManySources, maxSourceNets)
		return
	}
	nets := make([]netip.Prefix, 0, len(l.Sources))
	for _, net := range l.Sources {
		if net.Addr().Is4In6() && net.Bits() >= 96 {
			net = netip.PrefixFrom(net.Addr().Unmap(), net.Bits()-96)
		}
		if !net.IsValid() || net != net.Masked() {
			c.Add(FieldSources, problem.CodeBadSource)
			return
		}
		nets = append(nets, net)
	}
	slices.SortFunc(nets, func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) })
	l.Sources = slices.Compact(nets)
}

// tags brings a list of tags to its one spelling: trimmed, in order, each once.
func (c *Checker) tags(field string, list []string) []string {
	if len(list) > maxTags {
		c.Add(field, problem.CodeTooManyTags, maxTags)
		return nil
	}
	tags := make([]string, 0, len(list))
	for _, tag := range list {
		c.requiredOr(problem.CodeEmptyTag, field, &tag, maxTag)
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
