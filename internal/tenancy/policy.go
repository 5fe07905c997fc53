// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"strings"
	"time"

	"gatehouse/internal/problem"
)

// Policy is what an organization says of all its codes and clients. The zero value is that
// of an organization that said nothing.
type Policy struct {
	// ShowCodesOnce: the text of a code leaves the server when the code is made, and never
	// again. No text is stored.
	ShowCodesOnce bool `json:"showCodesOnce,omitempty"`
	// MaxCodeLife is the longest time from when a code is made until it expires; zero: no
	// bound, and codes may never expire.
	MaxCodeLife time.Duration `json:"maxCodeLife,omitempty"` // stored in nanoseconds
	// ApproveEnrolments: a client waits until somebody approves it.
	ApproveEnrolments bool `json:"approveEnrolments,omitempty"`
}

// String lists what the policy says: "show-once,max-life=720h0m0s,approve".
func (p Policy) String() string {
	var words []string
	if p.ShowCodesOnce {
		words = append(words, "show-once")
	}
	if p.MaxCodeLife > 0 {
		words = append(words, "max-life="+p.MaxCodeLife.String())
	}
	if p.ApproveEnrolments {
		words = append(words, "approve")
	}
	return strings.Join(words, ",")
}

func (p Policy) check(c *Checker) {
	if p.MaxCodeLife < 0 || p.MaxCodeLife > maxCodeYears*366*24*time.Hour ||
		p.MaxCodeLife > 0 && p.MaxCodeLife < time.Minute {
		c.Add(FieldMaxCodeLife, problem.CodeBadCodeLife, maxCodeYears)
	}
}

// bound adds an error if the code would live longer than the policy allows. Made is when
// the code was made.
func (p Policy) bound(c *Checker, l CodeLimits, made time.Time) {
	if p.MaxCodeLife > 0 && (l.Never || l.ExpiresAt.After(made.Add(p.MaxCodeLife))) {
		c.Add(FieldExpiresAt, problem.CodeExpiryNeeded, p.MaxCodeLife)
	}
}

// limits returns the limits of a code of which its maker said nothing.
func (p Policy) limits(made time.Time) CodeLimits { return p.within(Unlimited(), made) }

// within returns the limits with the expiry brought within the longest life of a code that
// is made at this time.
func (p Policy) within(l CodeLimits, made time.Time) CodeLimits {
	if latest := Stored(made.Add(p.MaxCodeLife)); p.MaxCodeLife > 0 && (l.Never || l.ExpiresAt.After(latest)) {
		l.Never, l.ExpiresAt = false, latest
	}
	return l
}

// apply forgets what the policy does not allow to be kept.
func (p Policy) apply(c *StoredAuthCode) {
	if p.ShowCodesOnce {
		c.Sealed = nil
	}
}
