// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectNewestCodeUses = sqltext.Numbered(sqltext.SelectNewestCodeUses)
	selectCodeUses       = sqltext.Numbered(sqltext.SelectCodeUses)
	selectCodeDays       = sqltext.Numbered(sqltext.SelectCodeDays)
	takeCodeUse          = sqltext.Numbered(sqltext.TakeCodeUse)
	insertCodeUse        = sqltext.Numbered(sqltext.InsertCodeUse + returningID)
	countOldUses         = sqltext.Numbered(sqltext.CountOldUses)
	deleteOldUses        = sqltext.Numbered(sqltext.DeleteOldUses)
)

// CodeUses implements tenancy.CodeUseReader.
func (t *tx) CodeUses(ctx context.Context, codeID string, before int64, limit int) ([]tenancy.CodeUse, error) {
	if before == 0 {
		return all(ctx, t, "list code uses", sqltext.ScanCodeUse, selectNewestCodeUses, codeID, limit)
	}
	return all(ctx, t, "list code uses", sqltext.ScanCodeUse, selectCodeUses, codeID, before, limit)
}

// DailyUses implements tenancy.CodeUseReader.
func (t *tx) DailyUses(ctx context.Context, codeID string) ([]tenancy.DailyUses, error) {
	return all(ctx, t, "list daily uses", sqltext.ScanDailyUses, selectCodeDays, codeID)
}

// TakeCodeUse implements tenancy.CodeUseWriter.
func (t *tx) TakeCodeUse(ctx context.Context, codeID string, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "take code use", takeCodeUse, stamp(at), codeID, stamp(at), stamp(at))
	return n == 1, err
}

// InsertCodeUse implements tenancy.CodeUseWriter.
func (t *tx) InsertCodeUse(ctx context.Context, u tenancy.CodeUse) (int64, error) {
	return t.insertID(ctx, "insert code use", insertCodeUse, sqltext.CodeUseArgs(u, stamp(u.At))...)
}

// FoldCodeUses implements tenancy.CodeUseWriter.
func (t *tx) FoldCodeUses(ctx context.Context, codeID string, keep int) error {
	if _, err := t.exec(ctx, "count old code uses", countOldUses, codeID, keep); err != nil {
		return err
	}
	_, err := t.exec(ctx, "delete old code uses", deleteOldUses, codeID, keep)
	return err
}
