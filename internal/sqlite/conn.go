// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// conn is one connection with the statements prepared on it. It is used by one
// goroutine at a time.
type conn struct {
	pool  *sql.DB // where the connection comes from, and a new one after drop
	held  *sql.Conn
	stmts map[string]*sql.Stmt
	asked map[string]*sql.Stmt // those whose texts depend on what is asked; at most maxAsked
}

// ensure opens the connection if there is none.
func (c *conn) ensure(ctx context.Context) error {
	if c.held != nil {
		return nil
	}
	held, err := c.pool.Conn(ctx)
	if err != nil {
		return err
	}
	c.held, c.stmts, c.asked = held, map[string]*sql.Stmt{}, map[string]*sql.Stmt{}
	return nil
}

// drop closes the connection, whatever state it is in, and with it ends its
// transaction.
func (c *conn) drop() {
	if c.held == nil {
		return
	}
	c.forget(c.stmts)
	c.forget(c.asked)
	// Close alone would put the connection back into the pool, its transaction
	// still open; this verdict makes the pool throw it away.
	_ = c.held.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.held.Close()
	c.held, c.stmts, c.asked = nil, nil, nil
}

func (*conn) forget(stmts map[string]*sql.Stmt) {
	for _, s := range stmts {
		_ = s.Close()
	}
	clear(stmts)
}

// maxAsked bounds the statements of lists on one connection. Their shapes are
// few in practice; past the bound they are prepared anew.
const maxAsked = 64

// dynamic gives the statement for a text that depends on what is asked.
func (c *conn) dynamic(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.asked[query]; ok {
		return s, nil
	}
	if err := c.ensure(ctx); err != nil {
		return nil, err
	}
	s, err := c.held.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(c.asked) >= maxAsked {
		c.forget(c.asked)
	}
	c.asked[query] = s
	return s, nil
}

// prepared gives the statement for a constant text, prepared once.
func (c *conn) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if err := c.ensure(ctx); err != nil {
		return nil, err
	}
	s, err := c.held.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s
	return s, nil
}

// do runs a constant statement without arguments, like BEGIN. It cannot be
// interrupted.
func (c *conn) do(query string) error {
	ctx := context.Background()
	s, err := c.prepared(ctx, query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(ctx)
	return err
}
