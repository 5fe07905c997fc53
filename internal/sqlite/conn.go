// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
)

// conn is one connection with the statements prepared on it. One goroutine at a time uses
// it, so it works without database/sql, whose pool and locks would cost as much as reading
// a row.
type conn struct {
	open       func() (driver.Conn, error) // makes the connection, and a new one after drop
	driverConn driver.Conn
	health     *health // what errors say about the files; may be nil
	stmts      map[string]*prepared
	listStmts  map[string]*prepared // of lists, at most maxListStmts
}

// maxListStmts bounds the prepared statements of lists on one connection. In practice
// their shapes are few. When there are more, all are closed and prepared again.
const maxListStmts = 64

// ensure opens the connection if there is none.
func (c *conn) ensure() error {
	if c.driverConn != nil {
		return nil
	}
	held, err := c.open()
	if err != nil {
		return err
	}
	c.driverConn, c.stmts, c.listStmts = held, map[string]*prepared{}, map[string]*prepared{}
	return nil
}

// drop closes the connection in whatever state it is, which also ends its transaction.
func (c *conn) drop() {
	if c.driverConn == nil {
		return
	}
	closeAll(c.stmts)
	closeAll(c.listStmts)
	_ = c.driverConn.Close()
	c.driverConn, c.stmts, c.listStmts = nil, nil, nil
}

func closeAll(stmts map[string]*prepared) {
	for _, s := range stmts {
		_ = s.stmt.Close()
	}
	clear(stmts)
}

// preparedForList returns the statement for a text that depends on the list's filter and
// order.
func (c *conn) preparedForList(query string) (*prepared, error) {
	if s, ok := c.listStmts[query]; ok {
		return s, nil
	}
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	if len(c.listStmts) >= maxListStmts {
		closeAll(c.listStmts)
	}
	c.listStmts[query] = s
	return s, nil
}

// prepared returns the statement for a constant text. It is prepared once.
func (c *conn) prepared(query string) (*prepared, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s
	return s, nil
}

func (c *conn) prepare(query string) (*prepared, error) {
	if err := c.ensure(); err != nil {
		return nil, err
	}
	stmt, err := c.driverConn.Prepare(query)
	if err != nil {
		return nil, err
	}
	return newPrepared(stmt), nil
}

// do runs a constant statement without arguments, like BEGIN. It cannot be
// interrupted.
func (c *conn) do(query string) error {
	s, err := c.prepared(query)
	if err != nil {
		return err
	}
	_, err = s.exec(context.Background())
	return err
}
