// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// A commit that waits for a synchronous standby can be cancelled, for example by an administrator.
// The server then warns that only it has the transaction, and reports success. If it is lost, the
// standby that takes its place knows nothing of the change, so that must not be acknowledged.

// errUnreplicated says that a commit did not wait for the synchronous standby.
var errUnreplicated = errors.New("the server was told not to wait for its synchronous standby")

// unreplicatedKey is where a connection keeps that the server warned.
const unreplicatedKey = "gatehouse unreplicated"

// noteUnreplicated is a pgconn.NoticeHandler. The name of the function in the server says which
// warning it is: it has no SQLSTATE of its own, and its text may be in any language.
func noteUnreplicated(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.Routine == "SyncRepWaitForLSN" {
		conn.CustomData()[unreplicatedKey] = true
	}
}

// unreplicated reports whether the server has warned since it was last called.
func unreplicated(conn *pgconn.PgConn) bool {
	_, warned := conn.CustomData()[unreplicatedKey]
	delete(conn.CustomData(), unreplicatedKey)
	return warned
}
