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

// FirstStart is what Start made on an empty database.
type FirstStart struct {
	Username string        // empty when there were operators already
	Password secret.Secret // set only when it was generated: show it once
	// PasswordUnused: there were operators already, and the given password is not that of
	// the operator admin.
	PasswordUnused bool
}

// Start checks that the database was made with this master key. On a database without
// operators it makes the operator admin with the given password or a generated one. On any
// other it changes nothing, and reports whether the given password is another than admin's.
// Several replicas may start at once: one of them makes the operator. Conflict
// (wrong_master_key) if the database has another master key.
func (s *Service) Start(ctx context.Context, adminPassword secret.Secret) (FirstStart, error) {
	if err := s.checkMasterKey(ctx); err != nil {
		return FirstStart{}, err
	}
	count := 0
	err := s.core.View(ctx, func(tx tenancy.Reader) (err error) {
		count, err = tx.CountOperators(ctx)
		return err
	})
	if err == nil && count > 0 {
		return s.compareAdminPassword(ctx, adminPassword)
	}
	if err != nil {
		return FirstStart{}, err
	}
	first := FirstStart{Username: adminUsername}
	if adminPassword.Empty() {
		adminPassword = secret.NewPassword()
		first.Password = adminPassword
	}
	_, err = s.CreateOperator(ctx, tenancy.System("first-start"),
		CreateOperatorParams{Username: adminUsername, Password: adminPassword, Role: tenancy.Administrator})
	if errors.Is(err, problem.Conflict) { // another replica made it first
		return FirstStart{}, nil
	}
	if err != nil {
		return FirstStart{}, err
	}
	return first, nil
}

// compareAdminPassword reports a password that was given and is not that of the operator
// admin, who may also have been removed.
func (s *Service) compareAdminPassword(ctx context.Context, given secret.Secret) (FirstStart, error) {
	if given.Empty() {
		return FirstStart{}, nil
	}
	o, err := s.findOperator(ctx, adminUsername)
	if err != nil {
		return FirstStart{}, err
	}
	release, err := s.hasher.Take(ctx)
	if err != nil {
		return FirstStart{}, problem.Wrap(problem.Unavailable, problem.CodeInterrupted, err)
	}
	defer release()
	return FirstStart{PasswordUnused: o.ID == "" || !s.hasher.Verify(o.PasswordHash, given)}, nil
}

// CheckStarted returns nil if a server has been started on the database with this master
// key, and Conflict otherwise. Commands that work on a server's database call it.
func (s *Service) CheckStarted(ctx context.Context) error {
	return s.core.View(ctx, func(tx tenancy.Reader) error {
		count, err := tx.CountOperators(ctx)
		if err == nil && count == 0 {
			err = problem.New(problem.Conflict, problem.CodeNotStarted)
		}
		if err != nil {
			return err
		}
		stored, err := tx.Setting(ctx, settingMasterKey)
		if err != nil {
			return err
		}
		return s.compareMasterKey(ctx, tx, stored)
	})
}

// HasMasterKey reports whether a database was started with any master key. It needs no
// Service. A database without a schema is Unavailable or Internal.
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
		stored, err := tx.Setting(ctx, settingMasterKey)
		if errors.Is(err, problem.NotFound) {
			return tx.InsertSetting(ctx, settingMasterKey, s.keys.Check())
		}
		if err != nil {
			return err
		}
		return s.compareMasterKey(ctx, tx, stored)
	})
	var e *problem.Error
	if errors.As(err, &e) && e.Code == problem.CodeSettingExists { // another replica wrote it meanwhile
		return s.checkMasterKey(ctx)
	}
	return err
}

// compareMasterKey returns an error unless the database belongs to a master key of this server. It
// learns the others that the database has.
func (s *Service) compareMasterKey(ctx context.Context, tx tenancy.Reader, stored []byte) error {
	if rows, err := tx.MasterKeys(ctx); err != nil || len(rows) > 0 {
		if err != nil {
			return err
		}
		return s.learnMasterKeys(rows)
	}
	if !secret.Equal(stored, s.keys.Check()) {
		return problem.New(problem.Conflict, problem.CodeWrongMasterKey)
	}
	return nil
}

// Ready returns nil if requests can be served: the database answers, has the schema that
// this program expects, and belongs to this master key. Otherwise it returns Unavailable
// or Conflict (wrong_master_key).
func (s *Service) Ready(ctx context.Context) error {
	if err := s.core.Ready(ctx); err != nil {
		return err
	}
	return s.core.View(ctx, func(tx tenancy.Reader) error {
		stored, err := tx.Setting(ctx, settingMasterKey)
		if errors.Is(err, problem.NotFound) {
			return problem.New(problem.Unavailable, problem.CodeNeverStarted)
		}
		if err != nil {
			return err
		}
		return s.compareMasterKey(ctx, tx, stored)
	})
}
