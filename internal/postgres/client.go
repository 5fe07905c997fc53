// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectClient     = sqltext.Numbered(sqltext.SelectClient + sqltext.ByID)
	lockClient       = sqltext.Numbered(sqltext.SelectClient + sqltext.ByID + forNoKeyUpdate)
	enrolClient      = sqltext.Numbered(sqltext.EnrolClient)
	enrolSurely      = sqltext.Numbered(sqltext.EnrolClientSurely)
	updateClient     = sqltext.Numbered(sqltext.UpdateClient)
	replaceClientKey = sqltext.Numbered(sqltext.ReplaceClientKey)
	touchClient      = sqltext.Numbered(sqltext.TouchClient)
	endClients       = sqltext.Numbered(sqltext.EndClients)
)

// Client implements tenancy.ClientReader.
func (t *tx) Client(ctx context.Context, id string) (tenancy.StoredClient, error) {
	return one(ctx, t, "read client", problem.ClientNotFound, sqltext.ScanClient, selectClient, id)
}

// LockClient implements tenancy.ClientWriter; see LockOrganization.
func (t *tx) LockClient(ctx context.Context, id string) (tenancy.StoredClient, error) {
	return one(ctx, t, "read client", problem.ClientNotFound, sqltext.ScanClient, lockClient, id)
}

// Clients implements tenancy.ClientReader.
func (t *tx) Clients(ctx context.Context, p tenancy.ClientList) (tenancy.IDPage[tenancy.Client], error) {
	return idPage(ctx, t, sqltext.ClientPage(dialect{}, p), p.IDOrder, sqltext.ScanBareClient,
		func(c tenancy.Client) string { return c.ID })
}

// InsertClient implements tenancy.ClientWriter. Under the lock of LockEnrolment the use is
// there to be taken, since the caller has looked, so the statement goes with the next one,
// or with COMMIT. If it is not, because somebody changed the code without the lock, the
// server refuses the transaction, and the Update runs again and waits for the answer.
func (t *tx) InsertClient(ctx context.Context, c tenancy.StoredClient, use tenancy.CodeUse) (bool, error) {
	args, err := sqltext.ClientArgs(c, stamps())
	if err != nil {
		return false, t.fail("insert client", err)
	}
	line := sqltext.CodeUseArgs(use, stamp(use.At))
	args = append([]any{stamp(use.At), use.AuthCodeID}, args...)
	if t.lost == nil && !t.again && t.lockedCode == use.AuthCodeID && t.lockedCode != "" {
		t.unsent = append(t.unsent, statement{enrolSurely, append(args, line[1:]...)})
		return true, nil
	}
	args = append(args, line...)
	n, err := t.exec(ctx, "insert client", enrolClient, args...)
	return n == 1, err
}

// UpdateClient implements tenancy.ClientWriter.
func (t *tx) UpdateClient(ctx context.Context, c tenancy.Client) error {
	args, err := sqltext.ClientUpdateArgs(c, stamp(c.UpdatedAt))
	if err != nil {
		return t.fail("update client", err)
	}
	n, err := t.exec(ctx, "update client", updateClient, args...)
	if err == nil && n == 0 {
		return problem.ClientNotFound()
	}
	return err
}

// ReplaceClientKey implements tenancy.ClientWriter.
func (t *tx) ReplaceClientKey(ctx context.Context, c tenancy.StoredClient) error {
	n, err := t.exec(ctx, "replace client key", replaceClientKey, sqltext.Blob(c.KeyDigest), stamp(c.UpdatedAt),
		c.ID)
	if err == nil && n == 0 {
		return problem.ClientNotFound()
	}
	return err
}

// TouchClient implements tenancy.ClientWriter.
func (t *tx) TouchClient(ctx context.Context, id string, at time.Time) error {
	_, err := t.exec(ctx, "touch client", touchClient, stamp(at), id)
	return err
}

// EndClients implements tenancy.ClientWriter.
func (t *tx) EndClients(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	_, err := t.exec(ctx, "end clients", endClients, stamp(at), int64(id))
	return err
}
