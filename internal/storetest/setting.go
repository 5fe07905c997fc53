// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func settingTopic() topic {
	return topic{
		methods: []string{"Setting", "InsertSetting"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read": settingRead,
			"one of many":     settingRace,
		},
	}
}

func settingRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	want := []byte{0, 1, 2, 0xff}
	update(t, s, func(tx tenancy.Tx) error {
		_, err := tx.Setting(ctx, "name")
		wantError(t, err, problem.NotFound, problem.CodeSettingNotFound)
		return errors.Join(tx.InsertSetting(ctx, "name", want), tx.InsertSetting(ctx, "empty", nil))
	})
	update(t, s, func(tx tenancy.Tx) error {
		wantError(t, tx.InsertSetting(ctx, "name", []byte("other")), problem.Conflict, problem.CodeSettingExists)
		got, err := tx.Setting(ctx, "name")
		if !bytes.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		empty, err2 := tx.Setting(ctx, "empty")
		if len(empty) != 0 {
			t.Errorf("got %v, want nothing", empty)
		}
		return errors.Join(err, err2)
	})
}

// Several replicas start at once on an empty database: one sets the value.
func settingRace(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	var winners atomic.Int32
	together(16, func(i int) {
		err := s.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertSetting(ctx, "name", []byte{byte(i)}) })
		switch {
		case err == nil:
			winners.Add(1)
		case !errors.Is(err, problem.Conflict):
			t.Errorf("got %v, want a conflict", err)
		}
	})
	if n := winners.Load(); n != 1 {
		t.Errorf("got %d who set it, want 1", n)
	}
}
