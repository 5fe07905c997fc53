// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// CodeUses implements tenancy.CodeUseReader.
func (t *tx) CodeUses(ctx context.Context, codeID string, before int64, limit int) ([]tenancy.CodeUse,
	error) {
	if before == 0 {
		return all(ctx, t, "list code uses", sqltext.ScanCodeUse, sqltext.SelectNewestCodeUses, codeID, limit)
	}
	return all(ctx, t, "list code uses", sqltext.ScanCodeUse, sqltext.SelectCodeUses, codeID, before, limit)
}

// DailyUses implements tenancy.CodeUseReader.
func (t *tx) DailyUses(ctx context.Context, codeID string) ([]tenancy.DailyUses, error) {
	return all(ctx, t, "list daily uses", sqltext.ScanDailyUses, sqltext.SelectCodeDays, codeID)
}

// LockEnrolment implements tenancy.CodeUseWriter; see LockOrganization.
func (t *tx) LockEnrolment(ctx context.Context, digest []byte, instanceID string) (e tenancy.EnrolmentState,
	err error) {
	code, err := t.AuthCodeByDigest(ctx, digest)
	if err != nil {
		return e, err
	}
	e.Code = code.AuthCode
	if e.Organization, err = t.LockOrganization(ctx, code.OrganizationID); err != nil {
		return e, err
	}
	// Mostly there is none, and an error would cost more than the look-up.
	former, err := all(ctx, t, "read client", sqltext.ScanClient, sqltext.SelectClientByInstance, code.ID,
		instanceID)
	if len(former) > 0 {
		e.Former = former[0]
	}
	return e, err
}

// InsertCodeUse implements tenancy.CodeUseWriter.
func (t *tx) InsertCodeUse(ctx context.Context, u tenancy.CodeUse) (int64, error) {
	result, err := t.run(ctx, "insert code use", sqltext.InsertCodeUse, sqltext.CodeUseArgs(u, stamp(u.At))...)
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
