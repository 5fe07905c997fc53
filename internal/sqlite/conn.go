// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
)

// conn is one connection with the statements prepared on it. It is used by one
// goroutine at a time, so it goes without database/sql, whose pool and locks
// would cost as much as reading a row.
type conn struct {
	open  func() (driver.Conn, error) // makes the connection, and a new one after drop
	held  driver.Conn
	stmts map[string]*prepared
	asked map[string]*prepared // those whose texts depend on what is asked; at most maxAsked
}

// maxAsked bounds the statements of lists on one connection. Their shapes are
// few in practice; past the bound they are prepared anew.
const maxAsked = 64

// ensure opens the connection if there is none.
func (c *conn) ensure() error {
	if c.held != nil {
		return nil
	}
	held, err := c.open()
	if err != nil {
		return err
	}
	c.held, c.stmts, c.asked = held, map[string]*prepared{}, map[string]*prepared{}
	return nil
}

// drop closes the connection, whatever state it is in, and with it ends its
// transaction.
func (c *conn) drop() {
	if c.held == nil {
		return
	}
	forget(c.stmts)
	forget(c.asked)
	_ = c.held.Close()
	c.held, c.stmts, c.asked = nil, nil, nil
}

func forget(stmts map[string]*prepared) {
	for _, s := range stmts {
		_ = s.stmt.Close()
	}
	clear(stmts)
}

// dynamic gives the statement for a text that depends on what is asked.
func (c *conn) dynamic(query string) (*prepared, error) {
	if s, ok := c.asked[query]; ok {
		return s, nil
	}
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	if len(c.asked) >= maxAsked {
		forget(c.asked)
	}
	c.asked[query] = s
	return s, nil
}

// prepared gives the statement for a constant text, prepared once.
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
	stmt, err := c.held.Prepare(query)
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
