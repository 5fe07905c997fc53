// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// noWorkers is the parameter without which the estimated cost of a list is only a part of its work.
const noWorkers = "max_parallel_workers_per_gather"

// sessionLimits are the parameters that bound what a statement, a lock, a transaction or a list may
// take.
func sessionLimits() []string {
	return []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", noWorkers}
}

// limited reports whether a connection has the limit that was wanted, or another one. A limit of
// time that is "0" is none; the URL may want that.
func limited(name, wanted, got string) bool {
	if name == noWorkers {
		return got == wanted
	}
	return got != "0" || !strings.ContainsAny(wanted, "123456789")
}

// errSession is a connection that must not be used, with what to do about it.
type errSession struct{ text string }

func (e *errSession) Error() string { return e.text }

// checkSession refuses a connection that does not have what Open asked for: a pooler may drop
// parameters without a word, and a database may have another encoding than UTF-8, in which
// names would be garbled. It is called once for each connection.
func checkSession(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, connectLimit) // the pool has none
	defer cancel()
	query := "SELECT current_user"
	for _, name := range append(sessionLimits(), "server_encoding", "client_encoding") {
		query += ", current_setting('" + name + "')"
	}
	// By the simple protocol, since a pooler may not know prepared statements.
	results, err := conn.PgConn().Exec(ctx, query).ReadAll()
	if err != nil {
		return err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return errors.New("the server does not tell its settings")
	}
	row := results[0].Rows[0]
	user, values := string(row[0]), row[1:]
	var missing []string
	for i, name := range sessionLimits() {
		if wanted := conn.Config().RuntimeParams[name]; !limited(name, wanted, string(values[i])) {
			missing = append(missing,
				fmt.Sprintf("ALTER ROLE %s SET %s = '%s';", pgx.Identifier{user}.Sanitize(), name, wanted))
		}
	}
	switch {
	case len(missing) > 0:
		return &errSession{"a pooler in front of the database drops the limits of connections. Set them where " +
			"it cannot, as an administrator of the database: " + strings.Join(missing, " ")}
	case string(values[4]) != "UTF8":
		return &errSession{fmt.Sprintf("the database has the encoding %s: create one with the encoding UTF8",
			values[4])}
	case string(values[5]) != "UTF8":
		return &errSession{fmt.Sprintf("connections have the encoding %s: remove client_encoding from the URL, "+
			"the role and the pooler", values[5])}
	}
	return nil
}

// poolerCause returns what to do about an error that a pooler causes, and reports whether err is one.
func poolerCause(err error) (text string, is bool) {
	var session *errSession
	var server *pgconn.PgError
	switch {
	case errors.As(err, &session):
		return session.text, true
	case !errors.As(err, &server):
		return "", false
	case server.Code == protocolViolation && strings.Contains(server.Message, "startup parameter"):
		return "a pooler in front of the database refuses parameters of connections. For PgBouncer, set " +
			"ignore_startup_parameters = " + strings.Join(sessionLimits(), ",") +
			", and give the role these limits", true
	case server.Code == duplicatePrepared || server.Code == unknownPrepared:
		return "a pooler in front of the database mixes up prepared statements. Add " +
			"default_query_exec_mode=exec to the database URL, or let it pool sessions", true
	}
	return "", false
}

// answerMargin is how much longer than statement_timeout an answer may take.
const answerMargin = 5 * time.Second

// answerLimit returns how long the answer to a statement may take, and zero if statement_timeout is
// not limited or nothing that PostgreSQL takes.
func answerLimit(statementTimeout string) time.Duration {
	units := map[string]time.Duration{"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond,
		"s": time.Second, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	digits := strings.TrimRight(statementTimeout, " abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(digits, 10, 32)
	unit, known := units[strings.TrimSpace(statementTimeout[len(digits):])]
	if err != nil || !known || n <= 0 {
		return 0
	}
	return time.Duration(n)*unit + answerMargin
}
