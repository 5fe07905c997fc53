// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"testing"

	"gatehouse/internal/tenancy"
)

// A place that does not exist is not stored.
func TestKeyPlaces(t *testing.T) {
	t.Parallel()
	Engines(t, func(t *testing.T, s tenancy.Store) {
		c := withCode(t, s, "o", 1)
		wrong := client(c, 1)
		wrong.KeyPlace = "cookie"
		err := s.Update(context.Background(), func(tx tenancy.Tx) error {
			_, err := tx.InsertClient(context.Background(), wrong, accepted(wrong, wrong.CreatedAt))
			return err
		})
		if err == nil {
			t.Error("a place that is none is stored")
		}
	})
}
