// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Service has the use cases, as methods in the files of their nouns. All are
// safe for concurrent use and return an *Error or nil, and nothing else beside an
// error. Each takes the caller first and decides by it; those without one are
// for the program around the server, or make the caller.
type Service struct {
	store          Store // watched
	memory         *memory
	keys           *secret.Keyring
	keyIssuer      string // of application keys
	hasher         *secret.Hasher
	clock          func() time.Time
	publicRequests bool
	customIDs      bool
	limits         *limits            // nil: off
	turns          [256]chan struct{} // of log-ins, by name
	logins         atomic.Int64       // with a password, that wait or are being checked
}

// Options are the switches of a Service. The zero value is the strict one.
type Options struct {
	Clock          func() time.Time // nil: the system's
	Hasher         *secret.Hasher   // of passwords; nil: a new one
	PublicRequests bool             // anyone may submit a request
	NoLimits       bool             // no rate limits and no lock-outs: tests and benchmarks
	KeyIssuer      string           // the iss of application keys, and the only one accepted; empty: secret.Issuer
	// CustomOrganizationIDs lets callers choose the number of an organization they make.
	CustomOrganizationIDs bool
}

// New makes a Service over a migrated store and the keys of its master key.
// Call Start before use.
func New(store Store, keys *secret.Keyring, o Options) *Service {
	c := newChanges()
	s := &Service{store: watchedStore{store, c}, memory: newMemory(c), keys: keys,
		keyIssuer: cmp.Or(o.KeyIssuer, secret.Issuer), hasher: o.Hasher, clock: o.Clock, publicRequests: o.PublicRequests,
		customIDs: o.CustomOrganizationIDs}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.hasher == nil {
		s.hasher = secret.NewHasher()
	}
	if !o.NoLimits {
		s.limits = newLimits()
	}
	for i := range s.turns {
		s.turns[i] = make(chan struct{}, 1)
	}
	return s
}

// now is the one place time comes from: UTC, cut to the millisecond that
// every engine keeps.
func (s *Service) now() time.Time { return cut(s.clock()) }

func cut(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

const (
	settingMasterKey = "master_key_check"
	adminUsername    = "admin"
)

// FirstStart tells what Start made on an empty database.
type FirstStart struct {
	Username string        // empty when there were operators already
	Password secret.Secret // set only when it was generated: show it once
}

// Start checks that the master key is the one this database was made with and,
// on a database without operators, makes the operator admin with the given
// password or a generated one. Several replicas may start at once: one makes
// the operator. Conflict when the master key is another.
func (s *Service) Start(ctx context.Context, adminPassword secret.Secret) (FirstStart, error) {
	if err := s.checkMasterKey(ctx); err != nil {
		return FirstStart{}, err
	}
	count := 0
	err := s.view(ctx, func(tx Reader) (err error) {
		count, err = tx.CountOperators(ctx)
		return err
	})
	if err != nil || count > 0 {
		return FirstStart{}, err
	}
	first := FirstStart{Username: adminUsername}
	if adminPassword.Empty() {
		adminPassword = secret.NewPassword()
		first.Password = adminPassword
	}
	_, err = s.CreateOperator(ctx, System("first-start"),
		CreateOperatorParams{Username: adminUsername, Password: adminPassword, Role: Administrator})
	if errors.Is(err, problem.Conflict) { // another replica was faster
		return FirstStart{}, nil
	}
	if err != nil {
		return FirstStart{}, err
	}
	return first, nil
}

// CheckStarted tells whether the database has been started by a server with this
// master key: what commands beside a server must know. Conflict otherwise.
func (s *Service) CheckStarted(ctx context.Context) error {
	return s.view(ctx, func(tx Reader) error {
		count, err := tx.CountOperators(ctx)
		if err == nil && count == 0 {
			err = problem.New(problem.Conflict, "not_started", "This database has no operator yet. Start the server once first.")
		}
		if err != nil {
			return err
		}
		known, err := tx.Setting(ctx, settingMasterKey)
		if err != nil {
			return err
		}
		return s.compareMasterKey(known)
	})
}

// HasMasterKey tells whether a database was started with some master key, before
// there is a Service for it. A database without a schema is Unavailable or Internal.
func HasMasterKey(ctx context.Context, store Store) (bool, error) {
	err := store.View(ctx, func(tx Reader) error {
		_, err := tx.Setting(ctx, settingMasterKey)
		return err
	})
	if errors.Is(err, problem.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) checkMasterKey(ctx context.Context) error {
	err := s.update(ctx, func(tx Tx) error {
		known, err := tx.Setting(ctx, settingMasterKey)
		if errors.Is(err, problem.NotFound) {
			return tx.InsertSetting(ctx, settingMasterKey, s.keys.Check())
		}
		if err != nil {
			return err
		}
		return s.compareMasterKey(known)
	})
	var e *problem.Error
	if errors.As(err, &e) && e.Code == "setting_exists" { // another replica wrote it between
		return s.checkMasterKey(ctx)
	}
	return err
}

func (s *Service) compareMasterKey(known []byte) error {
	if !secret.Equal(known, s.keys.Check()) {
		return problem.New(problem.Conflict, "wrong_master_key",
			"This database was made with another master key. Give the same one (GATEHOUSE_MASTER_KEY, or master.key in the data folder); replicas must share it.")
	}
	return nil
}

// Ready tells whether requests can be served: the database answers, has the
// schema this program expects, and is the one our master key belongs to.
// Unavailable or Conflict (wrong_master_key) otherwise.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.store.Ready(ctx); err != nil {
		return problem.As(err)
	}
	return s.view(ctx, func(tx Reader) error {
		known, err := tx.Setting(ctx, settingMasterKey)
		if errors.Is(err, problem.NotFound) {
			return problem.New(problem.Unavailable, "not_started", "This database has not been started yet.")
		}
		if err != nil {
			return err
		}
		return s.compareMasterKey(known)
	})
}

// update, view and read are the store's, with errors of one type.
func (s *Service) update(ctx context.Context, fn func(tx Tx) error) error {
	if err := s.store.Update(ctx, fn); err != nil {
		return problem.As(err)
	}
	return nil
}

func (s *Service) view(ctx context.Context, fn func(tx Reader) error) error {
	if err := s.store.View(ctx, fn); err != nil {
		return problem.As(err)
	}
	return nil
}

func (s *Service) read(ctx context.Context, fn func(tx Reader) error) error {
	if err := s.store.Read(ctx, fn); err != nil {
		return problem.As(err)
	}
	return nil
}
