// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"gatehouse/internal/problem"
)

// Versions of the schema that are written in Go.
const (
	foldVersion = 9  // from here on, names are compared without the characters that are not seen
	fillVersion = 11 // fills the columns of version 10
	// searchVersion fills the columns of version 22.
	searchVersion = 23
	// likenessVersion fills the columns of version 33.
	likenessVersion = 34
)

// Newest returns the version of the last migration, of those in Go and those in files.
func Newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		return 0, errors.Join(err, errors.New("no migrations"))
	}
	last, err := goose.NumericComponent(names[len(names)-1]) // sorted by name
	return max(last, foldVersion, fillVersion, searchVersion, likenessVersion), err
}

// Check returns an error unless the schema has the version that this program needs
// (Unavailable: schema_too_new, schema_too_old).
func Check(current, target int64) error {
	switch {
	case current > target:
		return problem.SchemaTooNew(
			fmt.Errorf("the schema has version %d, this program knows %d", current, target),
		)
	case current < target:
		return problem.SchemaTooOld(
			fmt.Errorf("the schema has version %d, this program needs %d", current, target),
		)
	}
	return nil
}
