// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	settingMasterKey = "master_key_check"
	adminUsername    = "admin"
)

// FirstStart returns what Start made on an empty database.
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
	err := s.core.View(ctx, func(tx tenancy.Reader) (err error) {
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
	_, err = s.CreateOperator(ctx, tenancy.System("first-start"),
		CreateOperatorParams{Username: adminUsername, Password: adminPassword, Role: tenancy.Administrator})
	if errors.Is(err, problem.Conflict) { // another replica was faster
		return FirstStart{}, nil
	}
	if err != nil {
		return FirstStart{}, err
	}
	return first, nil
}

// CheckStarted reports whether the database has been started by a server with this
// master key: what commands beside a server must know. Conflict otherwise.
func (s *Service) CheckStarted(ctx context.Context) error {
	return s.core.View(ctx, func(tx tenancy.Reader) error {
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

// HasMasterKey reports whether a database was started with some master key, before
// there is a Service for it. A database without a schema is Unavailable or Internal.
func HasMasterKey(ctx context.Context, store tenancy.Store) (bool, error) {
	err := store.View(ctx, func(tx tenancy.Reader) error {
		_, err := tx.Setting(ctx, settingMasterKey)
		return err
	})
	if errors.Is(err, problem.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) checkMasterKey(ctx context.Context) error {
	err := s.core.Update(ctx, func(tx tenancy.Tx) error {
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

// Ready reports whether requests can be served: the database answers, has the
// schema this program expects, and is the one our master key belongs to.
// Unavailable or Conflict (wrong_master_key) otherwise.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.core.Ready(ctx); err != nil {
		return err
	}
	return s.core.View(ctx, func(tx tenancy.Reader) error {
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
