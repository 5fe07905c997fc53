// SPDX-License-Identifier: Apache-2.0

// Package fill is a stand-in.
package fill

import (
	"context"
	"errors"

	"gatehouse/internal/secret"
)

type Spec struct {
	Organizations int
	Seed          uint64
}
type Data struct {
	Organizations int
	FirstID       int64
	Active        []int64
	New           []int64
	Status        map[string]int
	Words         struct{ Rare, Common, Absent []string }
	Count         func(word string) int
}

func SQLite(ctx context.Context, path string, keys *secret.Keyring, s Spec, progress func(done, all int)) (Data, error) {
	return Data{}, errors.New("a stand-in fills nothing")
}

func Postgres(ctx context.Context, url string, keys *secret.Keyring, s Spec, progress func(done, all int)) (Data, error) {
	return Data{}, errors.New("a stand-in fills nothing")
}
