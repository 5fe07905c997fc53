// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

var (
	selectOperatorLogin      = sqltext.Numbered(sqltext.SelectOperatorLogin)
	selectOperatorSession    = sqltext.Numbered(sqltext.SelectOperatorSession)
	selectOperatorTokenLogin = sqltext.Numbered(sqltext.SelectOperatorTokenLogin)
	selectApplicationLogin   = sqltext.Numbered(sqltext.SelectApplicationLogin)
	selectClientLogin        = sqltext.Numbered(sqltext.SelectClientLogin)
	selectClientKey          = sqltext.Numbered(sqltext.SelectClientKey)
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
		return ask(sqltext.ScanOperatorLogin, selectOperatorLogin, ref.TokenID, ref.Family)
	case ref.Owner == tenancy.OperatorCaller && ref.TokenKind == tenancy.SessionToken:
		return ask(sqltext.ScanOperatorLogin, selectOperatorSession, ref.TokenID)
	case ref.Owner == tenancy.OperatorCaller && ref.TokenKind == tenancy.LongLivedToken:
		return ask(sqltext.ScanOperatorLogin, selectOperatorTokenLogin, int64(ref.OperatorToken))
	case ref.Owner == tenancy.ApplicationCaller && ref.TokenKind == tenancy.SignedToken:
		return ask(sqltext.ScanApplicationLogin, selectApplicationLogin, ref.TokenID, ref.Family)
	case ref.Owner == tenancy.ClientCaller && ref.TokenKind == tenancy.SignedToken:
		return ask(sqltext.ScanClientLogin, selectClientLogin, ref.TokenID, ref.Family)
	}
	return tenancy.Login{}, problem.RowNotFound()
}

// ClientKey implements tenancy.SessionReader.
func (t *tx) ClientKey(ctx context.Context, id string) (tenancy.ClientKey, error) {
	return one(ctx, t, "read client's key", problem.ClientNotFound, sqltext.ScanClientKey, selectClientKey, id)
}

// ChangesElsewhere implements tenancy.Store: this engine does not know.
func (s *Store) ChangesElsewhere() (uint64, bool) { return 0, false }
