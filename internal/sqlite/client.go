// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Client implements tenancy.ClientReader.
func (t *tx) Client(ctx context.Context, id string) (tenancy.StoredClient, error) {
	return one(ctx, t, "read client", problem.ClientNotFound, sqltext.ScanClient,
		sqltext.SelectClient+sqltext.ByID, id)
}

// LockClient implements tenancy.ClientWriter; see LockOrganization.
func (t *tx) LockClient(ctx context.Context, id string) (tenancy.StoredClient, error) {
	return one(ctx, t, "read client", problem.ClientNotFound, sqltext.ScanClient,
		sqltext.SelectClient+sqltext.ByID, id)
}

// Clients implements tenancy.ClientReader.
func (t *tx) Clients(ctx context.Context, p tenancy.ClientList) (tenancy.IDPage[tenancy.Client], error) {
	return idPage(ctx, t, sqltext.ClientPage(dialect{}, p), p.IDOrder, sqltext.ScanBareClient,
		func(c tenancy.Client) string { return c.ID })
}

// InsertClient implements tenancy.ClientWriter.
func (t *tx) InsertClient(ctx context.Context, c tenancy.StoredClient, use tenancy.CodeUse) (bool, error) {
	args, err := sqltext.ClientArgs(c, stamps())
	if err != nil {
		return false, t.fail("insert client", err)
	}
	n, err := t.exec(ctx, "take code use", sqltext.TakeCodeUse, stamp(use.At), use.AuthCodeID)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := t.exec(ctx, "insert client", sqltext.InsertClient, args...); err != nil {
		return false, err
	}
	_, err = t.InsertCodeUse(ctx, use)
	return err == nil, err
}

// UpdateClient implements tenancy.ClientWriter.
func (t *tx) UpdateClient(ctx context.Context, c tenancy.Client) error {
	args, err := sqltext.ClientUpdateArgs(c, stamp(c.UpdatedAt))
	if err != nil {
		return t.fail("update client", err)
	}
	n, err := t.exec(ctx, "update client", sqltext.UpdateClient, args...)
	if err == nil && n == 0 {
		return problem.ClientNotFound()
	}
	return err
}

// ReplaceClientKey implements tenancy.ClientWriter.
func (t *tx) ReplaceClientKey(ctx context.Context, c tenancy.StoredClient) error {
	n, err := t.exec(ctx, "replace client key", sqltext.ReplaceClientKey, sqltext.Blob(c.KeyDigest),
		stamp(c.UpdatedAt), c.ID)
	if err == nil && n == 0 {
		return problem.ClientNotFound()
	}
	return err
}

// TouchClient implements tenancy.ClientWriter.
func (t *tx) TouchClient(ctx context.Context, id string, at time.Time) error {
	_, err := t.exec(ctx, "touch client", sqltext.TouchClient, stamp(at), id)
	return err
}

// EndClients implements tenancy.ClientWriter.
func (t *tx) EndClients(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	_, err := t.exec(ctx, "end clients", sqltext.EndClients, stamp(at), int64(id))
	return err
}
