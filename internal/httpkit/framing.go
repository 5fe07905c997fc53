// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
)

// A request with both Content-Length and Transfer-Encoding ends in two places, and a proxy
// that chooses the other one takes a part of it for a request of somebody else (RFC 9112,
// section 11.2). net/http removes Content-Length from such a request without a word, so the
// lines are counted where they arrive.

// CountLengths returns a connection without TLS that counts the lines that begin with
// Content-Length.
func CountLengths(c net.Conn) net.Conn { return &countedConn{Conn: c} }

// ConnContext takes a connection of CountLengths into the context of its requests. It is for
// the field of that name in http.Server.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if counted, ok := c.(*countedConn); ok {
		return context.WithValue(ctx, countedKey{}, counted)
	}
	return ctx
}

type countedKey struct{}

type countedConn struct {
	net.Conn
	matched  int          // bytes of the present line that are those of the name; negative: the line differs
	received atomic.Int64 // lines
	used     atomic.Int64 // lines that requests had, as net/http passed them on
}

const lengthName = "content-length"

// Read implements net.Conn.
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.count(p[:n])
	return n, err
}

func (c *countedConn) count(p []byte) {
	for len(p) > 0 {
		if c.matched < 0 {
			end := bytes.IndexByte(p, '\n')
			if end < 0 {
				return
			}
			p, c.matched = p[end+1:], 0
			continue
		}
		switch {
		case p[0]|0x20 != lengthName[c.matched]: // in lower case
			c.matched = -1 // p[0] may be the end of the line
		case c.matched == len(lengthName)-1:
			c.received.Add(1)
			c.matched = -1
		default:
			c.matched++
			p = p[1:]
		}
	}
}

// CloseWrite is what net/http calls to end an answer to a client that is still sending.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// checkFraming refuses a request that has both headers, and has the connection closed after
// it. Over TLS the lines cannot be counted, so the connection is closed after every request
// with Transfer-Encoding, as RFC 9112, section 6.1, demands of one that has both.
//
// A line in a body looks like one of a header. A client that sends such a body and then
// a request with Transfer-Encoding on one connection is refused as well, and succeeds on
// another connection.
func checkFraming(w http.ResponseWriter, r *http.Request) error {
	lengths, chunked := len(r.Header["Content-Length"]), len(r.TransferEncoding) > 0
	if r.ProtoMajor != 1 || lengths == 0 && !chunked {
		return nil
	}
	counted, ok := r.Context().Value(countedKey{}).(*countedConn)
	if ok {
		counted.used.Add(int64(lengths))
	}
	if !chunked || ok && counted.received.Load() <= counted.used.Load() {
		return nil
	}
	w.Header().Set("Connection", "close")
	if !ok {
		return nil
	}
	return refusal(http.StatusBadRequest, codeTwoLengths)
}
