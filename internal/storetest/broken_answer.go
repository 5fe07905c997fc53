// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"time"

	"gatehouse/internal/tenancy"
)

func (t brokenTx) LockAnswer(ctx context.Context, digest []byte) (tenancy.StoredAnswer, error) {
	if err := t.broken.check("LockAnswer"); err != nil {
		return tenancy.StoredAnswer{}, err
	}
	return t.tx.LockAnswer(ctx, digest)
}

func (t brokenTx) PutAnswer(ctx context.Context, a tenancy.StoredAnswer) error {
	if err := t.broken.check("PutAnswer"); err != nil {
		return err
	}
	return t.tx.PutAnswer(ctx, a)
}

func (t brokenTx) DeleteAnswer(ctx context.Context, digest []byte) error {
	if err := t.broken.check("DeleteAnswer"); err != nil {
		return err
	}
	return t.tx.DeleteAnswer(ctx, digest)
}

func (t brokenTx) PruneAnswers(ctx context.Context, before time.Time, limit int) error {
	if err := t.broken.check("PruneAnswers"); err != nil {
		return err
	}
	return t.tx.PruneAnswers(ctx, before, limit)
}
