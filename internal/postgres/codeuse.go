// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectNewestCodeUses = sqltext.Numbered(sqltext.SelectNewestCodeUses)
	selectCodeUses       = sqltext.Numbered(sqltext.SelectCodeUses)
	selectCodeDays       = sqltext.Numbered(sqltext.SelectCodeDays)
	insertCodeUse        = sqltext.Numbered(sqltext.InsertCodeUse + returningID)
	countOldUses         = sqltext.Numbered(sqltext.CountOldUses)
	deleteOldUses        = sqltext.Numbered(sqltext.DeleteOldUses)
	selectFormer         = sqltext.Numbered(sqltext.SelectClient +
		` WHERE auth_code_id = (SELECT id FROM auth_codes WHERE digest = ?)` + sqltext.NewestOfInstance)
)

// CodeUses implements tenancy.CodeUseReader.
func (t *tx) CodeUses(ctx context.Context, codeID string, before int64, limit int) ([]tenancy.CodeUse,
	error) {
	if before == 0 {
		return all(ctx, t, "list code uses", sqltext.ScanCodeUse, selectNewestCodeUses, codeID, limit)
	}
	return all(ctx, t, "list code uses", sqltext.ScanCodeUse, selectCodeUses, codeID, before, limit)
}

// DailyUses implements tenancy.CodeUseReader.
func (t *tx) DailyUses(ctx context.Context, codeID string) ([]tenancy.DailyUses, error) {
	return all(ctx, t, "list daily uses", sqltext.ScanDailyUses, selectCodeDays, codeID)
}

// LockEnrolment implements tenancy.CodeUseWriter, in one round trip. Each statement sees
// what was committed before it began, so those after the lock see what the lock keeps.
func (t *tx) LockEnrolment(ctx context.Context, digest []byte, instanceID string) (e tenancy.EnrolmentState,
	err error) {
	key := sqltext.Blob(digest)
	after := []step{{statement{selectAuthCodeByDigest, []any{key}},
		first(sqltext.ScanBareAuthCode, &e.Code, nil)}}
	if storable(instanceID) {
		after = append(after, step{statement{selectFormer, []any{key, instanceID}},
			first(sqltext.ScanClient, &e.Former, nil)})
	}
	of := `(SELECT organization_id FROM auth_codes WHERE digest = $1)`
	err = t.lockOrganization(ctx, &e.Organization, locking{id: of, arg: key, after: after})
	if errors.Is(err, problem.NotFound) {
		err = problem.AuthCodeNotFound()
	}
	t.lockedCode = e.Code.ID
	return e, err
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
