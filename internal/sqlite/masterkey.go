// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// MasterKeys implements tenancy.MasterKeyReader.
func (t *tx) MasterKeys(ctx context.Context) ([]tenancy.StoredMasterKey, error) {
	return all(ctx, t, "list master keys", sqltext.ScanMasterKey, sqltext.SelectMasterKeys)
}

// ActiveMasterKeyID implements tenancy.MasterKeyReader.
func (t *tx) ActiveMasterKeyID(ctx context.Context) (string, error) {
	return one(ctx, t, "find the active master key", problem.RowNotFound, sqltext.Value[string],
		sqltext.SelectActiveKeyID)
}

// SealedValues implements tenancy.MasterKeyReader.
func (t *tx) SealedValues(ctx context.Context, c tenancy.SealedColumn, after *tenancy.SealedValue,
	limit int) ([]tenancy.SealedValue, error) {
	return all(ctx, t, "list sealed values", sqltext.ScanSealed, sqltext.SelectSealed(c),
		sqltext.SealedAfter(c, after), max(limit, 0))
}

// CountSecrets implements tenancy.MasterKeyReader.
func (t *tx) CountSecrets(ctx context.Context, kind tenancy.SecretKind, r tenancy.SecretRange) (int64,
	error) {
	query, args := sqltext.CountSecrets(kind, r, stamps())
	return one(ctx, t, "count "+string(kind), problem.RowNotFound, sqltext.Value[int64], query, args...)
}

// InsertMasterKey implements tenancy.MasterKeyWriter.
func (t *tx) InsertMasterKey(ctx context.Context, k tenancy.StoredMasterKey) error {
	_, err := t.insert(ctx, problem.SettingExists(), "insert master key", sqltext.InsertMasterKey,
		string(k.State), stamp(k.CreatedAt), sqltext.Blob(k.Sealed), k.SealedBy, optional(k.RetiredAt), k.ID)
	return err
}

// UpdateMasterKey implements tenancy.MasterKeyWriter.
func (t *tx) UpdateMasterKey(ctx context.Context, k tenancy.StoredMasterKey) error {
	n, err := t.exec(ctx, "update master key", sqltext.UpdateMasterKey, string(k.State), stamp(k.CreatedAt),
		sqltext.Blob(k.Sealed), k.SealedBy, optional(k.RetiredAt), k.ID)
	if err == nil && n == 0 {
		return problem.RowNotFound()
	}
	return err
}

// ReplaceSealed implements tenancy.MasterKeyWriter.
func (t *tx) ReplaceSealed(ctx context.Context, c tenancy.SealedColumn, old, v tenancy.SealedValue) (bool,
	error) {
	n, err := t.exec(ctx, "replace sealed value", sqltext.UpdateSealed(c), sqltext.SealedArgs(c, old, v)...)
	return n > 0, err
}
