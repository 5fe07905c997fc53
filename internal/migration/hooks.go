// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/pressly/goose/v3"
)

// Hooks are called while a schema is migrated. Each may be nil.
type Hooks struct {
	// Before is called once, if there is something to do. from is 0 for a database without
	// a schema. An error ends the migration before it changes anything.
	Before func(ctx context.Context, from, to int64) error
	// Waiting is called once if another program migrates this database, before it is waited for.
	Waiting func()
	// Applied is called after each migration, when it is durable.
	Applied func(Step)
}

// Step is a migration that was applied.
type Step struct {
	Version int64
	Name    string
	Took    time.Duration
}

// Start calls Before if current is not the target.
func (h Hooks) Start(ctx context.Context, current, target int64) error {
	if h.Before == nil || current == target {
		return nil
	}
	return h.Before(ctx, current, target)
}

// Next applies the next migration. done is true if there was none.
func (h Hooks) Next(ctx context.Context, provider *goose.Provider) (done bool, err error) {
	result, err := provider.UpByOne(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if h.Applied != nil {
		name := path.Base(result.Source.Path)
		if result.Source.Path == "" {
			name = fmt.Sprintf("%04d, written in Go", result.Source.Version)
		}
		h.Applied(Step{result.Source.Version, name, result.Duration})
	}
	return false, nil
}
