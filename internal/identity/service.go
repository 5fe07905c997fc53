// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// Service has the use cases, as methods in the files of their nouns. All are safe for
// concurrent use and return a *problem.Error or nil. On error all other results are
// zero, unless a method says otherwise. Each takes the caller first and decides by
// it; those without one make the caller, or serve the program that runs the server.
type Service struct {
	core        *tenancy.Core
	keys        *secret.Keyring
	cache       *callerCache
	hasher      *secret.Hasher
	keyIssuer   string // of application keys
	noLimits    bool
	loginLife   atomic.Int64         // a time.Duration
	keyFailures *tenancy.SourceLimit // of failed log-ins with keys; nil: no limit
	turns       [256]chan struct{}   // of log-ins, by name
	logins      atomic.Int64         // with a password, that wait or are being checked
	refusals    refusals
	learning    sync.Mutex // of master keys
}

// Options are the switches of a Service. The zero value is the strict one.
type Options struct {
	Hasher   *secret.Hasher // of passwords; nil: a new one
	NoLimits bool           // no rate limits and no lock-outs: tests and benchmarks
	// LoginLife is how long after a log-in with a password all ends that it got, whatever
	// uses and renewals there were; DefaultLoginLife if it is 0.
	LoginLife time.Duration
	// KeyIssuer is the iss of application keys, and the only one accepted; secret.Issuer if it is empty.
	KeyIssuer string
}

// SetLoginLife changes how long log-ins live, also those that were made before.
func (s *Service) SetLoginLife(life time.Duration) { s.loginLife.Store(int64(life)) }

// loginEnd returns when all ends that a log-in at a time got.
func (s *Service) loginEnd(loggedIn time.Time) time.Time {
	return loggedIn.Add(time.Duration(s.loginLife.Load()))
}

// New makes a Service. Call Start before use.
func New(core *tenancy.Core, o Options) *Service {
	s := &Service{core: core, keys: core.Keys(), cache: newCallerCache(core.Changes(), core.Moment),
		hasher: o.Hasher, keyIssuer: cmp.Or(o.KeyIssuer, secret.Issuer), noLimits: o.NoLimits}
	s.SetLoginLife(cmp.Or(o.LoginLife, DefaultLoginLife))
	if s.hasher == nil {
		s.hasher = secret.NewHasher()
	}
	if !o.NoLimits {
		s.keyFailures = tenancy.NewSourceLimit(keyFailuresPerMinute)
	}
	for i := range s.turns {
		s.turns[i] = make(chan struct{}, 1)
	}
	return s
}
