// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"time"

	"gatehouse/internal/tenancy"
)

// OperatorTokens implements tenancy.OperatorTokenReader.
func (r brokenReader) OperatorTokens(ctx context.Context, operatorID string) ([]tenancy.OperatorToken,
	error) {
	if err := r.broken.check("OperatorTokens"); err != nil {
		return nil, err
	}
	return r.Reader.OperatorTokens(ctx, operatorID)
}

// OperatorTokenByDigest implements tenancy.OperatorTokenReader.
func (r brokenReader) OperatorTokenByDigest(ctx context.Context,
	accessDigest []byte) (tenancy.StoredOperatorToken, error) {
	if err := r.broken.check("OperatorTokenByDigest"); err != nil {
		return tenancy.StoredOperatorToken{}, err
	}
	return r.Reader.OperatorTokenByDigest(ctx, accessDigest)
}

// SpentRefreshToken implements tenancy.OperatorTokenReader.
func (r brokenReader) SpentRefreshToken(ctx context.Context, refreshDigest []byte) (tenancy.OperatorTokenID,
	error) {
	if err := r.broken.check("SpentRefreshToken"); err != nil {
		return 0, err
	}
	return r.Reader.SpentRefreshToken(ctx, refreshDigest)
}

// LockOperatorToken implements tenancy.OperatorTokenWriter.
func (t brokenTx) LockOperatorToken(ctx context.Context,
	id tenancy.OperatorTokenID) (tenancy.StoredOperatorToken, error) {
	if err := t.broken.check("LockOperatorToken"); err != nil {
		return tenancy.StoredOperatorToken{}, err
	}
	return t.tx.LockOperatorToken(ctx, id)
}

// InsertOperatorToken implements tenancy.OperatorTokenWriter.
func (t brokenTx) InsertOperatorToken(ctx context.Context, o *tenancy.StoredOperatorToken) error {
	if err := t.broken.check("InsertOperatorToken"); err != nil {
		return err
	}
	return t.tx.InsertOperatorToken(ctx, o)
}

// UpdateOperatorToken implements tenancy.OperatorTokenWriter.
func (t brokenTx) UpdateOperatorToken(ctx context.Context, o tenancy.OperatorToken) error {
	if err := t.broken.check("UpdateOperatorToken"); err != nil {
		return err
	}
	return t.tx.UpdateOperatorToken(ctx, o)
}

// RenewOperatorToken implements tenancy.OperatorTokenWriter.
func (t brokenTx) RenewOperatorToken(ctx context.Context, next, old tenancy.StoredOperatorToken,
	at time.Time) (bool, error) {
	if err := t.broken.check("RenewOperatorToken"); err != nil {
		return false, err
	}
	return t.broken.ifDone("RenewOperatorToken")(t.tx.RenewOperatorToken(ctx, next, old, at))
}

// EndOperatorToken implements tenancy.OperatorTokenWriter.
func (t brokenTx) EndOperatorToken(ctx context.Context, id tenancy.OperatorTokenID, at time.Time,
	reason tenancy.TokenEndReason) (bool, error) {
	if err := t.broken.check("EndOperatorToken"); err != nil {
		return false, err
	}
	return t.broken.ifDone("EndOperatorToken")(t.tx.EndOperatorToken(ctx, id, at, reason))
}

// PruneOperatorTokens implements tenancy.OperatorTokenWriter.
func (t brokenTx) PruneOperatorTokens(ctx context.Context, before time.Time, limit int) error {
	if err := t.broken.check("PruneOperatorTokens"); err != nil {
		return err
	}
	return t.tx.PruneOperatorTokens(ctx, before, limit)
}

func (r brokenReader) OperatorByNumber(ctx context.Context,
	number tenancy.OperatorNumber) (tenancy.StoredOperator, error) {
	if err := r.broken.check("OperatorByNumber"); err != nil {
		return tenancy.StoredOperator{}, err
	}
	return r.Reader.OperatorByNumber(ctx, number)
}

func (r brokenReader) Operators(ctx context.Context, p tenancy.ListParams) ([]tenancy.ListedOperator, int,
	error) {
	if err := r.broken.check("Operators"); err != nil {
		return nil, 0, err
	}
	return r.Reader.Operators(ctx, p)
}

// Login implements tenancy.SessionReader.
func (r brokenReader) Login(ctx context.Context, ref tenancy.LoginRef) (tenancy.Login, error) {
	if err := r.broken.check("Login"); err != nil {
		return tenancy.Login{}, err
	}
	return r.Reader.Login(ctx, ref)
}

// ClientKey implements tenancy.SessionReader.
func (r brokenReader) ClientKey(ctx context.Context, id string) (tenancy.ClientKey, error) {
	if err := r.broken.check("ClientKey"); err != nil {
		return tenancy.ClientKey{}, err
	}
	return r.Reader.ClientKey(ctx, id)
}
