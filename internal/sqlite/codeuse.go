// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// CodeUses implements tenancy.CodeUseReader.
func (t *tx) CodeUses(ctx context.Context, codeID string, before int64, limit int) ([]tenancy.CodeUse, error) {
	if before == 0 {
		return all(ctx, t, "list code uses", sqltext.ScanCodeUse, sqltext.SelectNewestCodeUses, codeID, limit)
	}
	return all(ctx, t, "list code uses", sqltext.ScanCodeUse, sqltext.SelectCodeUses, codeID, before, limit)
}

// DailyUses implements tenancy.CodeUseReader.
func (t *tx) DailyUses(ctx context.Context, codeID string) ([]tenancy.DailyUses, error) {
	return all(ctx, t, "list daily uses", sqltext.ScanDailyUses, sqltext.SelectCodeDays, codeID)
}

// TakeCodeUse implements tenancy.CodeUseWriter.
func (t *tx) TakeCodeUse(ctx context.Context, codeID string, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "take code use", sqltext.TakeCodeUse, stamp(at), codeID, stamp(at), stamp(at))
	return n == 1, err
}

// InsertCodeUse implements tenancy.CodeUseWriter.
func (t *tx) InsertCodeUse(ctx context.Context, u tenancy.CodeUse) (int64, error) {
	result, err := t.run(ctx, sqltext.InsertCodeUse, sqltext.CodeUseArgs(u, stamp(u.At))...)
	if err != nil {
		return 0, t.fail("insert code use", err)
	}
	return newID(result), nil
}

// FoldCodeUses implements tenancy.CodeUseWriter.
func (t *tx) FoldCodeUses(ctx context.Context, codeID string, keep int) error {
	if _, err := t.exec(ctx, "count old code uses", sqltext.CountOldUses, codeID, keep); err != nil {
		return err
	}
	_, err := t.exec(ctx, "delete old code uses", sqltext.DeleteOldUses, codeID, keep)
	return err
}
