// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"time"

	"gatehouse/internal/tenancy"
)

func (r brokenReader) AuthCode(ctx context.Context, id string) (tenancy.StoredAuthCode, error) {
	if err := r.broken.check("AuthCode"); err != nil {
		return tenancy.StoredAuthCode{}, err
	}
	return r.Reader.AuthCode(ctx, id)
}

// HasImportedAuthCodes implements tenancy.AuthCodeReader.
func (r brokenReader) HasImportedAuthCodes(ctx context.Context) (bool, error) {
	if err := r.broken.check("HasImportedAuthCodes"); err != nil {
		return false, err
	}
	return r.Reader.HasImportedAuthCodes(ctx)
}

func (r brokenReader) AuthCodes(ctx context.Context, id tenancy.OrganizationID,
	p tenancy.IDOrder) (tenancy.IDPage[tenancy.AuthCode], error) {
	if err := r.broken.check("AuthCodes"); err != nil {
		return tenancy.IDPage[tenancy.AuthCode]{}, err
	}
	return r.Reader.AuthCodes(ctx, id, p)
}

func (r brokenReader) CodeUses(ctx context.Context, codeID string, before int64,
	limit int) ([]tenancy.CodeUse, error) {
	if err := r.broken.check("CodeUses"); err != nil {
		return nil, err
	}
	return r.Reader.CodeUses(ctx, codeID, before, limit)
}

func (r brokenReader) DailyUses(ctx context.Context, codeID string) ([]tenancy.DailyUses, error) {
	if err := r.broken.check("DailyUses"); err != nil {
		return nil, err
	}
	return r.Reader.DailyUses(ctx, codeID)
}

func (r brokenReader) Client(ctx context.Context, id string) (tenancy.StoredClient, error) {
	if err := r.broken.check("Client"); err != nil {
		return tenancy.StoredClient{}, err
	}
	return r.Reader.Client(ctx, id)
}

func (r brokenReader) Clients(ctx context.Context, p tenancy.ClientList) (tenancy.IDPage[tenancy.Client],
	error) {
	if err := r.broken.check("Clients"); err != nil {
		return tenancy.IDPage[tenancy.Client]{}, err
	}
	return r.Reader.Clients(ctx, p)
}

func (t brokenTx) UpdateAuthCode(ctx context.Context, c tenancy.AuthCode) error {
	if err := t.broken.check("UpdateAuthCode"); err != nil {
		return err
	}
	return t.tx.UpdateAuthCode(ctx, c)
}

func (t brokenTx) ForgetAuthCodes(ctx context.Context, id tenancy.OrganizationID) error {
	if err := t.broken.check("ForgetAuthCodes"); err != nil {
		return err
	}
	return t.tx.ForgetAuthCodes(ctx, id)
}

func (t brokenTx) LockEnrolment(ctx context.Context, digest []byte,
	instanceID string) (tenancy.EnrolmentState,
	error) {
	if err := t.broken.check("LockEnrolment"); err != nil {
		return tenancy.EnrolmentState{}, err
	}
	return t.tx.LockEnrolment(ctx, digest, instanceID)
}

func (t brokenTx) InsertCodeUse(ctx context.Context, u tenancy.CodeUse) (int64, error) {
	if err := t.broken.check("InsertCodeUse"); err != nil {
		return 0, err
	}
	return t.tx.InsertCodeUse(ctx, u)
}

func (t brokenTx) FoldCodeUses(ctx context.Context, codeID string, keep int) error {
	if err := t.broken.check("FoldCodeUses"); err != nil {
		return err
	}
	return t.tx.FoldCodeUses(ctx, codeID, keep)
}

func (t brokenTx) LockClient(ctx context.Context, id string) (tenancy.StoredClient, error) {
	if err := t.broken.check("LockClient"); err != nil {
		return tenancy.StoredClient{}, err
	}
	return t.tx.LockClient(ctx, id)
}

func (t brokenTx) InsertClient(ctx context.Context, c tenancy.StoredClient, use tenancy.CodeUse) (bool,
	error) {
	if err := t.broken.check("InsertClient"); err != nil {
		return false, err
	}
	return t.broken.ifDone("InsertClient")(t.tx.InsertClient(ctx, c, use))
}

func (t brokenTx) UpdateClient(ctx context.Context, c tenancy.Client) error {
	if err := t.broken.check("UpdateClient"); err != nil {
		return err
	}
	return t.tx.UpdateClient(ctx, c)
}

func (t brokenTx) ReplaceClientKey(ctx context.Context, c tenancy.StoredClient) error {
	if err := t.broken.check("ReplaceClientKey"); err != nil {
		return err
	}
	return t.tx.ReplaceClientKey(ctx, c)
}

func (t brokenTx) TouchClient(ctx context.Context, id string, at time.Time) error {
	if err := t.broken.check("TouchClient"); err != nil {
		return err
	}
	return t.tx.TouchClient(ctx, id, at)
}

func (t brokenTx) EndClients(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	if err := t.broken.check("EndClients"); err != nil {
		return err
	}
	return t.tx.EndClients(ctx, id, at)
}

func (r brokenReader) ApplicationPage(ctx context.Context, p tenancy.ApplicationRange) ([]tenancy.Application,
	error) {
	if err := r.broken.check("ApplicationPage"); err != nil {
		return nil, err
	}
	return r.Reader.ApplicationPage(ctx, p)
}

func (t brokenTx) TouchApplicationKey(ctx context.Context, id, keyID string, at time.Time) error {
	if err := t.broken.check("TouchApplicationKey"); err != nil {
		return err
	}
	return t.tx.TouchApplicationKey(ctx, id, keyID, at)
}
