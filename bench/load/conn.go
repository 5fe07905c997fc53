// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"net"
	"time"
)

// patience bounds one exchange: a server that answers nothing for so long has failed.
const patience = 60 * time.Second

// Conn is one keep-alive connection. It is not safe for concurrent use.
type Conn struct {
	net net.Conn
	in  *Reader
}

// Dial connects to a server.
func Dial(ctx context.Context, address string) (*Conn, error) {
	c, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Conn{net: c, in: NewReader(c)}, nil
}

// Do sends a request and reads the answer, which is good until the next Do. It
// checks nothing.
func (c *Conn) Do(x *Exchange) (*Response, error) {
	if _, err := c.net.Write(x.Bytes); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	res, err := c.in.Next()
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return res, nil
}

// Send sends a request and reads nothing.
func (c *Conn) Send(x *Exchange) error {
	_, err := c.net.Write(x.Bytes)
	return err
}

// Checked is Do and the exchange's check: a wrong answer is a *WrongAnswer. There
// is a limit to how long it waits.
func (c *Conn) Checked(x *Exchange) (*Response, error) {
	if err := c.net.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	res, err := c.Do(x)
	if err != nil {
		return nil, err
	}
	return res, check(x, res)
}

// Close ends the connection.
func (c *Conn) Close() error { return c.net.Close() }

// Once connects, does one checked exchange and returns the answer.
func Once(ctx context.Context, address string, x *Exchange) (*Response, error) {
	c, err := Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Checked(x)
}

func check(x *Exchange, res *Response) error {
	if x.Check == nil {
		return nil
	}
	return checkWith(x.Check, x, res)
}

func checkWith(f func(*Response) error, x *Exchange, res *Response) error {
	if err := f(res); err != nil {
		return &WrongAnswer{Request: x.Bytes, Answer: res.Text(), Err: err}
	}
	return nil
}
