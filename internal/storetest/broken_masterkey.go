// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"

	"gatehouse/internal/tenancy"
)

func (r brokenReader) SimilarNames(ctx context.Context,
	q tenancy.SimilarNames) ([]tenancy.SimilarName, error) {
	if err := r.broken.check("SimilarNames"); err != nil {
		return nil, err
	}
	return r.Reader.SimilarNames(ctx, q)
}

func (r brokenReader) MasterKeys(ctx context.Context) ([]tenancy.StoredMasterKey, error) {
	if err := r.broken.check("MasterKeys"); err != nil {
		return nil, err
	}
	return r.Reader.MasterKeys(ctx)
}

func (r brokenReader) SealedValues(ctx context.Context, c tenancy.SealedColumn, after *tenancy.SealedValue,
	limit int) ([]tenancy.SealedValue, error) {
	if err := r.broken.check("SealedValues"); err != nil {
		return nil, err
	}
	return r.Reader.SealedValues(ctx, c, after, limit)
}

func (r brokenReader) ActiveMasterKeyID(ctx context.Context) (string, error) {
	if err := r.broken.check("ActiveMasterKeyID"); err != nil {
		return "", err
	}
	return r.Reader.ActiveMasterKeyID(ctx)
}

func (r brokenReader) CountSecrets(ctx context.Context, kind tenancy.SecretKind,
	in tenancy.SecretRange) (int64,
	error) {
	if err := r.broken.check("CountSecrets"); err != nil {
		return 0, err
	}
	return r.Reader.CountSecrets(ctx, kind, in)
}

func (t brokenTx) InsertMasterKey(ctx context.Context, k tenancy.StoredMasterKey) error {
	if err := t.broken.check("InsertMasterKey"); err != nil {
		return err
	}
	return t.tx.InsertMasterKey(ctx, k)
}

func (t brokenTx) UpdateMasterKey(ctx context.Context, k tenancy.StoredMasterKey) error {
	if err := t.broken.check("UpdateMasterKey"); err != nil {
		return err
	}
	return t.tx.UpdateMasterKey(ctx, k)
}

func (t brokenTx) ReplaceSealed(ctx context.Context, c tenancy.SealedColumn,
	old, v tenancy.SealedValue) (bool, error) {
	if err := t.broken.check("ReplaceSealed"); err != nil {
		return false, err
	}
	return t.tx.ReplaceSealed(ctx, c, old, v)
}
