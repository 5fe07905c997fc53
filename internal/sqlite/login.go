// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Login implements tenancy.SessionReader.
func (t *tx) Login(ctx context.Context, ref tenancy.LoginRef) (tenancy.Login, error) {
	const doing = "read log-in"
	ask := func(scan func(sqltext.Row) (tenancy.Login, error), query string,
		token ...any) (tenancy.Login, error) {
		return one(ctx, t, doing, problem.RowNotFound, scan, query, append([]any{ref.OwnerID}, token...)...)
	}
	switch {
	case ref.Owner == tenancy.OperatorCaller && ref.TokenKind == tenancy.SignedToken:
		return ask(sqltext.ScanOperatorLogin, sqltext.SelectOperatorLogin, ref.TokenID, ref.Family)
	case ref.Owner == tenancy.OperatorCaller && ref.TokenKind == tenancy.SessionToken:
		return ask(sqltext.ScanOperatorLogin, sqltext.SelectOperatorSession, ref.TokenID)
	case ref.Owner == tenancy.OperatorCaller && ref.TokenKind == tenancy.LongLivedToken:
		return ask(sqltext.ScanOperatorLogin, sqltext.SelectOperatorTokenLogin, int64(ref.OperatorToken))
	case ref.Owner == tenancy.ApplicationCaller && ref.TokenKind == tenancy.SignedToken:
		return ask(sqltext.ScanApplicationLogin, sqltext.SelectApplicationLogin, ref.TokenID, ref.Family)
	case ref.Owner == tenancy.ClientCaller && ref.TokenKind == tenancy.SignedToken:
		return ask(sqltext.ScanClientLogin, sqltext.SelectClientLogin, ref.TokenID, ref.Family)
	}
	return tenancy.Login{}, problem.RowNotFound()
}

// ClientKey implements tenancy.SessionReader.
func (t *tx) ClientKey(ctx context.Context, id string) (tenancy.ClientKey, error) {
	return one(ctx, t, "read client's key", problem.ClientNotFound, sqltext.ScanClientKey,
		sqltext.SelectClientKey, id)
}

// ChangesElsewhere implements tenancy.Store. The writer compares at the beginning of each
// batch, when it has the lock of the file.
func (s *Store) ChangesElsewhere() (uint64, bool) { return s.writer.elsewhere.Load(), true }

// noteElsewhere counts whether the database was changed since the writer's last
// transaction, by a connection of another process: in this one only the writer writes.
func (w *writer) noteElsewhere() error {
	s, err := w.conn.prepared("PRAGMA data_version") // comparable on one connection only
	if err != nil {
		return err
	}
	return s.query(context.Background(), func(row sqltext.Row) error {
		var version int64
		if err := row.Scan(&version); err != nil {
			return err
		}
		if version != w.version {
			w.elsewhere.Add(1)
		}
		w.version = version
		return nil
	})
}
